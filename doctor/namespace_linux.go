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

	"fourwave/internal/text"
	diag "fourwave/sockdiag"
)

// lookTime bounds the look into other network namespaces: there is no bound on their number.
const lookTime = 2 * time.Second

// space is a network namespace that something keeps.
type space struct {
	path  string
	inode uint64
	pid   int // 0: a name in the file system keeps it
	name  string
}

// spaces is what there is in the machine's other network namespaces.
type spaces struct {
	list   []space
	found  []Namespace // those with listeners on the port
	denied []space     // which rights do not let one enter
	late   []space     // which there was no time for
	hidden int         // processes of which rights hide where they are
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
			if ctx.Err() != nil {
				all.late = append(all.late, sp)
				continue
			}
			sockets, err := sp.look(ctx, q, set)
			switch {
			case errors.Is(err, fs.ErrNotExist): // its process has ended meanwhile
			case errors.Is(err, fs.ErrPermission):
				all.denied = append(all.denied, sp)
			case err != nil:
				all.late = append(all.late, sp)
			case len(sockets) > 0:
				all.found = append(all.found,
					Namespace{Inode: sp.inode, PID: sp.pid, Name: sp.name, Command: sp.path, Sockets: sockets})
			}
		}
	}()
	<-done
	return all
}

// find lists the network namespaces beside the calling thread's, by the processes in them and the
// names that iproute2 and Docker give.
func (all *spaces) find(ctx context.Context) {
	at := make(map[uint64]int) // place in the list, from 1; 0 is the caller's own
	if inode, err := spaceInode("/proc/thread-self/ns/net"); err == nil {
		at[inode] = 0
	}
	add := func(path string, pid int, name string) {
		inode, err := spaceInode(path)
		if err != nil {
			if errors.Is(err, fs.ErrPermission) && pid != 0 {
				all.hidden++
			}
			return
		}
		i, seen := at[inode]
		switch {
		case !seen:
			all.list = append(all.list, space{path, inode, pid, name})
			at[inode] = len(all.list)
		case i > 0 && name != "":
			all.list[i-1].name = name
		}
	}
	for _, pid := range processes() {
		if ctx.Err() != nil {
			return
		}
		add("/proc/"+strconv.Itoa(pid)+"/ns/net", pid, "")
	}
	for _, dir := range []string{"/run/netns", "/run/docker/netns"} {
		named, _ := filepath.Glob(dir + "/*")
		for _, path := range named {
			name := ""
			if dir == "/run/netns" {
				name = text.Clean(filepath.Base(path))
			}
			add(path, 0, name)
		}
	}
}

// String is how people know a namespace.
func (sp space) String() string {
	switch {
	case sp.name != "":
		return sp.name
	case sp.pid != 0:
		return process(sp.pid).String()
	}
	return sp.path
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
	// The rest does not concern the caller, and would cost a walk through all connections of the
	// machine
	sockets, _, _, err := readPort(ctx, c, q, diag.Set(diag.Listen), set)
	return sockets, err
}
