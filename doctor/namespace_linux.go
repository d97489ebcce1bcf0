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

// spaces is what there is in the machine's other network namespaces.
type spaces struct {
	list   []space
	found  []Namespace // those with listeners on the port
	closed int         // how many could not be entered, or were left out
	hidden bool        // rights hide in which some processes are
}

// namespaces looks for listeners on the port in the machine's other network namespaces.
func namespaces(ctx context.Context, q Question, set *Settings) (all spaces) {
	ctx, cancel := context.WithTimeout(ctx, lookTime)
	defer cancel()
	all.find(ctx)
	if len(all.list) == 0 {
		return all
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread() // and never unlocked: the thread ends with this goroutine
		for _, sp := range all.list {
			sockets, err := sp.look(ctx, q, set)
			if errors.Is(err, fs.ErrNotExist) {
				continue // its process has ended meanwhile
			} else if err != nil {
				all.closed++
			} else if len(sockets) > 0 {
				all.found = append(all.found, Namespace{Inode: sp.inode, PID: sp.pid, Command: sp.path, Sockets: sockets})
			}
		}
	}()
	<-done
	for i := range all.found {
		sp := &all.found[i]
		askOwners(ctx, sp.Sockets)
		if sp.PID != 0 {
			sp.Command = process(sp.PID).Command
		}
	}
	return all
}

// find lists the network namespaces beside the calling thread's, by the processes in them and the names that iproute2
// and Docker give.
func (all *spaces) find(ctx context.Context) {
	seen := make(map[uint64]bool)
	if inode, err := spaceInode("/proc/thread-self/ns/net"); err == nil {
		seen[inode] = true
	}
	add := func(path string, pid int) {
		inode, err := spaceInode(path)
		switch {
		case err != nil:
			all.hidden = all.hidden || errors.Is(err, fs.ErrPermission)
			return
		case seen[inode]:
			return
		case len(all.list) >= maxNamespaces:
			all.closed++
		default:
			all.list = append(all.list, space{path, inode, pid})
		}
		seen[inode] = true
	}
	for _, pid := range processes() {
		if ctx.Err() != nil {
			return
		}
		add("/proc/"+strconv.Itoa(pid)+"/ns/net", pid)
	}
	for _, dir := range []string{"/run/netns", "/run/docker/netns"} {
		named, _ := filepath.Glob(dir + "/*")
		for _, path := range named {
			add(path, 0)
		}
	}
}

// spaceInode is a namespace's number.
func spaceInode(path string) (uint64, error) {
	var st unix.Stat_t
	err := unix.Stat(path, &st)
	return st.Ino, err
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
