package sockdiag

import (
	"errors"
	"net/netip"
	"os"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

func skip(t testing.TB, why string) {
	t.Helper()
	if os.Getenv("FOURWAVE_NOSKIP") != "" {
		t.Fatal(why)
	}
	t.Skip(why)
}

// enter puts the test into a network namespace of its own, with its thread, which ends with the
// test, and opens a Conn there.
func enter(t testing.TB) *Conn {
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
	c, err := Open()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// bound is a socket with an address, which lasts as long as the test unless it is closed before.
func bound(t testing.TB, at string, v6only bool) int {
	t.Helper()
	a := netip.MustParseAddrPort(at)
	family, sa := unix.AF_INET6, unix.Sockaddr(&unix.SockaddrInet6{Port: int(a.Port()), Addr: a.Addr().As16()})
	if a.Addr().Is4() {
		family, sa = unix.AF_INET, &unix.SockaddrInet4{Port: int(a.Port()), Addr: a.Addr().As4()}
	}
	fd, err := unix.Socket(family, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, unix.IPPROTO_TCP)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(fd) })
	if v6only {
		err = unix.SetsockoptInt(fd, unix.IPPROTO_IPV6, unix.IPV6_V6ONLY, 1)
	}
	if err == nil {
		err = unix.Bind(fd, sa)
	}
	if err != nil {
		t.Fatal(err)
	}
	return fd
}

func listening(t testing.TB, at string) int {
	t.Helper()
	fd := bound(t, at, false)
	if err := unix.Listen(fd, 5); err != nil {
		t.Fatal(err)
	}
	return fd
}

// pair is a connection over IPv4 whose listener stays. The descriptors are the caller's to close.
func pair(t testing.TB, at string) (child, client int, local, remote netip.AddrPort) {
	t.Helper()
	l := listening(t, at)
	local = netip.MustParseAddrPort(at)
	client, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err == nil {
		err = unix.Connect(client, &unix.SockaddrInet4{Port: int(local.Port()), Addr: local.Addr().As4()})
	}
	if err != nil {
		t.Fatal(err)
	}
	child, from, err := unix.Accept4(l, unix.SOCK_CLOEXEC)
	if err != nil {
		t.Fatal(err)
	}
	sa := from.(*unix.SockaddrInet4)
	return child, client, local, netip.AddrPortFrom(netip.AddrFrom4(sa.Addr), uint16(sa.Port))
}

// timeWait closes a pair, the child first, and waits until that is the end that waits.
func timeWait(t testing.TB, c *Conn, child, client int, local, remote netip.AddrPort) {
	t.Helper()
	if err := unix.Close(child); err != nil {
		t.Fatal(err)
	}
	if n, err := unix.Read(client, make([]byte, 1)); n != 0 || err != nil {
		t.Fatalf("read: got %d, %v, want the end of file", n, err)
	}
	if err := unix.Close(client); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(5 * time.Second); ; time.Sleep(time.Millisecond) {
		s, ok, err := c.Lookup(local, remote, 0)
		if err != nil {
			t.Fatal(err)
		}
		if _, waits, _ := c.Lookup(remote, local, 0); ok && s.State == TimeWait && !waits {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("got %+v, want TIME_WAIT", s)
		}
	}
}

// dump is what a filter lets through, in a few words.
func dump(t testing.TB, c *Conn, keep Filter) []string {
	t.Helper()
	got := []string{}
	if err := c.Dump(t.Context(), keep, func(s *Socket) {
		got = append(got, s.Local.String()+" "+
			s.State.String())
	}); err != nil {
		t.Fatal(err)
	}
	slices.Sort(got)
	return got
}

func TestLookup(t *testing.T) {
	c := enter(t)
	child, client, local, remote := pair(t, "127.0.0.1:7865")
	cookie, err := unix.GetsockoptUint64(child, unix.SOL_SOCKET, unix.SO_COOKIE)
	if err != nil {
		t.Fatal(err)
	}
	s, ok, err := c.Lookup(local, remote, 0)
	if err != nil || !ok || s.State != Established || s.Cookie != cookie || s.Local != local || s.Remote != remote ||
		s.Inode == 0 || s.Mini() {
		t.Errorf("got %+v, %v, %v, want the child", s, ok, err)
	}
	stranger := netip.MustParseAddrPort("127.0.0.1:1")
	if s, ok, err := c.Lookup(local, stranger, 0); ok || err != nil {
		t.Errorf("got %+v, %v, want nothing: a listener is no connection", s, err)
	}
	if s, ok, err := c.Find(local, stranger, 0); !ok || err != nil || s.State != Listen {
		t.Errorf("got %+v, %v, %v, want the listener", s, ok, err)
	}
	timeWait(t, c, child, client, local, remote)
	if s, ok, err = c.Lookup(local, remote, 0); err != nil || !ok || s.State != TimeWait || !s.Mini() || s.Inode != 0 ||
		s.Expires == 0 {
		t.Errorf("got %+v, %v, %v, want a minisocket in TIME_WAIT", s, ok, err)
	}
}

