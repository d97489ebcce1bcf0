package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net"
	"os"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// taken listens on a free port of the loopback, as the standard library does.
func taken(t *testing.T) (port string) {
	t.Helper()
	if runtime.GOOS != "linux" {
		skip(t, "the socket table can be read only on Linux")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return strconv.Itoa(l.Addr().(*net.TCPAddr).Port)
}

func TestWhy(t *testing.T) {
	port := taken(t)
	pid := "(pid " + strconv.Itoa(os.Getpid()) + ")"
	for _, test := range []struct {
		name           string
		args           []string
		want           int
		stdout, stderr string
	}{
		{"taken", []string{"why", port, "--lang=en"}, exitDiffers, pid, ""},
		{"tried", []string{"why", port, "--try", "--lang=en"}, exitDiffers, "A real bind says EADDRINUSE, as foretold",
			""},
		{"Chinese", []string{"why", port, "--lang=zh"}, exitDiffers, "正在监听", ""},
		{"another address", []string{"why", port, "--host=127.77.0.1", "--try", "--lang=en"}, exitOK,
			"A real bind says ok, as foretold", ""},
		{"not local", []string{"why", port, "--host=203.0.113.9", "--lang=en"}, exitDiffers, "EADDRNOTAVAIL", ""},
		{"port 0", []string{"why", "0"}, exitUsage, "", `PORT: "0" is no port`},
		{"port 70000", []string{"why", "70000"}, exitUsage, "", `PORT: "70000" is no port`},
		{"two ports", []string{"why", port, "localhost:" + port, "--lang=en"}, exitDiffers, pid, ""},
		{"a range", []string{"why", port + "-" + port, "--lang=en"}, exitDiffers, pid, ""},
		{"typed with an address", []string{"why", "http://127.0.0.1:" + port + "/x", "--lang=en"}, exitDiffers,
			"bind 127.0.0.1:" + port, ""},
		{"UDP", []string{"why", port + "/udp", "--lang=en"}, exitOK, "/udp succeeds", ""},
		{"near", []string{"why", port, "--near", "--lang=en"}, exitOK, "is the nearest port that can be bound", ""},
		{"a name", []string{"why", "example.com:80"}, exitUsage, "", "names are not looked up"},
		{"no address", []string{"why", "80", "--host=nowhere"}, exitUsage, "", `--host: "nowhere" is no address`},
		{"no language", []string{"why", "80", "--lang=de"}, exitUsage, "", "neither en nor zh"},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, stdout, stderr := command(t, "", test.args...)
			if got != test.want || !strings.Contains(stdout, test.stdout) || !strings.Contains(stderr, test.stderr) {
				t.Errorf("got status %d, want %d, with %q and %q; stdout:\n%s\nstderr:\n%s", got, test.want,
					test.stdout, test.stderr, stdout, stderr)
			}
		})
	}
}

// TestWhyRead reads a paste from stdin and from a file.
func TestWhyRead(t *testing.T) {
	const table = "TIME-WAIT 0 0 127.0.0.1:7865 127.0.0.1:40000 timer:(timewait,12sec,0)\nnonsense\n"
	status, stdout, stderr := command(t, table, "why", "7865", "--read=-", "--lang=en")
	if status != exitDiffers || !strings.Contains(stdout, "TIME-WAIT for 12.0 s more") ||
		!strings.Contains(stdout, "line 2 not understood") {
		t.Errorf("got status %d, %q and %q", status, stdout, stderr)
	}
	if status, _, stderr := command(t, "", "why", "--read=no-such-file"); status != exitUsage ||
		!strings.Contains(stderr, "no-such-file") {
		t.Errorf("got status %d and %q", status, stderr)
	}
	if status, _, stderr := command(t, table, "why", "--read=-", "--system=plan9"); status != exitUsage ||
		!strings.Contains(stderr, "plan9") {
		t.Errorf("got status %d and %q", status, stderr)
	}
}

