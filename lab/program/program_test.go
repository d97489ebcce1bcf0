package program_test

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"fourwave/lab"
	"fourwave/lab/program"
	"fourwave/lab/script"
)

var update = flag.Bool("update", false, "rewrite the golden files; only commit changes whose cause you understand and want")

func source(t *testing.T, e lab.Experiment) program.Source {
	t.Helper()
	s, err := script.Parse(e.Script)
	if err != nil {
		t.Fatal(err)
	}
	return program.Source{Question: e.Question.En, Origin: e.ID, Steps: s.Steps, Lang: "en"}
}

// TestGolden shows what a reader gets, for review.
func TestGolden(t *testing.T) {
	e, _ := lab.FindExperiment("plain-restart")
	for _, l := range program.Languages {
		got, err := program.Write(l, source(t, e))
		if err != nil {
			t.Fatal(err)
		}
		golden := filepath.Join("testdata", l.File("restart")+".golden")
		if *update {
			if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", golden, diff)
		}
	}
}

func TestRefusals(t *testing.T) {
	const open = `+0 server bind l :7865
+0 server listen l
+0 client connect c server:7865
+0 server accept l as a
`
	for _, tc := range []struct {
		name, script string
		line         int
		want         string
	}{
		{"wire", open + "+0 wire drop client FIN", 5, "no wire"},
		{"same instant", open + "+0 client close c\n& server close a", 6, "one instant"},
		{"sysctl", "+0 server sysctl tcp_fin_timeout 10\n" + open, 1, "whole machine"},
		{"uid", "+0 server bind l :7865 uid=1000", 1, "root"},
		{"buffers", "+0 server bind l :7865 rcvbuf=4096", 1, "larger"},
		{"waits", open + "+0 client recv c = EAGAIN", 5, "given up"},
		{"within", open + "+0 client recv c within 5s", 5, "given up"},
		{"await", open + "+0 client await c", 5, "background"},
		{"closed", open + "+0 client close c\n+0 client send c 1", 6, "closed"},
		{"release", "[kernel<6.14] +0 server bind l :7865", 1, "releases"},
		{"both bind", "+0 server bind l :7865\n+0 client bind c :7865", 2, "both hosts bind port 7865"},
		{"long", "+0 server bind l :7865\n+11m server close l", 2, "ten minutes"},
		{"nothing", "[model] +0 server bind l :7865", 0, "no call"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s, err := script.Parse(tc.script + "\n")
			if err != nil {
				t.Fatal(err)
			}
			_, err = program.Write(program.C, program.Source{Steps: s.Steps})
			var r *program.Refusal
			if !errors.As(err, &r) {
				t.Fatalf("got %v, want a refusal", err)
			}
			if r.Line != tc.line || !strings.Contains(r.Reason.En, tc.want) || r.Reason.Zh == "" {
				t.Errorf("got line %d: %q (%q), want line %d: …%s…", r.Line, r.Reason.En, r.Reason.Zh, tc.line, tc.want)
			}
		})
	}
}

// TestAnotherHostsPort: two hosts may use one port at addresses of their own.
func TestAnotherHostsPort(t *testing.T) {
	s, err := script.Parse("+0 server bind l server:7865\n+0 client bind c client:7865\n")
	if err != nil {
		t.Fatal(err)
	}
	got, err := program.Write(program.Python, program.Source{Steps: s.Steps})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`l.bind, ("127.0.0.1", 7865)`, `c.bind, ("127.0.0.2", 7865)`} {
		if !strings.Contains(got, want) {
			t.Errorf("no %s in\n%s", want, got)
		}
	}
}

func TestUnknownLanguage(t *testing.T) {
	if _, err := program.Write("cobol", program.Source{}); !errors.Is(err, program.ErrLanguage) {
		t.Errorf("got %v, want %v", err, program.ErrLanguage)
	}
}

// TestNamesAreVariables: a socket of a script may have any name, a variable may not.
func TestNamesAreVariables(t *testing.T) {
	s, err := script.Parse("+0 server bind if :1\n+0 server bind main :2\n+0 server bind a-b :3\n+0 server bind a_b :4\n+0 client bind é client:5\n+0 client bind main client:6\n")
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range program.Languages {
		got, err := program.Write(l, program.Source{Question: "Is this */ \" % safe?\n#include", Steps: s.Steps})
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{"server_if", "client_main", "server_a_b"} {
			if !strings.Contains(got, want) {
				t.Errorf("%s: no variable %s in\n%s", l, want, got)
			}
		}
	}
}
