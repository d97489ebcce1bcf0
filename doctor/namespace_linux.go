package doctor

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"time"

	"golang.org/x/sys/unix"

	"fourwave/realsock/diag"
)

// Bounds of the look into other network namespaces.
const (
	maxNamespaces = 64
	lookTime      = 2 * time.Second
)

// space is a network namespace that something keeps.
type space struct {
	path  string
	inode uint64
	pid   int // 0: a name in the file system keeps it
}

// namespaces looks for listeners on the port in the machine's other network namespaces. closed is how many could not be
// entered or were left out.
func namespaces(ctx context.Context, q Question, set *Settings) (found []Namespace, closed int) {
	ctx, cancel := context.WithTimeout(ctx, lookTime)
	defer cancel()
	spaces, unseen := findSpaces(ctx)
	if len(spaces) == 0 {
		return nil, unseen
	}
	closed = unseen
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread() // and never unlocked: the thread ends with this goroutine
		for _, sp := range spaces {
			sockets, err := sp.look(ctx, q, set)
			if errors.Is(err, fs.ErrNotExist) {
				continue // its process has ended meanwhile
			} else if err != nil {
				closed++
			} else if len(sockets) > 0 {
				found = append(found, Namespace{Inode: sp.inode, PID: sp.pid, Command: sp.path, Sockets: sockets})
			}
		}
	}()
	<-done
	for i := range found {
		askOwners(ctx, found[i].Sockets)
		if pid := found[i].PID; pid != 0 {
			found[i].Command = process(pid).Command
		}
	}
	return found, closed
}

// findSpaces lists the network namespaces beside the calling thread's, by the processes in them and the names that iproute2
// and Docker give. left counts those beyond the bound.
func findSpaces(ctx context.Context) (spaces []space, left int) {
	seen := make(map[uint64]bool)
	if inode, ok := spaceInode("/proc/thread-self/ns/net"); ok {
		seen[inode] = true
	}
	add := func(path string, pid int) {
		inode, ok := spaceInode(path)
		switch {
		case !ok || seen[inode]:
			return
		case len(spaces) >= maxNamespaces:
			left++
		default:
			spaces = append(spaces, space{path, inode, pid})
		}
		seen[inode] = true
	}
	for _, pid := range processes() {
		if ctx.Err() != nil {
			return spaces, left
		}
		add("/proc/"+strconv.Itoa(pid)+"/ns/net", pid)
	}
	for _, dir := range []string{"/run/netns", "/run/docker/netns"} {
		named, _ := filepath.Glob(dir + "/*")
		for _, path := range named {
			add(path, 0)
		}
	}
	return spaces, left
}

// spaceInode is a namespace's number; ok is false where rights hide it.
func spaceInode(path string) (inode uint64, ok bool) {
	var st unix.Stat_t
	if err := unix.Stat(path, &st); err != nil {
		return 0, false
	}
	return st.Ino, true
}

// look reads the port's sockets in a namespace, which the calling thread enters.
func (sp space) look(ctx context.Context, q Question, set *Settings) ([]Socket, error) {
	fd, err := unix.Open(sp.path, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, os.NewSyscallError("open", err)
	}
	defer unix.Close(fd)
	if err := unix.Setns(fd, unix.CLONE_NEWNET); err != nil {
		return nil, os.NewSyscallError("setns", err)
	}
	c, err := diag.Open()
	if err != nil {
		return nil, err
	}
	defer c.Close()
	// The rest is of no use to who asks from here, and costs a walk through all connections of the machine
	sockets, _, err := readPort(ctx, c, q, diag.Set(diag.Listen), set)
	return sockets, err
}
