package realsock

import (
	"strings"

	"golang.org/x/sys/unix"
)

// upstream is the stream from a runner to its program.
type upstream interface {
	// read waits for input and returns how much of b it filled; 0 or an error means that the program is
	// gone. idle says that no part of a message has arrived yet and none is owed.
	read(b []byte, idle bool) (int, error)
	// write writes all of b.
	write(b []byte) error
	// fd is what to poll for input; below zero where it cannot be polled.
	fd() int
	// clock says how time passes for the runner while it reads.
	clock() Clock
}

// fdStream is a socket to the program.
type fdStream int

func (s fdStream) read(b []byte, _ bool) (int, error) { return unix.Read(int(s), b) }
func (s fdStream) write(b []byte) error               { return writeAll(int(s), b) }
func (s fdStream) fd() int                            { return int(s) }
func (s fdStream) clock() Clock                       { return RealClock }

// verbs are the calls that a runner on Linux makes.
var verbs = strings.Fields(`socket set bind listen accept connect send recv shutdown close abort exit await
	error state timer sockets sysctl latency drop dup delay hold deliver release forge
	forget block host`)

// system is this kernel in the form "linux 6.1.192". What a distribution appends to the release is left
// out. Debian's release stops at 6.1.0 and a number of its own; the point release is in the version:
// "#1 SMP PREEMPT_DYNAMIC Debian 6.1.192-2 (2026-11-16)".
func system() string {
	var u unix.Utsname
	if unix.Uname(&u) != nil {
		return "linux"
	}
	release := unix.ByteSliceToString(u.Release[:])
	if _, rest, ok := strings.Cut(unix.ByteSliceToString(u.Version[:]), " Debian "); ok {
		release = rest
	}
	end := strings.IndexFunc(release, func(r rune) bool { return r != '.' && (r < '0' || r > '9') })
	if end < 0 {
		end = len(release)
	}
	return "linux " + strings.TrimRight(release[:end], ".")
}
