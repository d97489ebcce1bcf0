package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"fourwave/lab/world"
	"fourwave/lab/world/kernel"
	"fourwave/lab/world/model"
	"fourwave/lab/world/worldtest"
	"fourwave/realsock/guest"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

const asExpected = `# Does it end where the figure says?
+0  server  bind l :7865            = ok
+0  server  listen l                = ok
+0  client  connect c server:7865   = ok
+0  server  accept l as a           = ok
+0  client  close c                 = ok
+0  server  state a                 = CLOSE-WAIT
`

// closesLate comes to the same results and sends other segments: the RFC's shortest retransmission
// timeout is 1 s, Linux's 0.2 s.
const closesLate = asExpected + `+0 wire hold
+0 server close a = ok
+600ms server state a = LAST-ACK
`

// command runs a command line and returns what it says.
func command(t *testing.T, stdin string, args ...string) (status int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	status = execute(t.Context(), args, strings.NewReader(stdin), &out, &errs)
	return status, out.String(), errs.String()
}

func TestExitStatus(t *testing.T) {
	file := filepath.Join(t.TempDir(), "restart.txt")
	if err := os.WriteFile(file, []byte("# Why?\n+0 server bind l :7865\n+0 server bnid l :7865\n"),
		0o644); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name   string
		stdin  string
		args   []string
		want   int
		stdout string // that it has, as a regular expression
		stderr string
	}{
		{"as expected", asExpected, []string{"run", "-", "--world", "model"}, exitOK, `CLOSE-WAIT .*agree`, `^$`},
		{"unexpected", strings.Replace(asExpected, "CLOSE-WAIT", "LAST-ACK", 1), []string{"run", "-", "--world=model"},
			exitDiffers, `LAST-ACK`, `^$`},
		{"worlds differ", asExpected + "+0 server close a\n+90s client state c\n",
			[]string{"run", "-", "--world=model,model:rfc9293"}, exitDiffers, `differ`, `^$`},
		{"segments differ", closesLate, []string{"run", "-", "--world=model,model:rfc9293"}, exitOK,
			`(?s)segments .*differ.*goes by the steps \(--strict: by all\)\n$`, `^$`},
		{"segments differ, strictly", closesLate, []string{"run", "-", "--world=model,model:rfc9293", "--strict"},
			exitDiffers, `goes by all`, `^$`},
		{"Chinese", asExpected, []string{"run", "-", "--world=model", "--lang=zh"}, exitOK, `一致`, `^$`},
		{"syntax error", "", []string{"run", file}, exitUsage, `^$`,
			`restart\.txt:3:11: unknown verb "bnid", did you mean bind\?`},
		{"syntax error on stdin", "+0 sever exit", []string{"run", "-"}, exitUsage, `^$`,
			`<stdin>:1:4: .*did you mean server`},
		{"no such file", "", []string{"run", "no-such"}, exitUsage, `^$`, `no-such: no such file`},
		{"nothing to run", " \n", []string{"run", os.DevNull}, exitUsage, `^$`, `nothing to run`},
		{"no such world", asExpected, []string{"run", "-", "--world=mars"}, exitUsage, `^$`, `"mars".*model.*kernel`},
		{"no such language", asExpected, []string{"run", "-", "--lang=de"}, exitUsage, `^$`, `neither en nor zh`},
		{"capture of two worlds", asExpected, []string{"run", "-", "--pcapng", file}, exitUsage, `^$`,
			`--pcapng: .*one world`},
		{"capture to nowhere", asExpected, []string{"run", "-", "--world=model", "--pcapng", file + "/x"}, exitUsage,
			`^$`, `--pcapng: .*not a directory`},
		{"no argument", "", []string{"run"}, exitUsage, `^$`, `accepts 1 arg`},
		{"no such flag", "", []string{"run", "-", "--wrold=model"}, exitUsage, `^$`, `unknown flag: --wrold`},
		{"no such command", "", []string{"rnu"}, exitUsage, `^$`, `unknown command "rnu"(.|\n)*run`},
		{"bad address", "", []string{"--listen=nonsense"}, exitUsage, `^$`, `--listen: .*missing port`},
		{"experiments", "", []string{"experiments"}, exitOK, ``, `^$`},
		{"population that runs out", "", []string{"population", "--rate=500", "--lang=en"}, exitDiffers,
			`run out after 56\.464s.*EADDRNOTAVAIL(.|\n)*tcp_tw_reuse=1`, `^$`},
		{"population that lasts", "", []string{"population", "--rate=400", "--lang=zh"}, exitOK, `^够用：`, `^$`},
		{"population walked", "", []string{"population", "--rate=9", "--walk", "--lang=en"}, exitOK,
			`the same counts(.|\n)*TIME-WAIT .*2MSL timeout`, `^$`},
		{"population as a document", "", []string{"population", "--rate=500", "--json",
			"--sysctl=net.ipv4.tcp_tw_reuse=1"}, exitOK, `"verdict":"lasts"`, `^$`},
		{"population without a rate", "", []string{"population"}, exitUsage, `^$`, `--rate is required`},
		{"population of too many", "", []string{"population", "--rate=1e6"}, exitUsage, `^$`,
			`--for: .*at most 10000000`},
		{"population at a tiny rate", "", []string{"population", "--rate=0.02", "--for=1h", "--range=1024-1024",
			"--lang=en"}, exitDiffers, `0\.016 connections a second is the most`, `^$`},
		{"population under a setting long gone", "", []string{"population", "--rate=1", "--sysctl=tcp_tw_recycle=1"},
			exitUsage, `^$`, `--sysctl: tcp_tw_recycle: .*4\.12`},
		{"population under no setting", "", []string{"population", "--rate=1", "--sysctl=tcp_tw_reuse"}, exitUsage,
			`^$`, `is not KEY=VALUE`},
		{"version", "", []string{"version"}, exitOK, `^fourwave \S+ go1\.`, `^$`},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, stdout, stderr := command(t, test.stdin, test.args...)
			if got != test.want {
				t.Errorf("got status %d, want %d", got, test.want)
			}
			if !regexp.MustCompile(test.stdout).MatchString(stdout) {
				t.Errorf("stdout has no %s:\n%s", test.stdout, stdout)
			}
			if !regexp.MustCompile(test.stderr).MatchString(stderr) {
				t.Errorf("stderr has no %s:\n%s", test.stderr, stderr)
			}
		})
	}
}

