package realsock

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// attackerName starts this test's binary as a runner that has been taken over: it is confined like one, and then
// tries what it should not be able to do.
const (
	attackerName    = "fourwave-attacker"
	attackerAppName = "fourwave-attacker-app"
)

// spoils is what an attacker got.
type spoils struct {
	Confined  string // error of confine
	Env       []string
	FDs       []string
	Root      []string          // names in /
	Files     map[string]string // of those that could be read: their first octets
	Made      []string          // files that could be made
	Calls     map[string]string // what forbidden calls came to
	Caps      string            // effective and permitted
	Bounding  string
	NoNewPriv string
	Processes []string // seen in /proc
	UIDMap    string
	Parent    string // environment of the process that started it
}

// attack tries it all and tells on the control stream.
func attack(app bool) {
	runtime.LockOSThread()
	s := spoils{Files: map[string]string{}, Calls: map[string]string{}}
	if err := confine(app); err != nil {
		s.Confined = err.Error()
	}
	s.Env = os.Environ()
	for _, e := range entries("/proc/self/fd") {
		to, _ := os.Readlink("/proc/self/fd/" + e)
		s.FDs = append(s.FDs, e+" "+to)
	}
	s.Root = entries("/")
	for _, path := range []string{"/etc/shadow", "/etc/passwd", "/root/.bashrc", "/proc/1/root/etc/shadow", "/proc/self/root/etc/passwd", "/proc/sys/kernel/hostname/../../../etc/passwd"} {
		if b, err := os.ReadFile(path); err == nil {
			s.Files[path] = string(b[:min(len(b), 20)])
		}
	}
	for _, path := range []string{"/made", "/tmp/made", "/proc/made", "/dev/shm/made"} {
		if f, err := os.Create(path); err == nil {
			f.Close()
			s.Made = append(s.Made, path)
		}
	}
	for _, e := range entries("/proc") {
		if b, err := os.ReadFile("/proc/" + e + "/environ"); err == nil {
			s.Processes = append(s.Processes, e)
			if strings.Contains(string(b), "FOURWAVE_TEST_SECRET") {
				s.Parent = string(b)
			}
		}
	}
	b, _ := os.ReadFile("/proc/thread-self/status")
	for line := range strings.Lines(string(b)) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), ":\t")
		switch name {
		case "CapPrm":
			s.Caps = value
		case "CapEff":
			s.Caps += " " + value
		case "CapBnd":
			s.Bounding = value
		case "NoNewPrivs":
			s.NoNewPriv = value
		}
	}
	b, _ = os.ReadFile("/proc/self/uid_map")
	s.UIDMap = strings.Join(strings.Fields(string(b)), " ")
	try := func(name string, call, a, b, c uintptr) {
		_, _, errno := unix.RawSyscall(call, a, b, c)
		s.Calls[name] = errno.Error()
	}
	none := uintptr(unsafe.Pointer(&[]byte{0}[0]))
	try("mount", unix.SYS_MOUNT, none, none, none)
	try("unshare user", unix.SYS_UNSHARE, unix.CLONE_NEWUSER, 0, 0)
	try("unshare mount", unix.SYS_UNSHARE, unix.CLONE_NEWNS, 0, 0)
	try("ptrace", unix.SYS_PTRACE, unix.PTRACE_TRACEME, 0, 0)
	try("bpf", unix.SYS_BPF, 0, 0, 0)
	try("perf_event_open", unix.SYS_PERF_EVENT_OPEN, 0, 0, 0)
	try("keyctl", unix.SYS_KEYCTL, 0, 0, 0)
	try("chroot", unix.SYS_CHROOT, none, 0, 0)
	try("io_uring_setup", unix.SYS_IO_URING_SETUP, 1, none, 0)
	try("kexec_load", unix.SYS_KEXEC_LOAD, 0, 0, 0)
	try("sethostname", unix.SYS_SETHOSTNAME, none, 1, 0)
	try("setuid of the program", unix.SYS_SETRESUID, unusedID+70000, unusedID+70000, unusedID+70000)
	out, err := json.Marshal(s)
	if err != nil {
		panic(err)
	}
	f := os.NewFile(controlFD, "control")
	f.Write(out)
	f.Close()
	os.Exit(0)
}

func entries(dir string) (names []string) {
	all, err := os.ReadDir(dir)
	if err != nil {
		return []string{"error: " + err.Error()}
	}
	for _, e := range all {
		names = append(names, e.Name())
	}
	return names
}

