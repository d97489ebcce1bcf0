package realsock

import (
	"bytes"
	"debug/elf"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"unsafe"

	seccomp "github.com/elastic/go-seccomp-bpf"
	"github.com/elastic/go-seccomp-bpf/arch"
	"golang.org/x/sys/unix"
)

// jailed is the word behind a process's name that tells it to confine itself further: it has namespaces of its
// own, the mount namespace among them.
const jailed = "jailed"

// confine takes from this process what it does not need, before it reads the first word of what it is to do:
// descriptors that it was not meant to have, the file system, system calls, resources without end and, for an
// app, the capabilities that only the runner needs. A script cannot make a runner do anything but what its verbs
// are; this is for the day when one could.
//
// What can be had depends on where the program runs, so only what is everywhere possible is an error.
func confine(app bool) error {
	if err := closeInherited(); err != nil {
		return err
	}
	jail := len(os.Args) > 1 && os.Args[1] == jailed
	if jail {
		// Refused where a container forbids mount; the rest holds there all the same.
		_ = emptyRoot()
	}
	for kind, most := range map[int]uint64{
		unix.RLIMIT_CORE: 0, unix.RLIMIT_FSIZE: 0, unix.RLIMIT_MEMLOCK: 0,
		unix.RLIMIT_NOFILE: maxFiles, unix.RLIMIT_DATA: maxData,
	} {
		var now unix.Rlimit
		if err := unix.Getrlimit(kind, &now); err != nil {
			return os.NewSyscallError("getrlimit", err)
		}
		most = min(most, now.Max)
		if err := unix.Setrlimit(kind, &unix.Rlimit{Cur: most, Max: most}); err != nil {
			return os.NewSyscallError("setrlimit", err)
		}
	}
	switch {
	case app:
		if err := keepCapabilities(appCapabilities); err != nil {
			return err
		}
	case jail:
		if err := keepCapabilities(slices.Concat(runnerCapabilities, appCapabilities)); err != nil {
			return err
		}
	}
	return loadFilter()
}

// Bounds of a confined process.
const (
	maxFiles = 65536
	maxData  = 2 << 30 // octets
)

// closeInherited closes what the program's own parent left open across exec. The runtime's own descriptors, and
// those that the program opened, close by themselves.
func closeInherited() error {
	names, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return err
	}
	for _, n := range names {
		fd, err := strconv.Atoi(n.Name())
		if err != nil || fd <= controlFD {
			continue
		}
		if flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0); err == nil && flags&unix.FD_CLOEXEC == 0 {
			unix.Close(fd)
		}
	}
	return nil
}

// emptyRoot leaves of the file system a /proc, which has the sysctls, the counters and this program itself, and
// the libraries that the program is linked with, if any, since an app is started from it later. It needs a mount
// namespace of its own.
func emptyRoot() error {
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return os.NewSyscallError("mount", err)
	}
	var root string
	for _, dir := range []string{"/tmp", "/run", "/mnt", "/var/tmp", "/home"} {
		if info, err := os.Stat(dir); err == nil && info.IsDir() {
			root = dir
			break
		}
	}
	if root == "" {
		return errors.New("there is no directory to put an empty root on")
	}
	const plain = unix.MS_NOSUID | unix.MS_NODEV | unix.MS_NOEXEC
	if err := unix.Mount("fourwave", root, "tmpfs", plain, "size=256k,nr_inodes=128,mode=0755"); err != nil {
		return os.NewSyscallError("mount tmpfs", err)
	}
	proc := filepath.Join(root, "proc")
	if err := os.Mkdir(proc, 0o555); err != nil {
		return err
	}
	if err := unix.Mount("proc", proc, "proc", plain, ""); err != nil {
		// Where parts of /proc are covered, as a container or a confined unit has it, the kernel gives no new one
		// (mount_too_revealing). The old one shows other processes, but none of what is theirs.
		if err := unix.Mount("/proc", proc, "", unix.MS_BIND|unix.MS_REC, ""); err != nil {
			return os.NewSyscallError("mount proc", err)
		}
	}
	if err := keepLibraries(root); err != nil {
		return err
	}
	if err := unix.Mount("", root, "", unix.MS_REMOUNT|unix.MS_BIND|unix.MS_RDONLY|plain, ""); err != nil {
		return os.NewSyscallError("remount", err)
	}
	if err := unix.Chdir(root); err != nil {
		return os.NewSyscallError("chdir", err)
	}
	// The new root goes over the old one, which is then taken from under it: pivot_root(2), "pivot_root(".", ".")".
	if err := unix.PivotRoot(".", "."); err != nil {
		return os.NewSyscallError("pivot_root", err)
	}
	if err := unix.Unmount(".", unix.MNT_DETACH); err != nil {
		return os.NewSyscallError("umount2", err)
	}
	return os.NewSyscallError("chdir", unix.Chdir("/"))
}

