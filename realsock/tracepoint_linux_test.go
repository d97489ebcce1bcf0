package realsock

import (
	"fmt"
	"math/rand/v2"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"
)

// TestTracepoint holds the states that are seen against those that the kernel's own tracepoint tells, sock:inet_sock_set_state.
// It never tells of TIME-WAIT, entering which it calls CLOSE, nor of a half-open connection, which it tells of when the last ACK has come.
func TestTracepoint(t *testing.T) {
	if os.Getenv("FOURWAVE_LONG") == "" {
		t.Skip("needs root and the kernel's tracing; set FOURWAVE_LONG=1")
	}
	for _, e := range []struct {
		name, script string
		server       string // what is seen there; "" if nothing is made
		client       string
	}{
		{"close in turn", "server close a\nclient close c",
			"LISTEN SYN_RECV ESTABLISHED FIN_WAIT1 FIN_WAIT2 TIME_WAIT", "CLOSE SYN_SENT ESTABLISHED CLOSE_WAIT LAST_ACK CLOSE"},
		{"client first", "client close c\nserver close a",
			"LISTEN SYN_RECV ESTABLISHED CLOSE_WAIT LAST_ACK CLOSE", "CLOSE SYN_SENT ESTABLISHED FIN_WAIT1 FIN_WAIT2 TIME_WAIT"},
		{"half-closed", "server shutdown a wr\nclient send c n=100\nclient close c",
			"LISTEN SYN_RECV ESTABLISHED FIN_WAIT1 FIN_WAIT2 TIME_WAIT", "CLOSE SYN_SENT ESTABLISHED CLOSE_WAIT LAST_ACK CLOSE"},
		{"close at once", "server close a & client close c",
			"LISTEN SYN_RECV ESTABLISHED FIN_WAIT1 CLOSING TIME_WAIT", "CLOSE SYN_SENT ESTABLISHED FIN_WAIT1 CLOSING TIME_WAIT"},
		{"abort", "server abort a",
			"LISTEN SYN_RECV ESTABLISHED CLOSE", "CLOSE SYN_SENT ESTABLISHED CLOSE"},
		{"unread data", "client send c n=100\nserver close a",
			"LISTEN SYN_RECV ESTABLISHED CLOSE", "CLOSE SYN_SENT ESTABLISHED CLOSE"},
		{"refused", "", "", "CLOSE SYN_SENT CLOSE"},
	} {
		t.Run(e.name, func(t *testing.T) {
			port := 10_000 + 2*rand.IntN(10_000)
			p := openTracepoint(t, port)
			l := newTrial(t, Config{})
			l.run(fmt.Sprintf("client bind c client:%d", port+1))
			if e.server == "" {
				l.run(fmt.Sprintf("client connect c server:%d => ECONNREFUSED", port))
			} else {
				l.run(fmt.Sprintf("server bind l :%d\nserver listen l n=5\nclient connect c server:%[1]d => ok\nserver accept l as=a => ok", port))
				l.wantPath(Server, "a", strings.Join(strings.Fields(e.server)[:3], " "))
			}
			for _, line := range strings.Split(e.script, "\n") {
				if line != "" {
					l.do(strings.Split(line, " & ")...)
				}
			}
			l.wantPath(Client, "c", e.client)
			want := map[string]string{"client": traced(e.client)}
			if e.server != "" {
				l.wantPath(Server, "a", e.server)
				want["server"] = traced(e.server)
			}
			got := p.paths(t)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("the tracepoint tells another story (-want +got):\n%s", diff)
			}
		})
	}
}

// TestTracepointHalfOpen: of a connection whose last ACK is held the tracepoint tells nothing, and we do.
func TestTracepointHalfOpen(t *testing.T) {
	if os.Getenv("FOURWAVE_LONG") == "" {
		t.Skip("needs root and the kernel's tracing; set FOURWAVE_LONG=1")
	}
	port := 10_000 + 2*rand.IntN(10_000)
	p := openTracepoint(t, port)
	l := newTrial(t, Config{})
	l.run(fmt.Sprintf(`
		client bind c client:%d
		server bind l :%d
		server listen l n=5
		wire hold client ACK
		client connect c server:%[2]d => ok`, port+1, port))
	l.quiet()
	l.mu.Lock()
	half := slices.ContainsFunc(l.sightings, func(s Sighting) bool { return s.Host == Server && s.State == "SYN_RECV" })
	l.mu.Unlock()
	if !half {
		t.Error("no SYN_RECV was seen")
	}
	if diff := cmp.Diff(map[string]string{"client": "CLOSE SYN_SENT ESTABLISHED"}, p.paths(t)); diff != "" {
		t.Errorf("the tracepoint tells another story (-want +got):\n%s", diff)
	}
}

