package capture

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"

	"fourwave/fsm"
)

// line is a segment of a capture that a test makes: who sends it, and when in milliseconds.
type line struct {
	at       int
	from     string // a or b
	flags    fsm.Flags
	seq, ack uint32
	n        int
	ttl      uint8
}

var (
	addrA = netip.MustParseAddrPort("10.0.0.2:40000")
	addrB = netip.MustParseAddrPort("10.0.0.1:7865")
	began = time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)
)

// frames are the lines' frames of Ethernet.
func frames(t testing.TB, lines []line) (all [][]byte) {
	t.Helper()
	for _, l := range lines {
		src, dst, isn, other := addrA, addrB, uint32(1000), uint32(9000)
		if l.from == "b" {
			src, dst, isn, other = addrB, addrA, 9000, 1000
		}
		ip := &layers.IPv4{Version: 4, TTL: max(l.ttl, 64), Protocol: layers.IPProtocolTCP, SrcIP: src.Addr().AsSlice(),
			DstIP: dst.Addr().AsSlice()}
		if l.ttl != 0 {
			ip.TTL = l.ttl
		}
		tcp := &layers.TCP{
			SrcPort: layers.TCPPort(src.Port()), DstPort: layers.TCPPort(dst.Port()), Seq: l.seq + isn, Window: 1000,
			SYN: l.flags.Has(fsm.SYN), FIN: l.flags.Has(fsm.FIN), RST: l.flags.Has(fsm.RST), PSH: l.flags.Has(fsm.PSH),
			ACK: l.flags.Has(fsm.ACK),
		}
		if tcp.ACK {
			tcp.Ack = l.ack + other
		}
		_ = tcp.SetNetworkLayerForChecksum(ip)
		b := gopacket.NewSerializeBuffer()
		eth := &layers.Ethernet{SrcMAC: make([]byte, 6), DstMAC: make([]byte, 6), EthernetType: layers.EthernetTypeIPv4}
		if err := gopacket.SerializeLayers(b, gopacket.SerializeOptions{FixLengths: true, ComputeChecksums: true}, eth,
			ip, tcp, gopacket.Payload(make([]byte, l.n))); err != nil {
			t.Fatal(err)
		}
		all = append(all, bytes.Clone(b.Bytes()))
	}
	return all
}

func pcapOf(t testing.TB, lines []line) []byte {
	t.Helper()
	var b bytes.Buffer
	w := pcapgo.NewWriter(&b)
	if err := w.WriteFileHeader(65535, layers.LinkTypeEthernet); err != nil {
		t.Fatal(err)
	}
	for i, f := range frames(t, lines) {
		ci := gopacket.CaptureInfo{Timestamp: began.Add(time.Duration(lines[i].at) * time.Millisecond),
			CaptureLength: len(f), Length: len(f)}
		if err := w.WritePacket(ci, f); err != nil {
			t.Fatal(err)
		}
	}
	return b.Bytes()
}

// shake is the handshake.
var shake = []line{
	{at: 0, from: "a", flags: fsm.SYN}, {at: 1, from: "b", flags: fsm.SYN | fsm.ACK, ack: 1}, {at: 2, from: "a",
		flags: fsm.ACK, seq: 1, ack: 1},
}

func after(more ...line) []line { return append(append([]line{}, shake...), more...) }

