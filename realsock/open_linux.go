package realsock

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// startMode is a way to come by a network namespace.
type startMode int

const (
	userNamespace startMode = iota // an own user namespace, whose ids are nobody's if root makes it
	sharedIDs                      // the same with the ids that there are, where root has no others
	plainRoot                      // root's capabilities, in the user namespace of the program
	ownLoopback                    // none: what there is, for trials alone
)

func (m startMode) String() string {
	switch {
	case m == ownLoopback:
		return "none"
	case m == plainRoot:
		return "root"
	case os.Geteuid() == 0:
		return "root, user namespace"
	}
	return "user namespace"
}

var kept atomic.Int32 // the mode that has worked, plus one

func keepMode(m startMode) { kept.Store(int32(m) + 1) }

// startModes are the ways worth trying, in order.
func startModes() []startMode {
	switch k := kept.Load(); {
	case k != 0:
		return []startMode{startMode(k - 1)}
	case os.Geteuid() == 0:
		return []startMode{userNamespace, sharedIDs, plainRoot}
	}
	return []startMode{userNamespace}
}

// start starts a runner, or what else goes by a name of this program. end ends it and waits until it is gone, and with it, it being the first process of its pid namespace, all
// that it has started.
func start(mode startMode, name string) (stream io.ReadWriteCloser, end func() error, err error) {
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, nil, os.NewSyscallError("socketpair", err)
	}
	theirs := os.NewFile(uintptr(pair[1]), "runner")
	defer theirs.Close()
	if err := unix.SetNonblock(pair[0], true); err != nil {
		return nil, nil, os.NewSyscallError("fcntl", err)
	}
	ours := os.NewFile(uintptr(pair[0]), "runner")
	last := &tail{}
	cmd := &exec.Cmd{
		Path: "/proc/self/exe", Args: mode.args(name), Env: []string{}, // nothing of the program's, secrets may be in it
		Stderr: last, ExtraFiles: []*os.File{theirs}, SysProcAttr: mode.attr(),
	}
	if err := cmd.Start(); err != nil {
		ours.Close()
		return nil, nil, err
	}
	gone := make(chan struct{})
	var exit error
	go func() {
		exit = cmd.Wait()
		close(gone)
	}()
	end = sync.OnceValue(func() error {
		ours.Close() // which it reads as the end
		select {
		case <-gone:
		case <-time.After(endPatience):
			_ = cmd.Process.Kill()
			<-gone
		}
		if said := last.String(); said != "" {
			return errors.Join(errors.New("runner: "+said), exit)
		}
		return nil
	})
	return ours, end, nil
}

// endPatience is how long a runner may take to see that it is over.
const endPatience = 2 * time.Second

// args are a runner's arguments.
func (m startMode) args(name string) []string {
	if m == ownLoopback {
		return []string{name}
	}
	return []string{name, jailed}
}

// attr are the attributes of a runner's process.
func (m startMode) attr() *syscall.SysProcAttr {
	attr := &syscall.SysProcAttr{
		Setsid: true, // an interrupt at the terminal is for the program alone
	}
	if m == ownLoopback {
		return attr
	}
	attr.Cloneflags = unix.CLONE_NEWNET | unix.CLONE_NEWPID | unix.CLONE_NEWNS
	if m == plainRoot {
		return attr
	}
	attr.Cloneflags |= unix.CLONE_NEWUSER
	if os.Geteuid() == 0 {
		// As many ids as there are to be had, so that a socket can belong to another user.
		first := unusedID
		if m == sharedIDs {
			first = 0
		}
		attr.UidMappings = []syscall.SysProcIDMap{{HostID: first, Size: idsFrom("uid", first)}}
		attr.GidMappings = []syscall.SysProcIDMap{{HostID: first, Size: idsFrom("gid", first)}}
		attr.GidMappingsEnableSetgroups = true
		attr.Credential = &syscall.Credential{} // the namespace's root, not the program's
		return attr
	}
	attr.UidMappings = []syscall.SysProcIDMap{{HostID: os.Geteuid(), Size: 1}}
	attr.GidMappings = []syscall.SysProcIDMap{{HostID: os.Getegid(), Size: 1}}
	return attr
}

// unusedID begins the ids of a namespace that root makes. They are nobody's: systemd's list of ranges
// (UIDS-GIDS.md) has nothing between its containers' and 2³¹.
const unusedID = 0x7ffe0000

// idsFrom is how many ids from the first on exist in the program's own user namespace, at most 65,536.
func idsFrom(kind string, first int) int {
	f, err := os.Open("/proc/self/" + kind + "_map")
	if err != nil {
		return 1
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		var inside, outside, n int
		if _, err := fmt.Sscan(lines.Text(), &inside, &outside, &n); err == nil && inside <= first && first-inside < n {
			return min(n-(first-inside), 65536)
		}
	}
	return 1
}

// tail keeps the last of what a process says on its standard error.
type tail struct {
	mu sync.Mutex
	b  []byte
}

const tailLen = 4096

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.b = append(t.b, p...)
	if extra := len(t.b) - tailLen; extra > 0 {
		t.b = append(t.b[:0], t.b[extra:]...)
	}
	return len(p), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return strings.TrimSpace(string(t.b))
}

// jiffy is the tick of the kernel's timer wheel, 4 ms at HZ=250.
func jiffy() time.Duration {
	var ts unix.Timespec
	if unix.ClockGetres(unix.CLOCK_MONOTONIC_COARSE, &ts) != nil {
		return 0
	}
	return time.Duration(ts.Nano())
}

// release is the kernel's.
func release() string {
	var u unix.Utsname
	if unix.Uname(&u) != nil {
		return ""
	}
	return unix.ByteSliceToString(u.Release[:])
}

// remedy says what would help against an error of Open, from what forbids namespaces on the systems there are.
func remedy(err error) string {
	switch {
	case errors.Is(err, unix.ENOSPC):
		return "Raise the sysctls user.max_user_namespaces, user.max_net_namespaces and user.max_pid_namespaces."
	case sysctlIs("kernel/unprivileged_userns_clone", "0"):
		return "Run as root, or set the sysctl kernel.unprivileged_userns_clone to 1."
	case sysctlIs("kernel/apparmor_restrict_unprivileged_userns", "1"):
		return "Run as root, or set the sysctl kernel.apparmor_restrict_unprivileged_userns to 0, or give the program an AppArmor profile that allows userns."
	case os.Geteuid() == 0:
		return "In a container, allow it namespaces: docker run --cap-add SYS_ADMIN --cap-add NET_ADMIN --cap-add NET_RAW, or --privileged."
	}
	return "Run as root, or allow unprivileged user namespaces: in a container docker run --security-opt seccomp=unconfined; elsewhere see the sysctls user.max_user_namespaces and kernel.unprivileged_userns_clone."
}

func sysctlIs(name, value string) bool {
	b, err := os.ReadFile("/proc/sys/" + name)
	return err == nil && strings.TrimSpace(string(b)) == value
}
