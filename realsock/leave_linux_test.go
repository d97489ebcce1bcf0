package realsock

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// hold is the test binary as another program: it makes Nets with a connection each, says ready, waits for the end of its input
// and closes them. Or it forbids itself namespaces and says what it is able to.
func hold() {
	if os.Getenv("FOURWAVE_TEST_HOLD") == "forbidden" {
		if err := os.WriteFile("/proc/sys/user/max_net_namespaces", []byte("0"), 0); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		_ = json.NewEncoder(os.Stdout).Encode(Able())
		os.Exit(0)
	}
	n, err := strconv.Atoi(os.Getenv("FOURWAVE_TEST_HOLD"))
	if r, w, err := os.Pipe(); err == nil { // so that the runtime has opened what it polls with
		r.Close()
		w.Close()
	}
	files := countFiles()
	var nets []*Net
	for range n {
		var net *Net
		if net, err = Open(context.Background(), Config{}); err != nil {
			break
		}
		nets = append(nets, net)
		t := &testing.T{}
		for _, line := range []string{"server bind l :7865", "server listen l", "client connect c server:7865", "server close l"} {
			if _, err = net.Do(context.Background(), parseCall(t, line)); err != nil {
				break
			}
		}
		_ = net.Quiet(context.Background())
	}
	fmt.Println("ready", err)
	_, _ = io.Copy(io.Discard, os.Stdin)
	for _, net := range nets {
		if err := net.Close(); err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
	}
	fmt.Println("files", countFiles()-files)
	os.Exit(0)
}

// held is a program with Nets, and what the system has of it.
type held struct {
	cmd   *exec.Cmd
	input io.Closer
	ready *bufio.Reader
	said  *bytes.Buffer  // on its standard error
	procs map[int]string // descendants, by pid, with their start time

	// nets are the network namespaces of its processes, by inode. Each is held open: the kernel gives the number of one that
	// is gone to the next that anybody makes.
	nets map[uint64]*os.File
}

func startHeld(t *testing.T, n int) *held {
	t.Helper()
	h := beginHeld(t, n)
	if line, err := h.ready.ReadString('\n'); err != nil || line != "ready <nil>\n" {
		t.Fatalf("got %q, %v, want ready", line, err)
	}
	if h.look(t); len(h.procs) != 3*n || len(h.nets) != 3*n {
		t.Fatalf("got %d processes in %d network namespaces, want %d of each", len(h.procs), len(h.nets), 3*n)
	}
	return h
}

// beginHeld starts one and does not wait until it is ready.
func beginHeld(t *testing.T, n int) *held {
	t.Helper()
	if a := Able(); !a.OK {
		skip(t, "no kernel world: "+a.Why)
	}
	cmd := exec.Command("/proc/self/exe")
	cmd.Env = append(os.Environ(), "FOURWAVE_TEST_HOLD="+strconv.Itoa(n))
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	said := &bytes.Buffer{}
	cmd.Stderr = said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	h := &held{cmd: cmd, input: in, ready: bufio.NewReader(out), said: said, procs: map[int]string{}, nets: map[uint64]*os.File{}}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		h.letGo()
	})
	return h
}

// look notes what it has of the system.
func (h *held) look(t *testing.T) {
	own := inode("/proc/self/ns/net")
	all := processes(t)
	for pid, p := range all {
		if p.descends(h.cmd.Process.Pid, all) {
			h.procs[pid] = p.start
			f, err := os.Open(fmt.Sprintf("/proc/%d/ns/net", pid))
			if err != nil {
				continue // it has ended meanwhile
			}
			ns := inode(fmt.Sprintf("/proc/self/fd/%d", f.Fd()))
			if ns == own || h.nets[ns] != nil {
				f.Close()
				continue
			}
			h.nets[ns] = f
		}
	}
}

// letGo closes the namespaces, which ends those that nobody else has.
func (h *held) letGo() {
	for ns, f := range h.nets {
		f.Close()
		delete(h.nets, ns)
	}
}