func TestRunWritesPcapng(t *testing.T) {
	name := filepath.Join(t.TempDir(), "close.pcapng")
	status, stdout, stderr := command(t, asExpected, "run", "-", "--world=model", "--pcapng", name)
	if status != exitOK || !strings.Contains(stdout, "CLOSE-WAIT") || stderr != "" {
		t.Errorf("got status %d, %q, %q", status, stdout, stderr)
	}
	file, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if want := "line 6: +0 client close c → ok"; !bytes.HasPrefix(file, []byte("\n\r\r\n")) ||
		!bytes.Contains(file, []byte(want)) {
		t.Errorf("got a file of %d octets that does not say %q", len(file), want)
	}
}

func TestFlagsFromTheEnvironment(t *testing.T) {
	t.Setenv("FOURWAVE_WORLD", "model:rfc9293")
	t.Setenv("FOURWAVE_JSON", "true")
	_, stdout, stderr := command(t, asExpected, "run", "-")
	var l struct{ Worlds []string }
	if err := json.Unmarshal([]byte(stdout), &l); err != nil {
		t.Fatalf("%v\n%s%s", err, stdout, stderr)
	}
	if len(l.Worlds) != 1 || l.Worlds[0] != "model:rfc9293" {
		t.Errorf("got worlds %v, want that of FOURWAVE_WORLD", l.Worlds)
	}
	_, stdout, _ = command(t, asExpected, "run", "-", "--world=model", "--json=false")
	if !strings.Contains(stdout, "agree") || strings.Contains(stdout, "rfc9293") {
		t.Errorf("the environment goes before the command line:\n%s", stdout)
	}
	t.Setenv("FOURWAVE_JSON", "maybe")
	if status, _, stderr := command(t, asExpected, "run", "-"); status != exitUsage ||
		!strings.Contains(stderr, "FOURWAVE_JSON") {
		t.Errorf("got status %d and %q, want %d and the variable's name", status, stderr, exitUsage)
	}
}

