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

	"fourwave/internal/text"
)

// Bounds of a walk through /proc.
const (
	maxProcesses = 65536
	walkTime     = 2 * time.Second
	maxAsked     = 256 // descriptors whose options are asked
)

// owner is a descriptor that refers to a socket.
type owner struct{ pid, fd int }

// owners maps the inode of each socket to the descriptors that refer to it.
type owners struct {
	found    map[uint32][]owner
	hidden   bool // some processes may not be looked into
	complete bool // none was left out for want of time
}

// findOwners walks through /proc once, for the sockets of all namespaces.
func findOwners(ctx context.Context, inodes map[uint32]bool) owners {
	all := owners{found: make(map[uint32][]owner), complete: true}
	if len(inodes) == 0 {
		return all
	}
	ctx, cancel := context.WithTimeout(ctx, walkTime)
	defer cancel()
	for _, pid := range processes() {
		if ctx.Err() != nil {
			all.complete = false
			return all
		}
		dir := "/proc/" + strconv.Itoa(pid) + "/fd"
		fds, err := names(dir)
		if errors.Is(err, fs.ErrPermission) {
			all.hidden = true
			continue
		}
		for _, fd := range fds {
			inode, ok := socketInode(dir + "/" + fd)
			if !ok || !inodes[inode] {
				continue
			}
			n, _ := strconv.Atoi(fd)
			all.found[inode] = append(all.found[inode], owner{pid, n})
		}
	}
	return all
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

// inodesOf is what to look for in /proc.
func inodesOf(want map[uint32]bool, sockets []Socket) {
	for i := range sockets {
		for _, inode := range sockets[i].inodes {
			want[inode] = true
		}
	}
}

// askOwners fills in the processes that have each socket open and, through copies of their
// descriptors, its options.
func (all *owners) askOwners(sockets []Socket) {
	asked := 0
	for i := range sockets {
		s := &sockets[i]
		s.User = userName(s.UID)
		counts := make(map[int]int)
		for n, inode := range s.inodes {
			of := all.found[inode]
			for _, o := range dedupe(of) {
				counts[o.pid]++
			}
			s.Hidden = s.Hidden || len(of) == 0
			s.split = s.split || n > 0 && !slices.Equal(dedupe(of), dedupe(all.found[s.inodes[0]]))
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
		s.denied = s.Hidden && all.hidden && os.Geteuid() != 0
		s.listProcesses(counts)
		s.seeKept(all)
	}
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
	args, _ := readSome(dir + "/cmdline")
	comm, _ := readSome(dir + "/comm")
	p.Name, p.Command = programName(string(comm),
		string(args)), text.Clean(strings.TrimSpace(strings.ReplaceAll(string(args), "\x00", " ")))
	if p.Command == "" {
		p.Command = p.Name
	}
	var st unix.Stat_t
	if unix.Stat(dir, &st) == nil {
		p.UID, p.User = int(st.Uid), userName(int(st.Uid))
	}
	p.Dir, _ = os.Readlink(dir + "/cwd")
	p.Dir = text.Clean(p.Dir)
	p.Facts, p.Started = readFacts(pid)
	return p
}

// readSome reads the first 4,096 bytes of a file.
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

// userName is a user's name, or the number where there is none.
func userName(uid int) string {
	if uid < 0 {
		return ""
	}
	if u, err := user.LookupId(strconv.Itoa(uid)); err == nil {
		return text.Clean(u.Username)
	}
	return strconv.Itoa(uid)
}
