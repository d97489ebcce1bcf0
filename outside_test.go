package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"unicode"

	"fourwave/internal/text"
)

// hostile is text as an attacker would write it into whatever we print: it clears the screen,
// rings, forges a line of ours, returns to the beginning of the line, and turns around what
// follows.
const hostile = "nginx\x1b[2J\x1b]0;owned\a\nYes: bind succeeds.\rfree\u202e\u2066\u200e\u061c\u200b\ufeff\u009b31m\xff"

// visibly is what of it a reader must see.
const visibly = `nginx\x1b[2J\x1b]0;owned\x07\nYes: bind ` +
	`succeeds.\rfree\u202e\u2066\u200e\u061c\u200b\ufeff\u009b31m\xff`

// checkClean fails if s can act on a terminal or has a line that only the attacker can have
// written.
func checkClean(t *testing.T, s string) {
	t.Helper()
	for _, r := range s {
		if r != '\n' && (unicode.IsControl(r) || unicode.Is(unicode.Cf, r)) || r == unicode.ReplacementChar {
			t.Errorf("%U is in the output:\n%q", r, s)
			return
		}
	}
	for line := range strings.Lines(s) {
		if strings.HasPrefix(line, "Yes") || strings.HasPrefix(line, "free") {
			t.Errorf("a forged line %q in\n%s", line, s)
		}
	}
}

// listenHostile starts a process whose name and argv[0] are hostile, and which holds a listener.
func listenHostile(t *testing.T) (port string) {
	t.Helper()
	if runtime.GOOS != "linux" {
		skip(t, "command lines of other processes are read only on Linux")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	file, err := l.(*net.TCPListener).File()
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	cat, err := exec.LookPath("cat")
	if err != nil {
		t.Fatal(err)
	}
	program, err := os.ReadFile(cat)
	if err != nil {
		t.Fatal(err)
	}
	cat = filepath.Join(t.TempDir(), hostile) // its name in the kernel (comm) is the beginning of that
	if err := os.WriteFile(cat, program, 0o700); err != nil {
		t.Fatal(err)
	}
	cmd := &exec.Cmd{Path: cat, Args: []string{hostile}, ExtraFiles: []*os.File{file}}
	stdin, err := cmd.StdinPipe() // it ends when its input does
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stdin.Close(); cmd.Wait() })
	return strconv.Itoa(l.Addr().(*net.TCPAddr).Port)
}

// eachString calls f with every string of a document.
func eachString(doc any, f func(string)) {
	switch v := doc.(type) {
	case string:
		f(v)
	case []any:
		for _, e := range v {
			eachString(e, f)
		}
	case map[string]any:
		for _, e := range v {
			eachString(e, f)
		}
	}
}

func TestWhyOfAHostileCommandLine(t *testing.T) {
	port := listenHostile(t)
	for _, lang := range []string{"en", "zh"} {
		status, stdout, stderr := command(t, "", "why", port, "--verbose", "--lang="+lang)
		if status != exitDiffers || stderr != "" {
			t.Errorf("got status %d and %q, want %d", status, stderr, exitDiffers)
		}
		checkClean(t, stdout)
		if want := visibly[:len(`nginx\x1b[2J\x1b]0;owned\x07\nYes`)]; !strings.Contains(stdout, want) {
			t.Errorf("the command line is not shown as %s:\n%s", want, stdout)
		}
	}
	// A document goes through jq -r, which prints what the string says.
	status, stdout, _ := command(t, "", "why", port, "--json")
	if want := strings.ReplaceAll(visibly, `\`, `\\`); status != exitDiffers || !strings.Contains(stdout, want) {
		t.Errorf("the document does not have the command line as %s:\n%s", want, stdout)
	}
	var doc any
	if err := json.Unmarshal([]byte(stdout), &doc); err != nil {
		t.Fatal(err)
	}
	eachString(doc, func(s string) { checkClean(t, s+"\n") })
}

// TestErrorsOfHostileNames: names of files and worlds, scripts, and flags come back in errors.
func TestErrorsOfHostileNames(t *testing.T) {
	dir := t.TempDir()
	script := filepath.Join(dir, strings.ReplaceAll(hostile, "/", ""))
	if err := os.WriteFile(script, []byte("+0 server bnid l :80\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	empty := script + " empty"
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{
		{"run", script}, {"run", empty}, {"run", script + " not there"}, {"run", "-", "--world=" + hostile},
		{"run", "-", "--world=model", "--pcapng=" + filepath.Join(script, "x")}, {"run", "-", "--lang=" + hostile},
		{"why", hostile}, {"why", "80", "--host=" + hostile}, {"why", "80", "--lang=" + hostile}, {hostile},
		{"run", "--\x1b[2J"}, {"--listen=" + hostile}, {"backup", "--data=" + hostile, script},
		{"restore", "--data=" + dir, script + " not there"},
	} {
		status, stdout, stderr := command(t, asExpected, args...)
		if status == exitOK || stderr == "" {
			t.Errorf("%q: got status %d and %q, want an error", args, status, stderr)
		}
		checkClean(t, stdout+stderr)
	}
	_, stdout, stderr := command(t, "# "+hostile+"\n+0 server "+hostile, "run", "-")
	checkClean(t, stdout+stderr)
}

// TestScriptsWithHostileComments: a comment is text of the script's author. What a script may have
// in it is cleaned when it is shown, and what it may not is named in an error.
func TestScriptsWithHostileComments(t *testing.T) {
	for _, r := range "\x1b\a\r\u202e\u2066\u200e\u061c\u200b\ufeff\u009b\u2028\u3164\U000e0041" {
		comment := "# Is " + string(r) + " shown?\n\n# A phase with " + string(r) + " in it.\n"
		status, stdout, stderr := command(t, comment+asExpected, "run", "-", "--world=model", "--lang=en")
		checkClean(t, stdout+stderr)
		switch {
		case status == exitOK && strings.Contains(stdout, "Is "+text.Clean(string(r))+" shown?"):
		case status == exitUsage && strings.Contains(stderr, fmt.Sprintf("character %U", r)):
		default:
			t.Errorf("%U: got status %d\n%s%s", r, status, stdout, stderr)
		}
	}
}

func TestLogOfHostileFields(t *testing.T) {
	for _, format := range []string{"text", "json"} {
		var out bytes.Buffer
		log, err := (&logging{"info", format}).logger(&out)
		if err != nil {
			t.Fatal(err)
		}
		log.Error("request failed", "route", hostile, "err", errors.New(hostile))
		log.With("conn", hostile).Warn(hostile)
		checkClean(t, out.String())
		if n := strings.Count(out.String(), "\n"); n != 2 {
			t.Errorf("%s: got %d lines, want 2:\n%s", format, n, out.String())
		}
	}
}