// endings are stories with what must be read of them.
var endings = []struct {
	name         string
	lines        []line
	a, b         fsm.State
	first, by    string
	says         string
	left         string
	retransmits  int
	completeness int
}{
	{"a closes first", after(
		line{100, "a", fsm.FIN | fsm.ACK, 1, 1, 0, 0}, line{101, "b", fsm.ACK, 1, 2, 0, 0}, line{200, "b",
			fsm.FIN | fsm.ACK, 1, 2, 0, 0}, line{201, "a", fsm.ACK, 2, 2, 0, 0}),
		fsm.TimeWait, fsm.Closed, "a", "fin", "A closed first", "a TIME-WAIT", 0, 23},
	{"b closes first, in three segments", after(
		line{100, "b", fsm.FIN | fsm.ACK, 1, 1, 0, 0}, line{101, "a", fsm.FIN | fsm.ACK, 1, 2, 0, 0}, line{102, "b",
			fsm.ACK, 2, 2, 0, 0}),
		fsm.Closed, fsm.TimeWait, "b", "fin", "B closed first", "b TIME-WAIT", 0, 23},
	{"both at once", after(
		line{100, "a", fsm.FIN | fsm.ACK, 1, 1, 0, 0}, line{100, "b", fsm.FIN | fsm.ACK, 1, 1, 0, 0}, line{101, "a",
			fsm.ACK, 2, 2, 0, 0}, line{101, "b", fsm.ACK, 2, 2, 0, 0}),
		fsm.TimeWait, fsm.TimeWait, "both", "fin", "at once", "a TIME-WAIT b TIME-WAIT", 0, 23},
	{"refused", []line{{at: 0, from: "a", flags: fsm.SYN}, {at: 1, from: "b", flags: fsm.RST | fsm.ACK, ack: 1}},
		fsm.Closed, fsm.Closed, "none", "rst", "refused", "", 0, 37},
	{"nobody answers", []line{{at: 0, from: "a", flags: fsm.SYN}, {at: 1000, from: "a", flags: fsm.SYN},
		{at: 3000, from: "a", flags: fsm.SYN}},
		fsm.SynSent, fsm.Closed, "none", "none", "Nobody answered", "a SYN-SENT", 2, 1},
	{"an abort after data", after(
		line{50, "a", fsm.PSH | fsm.ACK, 1, 1, 10, 0}, line{51, "b", fsm.ACK, 1, 11, 0, 0}, line{100, "b",
			fsm.RST | fsm.ACK, 1, 11, 0, 0}),
		fsm.Closed, fsm.Closed, "b", "rst", "unread", "", 0, 47},
	{"an abort", after(line{100, "a", fsm.RST | fsm.ACK, 1, 1, 0, 0}), fsm.Closed, fsm.Closed, "a", "rst",
		"SO_LINGER 0", "", 0, 39},
	{"data after close", after(
		line{100, "a", fsm.FIN | fsm.ACK, 1, 1, 0, 0}, line{101, "b", fsm.ACK, 1, 2, 0, 0}, line{200, "b",
			fsm.PSH | fsm.ACK, 1, 2, 5, 0}, line{201, "a", fsm.RST, 2, 0, 0, 0}),
		fsm.Closed, fsm.Closed, "a", "rst", "data came after that", "", 0, 63},
	{"a leak", after(
		line{100, "a", fsm.FIN | fsm.ACK, 1, 1, 0, 0}, line{101, "b", fsm.ACK, 1, 2, 0, 0}),
		fsm.FinWait2, fsm.CloseWait, "a", "none", "CLOSE-WAIT until its process closes", "a FIN-WAIT-2 b CLOSE-WAIT", 0,
		23},
	{"a FIN without an answer", after(
		line{100, "a", fsm.FIN | fsm.ACK, 1, 1, 0, 0}, line{300, "a", fsm.FIN | fsm.ACK, 1, 1, 0, 0}, line{700, "a",
			fsm.FIN | fsm.ACK, 1, 1, 0, 0}),
		fsm.FinWait1, fsm.Established, "a", "none", "never acknowledged", "a FIN-WAIT-1", 2, 23},
	{"the last ACK lost", after(
		line{100, "a", fsm.FIN | fsm.ACK, 1, 1, 0, 0}, line{101, "b", fsm.FIN | fsm.ACK, 1, 2, 0, 0}, line{102, "a",
			fsm.ACK, 2, 2, 0, 0},
		line{302, "b", fsm.FIN | fsm.ACK, 1, 2, 0, 0}, line{303, "a", fsm.ACK, 2, 2, 0, 0}),
		fsm.TimeWait, fsm.Closed, "a", "fin", "A closed first", "a TIME-WAIT", 1, 23},
	{"a middlebox", after(
		line{50, "a", fsm.PSH | fsm.ACK, 1, 1, 10, 0}, line{51, "b", fsm.ACK, 1, 11, 0, 50}, line{60, "b", fsm.RST, 1,
			0, 0, 250}),
		fsm.Closed, fsm.Closed, "b", "rst", "a device in between", "", 0, 47},
	{"from the middle", []line{
		{10, "a", fsm.PSH | fsm.ACK, 501, 701, 10, 0}, {11, "b", fsm.ACK, 701, 511, 0, 0}, {100, "b", fsm.FIN | fsm.ACK,
			701, 511, 0, 0}, {101, "a", fsm.ACK, 511, 702, 0, 0}},
		fsm.CloseWait, fsm.FinWait2, "b", "none", "CLOSE-WAIT", "a CLOSE-WAIT b FIN-WAIT-2", 0, 28},
	{"half-open", []line{{10, "a", fsm.PSH | fsm.ACK, 501, 701, 10, 0}, {11, "b", fsm.RST, 701, 0, 0, 0}},
		fsm.Closed, fsm.Closed, "b", "rst", "did not know the connection", "", 0, 40},
}

