package fsm

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite golden files; only commit changes whose cause you understand and want")

// arrivals are the segments of truth: one for each class.
var arrivals = []struct {
	name     string
	flags    Flags
	seq, ack Point
	len      uint32
}{
	{"SYN new(seq>rcv_nxt,in win)", SYN, Point{"nxt", 1000}, Point{}, 0},
	{"SYN old(seq<rcv_nxt)", SYN, Point{"nxt", -1000}, Point{}, 0},
	{"SYN far above window", SYN, Point{"wnd", 100000}, Point{}, 0},
	{"ACK acceptable(dup)", ACK, Point{"nxt", 0}, Point{"una", 0}, 0},
	{"ACK of FIN", ACK, Point{"nxt", 0}, Point{"nxt", 0}, 0},
	{"ACK of unsent", ACK, Point{"nxt", 0}, Point{"nxt", 1000}, 0},
	{"FIN (no ack of FIN)", FIN | ACK, Point{"nxt", 0}, Point{"una", 0}, 0},
	{"FIN+ACK of FIN", FIN | ACK, Point{"nxt", 0}, Point{"nxt", 0}, 0},
	{"FIN retransmit(old seq)", FIN | ACK, Point{"nxt", -1}, Point{"nxt", 0}, 0},
	{"RST exact", RST, Point{"nxt", 0}, Point{}, 0},
	{"RST in window not exact", RST, Point{"nxt", 10}, Point{}, 0},
	{"RST below window", RST, Point{"nxt", -1000}, Point{}, 0},
	{"RST above window", RST, Point{"wnd", 100000}, Point{}, 0},
	{"DATA in window", ACK | PSH, Point{"nxt", 0}, Point{"nxt", 0}, 5},
	{"DATA+FIN in window", ACK | FIN, Point{"nxt", 0}, Point{"nxt", 0}, 5},
	{"DATA old duplicate", ACK | PSH, Point{"nxt", -6}, Point{"nxt", 0}, 5},
	{"DATA above window", ACK | PSH, Point{"wnd", 100000}, Point{"nxt", 0}, 5},
	{"SYN+ACK", SYN | ACK, Point{"nxt", 0}, Point{"nxt", 0}, 0},
	{"no-ACK data", 0, Point{"nxt", 0}, Point{}, 5},
	{"ACK old seq (keepalive)", ACK, Point{"nxt", -1}, Point{"nxt", 0}, 0},
}

var short = map[State]string{Closed: "CL", Listen: "LI", SynSent: "SS", SynReceived: "SR", Established: "ES",
	FinWait1: "F1", FinWait2: "F2", CloseWait: "CW", Closing: "CG", LastAck: "LA", TimeWait: "TW"}

// cell forges one segment at a stage and writes what came of it as truth does: "→CW A".
func cell(t *testing.T, p *Profile, build func(testing.TB, *Profile) stage, i int) string {
	s, a := build(t, p), arrivals[i]
	s.Wire().Hold("server", "")
	c := s.client().Conn("c")
	subject := s.Wire().peer(c)
	from, restarted := Closed, time.Duration(0)
	if subject == nil {
		subject = s.server().listenerFor(unmap(c.remote), unmap(c.local))
	}
	if subject != nil {
		from, restarted = subject.State(), subject.due[timer2MSL]
	}
	s.Advance(time.Second) // past the limit on challenge ACKs; a held SYN or FIN may be sent again
	if subject != nil && from == TimeWait {
		restarted = subject.due[timer2MSL]
	}
	if from == SynSent || from == SynReceived || subject == nil || from == Listen {
		a.ack.Base = strings.Replace(a.ack.Base, "una", "nxt", 1) // nothing but the SYN is there to be acknowledged
	}
	answer := "silence"
	s.watch.Flight = func(f Flight) {
		if answer == "silence" && f.From == "server" && f.Fate == Held && f.Departs == s.Now() {
			answer = strings.Join(answerNames(f.Segment), "+")
		}
	}
	if _, err := s.Wire().Forge("client", "c", a.flags, a.seq, a.ack, a.len, ""); err != nil {
		t.Fatal(err)
	}
	s.Advance(45 * time.Millisecond) // an ACK may be delayed
	if subject != nil && !subject.Known() {
		return "unknown"
	}
	to := s.after(c, subject)
	out := "="
	if to != from {
		out = "→" + short[to]
	}
	if short := map[string]string{"ACK": "A", "RST": "RST", "RST+ACK": "RST", "SYN+ACK": "SA",
		"SYN": "S"}[answer]; short != "" {
		out += " " + short
	} else if answer != "silence" {
		out += " " + answer
	}
	if to == TimeWait && from == TimeWait && subject.due[timer2MSL] != restarted {
		out += " (2MSL re)"
	}
	return out
}

