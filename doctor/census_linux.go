package doctor

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	diag "fourwave/sockdiag"
)

// crowd is the number of TIME-WAITs from which on a census takes less time than a walk through the
// bound ports.
const crowd = 20_000

// statesToAsk is what to ask sock_diag for: all, but sockets that are only bound if it is certain
// that there are none. To find none costs more than half the reading, since every TIME-WAIT has a
// bound port.
func statesToAsk(ctx context.Context) diag.States {
	if timeWaits() < crowd {
		return diag.Any
	}
	c, err := openCensus(ctx)
	if err != nil {
		return diag.Any
	}
	defer c.close()
	n, err := c.unhashed()
	for try := 1; errors.Is(err, errBusy) && try < 5; try++ {
		n, err = c.unhashed()
	}
	if err == nil && n == 0 {
		return diag.Any &^ diag.Set(diag.Bound)
	}
	return diag.Any
}

// census counts the machine's TCP sockets that are in no table of listeners or connections: new
// ones, closed ones, and those that are only bound. It is all the sockets of the machine (alloc of
// /proc/net/sockstat) less those in the tables of each namespace that it knows (inuse). A namespace
// that it does not know makes the number too large and never too small, so that 0 is certain.
type census struct {
	canary int // a socket of our own, neither bound nor connected: a kernel that does not count it is not believed
	spaces []counters
}

// counters are a network namespace's files in /proc. An open file stays with the namespace it was
// opened in.
type counters struct{ sockstat, sockstat6, snmp *os.File }

var errBusy = errors.New("census: sockets came to be meanwhile")

// openCensus opens the counters of the calling thread's namespace and of those where a process is.
func openCensus(ctx context.Context) (*census, error) {
	canary, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, os.NewSyscallError("socket", err)
	}
	c := &census{canary: canary}
	if err := c.add("/proc/thread-self/net/"); err != nil {
		c.close()
		return nil, err
	}
	var others spaces
	others.find(ctx)
	for _, sp := range others.list {
		if sp.pid == 0 || c.add("/proc/"+strconv.Itoa(sp.pid)+"/net/") != nil {
			continue
		}
		// A process that is elsewhere by now would have a namespace counted twice.
		if inode, err := spaceInode(sp.path); err != nil || inode != sp.inode {
			last := len(c.spaces) - 1
			c.spaces[last].close()
			c.spaces = c.spaces[:last]
		}
	}
	return c, nil
}

func (c *census) add(dir string) (err error) {
	var n counters
	if n.sockstat, err = os.Open(dir + "sockstat"); err == nil {
		n.snmp, err = os.Open(dir + "snmp")
	}
	if err != nil {
		n.close()
		return err
	}
	n.sockstat6, _ = os.Open(dir + "sockstat6") // there is none without IPv6
	c.spaces = append(c.spaces, n)
	return nil
}

func (n counters) close() {
	for _, f := range []*os.File{n.sockstat, n.sockstat6, n.snmp} {
		if f != nil {
			f.Close()
		}
	}
}

func (c *census) close() {
	for _, n := range c.spaces {
		n.close()
	}
	unix.Close(c.canary)
}

// unhashed counts, its own socket left out. The kernel adds up alloc first. A socket that leaves a
// table, or had been made before and enters one, makes the number no smaller than it was then; one
// that is made and enters a table meanwhile would, and the kernel counts those: the error is
// errBusy.
func (c *census) unhashed() (int, error) {
	before, err := c.opens()
	if err != nil {
		return 0, err
	}
	var alloc, inuse int
	for i, n := range c.spaces {
		text, err := readAll(n.sockstat)
		if err != nil {
			return 0, err
		}
		if i == 0 {
			if alloc, err = numberAfter(text, " alloc "); err != nil {
				return 0, err
			}
		}
		here, err := numberAfter(text, "\nTCP: inuse ")
		if err != nil {
			return 0, err
		}
		inuse += here
	}
	for _, n := range c.spaces {
		if n.sockstat6 == nil {
			continue
		}
		text, err := readAll(n.sockstat6)
		if err != nil {
			return 0, err
		}
		here, err := numberAfter("\n"+text, "\nTCP6: inuse ")
		if err != nil {
			return 0, err
		}
		inuse += here
	}
	after, err := c.opens()
	if err == nil && after != before {
		err = errBusy
	}
	return alloc - inuse - 1, err
}

// opens counts the connections that were ever begun in the known namespaces, by either end.
func (c *census) opens() (sum uint64, err error) {
	for _, n := range c.spaces {
		text, err := readAll(n.snmp)
		if err != nil {
			return 0, err
		}
		_, values, _ := strings.Cut(text, "\nTcp: RtoAlgorithm RtoMin RtoMax MaxConn ActiveOpens PassiveOpens ")
		_, values, _ = strings.Cut(values, "\nTcp:")
		var skipped [4]int64
		var active, passive uint64
		if _, err := fmt.Sscan(values, &skipped[0], &skipped[1], &skipped[2], &skipped[3], &active,
			&passive); err != nil {
			return 0, fmt.Errorf("snmp: %w", err)
		}
		sum += active + passive
	}
	return sum, nil
}

// timeWaits counts the TIME-WAITs of the calling thread's namespace; 0 if /proc does not say.
func timeWaits() int {
	text, _ := readSome("/proc/thread-self/net/sockstat")
	n, _ := numberAfter(string(text), " tw ")
	return n
}

// readAll reads an open file of /proc from its beginning, at most 4 KiB of it. Reading it again
// gives the current numbers.
func readAll(f *os.File) (string, error) {
	var buf [4096]byte
	n, err := f.ReadAt(buf[:], 0)
	if n > 0 {
		err = nil
	}
	return string(buf[:n]), err
}

func numberAfter(text, word string) (n int, err error) {
	_, rest, _ := strings.Cut(text, word)
	if _, err := fmt.Sscan(rest, &n); err != nil {
		return 0, fmt.Errorf("%q: %w", word, err)
	}
	return n, nil
}