func TestEndings(t *testing.T) {
	for _, test := range endings {
		t.Run(test.name, func(t *testing.T) {
			f, err := Read(bytes.NewReader(pcapOf(t, test.lines)))
			if err != nil {
				t.Fatal(err)
			}
			if len(f.Connections) != 1 {
				t.Fatalf("got %d connections, want 1", len(f.Connections))
			}
			c := f.Connections[0]
			var left []string
			for _, l := range c.LeftBehind {
				left = append(left, l.End+" "+string(l.State))
			}
			got := fmt.Sprint(c.Ends[0].State, " ", c.Ends[1].State, " ", c.ClosedFirst, " ", c.EndedBy, " ",
				strings.Join(left, " "), " ", c.Retransmissions, " ", c.Completeness)
			want := fmt.Sprint(test.a, " ", test.b, " ", test.first, " ", test.by, " ", test.left, " ",
				test.retransmits, " ", test.completeness)
			var trace strings.Builder
			_ = c.Trace.WriteText(&trace)
			if got != want || !strings.Contains(c.Why.En, test.says) || c.Why.Zh == "" {
				t.Errorf("got %s: %q\nwant %s: %q\n%s", got, c.Why.En, want, test.says, trace.String())
			}
			if c.Script() == "" {
				t.Error("no script")
			}
		})
	}
}

// TestDump reads the same stories as tcpdump writes them: the same is told.
func TestDump(t *testing.T) {
	for _, test := range endings {
		var b strings.Builder
		for i, l := range test.lines {
			src, dst, isn, other := addrA, addrB, uint32(1000), uint32(9000)
			if l.from == "b" {
				src, dst, isn, other = addrB, addrA, 9000, 1000
			}
			flags := strings.NewReplacer("SYN", "S", "FIN", "F", "RST", "R", "PSH", "P", "ACK", ".", ",",
				"").Replace(l.flags.String())
			at := began.Add(time.Duration(l.at) * time.Millisecond).Format("15:04:05.000000")
			fmt.Fprintf(&b, "%s IP %s.%d > %s.%d: Flags [%s]", at, src.Addr(), src.Port(), dst.Addr(), dst.Port(),
				flags)
			abs := l.flags.Has(fsm.SYN) || test.name == "from the middle" || test.name == "half-open"
			seq, ack := l.seq, l.ack
			if abs {
				seq, ack = seq+isn, ack+other
			}
			if l.n > 0 || l.flags.Has(fsm.SYN) || l.flags.Has(fsm.FIN) || l.flags.Has(fsm.RST) {
				fmt.Fprintf(&b, ", seq %d", seq)
				if l.n > 0 {
					fmt.Fprintf(&b, ":%d", seq+uint32(l.n))
				}
			}
			if l.flags.Has(fsm.ACK) {
				fmt.Fprintf(&b, ", ack %d", ack)
			}
			fmt.Fprintf(&b, ", win 512, length %d\n", l.n)
			_ = i
		}
		got, err := Read(strings.NewReader(b.String()))
		if err != nil {
			t.Errorf("%s: %v", test.name, err)
			continue
		}
		c := got.Connections[0]
		if c.Ends[0].State != test.a || c.Ends[1].State != test.b || c.ClosedFirst != test.first ||
			c.Retransmissions != test.retransmits {
			t.Errorf("%s: got %s %s %s %d, want %s %s %s %d of\n%s", test.name, c.Ends[0].State, c.Ends[1].State,
				c.ClosedFirst, c.Retransmissions, test.a, test.b, test.first, test.retransmits, b.String())
		}
	}
}