// TestDump holds what the kernel filters against what it tells unfiltered: a wrong program gives no
// rows and no error.
func TestDump(t *testing.T) {
	c := enter(t)
	for _, at := range []string{"127.0.0.1:27863", "127.0.0.1:27864", "[::1]:27865", "127.0.0.1:27866"} {
		listening(t, at)
	}
	bound(t, "127.0.0.1:27868", false)
	bound(t, "[::]:27868", true)
	child, client, local, remote := pair(t, "127.0.0.1:27869")
	timeWait(t, c, child, client, local, remote)
	all := Filter{States: Any}
	if got, want := dump(t, c, all), []string{
		"127.0.0.1:27863 LISTEN", "127.0.0.1:27864 LISTEN", "127.0.0.1:27866 LISTEN", "127.0.0.1:27868 BOUND",
		"127.0.0.1:27869 LISTEN", "127.0.0.1:27869 TIME_WAIT", "[::1]:27865 LISTEN", "[::]:27868 BOUND",
	}; !cmp.Equal(got, want) {
		t.Fatal(cmp.Diff(want, got))
	}
	for _, keep := range []Filter{
		{Any, 27864, 27866}, {Any, 27865, 27865}, {Any, 27868, 27868}, {Any, 27867, 27900}, {Any, 27863, 27869},
		{Any, 1, 27862}, {Any, 27870, 28000},
		{Set(Listen), 0, 0}, {Set(Bound), 0, 0}, {Set(Bound), 27868, 27869}, {Set(Bound), 27869, 27869},
		{Set(TimeWait, Bound), 0, 0}, {Any &^ Set(Bound), 0, 0}, {Any &^ Set(Bound), 27868, 27869},
		{Set(Listen), 27869, 27869},
	} {
		want := []string{}
		if err := c.Dump(t.Context(), all, func(s *Socket) {
			p := s.Local.Port()
			if keep.States&Set(s.State) != 0 && (keep.High == 0 || p >= keep.Low && p <= keep.High) {
				want = append(want, s.Local.String()+" "+s.State.String())
			}
		}); err != nil {
			t.Fatal(err)
		}
		slices.Sort(want)
		if got := dump(t, c, keep); !cmp.Equal(got, want) {
			t.Errorf("%+v: %s", keep, cmp.Diff(want, got))
		}
	}
}

func TestV6Only(t *testing.T) {
	c := enter(t)
	bound(t, "[::]:27861", true)
	bound(t, "[::]:27862", false)
	bound(t, "127.0.0.1:27863", false)
	listening(t, "[::]:27864")
	got := map[uint16]Option{}
	if err := c.Dump(t.Context(), Filter{States: Any}, func(s *Socket) { got[s.Local.Port()] = s.V6Only }); err != nil {
		t.Fatal(err)
	}
	if want := (map[uint16]Option{27861: On, 27862: Off, 27863: Untold, 27864: Off}); !cmp.Equal(got, want) {
		t.Error(cmp.Diff(want, got))
	}
}

// TestLongDump needs many parts of an answer.
func TestLongDump(t *testing.T) {
	c := enter(t)
	const n = 1500
	for p := range n {
		bound(t, netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), uint16(20000+p)).String(), false)
	}
	if got := dump(t, c, Filter{States: Any}); len(slices.Compact(got)) != n {
		t.Errorf("got %d sockets, want %d", len(got), n)
	}
}

func TestDestroy(t *testing.T) {
	c := enter(t)
	child, client, local, remote := pair(t, "127.0.0.1:7865")
	s, _, err := c.Lookup(local, remote, 0)
	if err != nil {
		t.Fatal(err)
	}
	other := s
	other.Cookie++
	if err := c.Destroy(&other); !errors.Is(err, unix.ENOENT) {
		t.Errorf("with another socket's cookie: got %v, want ENOENT", err)
	}
	if err := c.Destroy(&s); errors.Is(err, unix.EOPNOTSUPP) {
		skip(t, "this kernel destroys no sockets: "+err.Error())
	} else if err != nil {
		t.Fatal(err)
	}
	if _, err := unix.Read(child, make([]byte, 1)); !errors.Is(err, unix.ECONNABORTED) {
		t.Errorf("read: got %v, want ECONNABORTED", err)
	}
	for _, ends := range [][2]netip.AddrPort{{local, remote}, {remote, local}} {
		if s, ok, err := c.Lookup(ends[0], ends[1], 0); ok || err != nil {
			t.Errorf("got %+v, %v, want both ends gone", s, err)
		}
	}
	unix.Close(child)
	unix.Close(client)
	child, client, local, remote = pair(t, "127.0.0.1:7866")
	timeWait(t, c, child, client, local, remote)
	if s, _, err = c.Lookup(local, remote, 0); err != nil {
		t.Fatal(err)
	}
	if err := c.Destroy(&s); err != nil {
		t.Errorf("a TIME-WAIT: %v", err)
	}
	if err := c.Destroy(&s); !errors.Is(err, unix.ENOENT) {
		t.Errorf("again: got %v, want ENOENT, and the listener spared", err)
	}
	if got, want := dump(t, c, Filter{Any, 7866, 7866}), []string{"127.0.0.1:7866 LISTEN"}; !cmp.Equal(got, want) {
		t.Error(cmp.Diff(want, got))
	}
}

// TestStrangeAnswers: nothing that comes out of the socket makes the reader fall.
func TestStrangeAnswers(t *testing.T) {
	for _, b := range [][]byte{
		{1}, {255, 0, 0, 0, 20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, {4, 0, 0, 0, 20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0},
		{16, 0, 0, 0, 20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, {16, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0},
	} {
		if _, err := eachSocket(b, func(s *Socket) { t.Errorf("got %+v of %v", s, b) }); err == nil {
			t.Errorf("%v: got no error", b)
		}
	}
	if got := v6only([]byte{2, 0, 11, 0, 1}); got != Untold {
		t.Errorf("a malformed attribute: got %v", got)
	}
}

func BenchmarkLookup(b *testing.B) {
	c, err := Open()
	if err != nil {
		b.Skip(err)
	}
	defer c.Close()
	local, remote := netip.MustParseAddrPort("127.0.0.1:1"), netip.MustParseAddrPort("127.0.0.1:2")
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := c.Lookup(local, remote, 0); err != nil {
			b.Fatal(err)
		}
	}
}
