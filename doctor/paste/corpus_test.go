package paste

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
	"unicode/utf16"
)

var update = flag.Bool("update", false,
	"rewrite the golden file; only commit changes whose cause you understand and want")

// corpus are outputs by name: real ones of this kernel, and ones written after the tools' formats.
func corpus(t testing.TB) (names []string, texts map[string]string) {
	t.Helper()
	b, err := os.ReadFile("testdata/corpus.txt")
	if err != nil {
		t.Fatal(err)
	}
	texts = make(map[string]string)
	for _, part := range strings.Split("\n"+string(b), "\n### ")[1:] {
		name, text, _ := strings.Cut(part, "\n")
		names, texts[name] = append(names, name), text+"\n"
	}
	return names, texts
}

// told is a table as the golden file has it: what it is, its rows, and the lines not understood.
func told(table *Table) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s of %s, %d lines of which %d give no row\n", table.Format, table.System, table.Lines,
		table.Other)
	for _, r := range table.Rows {
		fmt.Fprintf(&b, "%3d  %s", r.Line,
			strings.Join(strings.Fields(fmt.Sprintf("%s %d %s %s → %s", r.Protocol, r.Family, r.State, r.Local,
				r.Remote)), " "))
		if r.Process != "" || r.PID != 0 {
			fmt.Fprintf(&b, "  %s/%d", r.Process, r.PID)
		}
		for _, h := range r.More {
			fmt.Fprintf(&b, " %s/%d", h.Process, h.PID)
		}
		if r.RecvQ >= 0 {
			fmt.Fprintf(&b, "  q %d/%d", r.RecvQ, r.SendQ)
		}
		if r.Timer != "" {
			fmt.Fprintf(&b, "  %s %v %d", r.Timer, r.Left, r.Retrans)
		}
		if r.User+r.Inode != "" {
			fmt.Fprintf(&b, "  user %s inode %s", r.User, r.Inode)
		}
		if r.Orphan {
			b.WriteString("  orphan")
		}
		b.WriteString("\n")
	}
	for _, l := range table.NotUnderstood {
		fmt.Fprintf(&b, "%3d  NOT %q: %s\n", l.Line, l.Text, l.Detail)
	}
	return b.String()
}

func read(t testing.TB, text string) *Table {
	t.Helper()
	table, err := Read(strings.NewReader(text), "")
	if err != nil {
		t.Fatal(err)
	}
	return table
}

func TestCorpus(t *testing.T) {
	names, texts := corpus(t)
	if len(names) < 60 {
		t.Errorf("the corpus has %d outputs, want at least 60", len(names))
	}
	var got bytes.Buffer
	for _, name := range names {
		fmt.Fprintf(&got, "### %s\n%s", name, told(read(t, texts[name])))
	}
	const golden = "testdata/corpus.golden"
	if *update {
		if err := os.WriteFile(golden, got.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	have, wanted := strings.Split(got.String(), "\n"), strings.Split(string(want), "\n")
	for i := range min(len(have), len(wanted)) {
		if have[i] != wanted[i] {
			t.Errorf("line %d of the golden file:\n got %s\nwant %s", i+1, have[i], wanted[i])
		}
	}
	if len(have) != len(wanted) {
		t.Errorf("got %d lines, want %d", len(have), len(wanted))
	}
}

// TestEncodings: PowerShell writes UTF-16, and line ends differ.
func TestEncodings(t *testing.T) {
	_, texts := corpus(t)
	text := texts["netstat of Windows in German"]
	want := told(read(t, text))
	for name, encode := range map[string]func(string) string{
		"CRLF":            func(s string) string { return strings.ReplaceAll(s, "\n", "\r\n") },
		"UTF-8 with mark": func(s string) string { return "\uFEFF" + s },
		"UTF-16 LE":       func(s string) string { return utf16Text("\uFEFF"+s, true) },
		"UTF-16 BE":       func(s string) string { return utf16Text("\uFEFF"+s, false) },
		"no-break spaces": func(s string) string { return strings.ReplaceAll(s, "  ", " \u00a0") },
		"tabs":            func(s string) string { return strings.ReplaceAll(s, "      ", "\t") },
		"lone CR":         func(s string) string { return strings.ReplaceAll(s, "\n", "\r") },
		"UTF-16, no mark": func(s string) string { return utf16Text(s, true) },
	} {
		if got := told(read(t, encode(text))); got != want {
			t.Errorf("%s: got\n%swant\n%s", name, got, want)
		}
	}
}

func utf16Text(s string, little bool) string {
	var b []byte
	for _, u := range utf16.Encode([]rune(s)) {
		if little {
			b = append(b, byte(u), byte(u>>8))
		} else {
			b = append(b, byte(u>>8), byte(u))
		}
	}
	return string(b)
}

// TestLimits: too much is an error, and a line that is too long is one line not understood.
func TestLimits(t *testing.T) {
	_, err := Read(strings.NewReader("x\n"+strings.Repeat("x", MaxBytes)), "")
	if !errors.Is(err, ErrTooLarge) || !strings.Contains(err.Error(), "16 MiB (line 2 is beyond)") {
		t.Errorf("too many bytes: got error %v, want the line", err)
	}
	row := "ESTAB 0 0 1.1.1.1:1 1.1.1.1:2\n"
	if os.Getenv("FOURWAVE_LONG") != "" { // it takes seconds
		if _, err := Read(strings.NewReader(strings.Repeat(row, MaxRows+1)), ""); err == nil {
			t.Error("no error for too many rows")
		}
	}
	if got := read(t, strings.Repeat("x ", maxLine)+"\n"+row); len(got.Rows) != 1 || len(got.NotUnderstood) != 1 {
		t.Errorf("got %d rows and %d lines not understood, want 1 and 1", len(got.Rows), len(got.NotUnderstood))
	}
	if _, err := Read(strings.NewReader(row), "plan9"); err == nil {
		t.Error("no error for a system that is not known")
	}
}

// FuzzRead: no text makes it panic, and no line is lost.
func FuzzRead(f *testing.F) {
	_, texts := corpus(f)
	for _, text := range texts {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		table, err := Read(strings.NewReader(text), "")
		if err != nil {
			return
		}
		lines := make(map[int]bool)
		for _, r := range table.Rows {
			lines[r.Line] = true
		}
		for _, l := range table.NotUnderstood {
			if l.Detail == "" {
				t.Errorf("line %d is not understood, without a reason", l.Line)
			}
		}
		if got := len(lines) + len(table.NotUnderstood) + table.MoreLost + table.Other; got < table.Lines {
			t.Errorf("%d lines of %d are accounted for", got, table.Lines)
		}
	})
}
