package realsock

import (
	"fmt"
	"net/netip"
	"slices"
	"testing"

	"golang.org/x/sys/unix"
)

// TestDiag asks about sockets of this very process, on a loopback that others may use too.
func TestDiag(t *testing.T) {
	d, err := newDiag()
	if err != nil {
		skip(t, err.Error())
	}
	defer d.close()
	listener := boundSocket(t, "127.0.0.1:0")
	if err := unix.Listen(listener, 5); err != nil {
		t.Fatal(err)
	}
	at := localAddr(t, listener)
	client := boundSocket(t, "127.0.0.1:0")
	if err := unix.Connect(client, sockaddr(at)); err != nil {
		t.Fatal(err)
	}
	child, _, err := unix.Accept4(listener, unix.SOCK_CLOEXEC)
	if err != nil {
		t.Fatal(err)
	}
	from := localAddr(t, client)
	cookie, err := unix.GetsockoptUint64(child, unix.SOL_SOCKET, unix.SO_COOKIE)
	if err != nil {
		t.Fatal(err)
	}

	s, ok, err := d.lookup(at, from)
	if err != nil || !ok || stateName(s.state) != "ESTABLISHED" || s.cookie != cookie || s.local != at || s.remote != from || s.inode == 0 {
		t.Errorf("got %+v, %v, %v, want the child", s, ok, err)
	}
	if s, ok, err := d.lookup(at, netip.MustParseAddrPort("127.0.0.1:1")); ok || err != nil {
		t.Errorf("got %+v, %v, want nothing: a listener is no connection", s, err)
	}
	// The child closes first, so it is the one that waits.
	for _, fd := range []int{child, client} {
		if err := unix.Close(fd); err != nil {
			t.Fatal(err)
		}
	}
	if s, ok, err = d.lookup(at, from); err != nil || !ok || stateName(s.state) != "TIME_WAIT" || !s.mini() || s.inode != 0 {
		t.Errorf("got %+v, %v, %v, want a minisocket in TIME_WAIT", s, ok, err)
	}
	if _, ok, err := d.lookup(from, at); ok || err != nil {
		t.Errorf("got %v, %v, want the client's end gone", ok, err)
	}

	// What the kernel filters must be what is left when nothing is filtered.
	all := map[string]bool{}
	dump := func(states uint32, port uint16) (got []string) {
		if err := d.dump(4, states, port, func(s *sock) {
			if s.local.Port() == at.Port() {
				got = append(got, fmt.Sprint(s.local, s.remote, stateName(s.state)))
			}
			all[stateName(s.state)] = true
		}); err != nil {
			t.Fatal(err)
		}
		slices.Sort(got)
		return got
	}
	whole := dump(^uint32(0), 0)
	if got := dump(^uint32(0), at.Port()); !slices.Equal(got, whole) || len(got) != 2 {
		t.Errorf("by port got %v, want %v", got, whole)
	}
	clear(all)
	dump(1<<stListen, at.Port())
	if len(all) != 1 || !all["LISTEN"] {
		t.Errorf("by state LISTEN got %v", all)
	}
}

func boundSocket(t *testing.T, addr string) int {
	t.Helper()
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, unix.IPPROTO_TCP)
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.Bind(fd, sockaddr(netip.MustParseAddrPort(addr))); err != nil {
		t.Fatal(err)
	}
	return fd
}

func localAddr(t *testing.T, fd int) netip.AddrPort {
	t.Helper()
	sa, err := unix.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	return addrPort(sa)
}

func BenchmarkLookup(b *testing.B) {
	d, err := newDiag()
	if err != nil {
		b.Skip(err)
	}
	defer d.close()
	local, remote := netip.MustParseAddrPort("127.0.0.1:1"), netip.MustParseAddrPort("127.0.0.1:2")
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := d.lookup(local, remote); err != nil {
			b.Fatal(err)
		}
	}
}