// keepLibraries shows in a new root the files that this process has mapped, read-only: its loader and C library,
// if it was linked with them. There are none in a release, which is built without cgo.
func keepLibraries(root string) error {
	exe, err := elf.Open("/proc/self/exe")
	if err != nil {
		return err
	}
	defer exe.Close()
	var loader string
	for _, p := range exe.Progs {
		if p.Type == elf.PT_INTERP {
			path, err := io.ReadAll(io.LimitReader(p.Open(), 4096))
			if err != nil {
				return err
			}
			loader = string(bytes.TrimRight(path, "\x00"))
		}
	}
	if loader == "" {
		return nil
	}
	maps, err := os.ReadFile("/proc/self/maps")
	if err != nil {
		return err
	}
	self, err := os.Readlink("/proc/self/exe")
	if err != nil {
		return err
	}
	// Where /lib is a link to /usr/lib, the loader goes that way.
	for _, link := range []string{"/lib", "/lib64"} {
		if to, err := os.Readlink(link); err == nil {
			if err := os.Symlink(to, filepath.Join(root, link)); err != nil {
				return err
			}
		}
	}
	files := []string{loader}
	for line := range strings.Lines(string(maps)) { // address perms offset dev inode path
		if f := strings.Fields(line); len(f) == 6 && strings.HasPrefix(f[5], "/") && f[5] != self && !slices.Contains(files, f[5]) {
			files = append(files, f[5])
		}
	}
	for _, f := range files {
		if err := bindFile(root, f); err != nil {
			return err
		}
	}
	return nil
}

// bindFile shows a file in a new root under the name that it has in the old one.
func bindFile(root, path string) error {
	at := inRoot(root, path)
	if _, err := os.Lstat(at); err == nil {
		return nil // under another name already
	}
	if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
		return err
	}
	f, err := os.OpenFile(at, os.O_CREATE|os.O_EXCL, 0o444)
	if err != nil {
		return err
	}
	f.Close()
	if err := unix.Mount(path, at, "", unix.MS_BIND, ""); err != nil {
		return os.NewSyscallError("mount "+path, err)
	}
	const flags = unix.MS_REMOUNT | unix.MS_BIND | unix.MS_RDONLY | unix.MS_NOSUID | unix.MS_NODEV
	return os.NewSyscallError("remount "+path, unix.Mount("", at, "", flags, ""))
}

// inRoot is where a path of the old root is in the new one, whose only links are those at its top.
func inRoot(root, path string) string {
	top, rest, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	to, err := os.Readlink(filepath.Join(root, top))
	if err != nil {
		return filepath.Join(root, path) // it is no link
	}
	return filepath.Join(root, filepath.Join("/", to), rest)
}

// What a process may do inside its own user namespace; outside it may do nothing.
var (
	// appCapabilities: another user's sockets, and to give one away (fchown), ports below 1024, devices,
	// raw options.
	appCapabilities = []int{unix.CAP_CHOWN, unix.CAP_SETUID, unix.CAP_NET_ADMIN, unix.CAP_NET_RAW, unix.CAP_NET_BIND_SERVICE}
	// runnerCapabilities: it goes from one network namespace to another to write sysctls and to start apps, and
	// takes from the apps what they do not need.
	runnerCapabilities = []int{unix.CAP_SYS_ADMIN, unix.CAP_SETPCAP}
)