func TestJSONIsTheServersDocument(t *testing.T) {
	url, _ := startServer(t)
	_, stdout, _ := command(t, asExpected, "run", "-", "--world=model", "--json")
	resp, err := http.Post(url+"v1/labs?worlds=model", "text/plain", strings.NewReader(asExpected))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var ours, theirs map[string]any
	if err := json.Unmarshal([]byte(stdout), &ours); err != nil {
		t.Fatalf("%v\n%s", err, stdout)
	}
	if err := json.NewDecoder(resp.Body).Decode(&theirs); err != nil {
		t.Fatal(err)
	}
	for name := range theirs {
		if _, ok := ours[name]; !ok {
			t.Errorf("the document of --json has no %s", name)
		}
	}
	if steps, ok := ours["steps"].([]any); !ok || len(steps) != 6 || ours["status"] != "done" {
		t.Errorf("got %v", ours)
	}
}

func TestInterruptedRun(t *testing.T) {
	if err := kernelRuns(); err != nil {
		skip(t, err.Error())
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	var out, errs bytes.Buffer
	start := time.Now()
	got := execute(ctx, []string{"run", "-", "--world=kernel"}, strings.NewReader(
		"+0 server bind l :7865\n+10m server exit\n"), &out, &errs)
	if got != exitInterrupted {
		t.Errorf("got status %d, want %d; %s", got, exitInterrupted, errs.String())
	}
	if d := time.Since(start); d > 20*time.Second {
		t.Errorf("it took %v to stop", d)
	}
}

func kernelRuns() error {
	for _, w := range newWorlds(guest.NewStore(guest.Options{})).Infos() {
		if w.Name == "kernel" && !w.Runs {
			return fmt.Errorf("kernel %s", able(w))
		}
	}
	return nil
}

// skip leaves a test out where something is missing; where nothing may be, it fails.
func skip(t *testing.T, why string) {
	t.Helper()
	if os.Getenv("FOURWAVE_NOSKIP") != "" {
		t.Fatal(why)
	}
	t.Skip(why)
}

var greeting = regexp.MustCompile(`serves on (http://\S+)`)

// startServer starts the program on a free port. stop ends it and returns its exit status.
func startServer(t *testing.T, args ...string) (url string, stop func() int) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	out, w := io.Pipe()
	status := make(chan int, 1)
	go func() {
		status <- execute(ctx, append([]string{"--listen=127.0.0.1:0"}, args...), nil, w, io.Discard)
		w.Close()
	}()
	lines := bufio.NewScanner(out)
	if !lines.Scan() {
		t.Fatal("the server says nothing")
	}
	m := greeting.FindStringSubmatch(lines.Text())
	if m == nil {
		t.Fatalf("the first line has no URL: %s", lines.Text())
	}
	go func() {
		for lines.Scan() { // the rest of the greeting
		}
	}()
	stop = func() int {
		cancel()
		select {
		case s := <-status:
			status <- s
			return s
		case <-time.After(20 * time.Second):
			t.Error("the server does not end")
			return -1
		}
	}
	t.Cleanup(func() { stop() })
	return m[1], stop
}