// TestWhyMachine: without a port the whole machine is looked at, and the status says whether
// anything is wrong.
func TestWhyMachine(t *testing.T) {
	port := taken(t)
	status, stdout, stderr := command(t, "", "why", "-v", "--lang=en")
	if status != exitOK && status != exitDiffers || !strings.Contains(stdout, "127.0.0.1:"+port) {
		t.Errorf("got status %d, %q and %q", status, stdout, stderr)
	}
	if _, stdout, _ := command(t, "", "why", "--json"); !strings.Contains(stdout, `"listeners":[`) {
		t.Errorf("got %q", stdout)
	}
}

func TestWhyWatch(t *testing.T) {
	if runtime.GOOS != "linux" {
		skip(t, "the socket table can be read only on Linux")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	time.AfterFunc(300*time.Millisecond, func() { l.Close() })
	_, port, _ := net.SplitHostPort(l.Addr().String())
	status, stdout, stderr := command(t, "", "why", port, "--watch", "--lang=en")
	if status != exitOK || !strings.Contains(stdout, "Yes: bind") ||
		!strings.Contains(stderr, "LISTEN, goes when its process closes it") {
		t.Errorf("got status %d, %q and %q", status, stdout, stderr)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	var out, errs bytes.Buffer
	if got := execute(ctx, []string{"why", taken(t), "--watch"}, nil, &out, &errs); got != exitInterrupted {
		t.Errorf("interrupted: got status %d, want %d", got, exitInterrupted)
	}
}

// lines is a Writer that gives what is written to it line by line.
type lines struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *lines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// waitFor waits until the text says something.
func (l *lines) waitFor(t *testing.T, want string) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !strings.Contains(l.String(), want); {
		if time.Now().After(deadline) {
			t.Fatalf("got %q, want it to say %q", l, want)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// TestWhyMachineWatch: the whole machine is told once, and from then on what is new and what is
// gone.
func TestWhyMachineWatch(t *testing.T) {
	if runtime.GOOS != "linux" {
		skip(t, "the socket table can be read only on Linux")
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var out lines
	ended := make(chan int, 1)
	first := taken(t)
	go func() {
		ended <- execute(ctx, []string{"why", "--watch", "-v", "--lang=en"}, nil, &out, io.Discard)
	}()
	out.waitFor(t, "127.0.0.1:"+first)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	changed := regexp.MustCompile(`(?m)^\d\d:\d\d:\d\d ([+-]) .*` + regexp.QuoteMeta(l.Addr().String()) + `\b`)
	said := func() (marks string) {
		for _, m := range changed.FindAllStringSubmatch(out.String(), -1) {
			marks += m[1]
		}
		return marks
	}
	for _, want := range []string{"+", "+-"} {
		for deadline := time.Now().Add(20 * time.Second); said() != want; {
			if time.Now().After(deadline) {
				t.Fatalf("got changes %q of %s, want %q in\n%s", said(), l.Addr(), want, &out)
			}
			time.Sleep(10 * time.Millisecond)
		}
		l.Close()
	}
	if strings.Count(out.String(), "127.0.0.1:"+first+" ") > 1 {
		t.Errorf("what has not changed is told again:\n%s", &out)
	}
	cancel()
	if got := <-ended; got != exitInterrupted {
		t.Errorf("got status %d, want %d", got, exitInterrupted)
	}
}

func TestWhyJSON(t *testing.T) {
	_, stdout, _ := command(t, "", "why", taken(t), "--json", "--try")
	var got struct {
		Verdict, Case string
		Tried         struct{ Agrees bool }
	}
	if err := json.Unmarshal([]byte(stdout), &got); err != nil {
		t.Fatal(err)
	}
	if got.Verdict != "taken" || got.Case != "listener" || !got.Tried.Agrees {
		t.Errorf("got %+v, want taken by a listener, and a trial that agrees", got)
	}
}

// TestServerOnTakenPort: what the server says of its own port is the doctor's answer, not a bare
// errno.
func TestServerOnTakenPort(t *testing.T) {
	status, _, stderr := command(t, "", "--listen=127.0.0.1:"+taken(t))
	if status != exitCannot || !strings.Contains(stderr, "(pid "+strconv.Itoa(os.Getpid())+")") ||
		!strings.Contains(stderr, "linux-bind-listener") {
		t.Errorf("got status %d and %s", status, stderr)
	}
}
