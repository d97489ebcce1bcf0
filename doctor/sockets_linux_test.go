package doctor

import (
	"net/netip"
	"os"
	"runtime"
	"strings"
	"testing"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// enter puts the test into a network namespace of its own, with its thread, which ends with the
// test.
func enter(t testing.TB) {
	t.Helper()
	runtime.LockOSThread() // and never unlocked
	if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
		skip(t, "no private network namespace: "+err.Error())
	}
	lo, err := netlink.LinkByName("lo")
	if err == nil {
		err = netlink.LinkSetUp(lo)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// end is a socket of the test.
type end struct {
	t  testing.TB
	fd int
}

func (e end) close() {
	e.t.Helper()
	if err := unix.Close(e.fd); err != nil {
		e.t.Fatal(err)
	}
}

// leave closes it when the test is over.
func (e end) leave() end {
	e.t.Cleanup(func() { unix.Close(e.fd) })
	return e
}

func sockaddr(at string) (int, unix.Sockaddr) {
	a := netip.MustParseAddrPort(at)
	if a.Addr().Is4() {
		return unix.AF_INET, &unix.SockaddrInet4{Port: int(a.Port()), Addr: a.Addr().As4()}
	}
	return unix.AF_INET6, &unix.SockaddrInet6{Port: int(a.Port()), Addr: a.Addr().As16()}
}

// bind makes a socket and binds it, with options by name.
func bind(t testing.TB, at string, options ...string) end {
	t.Helper()
	family, sa := sockaddr(at)
	fd, err := unix.Socket(family, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range options {
		switch o {
		case "reuseaddr":
			err = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1)
		case "reuseport":
			err = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEPORT, 1)
		case "v6only":
			err = unix.SetsockoptInt(fd, unix.IPPROTO_IPV6, unix.IPV6_V6ONLY, 1)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := unix.Bind(fd, sa); err != nil {
		t.Fatalf("bind %s: %v", at, err)
	}
	return end{t, fd}
}

func listen(t testing.TB, at string, options ...string) end {
	t.Helper()
	l := bind(t, at, options...)
	if err := unix.Listen(l.fd, 128); err != nil {
		t.Fatal(err)
	}
	return l
}

func connect(t testing.TB, to string) end {
	t.Helper()
	family, sa := sockaddr(to)
	fd, err := unix.Socket(family, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.Connect(fd, sa); err != nil {
		t.Fatalf("connect %s: %v", to, err)
	}
	return end{t, fd}
}

func (e end) accept() end {
	e.t.Helper()
	fd, _, err := unix.Accept4(e.fd, unix.SOCK_CLOEXEC)
	if err != nil {
		e.t.Fatal(err)
	}
	return end{e.t, fd}
}

// pair makes a connection through a listener that is gone afterwards.
func pair(t testing.TB, at string, options ...string) (server, client end) {
	t.Helper()
	l := listen(t, at, options...)
	client = connect(t, strings.Replace(at, "0.0.0.0", "127.0.0.1", 1))
	server = l.accept()
	l.close()
	return server, client
}

// eof waits until the other end's FIN is there.
func (e end) eof() {
	e.t.Helper()
	if n, err := unix.Read(e.fd, make([]byte, 1)); n != 0 || err != nil {
		e.t.Fatalf("read: got %d, %v, want the end of file", n, err)
	}
}

// timeWait leaves a TIME-WAIT on the port.
func timeWait(t testing.TB, at string, options ...string) {
	t.Helper()
	server, client := pair(t, at, options...)
	server.close()
	client.eof()
	client.close()
}

func setSysctl(t testing.TB, name, value string) {
	t.Helper()
	if err := os.WriteFile("/proc/sys/net/ipv4/"+name, []byte(value), 0); err != nil {
		t.Fatal(err)
	}
}
