package guest

import (
	"context"
	"fmt"
	"io"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"fourwave/realsock"
)

// kernels are the packages of kernels to test with: FOURWAVE_GUEST_DEBS, a list of files. The
// machines saved of them are kept in FOURWAVE_GUEST_CACHE from one run to the next, if it is set.
func kernels(t *testing.T) (*Store, []*Kernel) {
	t.Helper()
	debs := filepath.SplitList(os.Getenv("FOURWAVE_GUEST_DEBS"))
	if len(debs) == 0 {
		skip(t, "FOURWAVE_GUEST_DEBS names no packages of kernels")
	}
	if _, err := exec.LookPath("qemu-system-x86_64"); err != nil {
		skip(t, "no qemu-system-x86_64")
	}
	o := Options{Data: t.TempDir(), Cache: os.Getenv("FOURWAVE_GUEST_CACHE"), Init: os.Getenv("FOURWAVE_GUEST_INIT")}
	if o.Cache == "" {
		o.Cache = t.TempDir()
	} else { // unpacking a kernel takes half a minute under the race detector: once for all tests of a package
		o.Data = filepath.Join(filepath.Dir(o.Cache), "guest-kernels", filepath.Base(os.Args[0]))
	}
	if o.Init == "" {
		o.Init = filepath.Join(t.TempDir(), "fourwave")
		build := exec.Command("go", "build", "-o", o.Init, "fourwave")
		build.Env = append(os.Environ(), "CGO_ENABLED=0")
		if out, err := build.CombinedOutput(); err != nil {
			t.Fatalf("go build: %v\n%s", err, out)
		}
	}
	s := NewStore(o)
	t.Cleanup(s.Close)
	added, err := s.Kernels()
	if err != nil {
		t.Fatal(err)
	}
	var all []*Kernel
	for _, deb := range debs {
		first, _, _ := strings.Cut(deb, ",")
		if i := slices.IndexFunc(added, func(k *Kernel) bool { return k.Source == filepath.Base(first) }); i >= 0 {
			all = append(all, added[i])
			continue
		}
		k, err := s.Add(strings.Split(deb, ","), "", func(line string) { t.Log(line) })
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, k)
	}
	return s, all
}

// skip leaves a test out, unless FOURWAVE_NOSKIP forbids it.
func skip(t *testing.T, why string) {
	t.Helper()
	if os.Getenv("FOURWAVE_NOSKIP") != "" {
		t.Fatal(why)
	}
	t.Skip(why)
}

// A connection is closed on another kernel, and 2MSL pass in no time, the same way every time; with
// FOURWAVE_SOAK ten times on an idle machine and ten with all processors loaded.
func TestTimeWaitOfAGuest(t *testing.T) {
	s, all := kernels(t)
	runs, loads := 2, []bool{false}
	if os.Getenv("FOURWAVE_SOAK") != "" {
		runs, loads = 10, []bool{false, true}
	}
	for _, k := range all {
		t.Run(k.Version, func(t *testing.T) {
			by := &remembering{Launcher: s.Launcher(k)}
			first := timeWait(t, by, k.Version)
			for _, loaded := range loads {
				stop := func() {}
				if loaded {
					stop = busyAll()
				}
				var wall, processor []time.Duration
				for range runs {
					began := time.Now()
					again := timeWait(t, by, k.Version)
					wall, processor = append(wall, time.Since(began)), append(processor, by.processor(t))
					if !slices.Equal(again, first) {
						t.Errorf("got\n%s\nand at first\n%s", strings.Join(again, "\n"), strings.Join(first, "\n"))
					}
				}
				stop()
				t.Logf("loaded %v: took %v, of qemu's processor time %v", loaded, wall, processor)
				// 0.7 s on a processor of its own; others on the same core have cost as much again.
				if least := slices.Min(processor); least > 2*time.Second {
					t.Errorf("loaded %v: an experiment takes %v of processor time, want about 1 s", loaded, least)
				}
			}
		})
	}
}

// busyAll keeps all processors busy until stop is called.
func busyAll() (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var busy sync.WaitGroup
	for range runtime.NumCPU() {
		busy.Go(func() {
			for ctx.Err() == nil {
			}
		})
	}
	return func() { cancel(); busy.Wait() }
}

