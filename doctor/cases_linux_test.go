package doctor

import (
	"bufio"
	"context"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	diag "fourwave/sockdiag"
)

// TestMain lets the test binary be another program: one that listens as another user, or asks as
// one.
func TestMain(m *testing.M) {
	switch {
	case os.Getenv("FOURWAVE_TEST_LISTEN") != "":
		listenAndWait(os.Getenv("FOURWAVE_TEST_LISTEN"))
	case os.Getenv("FOURWAVE_TEST_KEEP") != "":
		keep(os.Getenv("FOURWAVE_TEST_KEEP"))
	case os.Getenv("FOURWAVE_TEST_ASK") != "":
		askAndTell()
	}
	os.Exit(m.Run())
}

func skip(t testing.TB, why string) {
	t.Helper()
	if os.Getenv("FOURWAVE_NOSKIP") != "" {
		t.Fatal(why)
	}
	t.Skip(why)
}

const port = 27865

// A scene is a case of the doctor: how it is made, what is asked and what the answer must be.
type scene struct {
	name    string
	make    func(t *testing.T)
	ask     Question // Port is added
	verdict Verdict
	errno   string
	want    Case
	tried   string // what the real bind says where the verdict is depends
	says    string // that the answer or the list of things to do says
}

// scenes are the doctor's cases; each is made in a namespace of its own.
var scenes = []scene{
	{"nothing", func(*testing.T) {}, Question{}, Free, "", NothingAtAll, "", "Nothing has it"},
	{"listener", func(t *testing.T) { listen(t, "0.0.0.0:27865").leave() }, Question{}, Taken, "EADDRINUSE", Listener,
		"", fmt.Sprintf("(pid %d)", os.Getpid())},
	{"listener with reuseaddr", func(t *testing.T) { listen(t, "0.0.0.0:27865", "reuseaddr").leave() },
		Question{ReuseAddr: true}, Taken, "EADDRINUSE", Listener, "", "listens on 0.0.0.0:27865"},
	{"listener with reuseport", func(t *testing.T) { listen(t, "0.0.0.0:27865", "reuseport").leave() },
		Question{ReusePort: true}, Free, "", Shared, "", "both sockets have SO_REUSEPORT"},
	{"listener to share", func(t *testing.T) { listen(t, "0.0.0.0:27865", "reuseport").leave() }, Question{}, Taken,
		"EADDRINUSE", Listener, "", "Set SO_REUSEPORT on the new socket"},
	{"listener elsewhere", func(t *testing.T) { listen(t, "127.0.0.1:27865").leave() },
		Question{Host: addr("127.0.0.2")}, Free, "", Shared, "", "none stands in the way"},
	{"listener of another user", func(t *testing.T) { startListener(t, 4242) }, Question{}, Taken, "EADDRINUSE",
		OtherUser, "", "the user 4242"},
	{"reuseport of another user", func(t *testing.T) { startListener(t, 4242) }, Question{ReusePort: true}, Taken,
		"EADDRINUSE", OtherUser, "", "the user 4242"},
	{"TIME-WAIT", func(t *testing.T) { timeWait(t, "0.0.0.0:27865") }, Question{}, Taken, "EADDRINUSE", InTimeWait, "",
		"TIME-WAIT for "},
	{"TIME-WAIT that lacked it", func(t *testing.T) { timeWait(t, "0.0.0.0:27865") }, Question{ReuseAddr: true},
		Depends, "", InTimeWait, "EADDRINUSE", "--reuseaddr --try"},
	{"TIME-WAIT that had it", func(t *testing.T) { timeWait(t, "0.0.0.0:27865", "reuseaddr") },
		Question{ReuseAddr: true}, Depends, "", InTimeWait, "ok", "cannot be seen"},
	{"TIME-WAIT of another address", func(t *testing.T) { timeWait(t, "0.0.0.0:27865") },
		Question{Host: addr("127.0.0.2")}, Free, "", Shared, "", "none stands in the way"},
	{"TIME-WAIT of IPv6", func(t *testing.T) { timeWait(t, "[::1]:27865") }, Question{Host: addr("::1")}, Taken,
		"EADDRINUSE", InTimeWait, "", "TIME-WAIT"},
	{"orphan in FIN-WAIT-2", orphan, Question{}, Taken, "EADDRINUSE", Orphan, "", "FIN-WAIT-2"},
	{"orphan in FIN-WAIT-1", orphanUnanswered, Question{}, Taken, "EADDRINUSE", Orphan, "", "FIN-WAIT-1"},
	{"orphan in LAST-ACK", orphanLastAck, Question{}, Taken, "EADDRINUSE", Orphan, "", "LAST-ACK"},
	{"connection of a dead listener", func(t *testing.T) {
		server, client := pair(t, "0.0.0.0:27865")
		server.leave()
		client.leave()
	}, Question{}, Taken, "EADDRINUSE", DeadListener, "", "after the listener has gone"},
	{"connection with reuseaddr", func(t *testing.T) {
		server, client := pair(t, "0.0.0.0:27865", "reuseaddr")
		server.leave()
		client.leave()
	}, Question{ReuseAddr: true}, Free, "", Shared, "", "both sockets have SO_REUSEADDR"},
	{"client", func(t *testing.T) {
		setSysctl(t, "ip_local_port_range", "27865 27865")
		listen(t, "127.0.0.1:9000").leave()
		connect(t, "127.0.0.1:9000").leave()
	}, Question{}, Taken, "EADDRINUSE", Client, "", "outgoing connection to 127.0.0.1:9000"},
	{"bound", func(t *testing.T) { bind(t, "127.0.0.1:27865").leave() }, Question{}, Taken, "EADDRINUSE", BoundOnly, "",
		"neither listens nor connects"},
	{"CLOSE-WAIT leak", func(t *testing.T) {
		for range 3 {
			server, client := pair(t, "0.0.0.0:27865", "reuseaddr")
			client.close()
			server.leave().eof()
		}
	}, Question{}, Taken, "EADDRINUSE", CloseWaitLeak, "", "3 connections here in CLOSE-WAIT"},
	{"reserved", func(t *testing.T) { setSysctl(t, "ip_local_reserved_ports", "80,27860-27869") }, Question{}, Free, "",
		ReservedRange, "", "ip_local_reserved_ports"},
	{"ephemeral", func(t *testing.T) { setSysctl(t, "ip_local_port_range", "27000 28000") }, Question{}, Free, "",
		EphemeralRange, "", "ephemeral range 27000-28000"},
	{"address not local", func(*testing.T) {}, Question{Host: addr("192.0.2.1")}, Taken, "EADDRNOTAVAIL", NotLocal, "",
		"not an address of this machine"},
	{"address of IPv6 not local", func(*testing.T) {}, Question{Host: addr("2001:db8::1")}, Taken, "EADDRNOTAVAIL",
		NotLocal, "", "not an address"},
	{"dual stack", func(t *testing.T) { listen(t, "[::]:27865").leave() }, Question{Host: addr("0.0.0.0")}, Taken,
		"EADDRINUSE", DualStack, "", "without IPV6_V6ONLY"},
	{"dual stack the other way", func(t *testing.T) { listen(t, "0.0.0.0:27865").leave() }, Question{Host: addr("::")},
		Taken, "EADDRINUSE", DualStack, "", "would take IPv4 as well"},
	{"IPv6 only", func(t *testing.T) { listen(t, "[::]:27865", "v6only").leave() }, Question{Host: addr("0.0.0.0")},
		Free, "", Shared, "", "none stands in the way"},
	{"other namespace", otherNamespace, Question{}, Free, "", Elsewhere, "",
		"Nothing has it in this network namespace"},
}

