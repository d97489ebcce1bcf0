package realsock

import (
	"bytes"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// counted runs the test that calls it once more, as the first process of a user namespace, since that counts the network
// namespaces made in it and below it until the kernel has really freed them. There it reports true.
func counted(t *testing.T) bool {
	t.Helper()
	if os.Getenv("FOURWAVE_TEST_COUNTED") != "" {
		return true
	}
	if a := Able(); !a.OK {
		skip(t, "no kernel world: "+a.Why)
	}
	cmd := exec.Command("/proc/self/exe", "-test.v", "-test.run", "^"+t.Name()+"$")
	cmd.Env = append(os.Environ(), "FOURWAVE_TEST_COUNTED=1")
	cmd.SysProcAttr = userNamespace.attr()
	cmd.SysProcAttr.Cloneflags = unix.CLONE_NEWUSER
	out, err := cmd.CombinedOutput()
	if err != nil && !bytes.HasPrefix(out, []byte("=== RUN")) {
		skip(t, "no user namespace to count in: "+err.Error())
	}
	if err != nil || !bytes.Contains(out, []byte("--- PASS: "+t.Name())) {
		t.Errorf("%v\n%s", err, out)
	}
	for line := range strings.Lines(string(out)) {
		if strings.Contains(line, "_test.go:") {
			t.Log(strings.TrimSpace(line))
		}
	}
	return false
}

// wantNoNamespaces waits until no network namespace is left of this user namespace: until one can be made where at most
// one may be. A killed process can leave an orphan that says its FIN to nobody, and the kernel keeps its namespace until
// it gives up: after 108 s at the latest.
func wantNoNamespaces(t *testing.T) {
	t.Helper()
	for deadline := time.Now().Add(2 * time.Minute); ; time.Sleep(10 * time.Millisecond) {
		if canUnshare(t, 1) {
			return
		}
		if time.Now().After(deadline) {
			break
		}
	}
	n := 2
	for ; n < 1000 && !canUnshare(t, n); n++ {
	}
	t.Errorf("got %d network namespaces left, want none", n-1)
}

// canUnshare reports whether one more network namespace can be made where so many may be.
func canUnshare(t *testing.T, limit int) bool {
	t.Helper()
	if err := os.WriteFile("/proc/sys/user/max_net_namespaces", []byte(strconv.Itoa(limit)), 0); err != nil {
		t.Fatal(err)
	}
	made := make(chan error)
	go func() {
		runtime.LockOSThread() // for good: the thread ends, and its namespace with it
		made <- unix.Unshare(unix.CLONE_NEWNET)
	}()
	return <-made == nil
}

// TestManyTrials: a hundred thousand trials leave nothing: no process, no namespace and so no veth pair, no descriptor here or
// in the process that makes them, and no memory.
func TestManyTrials(t *testing.T) {
	t.Parallel()
	if os.Getenv("FOURWAVE_LONG") == "" {
		t.Skip("makes 100,000 trials; set FOURWAVE_LONG=1")
	}
	if !counted(t) {
		return
	}
	const rounds = 5
	procs, files := ownProcesses(t), openFiles(t)
	tr, err := OpenTrials(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	pid := child(t)
	trials := make([]Trial, 0, 20_000)
	for len(trials) < 20_000 {
		a := netip.MustParseAddr("::1")
		trials = append(trials, restart(), Trial{Existing: []TrialSocket{{State: "FIN_WAIT1", Role: "connected", Addr: a, Via: a}}, New: TrialSocket{Addr: a}})
	}
	var descriptors, memory [rounds]int
	began := time.Now()
	for i := range rounds {
		for _, o := range tr.all(t, trials) {
			if o.Bind != "EADDRINUSE" {
				t.Fatalf("got %+v, want EADDRINUSE", o)
			}
		}
		descriptors[i], memory[i] = usage(t, pid)
	}
	took := time.Since(began)
	if first, last := descriptors[0], descriptors[rounds-1]; last > first {
		t.Errorf("the process has %d descriptors, %d after a fifth of the trials", last, first)
	}
	if first, last := memory[1], memory[rounds-1]; last > first+first/2 {
		t.Errorf("the process has %d KiB, %d after two fifths of the trials", last, first)
	}
	if err := tr.Close(); err != nil {
		t.Error(err)
	}
	wantProcesses(t, procs)
	wantNoNamespaces(t)
	if got := openFiles(t); got > files+2 { // those that Go's runtime polls with
		t.Errorf("got %d open files, %d before", got, files)
	}
	t.Logf("%d trials in %v: %v descriptors, %v KiB in the process; nothing left", rounds*len(trials), took.Round(time.Millisecond), descriptors, memory)
}

// child is the one process below this one.
func child(t *testing.T) int {
	t.Helper()
	for pid, p := range processes(t) {
		if p.parent == os.Getpid() && p.state != "Z" {
			return pid
		}
	}
	t.Fatal("no process makes trials")
	return 0
}

// usage is how many descriptors a process has, and how much memory, in KiB.
func usage(t *testing.T, pid int) (descriptors, memory int) {
	t.Helper()
	dir := filepath.Join("/proc", strconv.Itoa(pid))
	fds, err := os.ReadDir(filepath.Join(dir, "fd"))
	if err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(filepath.Join(dir, "status"))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(b), "VmRSS:")
	if memory, err = strconv.Atoi(strings.Fields(rest)[0]); err != nil {
		t.Fatal(err)
	}
	return len(fds), memory
}