// remembering is a launcher that remembers the machine that it launched last.
type remembering struct {
	realsock.Launcher
	last *machine
}

func (r *remembering) Launch(ctx context.Context, what realsock.Role) (io.ReadWriteCloser, func() error, error) {
	rw, end, err := r.Launcher.Launch(ctx, what)
	if err == nil {
		r.last = rw.(*stream).machine
	}
	return rw, end, err
}

// processor is the processor time that the machine has taken, once it has ended.
func (r *remembering) processor(t *testing.T) time.Duration {
	t.Helper()
	<-r.last.gone
	state := r.last.cmd.ProcessState
	return state.UserTime() + state.SystemTime()
}

// A machine's memory is the file that it was saved in but for what it writes.
func TestMemoryOfAGuest(t *testing.T) {
	s, all := kernels(t)
	by := &remembering{Launcher: s.Launcher(all[0])}
	_, end, err := by.Launch(t.Context(), realsock.RunNet)
	if err != nil {
		t.Fatal(err)
	}
	paused := ownMemory(t, by.last.cmd.Process.Pid)
	if err := end(); err != nil {
		t.Fatal(err)
	}
	n, err := realsock.Launch(t.Context(), by, realsock.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	server := netip.AddrPortFrom(realsock.ServerIPv4, 7865)
	for _, c := range []realsock.Call{
		{Host: realsock.Server, Op: "bind", Name: "l", Family: 4, Addr: server},
		{Host: realsock.Server, Op: "listen", Name: "l", N: 5},
		{Host: realsock.Client, Op: "connect", Name: "c", Family: 4, Addr: server},
	} {
		if _, err := n.Do(t.Context(), c); err != nil {
			t.Fatal(err)
		}
	}
	working := ownMemory(t, by.last.cmd.Process.Pid)
	t.Logf("of its own a machine has %d MiB as it was saved, and %d MiB after a connection", paused>>20, working>>20)
	if most := 200 << 20; paused > most || working > most {
		t.Error("that is more than a machine has")
	}
}

// ownMemory is what a process shares with nobody, in bytes: Private_* of smaps_rollup.
func ownMemory(t *testing.T, pid int) (sum int) {
	t.Helper()
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", pid))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(b)) {
		var kib int
		if name, value, _ := strings.Cut(line, ":"); strings.HasPrefix(name, "Private_") {
			if _, err := fmt.Sscan(value, &kib); err != nil {
				t.Fatal(err)
			}
			sum += kib << 10
		}
	}
	return sum
}