func addr(s string) netip.Addr { return netip.MustParseAddr(s) }

// examine makes the scene in a network namespace of its own and asks the doctor.
func (sc scene) examine(t *testing.T) *Report {
	t.Helper()
	enter(t)
	sc.make(t)
	q := sc.ask
	q.Port = port
	r, err := Examine(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestCases makes each case on this kernel, asks, and holds the answer against a real bind.
func TestCases(t *testing.T) {
	for _, sc := range scenes {
		t.Run(sc.name, func(t *testing.T) {
			got := sc.examine(t)
			if got.Verdict != sc.verdict || got.Errno != sc.errno || got.Case != sc.want {
				t.Errorf("got %s %s %s, want %s %s %s", got.Verdict, got.Errno, got.Case, sc.verdict, sc.errno, sc.want)
			}
			if text := written(got); !strings.Contains(text, sc.says) {
				t.Errorf("got %s\nwant it to say %q", text, sc.says)
			}
			got.Try()
			if !got.Tried.Agrees || sc.tried != "" && got.Tried.Result != sc.tried {
				t.Errorf("a real bind says %s, want %q; foretold was %s %s", got.Tried.Result, sc.tried, got.Verdict,
					got.Errno)
			}
			got.checkOptions(t)
		})
	}
}

// checkOptions holds what was foretold for each option and each address against a real bind.
func (out *Report) checkOptions(t *testing.T) {
	t.Helper()
	for _, p := range out.Options {
		q := out.Question
		q.ReuseAddr, q.ReusePort = p.ReuseAddr, p.ReusePort
		if got := Try(q); p.Result != "depends" && got != p.Result {
			t.Errorf("reuseaddr=%t reuseport=%t: bind says %s, foretold was %s", p.ReuseAddr, p.ReusePort, got,
				p.Result)
		}
	}
	for _, o := range out.Others {
		q := out.Question
		q.Host = o.Addr
		if got := Try(q); o.Result != "depends" && got != o.Result {
			t.Errorf("%s: bind says %s, foretold was %s", o.Addr, got, o.Result)
		}
	}
	if out.Nearby != 0 {
		q := out.Question
		q.Port = uint16(out.Nearby)
		if got := Try(q); got != "ok" && out.Errno != "EADDRNOTAVAIL" {
			t.Errorf("the free port near by: bind says %s", got)
		}
	}
}

func written(r *Report) string {
	var b strings.Builder
	if err := r.Write(&b, WriteOptions{Lang: "en", Verbose: true}); err != nil {
		return err.Error()
	}
	return b.String()
}

func orphan(t *testing.T) {
	server, client := pair(t, "0.0.0.0:27865")
	server.close()
	client.leave().eof() // the FIN is there and acknowledged; the client does not close
	waitState(t, "FIN-WAIT-2")
}

// orphanUnanswered cuts the wire before the end closes, so that nobody answers its FIN.
func orphanUnanswered(t *testing.T) {
	server, client := pair(t, "0.0.0.0:27865")
	client.leave()
	cut(t)
	server.close()
	waitState(t, "FIN-WAIT-1")
}

func orphanLastAck(t *testing.T) {
	server, client := pair(t, "0.0.0.0:27865")
	client.close()
	server.eof()
	cut(t)
	server.close()
	waitState(t, "LAST-ACK")
}

// cut makes the loopback lose everything and stay up, so that its addresses stay local.
func cut(t *testing.T) {
	t.Helper()
	hole := &netlink.GenericQdisc{QdiscAttrs: netlink.QdiscAttrs{LinkIndex: 1, Handle: netlink.MakeHandle(1, 0),
		Parent: netlink.HANDLE_ROOT}, QdiscType: "blackhole"}
	if err := netlink.QdiscAdd(hole); err != nil {
		skip(t, "the loopback cannot be cut: "+err.Error())
	}
}

// waitState polls until the port has a socket in the state, and nothing under way.
func waitState(t *testing.T, state string) {
	t.Helper()
	c, err := diag.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	seen := ""
	for deadline := time.Now().Add(5 * time.Second); time.Now().Before(deadline); time.Sleep(2 * time.Millisecond) {
		seen = ""
		if err := c.Dump(t.Context(), diag.Filter{States: diag.Any, Low: port, High: port},
			func(s *diag.Socket) { seen += stateName(s.State) + " " }); err != nil {
			t.Fatal(err)
		}
		if seen == state+" " {
			return
		}
	}
	t.Fatalf("got states %s, want %s", seen, state)
}

// otherNamespace has a listener in a namespace that a process of ours keeps, and leaves for
// another.
func otherNamespace(t *testing.T) {
	startListener(t, 0)
	enter(t)
}

// startListener starts a process that listens on 0.0.0.0 with SO_REUSEPORT, as a user.
func startListener(t *testing.T, uid uint32) {
	t.Helper()
	cmd := child(t, uid, "FOURWAVE_TEST_LISTEN=0.0.0.0:27865")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	if line, err := bufio.NewReader(out).ReadString('\n'); line != "listening\n" {
		t.Fatalf("the listener says %q, %v", line, err)
	}
}

// child is this test binary as another program and another user, in the namespace of the calling
// thread.
func child(t *testing.T, uid uint32, env ...string) *exec.Cmd {
	t.Helper()
	if uid != 0 && (os.Geteuid() != 0 || !userMapped(uid)) {
		skip(t, "only root can start a process as another user, and only one that its user namespace has")
	}
	cmd := exec.CommandContext(t.Context(), "/proc/self/exe")
	cmd.Env = append(os.Environ(), env...)
	cmd.Stderr = os.Stderr
	if uid != 0 {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uid, Gid: uid}}
	}
	return cmd
}

