package realsock

import (
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// ipLocalPortRange is IP_LOCAL_PORT_RANGE (linux/in.h, since 6.3): the upper bound in the high half.
const ipLocalPortRange = 51

// set sets the options in the order given. Errors are bare errnos, for they are results.
func (s *appSock) set(opts []Opt) error {
	for _, o := range opts {
		if err := s.setOne(o); err != nil {
			return err
		}
	}
	return nil
}

func (s *appSock) setOne(o Opt) error {
	set := func(level, name, value int) error { return unix.SetsockoptInt(s.fd, level, name, value) }
	switch o.Name {
	case "reuseaddr":
		return set(unix.SOL_SOCKET, unix.SO_REUSEADDR, o.N)
	case "reuseport":
		return set(unix.SOL_SOCKET, unix.SO_REUSEPORT, o.N)
	case "v6only":
		return set(unix.IPPROTO_IPV6, unix.IPV6_V6ONLY, o.N)
	case "nodelay":
		return set(unix.IPPROTO_TCP, unix.TCP_NODELAY, o.N)
	case "nobindport":
		return set(unix.IPPROTO_IP, unix.IP_BIND_ADDRESS_NO_PORT, o.N)
	case "freebind":
		return set(unix.IPPROTO_IP, unix.IP_FREEBIND, o.N)
	case "portrange":
		return set(unix.IPPROTO_IP, ipLocalPortRange, o.M<<16|o.N)
	case "deaf":
		if o.N == 0 {
			return set(unix.SOL_SOCKET, unix.SO_DETACH_FILTER, 0)
		}
		return deafen(s.fd)
	case "device":
		err := unix.SetsockoptString(s.fd, unix.SOL_SOCKET, unix.SO_BINDTODEVICE, o.S)
		if err == nil {
			s.device = o.S
		}
		return err
	case "rcvbuf":
		return set(unix.SOL_SOCKET, unix.SO_RCVBUF, o.N)
	case "sndbuf":
		return set(unix.SOL_SOCKET, unix.SO_SNDBUF, o.N)
	case "keepalive":
		return set(unix.SOL_SOCKET, unix.SO_KEEPALIVE, o.N)
	case "keepcnt":
		return set(unix.IPPROTO_TCP, unix.TCP_KEEPCNT, o.N)
	case "keepidle":
		return set(unix.IPPROTO_TCP, unix.TCP_KEEPIDLE, seconds(o.D))
	case "keepintvl":
		return set(unix.IPPROTO_TCP, unix.TCP_KEEPINTVL, seconds(o.D))
	case "usertimeout":
		return set(unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, int(o.D/time.Millisecond))
	case "deferaccept":
		return set(unix.IPPROTO_TCP, unix.TCP_DEFER_ACCEPT, seconds(o.D))
	case "linger":
		l := unix.Linger{}
		if !o.Off {
			l = unix.Linger{Onoff: 1, Linger: int32(seconds(o.D))}
		}
		return unix.SetsockoptLinger(s.fd, unix.SOL_SOCKET, unix.SO_LINGER, &l)
	case "linger2":
		if o.Off {
			return set(unix.IPPROTO_TCP, unix.TCP_LINGER2, 0)
		}
		return set(unix.IPPROTO_TCP, unix.TCP_LINGER2, seconds(o.D))
	case "uid":
		if s.uid == o.N {
			return nil
		}
		// chown of a socket's file is how its owner changes after the fact.
		if err := unix.Fchown(s.fd, o.N, -1); err != nil {
			return err
		}
		s.uid = o.N
		return nil
	}
	return unix.ENOPROTOOPT
}

// deafen makes a socket hear nothing: a filter drops every segment before the socket sees it.
func deafen(fd int) error {
	drop := unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K}
	return unix.SetsockoptSockFprog(fd, unix.SOL_SOCKET, unix.SO_ATTACH_FILTER, &unix.SockFprog{Len: 1, Filter: &drop})
}

// seconds rounds away from zero, as both linger options count whole seconds.
func seconds(d time.Duration) int {
	switch {
	case d > 0:
		return int((d + time.Second - 1) / time.Second)
	case d < 0:
		return int((d - time.Second + 1) / time.Second)
	}
	return 0
}

// getLinger reads SO_LINGER, for which x/sys/unix has no getter.
func getLinger(fd int) (l unix.Linger, err error) {
	size := uint32(unsafe.Sizeof(l))
	_, _, e := unix.Syscall6(unix.SYS_GETSOCKOPT, uintptr(fd), unix.SOL_SOCKET, unix.SO_LINGER,
		uintptr(unsafe.Pointer(&l)), uintptr(unsafe.Pointer(&size)), 0)
	if e != 0 {
		return l, e
	}
	return l, nil
}