// timeWait closes a connection and waits until its TIME-WAIT is over. It returns what was seen.
func timeWait(t *testing.T, by realsock.Launcher, version string) (story []string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	n, err := realsock.Launch(ctx, by, realsock.Config{Observe: func(e realsock.Event) {
		switch {
		case e.Frame != nil:
			story = append(story, fmt.Sprint(e.Frame.From, " ", e.Frame.Flags, " ", e.Frame.Fate))
		case e.Sighting != nil:
			story = append(story, fmt.Sprint(e.Sighting.Host, " ", e.Sighting.State))
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	if got, want := n.Ability().System, "linux "+version; got != want {
		t.Errorf("the guest says it is %q, want %q", got, want)
	}
	server := netip.AddrPortFrom(realsock.ServerIPv4, 7865)
	for _, c := range []realsock.Call{
		{Host: realsock.Server, Op: "bind", Name: "l", Family: 4, Addr: server},
		{Host: realsock.Server, Op: "listen", Name: "l", N: 5},
		{Host: realsock.Client, Op: "connect", Name: "c", Family: 4, Addr: server},
		{Host: realsock.Server, Op: "accept", Name: "l", As: "a"},
		{Host: realsock.Server, Op: "close", Name: "a"},
		{Host: realsock.Client, Op: "close", Name: "c"},
	} {
		outs, err := n.Do(ctx, c)
		if err != nil || outs[0].Result != "ok" {
			t.Fatalf("%s %s: %+v, %v", c.Host, c.Op, outs, err)
		}
		if err := n.Quiet(ctx); err != nil {
			t.Fatal(err)
		}
	}
	state := func() string {
		outs, err := n.Do(ctx, realsock.Call{Host: realsock.Server, Op: "state", Name: "a"})
		if err != nil {
			t.Fatal(err)
		}
		return outs[0].Result
	}
	for _, step := range []struct {
		wait time.Duration
		want string
	}{{0, "TIME_WAIT"}, {59 * time.Second, "TIME_WAIT"}, {4 * time.Second, "CLOSE"}} {
		before := n.Now()
		if err := n.Wait(ctx, step.wait); err != nil {
			t.Fatal(err)
		}
		if passed := n.Now() - before; passed < step.wait || passed > step.wait+time.Second {
			t.Errorf("%v passed of a wait of %v", passed, step.wait)
		}
		if got := state(); got != step.want {
			t.Errorf("after another %v: got %s, want %s", step.wait, got, step.want)
		}
	}
	return story
}

// Trials in as many messages as one call may have come back, and as the rules say.
func TestTrialsOnAGuest(t *testing.T) {
	s, all := kernels(t)
	tr, err := realsock.LaunchTrials(t.Context(), s.Launcher(all[0]))
	if err != nil {
		t.Fatal(err)
	}
	defer tr.Close()
	local := netip.MustParseAddr("127.0.0.1")
	trials := make([]realsock.Trial, realsock.MaxTrials)
	for i := range trials {
		trials[i] = realsock.Trial{
			Existing: []realsock.TrialSocket{{State: "TIME_WAIT", Role: "accepted", Addr: local, Via: local,
				Orphan: true, ReuseAddr: i%2 == 0}},
			New: realsock.TrialSocket{Addr: local, ReuseAddr: true},
		}
	}
	outcomes, err := tr.Try(t.Context(), trials)
	if err != nil {
		t.Fatal(err)
	}
	for i, o := range outcomes {
		want := "ok"
		if i%2 == 1 {
			want = "EADDRINUSE" // the old socket had not the option
		}
		if o.Bind != want {
			t.Fatalf("trial %d: got %+v, want %s", i, o, want)
		}
	}
}

// Guests end with their launcher's caller, with the Store, and leave nothing.
func TestGuestsLeaveNothing(t *testing.T) {
	s, all := kernels(t)
	if err := s.Prepare(t.Context(), all[0], func(string) {}); err != nil {
		t.Fatal(err)
	}
	files := listed(t, s.cache)
	n := 4
	if os.Getenv("FOURWAVE_SOAK") != "" {
		n = 200
	}
	g := s.Launcher(all[0])
	for i := range n {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		stream, end, err := g.Launch(ctx, realsock.RunNet)
		if err != nil {
			t.Fatalf("guest %d: %v", i, err)
		}
		if i%2 == 0 {
			stream.Close() // the caller is gone in the middle of it
		}
		_ = end()
		cancel()
	}
	if left := children(t); len(left) > 0 {
		t.Errorf("processes are left: %v", left)
	}
	if got := listed(t, s.cache); !slices.Equal(got, files) {
		t.Errorf("files are %v, and were %v", got, files)
	}
	if len(s.slots) != 0 {
		t.Errorf("%d slots are taken", len(s.slots))
	}
}

// More guests than may run wait for one to end, and no longer than their caller.
func TestGuestsAreBounded(t *testing.T) {
	s, all := kernels(t)
	if err := s.Prepare(t.Context(), all[0], func(string) {}); err != nil {
		t.Fatal(err)
	}
	for range s.Most() {
		s.slots <- struct{}{}
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		_, _, err := s.Launcher(all[0]).Launch(ctx, realsock.RunNet)
		done <- err
	}()
	cancel()
	if err := <-done; err != context.Canceled {
		t.Errorf("got %v, want that it was cancelled while it waited", err)
	}
}

func listed(t *testing.T, dir string) (names []string) {
	t.Helper()
	if err := filepath.WalkDir(dir, func(name string, _ os.DirEntry, err error) error {
		names = append(names, name)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return names
}

// children are the processes of this one that are alive or not yet waited for.
func children(t *testing.T) (all []string) {
	t.Helper()
	threads, err := filepath.Glob("/proc/self/task/*/children")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range threads {
		b, err := os.ReadFile(name)
		if err != nil {
			continue // the thread has ended
		}
		all = append(all, strings.Fields(string(b))...)
	}
	return all
}