func listenAndWait(at string) {
	family, sa := sockaddr(at)
	fd, err := unix.Socket(family, unix.SOCK_STREAM, 0)
	if err == nil {
		_ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEPORT, 1)
		err = unix.Bind(fd, sa)
	}
	if err == nil {
		err = unix.Listen(fd, 1)
	}
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println("listening")
	time.Sleep(time.Minute)
	os.Exit(0)
}

// askAndTell asks as whoever this process is, and writes the answer.
// userMapped reports whether a user exists in this user namespace, by the first line of its map.
func userMapped(uid uint32) bool {
	text, err := os.ReadFile("/proc/self/uid_map")
	if err != nil {
		return true // no user namespaces here
	}
	var inside, outside, count uint32
	_, err = fmt.Sscan(string(text), &inside, &outside, &count)
	return err == nil && uid >= inside && uid-inside < count
}

func askAndTell() {
	p := uint16(port)
	if os.Getenv("FOURWAVE_TEST_ASK") == "80" {
		p = 80
	}
	r, err := Examine(context.Background(), Question{Port: p})
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	r.Try()
	fmt.Println(r.Verdict, r.Errno, r.Case, r.Tried.Agrees)
	_ = r.Write(os.Stdout, WriteOptions{Lang: "en", Verbose: true})
	os.Exit(0)
}

func addrPort(a [4]byte) netip.AddrPort { return netip.AddrPortFrom(netip.AddrFrom4(a), port) }