// keepCapabilities gives up all other capabilities of this process, for itself and for what it starts.
func keepCapabilities(keep []int) error {
	var kept [2]uint32
	for _, c := range keep {
		kept[c/32] |= 1 << (c % 32)
	}
	for c := range unix.CAP_LAST_CAP + 1 {
		if kept[c/32]&(1<<(c%32)) != 0 {
			continue
		}
		if err := onAllThreads(unix.SYS_PRCTL, unix.PR_CAPBSET_DROP, uintptr(c), 0); err != nil && err != unix.EINVAL && err != unix.EPERM {
			return os.NewSyscallError("prctl", err) // EINVAL: an older kernel's last capability; EPERM: no user namespace's root
		}
	}
	head := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var now, data [2]unix.CapUserData
	if err := unix.Capget(&head, &now[0]); err != nil {
		return os.NewSyscallError("capget", err)
	}
	for i := range data {
		data[i].Permitted = now[i].Permitted & kept[i]
		data[i].Effective = now[i].Effective & kept[i]
	}
	return os.NewSyscallError("capset", onAllThreads(unix.SYS_CAPSET, uintptr(unsafe.Pointer(&head)), uintptr(unsafe.Pointer(&data[0])), 0))
}

// onAllThreads makes a system call that is about one thread on all of them. A program that is linked with C code
// cannot do so; there it is made on this thread, which does all the work and from which all processes are started.
func onAllThreads(call, a, b, c uintptr) error {
	_, _, errno := syscall.AllThreadsSyscall(call, a, b, c)
	if errno == unix.ENOTSUP {
		_, _, errno = syscall.RawSyscall(call, a, b, c)
	}
	if errno != 0 {
		return errno
	}
	return nil
}

// forbidden system calls are those that a process of ours never makes and that reach into other processes, into
// the kernel or around what is taken away here.
var forbidden = []string{
	"ptrace", "process_vm_readv", "process_vm_writev", "kcmp", "pidfd_getfd", "process_madvise",
	"mount", "umount2", "pivot_root", "chroot", "move_mount", "open_tree", "fsopen", "fsconfig", "fsmount", "fspick", "mount_setattr",
	"open_by_handle_at", "name_to_handle_at", "quotactl", "quotactl_fd", "acct", "swapon", "swapoff",
	"init_module", "finit_module", "delete_module", "kexec_load", "kexec_file_load", "reboot", "bpf", "perf_event_open", "userfaultfd",
	"io_uring_setup", "io_uring_enter", "io_uring_register", "add_key", "request_key", "keyctl",
	"settimeofday", "clock_settime", "clock_adjtime", "adjtimex", "sethostname", "setdomainname", "syslog",
	"iopl", "ioperm", "modify_ldt", "personality", "lookup_dcookie", "vhangup", "memfd_create", "memfd_secret",
}

// loadFilter makes the kernel refuse the forbidden calls, new namespaces but those of networks, and privileges by
// exec, on all threads and in all processes that come after.
func loadFilter() error {
	here, err := arch.GetInfo("")
	if err != nil {
		return nil //nolint:nilerr // no filter is known for this architecture; the rest holds
	}
	var names []string
	for _, name := range forbidden {
		if _, ok := here.SyscallNames[name]; ok {
			names = append(names, name)
		}
	}
	const namespaces = unix.CLONE_NEWUSER | unix.CLONE_NEWNS | unix.CLONE_NEWPID | unix.CLONE_NEWIPC | unix.CLONE_NEWUTS | unix.CLONE_NEWCGROUP
	var conditions []seccomp.NameWithConditions
	for bit := uint64(1); bit <= namespaces; bit <<= 1 {
		if namespaces&bit != 0 {
			for _, call := range []string{"unshare", "clone"} {
				conditions = append(conditions, seccomp.NameWithConditions{Name: call,
					Conditions: seccomp.ArgumentConditions{{Argument: 0, Operation: seccomp.BitsSet, Value: bit}}})
			}
		}
	}
	err = seccomp.LoadFilter(seccomp.Filter{
		NoNewPrivs: true, Flag: seccomp.FilterFlagTSync,
		Policy: seccomp.Policy{
			DefaultAction: seccomp.ActionAllow,
			Syscalls: []seccomp.SyscallGroup{
				{Action: seccomp.ActionErrno | seccomp.Action(unix.EPERM), Names: names, NamesWithCondtions: conditions},
				// Its flags are behind a pointer; who is told that there is no such call uses clone.
				{Action: seccomp.ActionErrno | seccomp.Action(unix.ENOSYS), Names: []string{"clone3"}},
			},
		},
	})
	if err != nil {
		return fmt.Errorf("confining: %w", err)
	}
	return nil
}