// TestBroken: a file that is cut short says at which byte, and in which record, unless it is cut
// between two records. A record that cannot be is found where it begins.
func TestBroken(t *testing.T) {
	const header, record = 24, 16 + 60 // short frames of Ethernet are padded
	whole := pcapOf(t, shake)
	for cut := 1; cut < len(whole); cut++ {
		f, err := Read(bytes.NewReader(whole[:cut]))
		n := (cut - header) / record
		switch want := fmt.Sprintf("at byte %d, in the record that begins at byte %d:", cut, header+n*record); {
		case cut >= header && (cut-header)%record == 0:
			if err != nil || f.Packets != n {
				t.Errorf("cut at %d: got %+v, %v, want %d packets", cut, f, err, n)
			}
		case !errors.Is(err, ErrBroken) || cut >= header && !strings.Contains(err.Error(), want):
			t.Errorf("cut at %d: got %v, want %s", cut, err, want)
		}
	}
	var ng bytes.Buffer
	f, err := Read(bytes.NewReader(whole))
	if err != nil {
		t.Fatal(err)
	}
	if err := Write(&ng, f.Connections[0].Story()); err != nil {
		t.Fatal(err)
	}
	ends := 0
	for cut := 1; cut < ng.Len(); cut++ {
		switch _, err := Read(bytes.NewReader(ng.Bytes()[:cut])); {
		case err == nil:
			ends++ // between two blocks
		case !errors.Is(err, ErrBroken) || !strings.Contains(err.Error(), fmt.Sprintf("at byte %d", cut)) && cut >= 4:
			t.Errorf("pcapng, cut at %d: got %v, want the byte", cut, err)
		}
	}
	if most := 2 + len(shake); ends > most {
		t.Errorf("a pcapng file of %d blocks is whole at %d places", most, ends)
	}
	bad := bytes.Clone(whole)
	binary.LittleEndian.PutUint32(bad[header+record+8:], 1<<30) // the second packet's length
	if _, err := Read(bytes.NewReader(bad)); err == nil ||
		!strings.Contains(err.Error(), fmt.Sprint("begins at byte ", header+record)) {
		t.Errorf("an impossible length: got %v, want the record's place", err)
	}
	if _, err := Read(strings.NewReader("no capture at all\n")); !errors.Is(err, ErrBroken) {
		t.Errorf("got %v, want ErrBroken", err)
	}
	if _, err := Read(strings.NewReader("")); !errors.Is(err, ErrBroken) {
		t.Errorf("an empty file: got %v, want ErrBroken", err)
	}
	if _, err := Read(bytes.NewReader(append(whole, make([]byte, MaxBytes)...))); !errors.Is(err, ErrTooLarge) &&
		!errors.Is(err, ErrBroken) {
		t.Errorf("got %v", err)
	}
}

// needTshark skips a test where there is no tshark.
func needTshark(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath("tshark"); err != nil {
		if os.Getenv("FOURWAVE_NOSKIP") != "" {
			t.Fatal(err)
		}
		t.Skip("there is no tshark")
	}
}

// TestTshark: Wireshark's completeness and retransmissions are ours.
func TestTshark(t *testing.T) {
	needTshark(t)
	for i, test := range endings {
		if os.Getenv("FOURWAVE_SOAK") == "" && i > 1 {
			break // it takes a second each
		}
		name := filepath.Join(t.TempDir(), "x.pcap")
		if err := os.WriteFile(name, pcapOf(t, test.lines), 0o600); err != nil {
			t.Fatal(err)
		}
		out, err := exec.Command("tshark", "-n", "-2", "-r", name, "-T", "fields", "-e", "tcp.completeness", "-e",
			"tcp.analysis.retransmission").Output()
		if err != nil {
			t.Fatal(err)
		}
		completeness, again := 0, 0
		for l := range strings.Lines(string(out)) {
			f := strings.Split(strings.TrimRight(l, "\n"), "\t")
			completeness, _ = strconv.Atoi(f[0])
			if len(f) > 1 && f[1] != "" {
				again++
			}
		}
		if completeness != test.completeness || again != test.retransmits {
			t.Errorf("%s: tshark says %d and %d retransmissions, we %d and %d", test.name, completeness, again,
				test.completeness, test.retransmits)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add(pcapOf(f, shake))
	f.Add([]byte("12:00:00.000000 IP 10.0.0.2.1 > 10.0.0.1.2: Flags [S], seq 1, win 1, length 0\n"))
	f.Add(binary.LittleEndian.AppendUint32(nil, 0x0a0d0d0a))
	f.Fuzz(func(t *testing.T, b []byte) {
		got, err := Read(bytes.NewReader(b))
		if err != nil {
			return
		}
		for _, c := range got.Connections {
			_ = c.Script()
		}
	})
}