// TestUnreadAnswersHoldNothingUp: a client that asks and asks and reads nothing costs the grace,
// and the program ends as it should.
func TestUnreadAnswersHoldNothingUp(t *testing.T) {
	url, stop := startServer(t, "--grace", "300ms")
	conn, err := net.Dial("tcp", strings.Trim(strings.TrimPrefix(url, "http:"), "/"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetWriteDeadline(time.Now().Add(2 * time.Second))
	for range 2000 { // until the answers fill all buffers on the way, and then the requests do
		if _, err := io.WriteString(conn, "GET /openapi.yaml HTTP/1.1\r\nHost: localhost\r\n\r\n"); err != nil {
			break
		}
	}
	start := time.Now()
	if got := stop(); got != exitOK {
		t.Errorf("got status %d, want %d", got, exitOK)
	}
	if d := time.Since(start); d > 5*time.Second {
		t.Errorf("it took %v to end", d)
	}
}

func TestServerEndsCleanly(t *testing.T) {
	url, stop := startServer(t)
	resp, err := http.Post(url+"v1/labs", "application/json", strings.NewReader(`{"worlds":["model"]}`))
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	stream, err := http.Get(strings.TrimSuffix(url, "/") + resp.Header.Get("Location") + "/events")
	if err != nil {
		t.Fatal(err)
	}
	defer stream.Body.Close()
	start := time.Now()
	if got := stop(); got != exitOK {
		t.Errorf("got status %d, want %d", got, exitOK)
	}
	if d := time.Since(start); d > 5*time.Second {
		t.Errorf("an open stream held the server for %v", d)
	}
	if _, err := io.ReadAll(stream.Body); err != nil {
		t.Errorf("the stream broke off: %v", err)
	}
	if _, err := http.Get(url); err == nil {
		t.Error("the server still answers")
	}
}

func TestGreetingNamesTheWorlds(t *testing.T) {
	var out bytes.Buffer
	greet(&out, address{Addr: &net.TCPAddr{IP: net.IPv4zero, Port: 8080}}, "",
		newWorlds(guest.NewStore(guest.Options{})).Infos())
	for _, want := range []string{"http://localhost:8080/", "model ", "kernel "} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the greeting has no %q:\n%s", want, out.String())
		}
	}
}

func TestPortInUse(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	status, _, stderr := command(t, "", "--listen", taken.Addr().String())
	_, port, _ := net.SplitHostPort(taken.Addr().String())
	if status != exitCannot || !strings.Contains(stderr, "port "+port+" is taken") ||
		!strings.Contains(stderr, "--listen 127.0.0.1:") {
		t.Errorf("got status %d and %q", status, stderr)
	}
}

// A package of worlds and a line for it: the command line offers what it has, and runs in it.
func TestOneMoreWorld(t *testing.T) {
	worlds := world.NewRegistry(model.Worlds(), kernel.New(), worldtest.New())
	cmd := runCommand(worlds, kernel.New())
	if help := cmd.UsageString(); !strings.Contains(help, "kernel, echo, echo:NAME") {
		t.Errorf("the help does not offer it:\n%s", help)
	}
	var out bytes.Buffer
	cmd.SetOut(&out)
	cmd.SetIn(strings.NewReader(
		"+0 server bind l :7865 = ok\n[echo:left] +0 server listen l = ok\n[echo] +0 client exit = ok\n"))
	cmd.SetArgs([]string{"-", "--world", "model,echo,echo:left", "--lang", "en"})
	var status *statusError
	if err := cmd.Execute(); err != nil && !errors.As(err, &status) {
		t.Fatal(err)
	}
	for _, want := range []string{"echo", "echo:left", "agree"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the report has no %q:\n%s", want, out.String())
		}
	}
	cmd = runCommand(worlds, kernel.New())
	cmd.SetIn(strings.NewReader("+0 server exit\n"))
	cmd.SetArgs([]string{"-", "--world", "nowhere"})
	cmd.SetOut(&out)
	cmd.SetErr(&out)
	if err := cmd.Execute(); err == nil || !strings.Contains(err.Error(), "echo:NAME") {
		t.Errorf("an unknown world: got %v, want an error that lists those there are", err)
	}
}
