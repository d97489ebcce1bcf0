package doctor

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"io/fs"
	"os"
	"os/user"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// Bounds of a walk through /proc.
const (
	maxProcesses = 65536
	walkTime     = 2 * time.Second
	maxAsked     = 256 // descriptors whose options are asked
)

// owner is a descriptor that refers to a socket.
type owner struct{ pid, fd int }

// owners finds who has the sockets open, by inode. hidden says that some processes would not be looked into; complete that none
// was left out for want of time.
func owners(ctx context.Context, inodes map[uint32]bool) (found map[uint32][]owner, hidden, complete bool) {
	found = make(map[uint32][]owner)
	if len(inodes) == 0 {
		return found, false, true
	}
	ctx, cancel := context.WithTimeout(ctx, walkTime)
	defer cancel()
	for _, pid := range processes() {
		if ctx.Err() != nil {
			return found, hidden, false
		}
		dir := "/proc/" + strconv.Itoa(pid) + "/fd"
		fds, err := names(dir)
		if errors.Is(err, fs.ErrPermission) {
			hidden = true
			continue
		}
		for _, fd := range fds {
			inode, ok := socketInode(dir + "/" + fd)
			if !ok || !inodes[inode] {
				continue
			}
			n, _ := strconv.Atoi(fd)
			found[inode] = append(found[inode], owner{pid, n})
		}
	}
	return found, hidden, true
}

// processes lists the ids of the processes, at most maxProcesses.
func processes() []int {
	entries, _ := names("/proc")
	var pids []int
	for _, e := range entries {
		if pid, err := strconv.Atoi(e); err == nil && len(pids) < maxProcesses {
			pids = append(pids, pid)
		}
	}
	return pids
}

func names(dir string) ([]string, error) {
	d, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	defer d.Close()
	return d.Readdirnames(-1)
}

// socketInode reads a link of the form "socket:[12345]".
func socketInode(link string) (uint32, bool) {
	var buf [64]byte
	n, err := unix.Readlink(link, buf[:])
	if err != nil {
		return 0, false
	}
	digits, ok := bytes.CutPrefix(buf[:n], []byte("socket:["))
	if !ok {
		return 0, false
	}
	inode, err := strconv.ParseUint(strings.TrimSuffix(string(digits), "]"), 10, 32)
	return uint32(inode), err == nil
}

// askOwners fills in who has each socket open and, through copies of their descriptors, its options.
func askOwners(ctx context.Context, sockets []Socket) (hidden, complete bool) {
	want := make(map[uint32]bool)
	for i := range sockets {
		for _, inode := range sockets[i].inodes {
			want[inode] = true
		}
	}
	found, hidden, complete := owners(ctx, want)
	asked := 0
	for i := range sockets {
		s := &sockets[i]
		s.User = userName(s.UID)
		counts := make(map[int]int)
		for n, inode := range s.inodes {
			of := found[inode]
			for _, o := range dedupe(of) {
				counts[o.pid]++
			}
			s.Hidden = s.Hidden || len(of) == 0
			if len(of) > 0 && asked < maxAsked {
				s.learn(n == 0, askOptions(of[0]))
				asked++
			} else {
				s.learn(n == 0, options{Unknown, Unknown, Unknown})
			}
		}
		if len(s.inodes) < s.Count {
			s.learn(false, options{Unknown, Unknown, Unknown})
		}
		s.listProcesses(counts)
	}
	return hidden, complete
}

// dedupe leaves one descriptor of each process.
func dedupe(of []owner) []owner {
	return slices.CompactFunc(slices.Clone(of), func(a, b owner) bool { return a.pid == b.pid })
}

// listProcesses describes those with the most sockets.
func (s *Socket) listProcesses(counts map[int]int) {
	pids := make([]int, 0, len(counts))
	for pid := range counts {
		pids = append(pids, pid)
	}
	slices.SortFunc(pids, func(a, b int) int { return cmp.Or(counts[b]-counts[a], a-b) })
	for _, pid := range pids {
		if len(s.Processes) == maxListed {
			s.More = len(pids) - maxListed
			return
		}
		p := process(pid)
		p.Sockets = counts[pid]
		s.Processes = append(s.Processes, p)
	}
}

// process reads what /proc says of a process; what it does not say stays empty.
func process(pid int) Process {
	p := Process{PID: pid, UID: -1}
	dir := "/proc/" + strconv.Itoa(pid)
	if line, err := readSome(dir + "/cmdline"); err == nil {
		p.Command = strings.TrimSpace(strings.ReplaceAll(string(line), "\x00", " "))
	}
	if p.Command == "" {
		name, _ := readSome(dir + "/comm")
		p.Command = strings.TrimSpace(string(name))
	}
	var st unix.Stat_t
	if unix.Stat(dir, &st) == nil {
		p.UID, p.User = int(st.Uid), userName(int(st.Uid))
	}
	p.Started = started(dir)
	return p
}

// readSome reads the first 4,096 octets of a file.
func readSome(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	buf := make([]byte, 4096)
	n, err := f.Read(buf)
	if n > 0 {
		err = nil
	}
	return buf[:n], err
}

// started is when a process began: the 22nd field of its stat, in ticks of USER_HZ, which is 100 on every architecture
// that Go runs on.
func started(dir string) time.Time {
	stat, err := readSome(dir + "/stat")
	if err != nil {
		return time.Time{}
	}
	_, rest, ok := bytes.Cut(stat[bytes.LastIndexByte(stat, ')')+1:], []byte(" "))
	fields := bytes.Fields(rest)
	if !ok || len(fields) < 20 {
		return time.Time{}
	}
	ticks, err := strconv.ParseInt(string(fields[19]), 10, 64)
	if err != nil {
		return time.Time{}
	}
	var up unix.Timespec
	if unix.ClockGettime(unix.CLOCK_BOOTTIME, &up) != nil {
		return time.Time{}
	}
	age := time.Duration(up.Nano()) - time.Duration(ticks)*10*time.Millisecond
	return time.Now().Add(-age).Round(time.Second)
}

// userName is a user's name, or the number where there is none.
func userName(uid int) string {
	if uid < 0 {
		return ""
	}
	if u, err := user.LookupId(strconv.Itoa(uid)); err == nil {
		return u.Username
	}
	return strconv.Itoa(uid)
}
