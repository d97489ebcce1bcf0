package realsock

import (
	"encoding/binary"
	"net/netip"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"

	"fourwave/sockdiag"
)

// System calls of trials and of the wire. They take microseconds, and there is nothing else to do in the process that makes
// them; so Go's runtime is not told of them, which would cost a tenth of a trial. The longest is a connect, of [patience] at most.

// receiveFrame and sendFrame move a frame; neither waits. With read and write, which go through the file layer, the wire would be slower by
// a twentieth.
func receiveFrame(fd int, b []byte) (int, error) {
	n, _, e := syscall.RawSyscall6(unix.SYS_RECVFROM, uintptr(fd), uintptr(unsafe.Pointer(&b[0])), uintptr(len(b)), unix.MSG_DONTWAIT, 0, 0)
	return int(n), errno(e)
}

func sendFrame(fd int, b []byte) error {
	_, _, e := syscall.RawSyscall6(unix.SYS_SENDTO, uintptr(fd), uintptr(unsafe.Pointer(&b[0])), uintptr(len(b)), unix.MSG_DONTWAIT, 0, 0)
	return errno(e)
}

func bind(fd int, to netip.AddrPort) error {
	var sa unix.RawSockaddrInet6
	n := putAddr(&sa, to)
	_, _, e := syscall.RawSyscall(unix.SYS_BIND, uintptr(fd), uintptr(unsafe.Pointer(&sa)), n)
	return errno(e)
}

func connect(fd int, to netip.AddrPort) error {
	var sa unix.RawSockaddrInet6
	n := putAddr(&sa, to)
	_, _, e := syscall.RawSyscall(unix.SYS_CONNECT, uintptr(fd), uintptr(unsafe.Pointer(&sa)), n)
	return errno(e)
}

func listen(fd int) error {
	_, _, e := syscall.RawSyscall(unix.SYS_LISTEN, uintptr(fd), trialBacklog, 0)
	return errno(e)
}

func shutdown(fd int) error {
	_, _, e := syscall.RawSyscall(unix.SYS_SHUTDOWN, uintptr(fd), unix.SHUT_WR, 0)
	return errno(e)
}

func closeNow(fd int) error {
	_, _, e := syscall.RawSyscall(unix.SYS_CLOSE, uintptr(fd), 0, 0)
	return errno(e)
}

func setOption(fd, level, name int, value unsafe.Pointer, size uintptr) error {
	_, _, e := syscall.RawSyscall6(unix.SYS_SETSOCKOPT, uintptr(fd), uintptr(level), uintptr(name), uintptr(value), size, 0)
	return errno(e)
}

func setInt(fd, level, name, value int) error {
	v := int32(value)
	return setOption(fd, level, name, unsafe.Pointer(&v), unsafe.Sizeof(v))
}

func errno(e syscall.Errno) error {
	if e == 0 {
		return nil
	}
	return e
}

// accept accepts a connection and says whose. Package unix would ask for the socket's protocol too.
func accept(l, flags int) (fd int, from netip.AddrPort, err error) {
	var sa unix.RawSockaddrAny
	size := uint32(unix.SizeofSockaddrAny)
	n, _, e := syscall.RawSyscall6(unix.SYS_ACCEPT4, uintptr(l), uintptr(unsafe.Pointer(&sa)), uintptr(unsafe.Pointer(&size)), uintptr(flags), 0, 0)
	if e != 0 {
		return 0, from, e
	}
	return int(n), rawAddrPort(&sa), nil
}

// boundTo is the address that a socket is bound to.
func boundTo(fd int) (netip.AddrPort, error) {
	var sa unix.RawSockaddrAny
	size := uint32(unix.SizeofSockaddrAny)
	if _, _, e := syscall.RawSyscall(unix.SYS_GETSOCKNAME, uintptr(fd), uintptr(unsafe.Pointer(&sa)), uintptr(unsafe.Pointer(&size))); e != 0 {
		return netip.AddrPort{}, e
	}
	return rawAddrPort(&sa), nil
}

// rawAddrPort is an address as the kernel writes it, ports in network order.
func rawAddrPort(sa *unix.RawSockaddrAny) netip.AddrPort {
	port := func(p *uint16) uint16 { return binary.BigEndian.Uint16((*[2]byte)(unsafe.Pointer(p))[:]) }
	switch sa.Addr.Family {
	case unix.AF_INET:
		a := (*unix.RawSockaddrInet4)(unsafe.Pointer(sa))
		return netip.AddrPortFrom(netip.AddrFrom4(a.Addr), port(&a.Port))
	case unix.AF_INET6:
		a := (*unix.RawSockaddrInet6)(unsafe.Pointer(sa))
		return netip.AddrPortFrom(netip.AddrFrom16(a.Addr), port(&a.Port))
	}
	return netip.AddrPort{}
}

// putAddr is the way back. An IPv4 address takes the beginning of the place.
func putAddr(sa *unix.RawSockaddrInet6, a netip.AddrPort) (size uintptr) {
	port := func(p *uint16) { binary.BigEndian.PutUint16((*[2]byte)(unsafe.Pointer(p))[:], a.Port()) }
	if a.Addr().Is4() {
		sa4 := (*unix.RawSockaddrInet4)(unsafe.Pointer(sa))
		sa4.Family, sa4.Addr = unix.AF_INET, a.Addr().As4()
		port(&sa4.Port)
		return unix.SizeofSockaddrInet4
	}
	sa.Family, sa.Addr = unix.AF_INET6, a.Addr().As16()
	port(&sa.Port)
	return unix.SizeofSockaddrInet6
}

// tcpState is the state that a descriptor's socket is in: the first octet of TCP_INFO.
func tcpState(fd int) sockdiag.State {
	var b [1]byte
	size := uint32(1)
	_, _, e := syscall.RawSyscall6(unix.SYS_GETSOCKOPT, uintptr(fd), unix.IPPROTO_TCP, unix.TCP_INFO,
		uintptr(unsafe.Pointer(&b)), uintptr(unsafe.Pointer(&size)), 0)
	if e != 0 {
		return 0
	}
	return sockdiag.State(b[0])
}
