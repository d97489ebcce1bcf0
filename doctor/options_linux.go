package doctor

import "golang.org/x/sys/unix"

// options are a socket's, as far as they were seen.
type options struct{ reuseAddr, reusePort, v6only Flag }

// askOptions asks a socket of another process for its options, through a copy of the descriptor.
// The kernel gives one to a caller that may ptrace that process (pidfd_getfd, since Linux 5.6).
func askOptions(o owner) options {
	none := options{Unknown, Unknown, Unknown}
	pidfd, err := unix.PidfdOpen(o.pid, 0)
	if err != nil {
		return none
	}
	defer unix.Close(pidfd)
	fd, err := unix.PidfdGetfd(pidfd, o.fd, 0)
	if err != nil {
		return none
	}
	defer unix.Close(fd)
	return options{
		reuseAddr: flag(fd, unix.SOL_SOCKET, unix.SO_REUSEADDR),
		reusePort: flag(fd, unix.SOL_SOCKET, unix.SO_REUSEPORT),
		v6only:    flag(fd, unix.IPPROTO_IPV6, unix.IPV6_V6ONLY),
	}
}

func flag(fd, level, name int) Flag {
	switch v, err := unix.GetsockoptInt(fd, level, name); {
	case err != nil:
		return Unknown
	case v != 0:
		return Yes
	}
	return No
}

// learn takes in the options of one more of the alike sockets. One without an option stands for
// all: it refuses most.
func (s *Socket) learn(first bool, o options) {
	s.ReuseAddr, s.ReusePort = weaker(first, s.ReuseAddr, o.reuseAddr), weaker(first, s.ReusePort, o.reusePort)
	if s.V6Only == Unknown && o.v6only != Unknown {
		s.V6Only = o.v6only
	}
}

func weaker(first bool, a, b Flag) Flag {
	switch {
	case first:
		return b
	case a == No || b == No:
		return No
	case a == Unknown || b == Unknown:
		return Unknown
	}
	return Yes
}