// traced is what the tracepoint makes of a way through the states.
func traced(path string) string { return strings.Replace(path, "TIME_WAIT", "CLOSE", 1) }

// tracepoint is an instance of the kernel's tracing, of our own.
type tracepoint struct {
	dir  int
	port int
}

// openTracepoint traces the sockets with a port, and those with the port after it.
func openTracepoint(t *testing.T, port int) *tracepoint {
	t.Helper()
	root, err := mountTracing()
	if err != nil {
		skip(t, "no tracing: "+err.Error())
	}
	t.Cleanup(func() { unix.Close(root) })
	name := fmt.Sprintf("instances/fourwave-%d-%d", os.Getpid(), port)
	if err := unix.Mkdirat(root, name, 0o700); err != nil {
		skip(t, "no instance of tracing: "+err.Error())
	}
	t.Cleanup(func() {
		if err := unix.Unlinkat(root, name, unix.AT_REMOVEDIR); err != nil {
			t.Errorf("rmdir %s: %v", name, err)
		}
	})
	dir, err := unix.Openat(root, name, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(dir) })
	p := &tracepoint{dir, port}
	const event = "events/sock/inet_sock_set_state/"
	p.write(t, event+"filter", fmt.Sprintf("sport == %d || dport == %[1]d || sport == %d", port, port+1))
	p.write(t, event+"enable", "1")
	return p
}

// mountTracing mounts tracefs where nobody sees it: nowhere.
func mountTracing() (int, error) {
	fs, err := unix.Fsopen("tracefs", unix.FSOPEN_CLOEXEC)
	if err != nil {
		return 0, os.NewSyscallError("fsopen", err)
	}
	defer unix.Close(fs)
	if err := unix.FsconfigCreate(fs); err != nil {
		return 0, os.NewSyscallError("fsconfig", err)
	}
	root, err := unix.Fsmount(fs, unix.FSMOUNT_CLOEXEC, 0)
	return root, os.NewSyscallError("fsmount", err)
}

func (p *tracepoint) write(t *testing.T, path, s string) {
	t.Helper()
	fd, err := unix.Openat(p.dir, path, unix.O_WRONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	defer unix.Close(fd)
	if _, err := unix.Write(fd, []byte(s)); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
}

var tracedState = regexp.MustCompile(`sport=(\d+) dport=\d+ .*oldstate=TCP_(\w+) newstate=TCP_(\w+)`)

// paths are the ways of the two ends. What a listener goes through itself is left out.
func (p *tracepoint) paths(t *testing.T) map[string]string {
	t.Helper()
	fd, err := unix.Openat(p.dir, "trace", unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	f := os.NewFile(uintptr(fd), "trace")
	defer f.Close()
	var all strings.Builder
	if _, err := f.WriteTo(&all); err != nil {
		t.Fatal(err)
	}
	ways := map[string][]string{}
	for _, m := range tracedState.FindAllStringSubmatch(all.String(), -1) {
		host, from, to := "server", m[2], m[3]
		if m[1] == fmt.Sprint(p.port+1) {
			host = "client"
		}
		if to == "LISTEN" || from == "LISTEN" && to == "CLOSE" || from == to {
			continue
		}
		way := ways[host]
		if len(way) == 0 {
			way = []string{from}
		}
		if last := way[len(way)-1]; last != from {
			t.Errorf("%s: the tracepoint goes from %s, before that to %s", host, from, last)
		}
		ways[host] = append(way, to)
	}
	paths := map[string]string{}
	for host, way := range ways {
		paths[host] = strings.Join(way, " ")
	}
	return paths
}