// inode is a file's number; 0 if there is none.
func inode(path string) uint64 {
	var st unix.Stat_t
	if unix.Stat(path, &st) != nil {
		return 0
	}
	return st.Ino
}

// left is how many of its processes still live, and how many processes live in its network namespaces.
func (h *held) left(t *testing.T) (procs, inside int) {
	t.Helper()
	for pid, p := range processes(t) {
		if h.procs[pid] == p.start && p.state != "Z" {
			procs++
		}
		if h.nets[inode(fmt.Sprintf("/proc/%d/ns/net", pid))] != nil {
			inside++
		}
	}
	return procs, inside
}

// wantGone waits until nothing is left.
func (h *held) wantGone(t *testing.T) {
	t.Helper()
	procs, inside := h.left(t)
	for deadline := time.Now().Add(5 * time.Second); procs+inside > 0 && time.Now().Before(deadline); {
		time.Sleep(10 * time.Millisecond)
		procs, inside = h.left(t)
	}
	if procs != 0 || inside != 0 {
		t.Errorf("got %d processes left, %d inside its namespaces, want none", procs, inside)
	}
}

type process struct {
	parent int
	state  string
	start  string
}

func (p process) descends(from int, all map[int]process) bool {
	for range 10 {
		if p.parent == from {
			return true
		}
		p = all[p.parent]
	}
	return false
}

func processes(t *testing.T) map[int]process {
	t.Helper()
	files, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		t.Fatal(err)
	}
	all := map[int]process{}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			continue // it has ended meanwhile
		}
		// The command in parentheses may contain anything.
		w := strings.Fields(string(b[bytes.LastIndexByte(b, ')')+1:]))
		pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(f)))
		parent, _ := strconv.Atoi(w[1])
		all[pid] = process{parent: parent, state: w[0], start: w[19]}
	}
	return all
}

// TestKilled: a program that is killed in the middle leaves no process and no namespace.
func TestKilled(t *testing.T) {
	h := startHeld(t, 3)
	if err := h.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	h.wantGone(t)
	t.Logf("%d processes and %d network namespaces: none left", len(h.procs), len(h.nets))
}

// TestManyKilled: many Nets in programs of which a third is killed at a random moment, be it while the Nets are made, and of a third
// a random process is. Some programs run side by side, since each spends most of its time waiting.
//
// Afterwards there is no process, no network namespace and with them no veth pair, no descriptor in those programs that lived on, and
// nobody has said anything.
func TestManyKilled(t *testing.T) {
	if !counted(t) {
		return
	}
	const groups = 4
	programs := 12
	if os.Getenv("FOURWAVE_LONG") != "" {
		programs = 100
	}
	var procs, nets atomic.Int64
	t.Run("programs", func(t *testing.T) {
		for g := range groups {
			t.Run(strconv.Itoa(g), func(t *testing.T) {
				t.Parallel()
				rng := rand.New(rand.NewPCG(7865, uint64(g)))
				for i := range programs / groups {
					h := killSome(t, rng, i%3)
					procs.Add(int64(len(h.procs)))
					nets.Add(int64(len(h.nets)))
					if h.wantGone(t); t.Failed() {
						t.Fatalf("program %d", i)
					}
					h.letGo()
				}
			})
		}
	})
	wantNoNamespaces(t)
	t.Logf("%d programs with two nets each, two thirds of them killed, whole or in part: of %d processes, %d network namespaces and their veth pairs none left",
		programs, procs.Load(), nets.Load())
}