// after is the state of what received the segment: the connection, or for a listener its child.
func (s stage) after(c, subject *Conn) State {
	if now := s.server().conns[newTuple(c.remote, c.local)]; now != nil {
		return now.State()
	}
	if subject == nil {
		return Closed
	}
	if subject.passive && subject.fd < 0 && s.server().Conn("l") != nil && s.server().Conn("l").state == Listen {
		return Listen // a request socket that is gone
	}
	return subject.State()
}

func matrix(t *testing.T, p *Profile) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%-28s", p.Name)
	for _, st := range stages {
		fmt.Fprintf(&b, "|%-13s", st.name)
	}
	for i, a := range arrivals {
		fmt.Fprintf(&b, "\n%-28s", a.name)
		for _, st := range stages {
			fmt.Fprintf(&b, "|%s", pad(cell(t, p, st.build, i), 13))
		}
	}
	return b.String() + "\n"
}

func pad(s string, n int) string { return s + strings.Repeat(" ", max(0, n-len([]rune(s)))) }

// The state × event matrix of every profile, printed from the running machine.
func TestMatrixGolden(t *testing.T) {
	for _, p := range Profiles {
		t.Run(p.Name, func(t *testing.T) { golden(t, "matrix-"+p.Name+".txt", matrix(t, p)) })
	}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := "testdata/" + name
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got; -update rewrites)\n%s", name, diff)
	}
}

// measured reads a table in the form of truth: a line of column names, then a line an event.
func measured(t *testing.T, name string) map[string]map[string]string {
	b, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	var cols []string
	out := map[string]map[string]string{}
	for _, line := range strings.Split(strings.TrimSpace(string(b)), "\n") {
		f := strings.Split(strings.Trim(line, "|"), "|")
		for i := range f {
			f[i] = strings.TrimSpace(f[i])
		}
		if cols == nil {
			cols = f[1:]
			continue
		}
		row := map[string]string{}
		for i, c := range cols {
			row[c] = f[i+1]
		}
		out[f[0]] = row
	}
	return out
}

// Where the profiles differ, cell by cell.
func TestDifferencesGolden(t *testing.T) {
	var b strings.Builder
	fmt.Fprintf(&b, "%-28s|%-5s", "event", "state")
	for _, p := range Profiles {
		fmt.Fprintf(&b, "|%-13s", p.Name)
	}
	b.WriteString("\n")
	for i, a := range arrivals {
		for _, st := range stages {
			var cells []string
			differ := false
			for _, p := range Profiles {
				cells = append(cells, cell(t, p, st.build, i))
				differ = differ || cells[len(cells)-1] != cells[0]
			}
			if differ {
				fmt.Fprintf(&b, "%-28s|%-5s", a.name, st.name)
				for _, c := range cells {
					fmt.Fprintf(&b, "|%s", pad(c, 13))
				}
				b.WriteString("\n")
			}
		}
	}
	golden(t, "differences.txt", b.String())
}

// Every cell that was measured on Linux 6.18 is what the model does.
func TestMatrixLinuxMeasured(t *testing.T) {
	want := measured(t, "linux-6.18-measured.txt")
	for i, a := range arrivals {
		for _, st := range stages {
			w := want[a.name][st.name]
			if w == "" {
				t.Errorf("no measurement of %s in %s", a.name, st.name)
				continue
			}
			if j := strings.Index(w, " !"); j >= 0 {
				w = w[:j]
			}
			got := strings.TrimSuffix(cell(t, Linux, st.build, i), " (2MSL re)")
			if got != strings.TrimSuffix(w, "+S") {
				t.Errorf("%s in %s: got %q, want %q", a.name, st.name, got, w)
			}
		}
	}
}

// Every cell of the RFC's table, worked out by hand from §3.10.7, is what the model does.
func TestMatrixRFC9293(t *testing.T) {
	want := measured(t, "rfc9293-by-hand.txt")
	column := map[string]string{"SRp": "SR"}
	for i, a := range arrivals {
		for _, st := range stages {
			col := st.name
			if c, ok := column[col]; ok {
				col = c
			}
			w, ok := want[a.name][col]
			if !ok {
				continue // a state that only Linux tells apart
			}
			w = strings.NewReplacer(" (ch)", "", " (2MSL)", "", " ok", "").Replace(w)
			if j := strings.Index(w, " !"); j >= 0 {
				w = w[:j]
			}
			if got := cell(t, RFC9293, st.build, i); got != w {
				t.Errorf("%s in %s: got %q, want %q", a.name, st.name, got, w)
			}
		}
	}
}