// TestConfined takes a runner over and sees that there is nothing in it to be had: as root and as a plain user.
func TestConfined(t *testing.T) {
	if a := Able(); !a.OK {
		skip(t, "no kernel world: "+a.Why)
	}
	t.Setenv("FOURWAVE_TEST_SECRET", "a token")
	leak, err := os.Open("/etc/passwd")
	if err != nil {
		t.Fatal(err)
	}
	defer leak.Close()
	if _, err := unix.FcntlInt(leak.Fd(), unix.F_SETFD, 0); err != nil { // as a careless parent leaves it
		t.Fatal(err)
	}
	for _, name := range []string{attackerName, attackerAppName} {
		t.Run(name, func(t *testing.T) { checkSpoils(t, robbed(t, name), name == attackerAppName) })
	}
	if os.Geteuid() != 0 {
		return
	}
	t.Run("plain user", func(t *testing.T) {
		cmd := exec.CommandContext(t.Context(), copyOfSelf(t), "-test.v", "-test.run", "^TestConfined$")
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
		cmd.Dir, cmd.Env = "/", append(os.Environ(), "HOME=/", "TMPDIR=/tmp", "FOURWAVE_NOSKIP=")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%v\n%s", err, out)
		} else if strings.Contains(string(out), "SKIP") {
			skip(t, "no unprivileged user namespaces here")
		}
	})
}

func robbed(t *testing.T, name string) (s spoils) {
	t.Helper()
	stream, end, err := start(startModes()[0], name)
	if err != nil {
		t.Fatal(err)
	}
	watch := time.AfterFunc(time.Minute, func() { stream.Close() })
	defer watch.Stop()
	told, err := io.ReadAll(stream)
	if endErr := end(); err != nil || endErr != nil {
		t.Fatal(err, endErr)
	}
	if err := json.Unmarshal(told, &s); err != nil {
		t.Fatalf("%v: %q", err, told)
	}
	return s
}

func checkSpoils(t *testing.T, s spoils, app bool) {
	t.Helper()
	if s.Confined != "" {
		t.Fatalf("it was not confined: %s", s.Confined)
	}
	if len(s.Env) > 0 || s.Parent != "" {
		t.Errorf("it has the environment %q, and its parent's %q", s.Env, s.Parent)
	}
	for _, fd := range s.FDs {
		n, to, _ := strings.Cut(fd, " ")
		if n > "3" && len(n) == 1 || len(n) > 1 || strings.Contains(to, "/etc/") {
			// The runtime's own, its limits' among them, and the directory that was read.
			if !strings.HasPrefix(to, "/sys/fs/cgroup/") && !strings.HasPrefix(to, "anon_inode:") && !strings.HasPrefix(to, "/proc/") && to != "" {
				t.Errorf("it has the descriptor %s", fd)
			}
		}
	}
	if libraries := []string{"lib", "lib64", "proc", "usr"}; !slices.Equal(s.Root, []string{"proc"}) && !slices.Equal(s.Root, libraries) {
		t.Errorf("its root has %q", s.Root)
	}
	if len(s.Files) > 0 || len(s.Made) > 0 {
		t.Errorf("it read %v and made %q", s.Files, s.Made)
	}
	if s.NoNewPriv != "1" {
		t.Errorf("no_new_privs is %q", s.NoNewPriv)
	}
	want := uint64(1<<unix.CAP_CHOWN | 1<<unix.CAP_SETUID | 1<<unix.CAP_NET_ADMIN | 1<<unix.CAP_NET_RAW | 1<<unix.CAP_NET_BIND_SERVICE)
	if !app {
		want |= 1<<unix.CAP_SYS_ADMIN | 1<<unix.CAP_SETPCAP
	}
	if text := fmt.Sprintf("%016x", want); s.Caps != text+" "+text || s.Bounding != text {
		t.Errorf("it has the capabilities %s, bounded by %s, want %s", s.Caps, s.Bounding, text)
	}
	for call, got := range s.Calls {
		if got != unix.EPERM.Error() && !(call == "setuid of the program" && got == unix.EINVAL.Error()) {
			t.Errorf("%s: %s", call, got)
		}
	}
	if os.Geteuid() == 0 && !strings.HasPrefix(s.UIDMap, fmt.Sprint("0 ", unusedID)) {
		t.Errorf("its ids are %q, the host's own", s.UIDMap)
	}
	if others := slices.DeleteFunc(s.Processes, func(p string) bool { return p == "1" || strings.HasSuffix(p, "self") }); len(others) > 0 {
		t.Errorf("it reads the environment of the processes %q", others) // itself it is 1
	}
}

// TestRunnerStillHasRoot: what the kernel world can do is what it could before it was confined.
func TestRunnerStillHasRoot(t *testing.T) {
	a := Able()
	if !a.OK {
		skip(t, "no kernel world: "+a.Why)
	}
	if os.Geteuid() == 0 && !(a.UIDs && a.Sysctls) {
		t.Errorf("as root: uids %v, sysctls %v", a.UIDs, a.Sysctls)
	}
	if _, err := os.Stat(filepath.Join("/proc", "self", "exe")); err != nil {
		t.Error(err)
	}
}