// killSome starts a program with two Nets and kills it at a random moment (0), one of its processes (1), or nothing (2), and waits for its end.
func killSome(t *testing.T, rng *rand.Rand, what int) *held {
	h := beginHeld(t, 2)
	if what == 0 {
		time.Sleep(time.Duration(rng.IntN(150)) * time.Millisecond)
		h.look(t)
		_ = h.cmd.Process.Kill()
	} else {
		if _, err := h.ready.ReadString('\n'); err != nil {
			t.Fatal(err)
		}
		h.look(t)
		if pids := slices.Sorted(maps.Keys(h.procs)); what == 1 && len(pids) > 0 {
			_ = syscall.Kill(pids[rng.IntN(len(pids))], syscall.SIGKILL)
		}
		_ = h.input.Close()
		if line, err := h.ready.ReadString('\n'); err != nil || line != "files 0\n" {
			t.Errorf("got %q, %v, want no descriptor left", line, err)
		}
	}
	if _ = h.cmd.Wait(); h.said.Len() > 0 {
		t.Errorf("it said %q", h.said)
	}
	return h
}

// TestPartsKilled: whichever of its processes dies, the rest does not outlive the program, and the program is told.
func TestPartsKilled(t *testing.T) {
	l := newTrial(t, Config{})
	l.run(opened)
	all := processes(t)
	var runner int
	for pid, p := range all {
		if !p.descends(os.Getpid(), all) {
			continue
		}
		line, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
		if name, _, _ := strings.Cut(string(line), "\x00"); name == runnerName {
			runner = pid
		}
	}
	if runner == 0 {
		t.Fatal("found no runner")
	}
	if err := syscall.Kill(runner, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Do(t.Context(), parseCall(t, "client state c")); err == nil {
		t.Error("got no error from a Net without a runner")
	}
}

// TestAppKilled: what the kernel does with the sockets of a process that somebody killed is no
// answer to the script, so the Net fails and says why, whatever the process was doing.
func TestAppKilled(t *testing.T) {
	for i := range 20 {
		host, call := []string{Server, Client}[i%2], []string{"", "server recv a within=10s", "client close c"}[i%3]
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			l := newTrial(t, Config{})
			l.run(opened)
			app := l.app(host)
			returned := make(chan error, 1)
			if call != "" {
				go func() {
					_, err := l.Do(t.Context(), parseCall(t, call))
					returned <- err
				}()
			}
			if err := syscall.Kill(app, syscall.SIGKILL); err != nil {
				t.Fatal(err)
			}
			if call != "" {
				<-returned // if it came back before, that is as good
			}
			want := "the " + host + "'s process was killed"
			select {
			case <-l.done:
			case <-time.After(10 * time.Second):
				t.Fatal("the Net goes on")
			}
			if _, err := l.Do(t.Context(), parseCall(t, "server state a")); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("got %v, want %q", err, want)
			}
		})
	}
}

// app is the process of a host of this Net.
func (l *trial) app(host string) int {
	l.t.Helper()
	all := processes(l.t)
	for pid, p := range all {
		line, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
		name, arg, _ := strings.Cut(string(line), "\x00")
		if name == appName && strings.Trim(arg, "\x00") == host && p.descends(os.Getpid(), all) {
			return pid
		}
	}
	l.t.Fatalf("no process of %s", host)
	return 0
}

// TestClosed: Close leaves nothing either.
func TestClosed(t *testing.T) {
	if a := Able(); !a.OK {
		skip(t, "no kernel world: "+a.Why)
	}
	count := func() (n int) {
		all := processes(t)
		for _, p := range all {
			if p.descends(os.Getpid(), all) {
				n++
			}
		}
		return n
	}
	before, files := count(), openFiles(t)
	for range 5 {
		n, err := Open(t.Context(), Config{})
		if err != nil {
			t.Fatal(err)
		}
		if err := n.Close(); err != nil {
			t.Error(err)
		}
		if _, err := n.Do(t.Context()); err == nil {
			t.Error("got no error from a closed Net")
		}
	}
	if after := count(); after > before {
		t.Errorf("got %d processes, %d before", after, before)
	}
	if after := openFiles(t); after > files {
		t.Errorf("got %d open files, %d before", after, files)
	}
}

func openFiles(t *testing.T) int {
	t.Helper()
	n := countFiles()
	if n < 0 {
		t.Fatal("cannot read /proc/self/fd")
	}
	return n
}

func countFiles() int {
	fds, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return -1
	}
	return len(fds)
}
