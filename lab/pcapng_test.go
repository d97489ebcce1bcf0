package lab

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"

	"fourwave/fsm"
	"fourwave/lab/capture"
	"fourwave/lab/script"
	"fourwave/lab/world"
)

// pcapngOf runs a script in one world and gives its story both ways.
func pcapngOf(t *testing.T, script, world string) ([]byte, *fsm.Trace) {
	t.Helper()
	ls := NewLabs(Limits{}, allWorlds(t))
	defer ls.Close()
	l := create(t, ls, Spec{Script: script, Worlds: []string{world}})
	<-l.Done()
	var file bytes.Buffer
	if err := l.WritePcapng(&file, world); err != nil {
		t.Fatal(err)
	}
	trace, err := l.Trace(world)
	if err != nil {
		t.Fatal(err)
	}
	return file.Bytes(), trace
}

// A file read back has every segment with the trace's own numbers, in order, and says every entry of the trace once.
func TestPcapngHoldsTheStory(t *testing.T) {
	for _, s := range stories {
		t.Run(s.name, func(t *testing.T) {
			began := time.Now()
			file, trace := pcapngOf(t, wholeLines(s.script), "model")
			r, err := pcapgo.NewNgReader(bytes.NewReader(file), pcapgo.DefaultNgReaderOptions)
			if err != nil {
				t.Fatal(err)
			}
			var said []string
			var last time.Time
			for i := 0; ; i++ {
				data, info, opts, err := r.ReadPacketDataWithOptions()
				if errors.Is(err, io.EOF) && i == len(trace.Flights) {
					break
				} else if err != nil {
					t.Fatalf("packet %d of %d: %v", i+1, len(trace.Flights), err)
				}
				f := &trace.Flights[i]
				checkFrame(t, f, data, info)
				if at := info.Timestamp.Sub(began); at < f.Departs || at > f.Departs+time.Minute || info.Timestamp.Before(last) {
					t.Errorf("segment %d of %v is at %v after the start, and the one before at %v", f.ID, f.Departs, at, last.Sub(began))
				}
				last = info.Timestamp
				said = append(said, opts.Comments...)
			}
			for i := range trace.Entries {
				want := entryComment(&trace.Entries[i])
				if n := slices.Index(said, want); n < 0 {
					t.Errorf("nothing says %q", want)
				} else {
					said = slices.Delete(said, n, n+1)
				}
			}
			for _, text := range said {
				if strings.Contains(text, " at ") && !strings.HasPrefix(text, "arrived") {
					t.Errorf("comment %q is no entry's", text)
				}
			}
		})
	}
}

// checkFrame holds a frame to its segment.
func checkFrame(t *testing.T, f *fsm.Flight, data []byte, info gopacket.CaptureInfo) {
	t.Helper()
	p := gopacket.NewPacket(data, layers.LinkTypeEthernet, gopacket.Default)
	tcp, _ := p.TransportLayer().(*layers.TCP)
	if tcp == nil {
		t.Fatalf("segment %d: no TCP: %v", f.ID, p)
	}
	net := p.NetworkLayer().NetworkFlow()
	got := fmt.Sprintf("%s:%d %s:%d", bracket(net.Src().String()), tcp.SrcPort, bracket(net.Dst().String()), tcp.DstPort)
	if want := f.Src.String() + " " + f.Dst.String(); got != want {
		t.Errorf("segment %d: got addresses %s, want %s", f.ID, got, want)
	}
	seg := fsm.Segment{Seq: tcp.Seq - f.SeqISN, Len: f.Segment.Len}
	for flag, set := range map[fsm.Flags]bool{fsm.SYN: tcp.SYN, fsm.FIN: tcp.FIN, fsm.RST: tcp.RST, fsm.PSH: tcp.PSH, fsm.ACK: tcp.ACK} {
		if set {
			seg.Flags |= flag
		}
	}
	if tcp.ACK {
		seg.Ack = tcp.Ack - f.AckISN
	}
	if got, want := seg.String(), f.Segment.String(); got != want {
		t.Errorf("segment %d: got %s, want %s", f.ID, got, want)
	}
	headers := len(data) - len(tcp.Payload)
	if want := headers + int(f.Segment.Len); info.Length != want || len(data) != min(want, capture.SnapLen) {
		t.Errorf("segment %d: got %d octets of %d, want %d", f.ID, len(data), info.Length, want)
	}
}

func bracket(addr string) string {
	if strings.Contains(addr, ":") {
		return "[" + addr + "]"
	}
	return addr
}

// What no packet can carry stands in the section's comment.
func TestPcapngWithoutSegments(t *testing.T) {
	file, _ := pcapngOf(t, "# Is it free?\n+0 server bind l :7865 = ok\n+0 server listen l\n", "model")
	r, err := pcapgo.NewNgReader(bytes.NewReader(file), pcapgo.DefaultNgReaderOptions)
	if err != nil {
		t.Fatal(err)
	}
	got := r.SectionInfo().Comment
	want := "Is it free?\nline 2: +0 server bind l :7865 → ok\nline 3: +0 server listen l → ok\n" +
		"server l: CLOSED → LISTEN (passive OPEN) at 0.000"
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("section comment (-want +got):\n%s", diff)
	}
	if _, _, err := r.ReadPacketData(); err != io.EOF {
		t.Errorf("got %v, want no packet", err)
	}
}

// A file that does not have all says so.
func TestPcapngSaysWhatWasNotKept(t *testing.T) {
	ls := NewLabs(Limits{Events: 6}, allWorlds(t))
	defer ls.Close()
	l := create(t, ls, Spec{Script: "# Why?\n" + wholeLines(openedByClient), Worlds: []string{"model"}})
	<-l.Done()
	var file bytes.Buffer
	if err := l.WritePcapng(&file, "model"); err != nil {
		t.Fatal(err)
	}
	r, err := pcapgo.NewNgReader(&file, pcapgo.DefaultNgReaderOptions)
	if err != nil {
		t.Fatal(err)
	}
	want := fmt.Sprintf("Why?\n%d events of the lab were not kept, there were too many", l.Snapshot().Dropped)
	if got := r.SectionInfo().Comment; got != want || l.Snapshot().Dropped == 0 {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestPcapngUnknownWorld(t *testing.T) {
	ls := NewLabs(Limits{}, allWorlds(t))
	defer ls.Close()
	l := create(t, ls, Spec{Worlds: []string{"model"}})
	if err := l.WritePcapng(io.Discard, "kernel"); !errors.Is(err, ErrWorld) {
		t.Errorf("got %v, want ErrWorld", err)
	}
}

// The model's options stand in its frames as Linux writes them.
func TestPcapngOptions(t *testing.T) {
	file, trace := pcapngOf(t, wholeLines(openedByClient+`
		client set c nodelay
		wire drop client DATA
		client send c 10
		client send c 20
		client send c 30`), "model")
	r, err := pcapgo.NewNgReader(bytes.NewReader(file), pcapgo.DefaultNgReaderOptions)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for i := range trace.Flights {
		data, _, err := r.ReadPacketData()
		if err != nil {
			t.Fatal(err)
		}
		tcp := gopacket.NewPacket(data, layers.LinkTypeEthernet, gopacket.Default).TransportLayer().(*layers.TCP)
		line := trace.Flights[i].Segment.Kind()
		for _, o := range tcp.Options {
			switch v := o.OptionData; o.OptionType {
			case layers.TCPOptionKindSACK:
				base := trace.Flights[i].AckISN
				line += fmt.Sprintf(" SACK=%d-%d", binary.BigEndian.Uint32(v)-base, binary.BigEndian.Uint32(v[4:])-base)
			case layers.TCPOptionKindMSS:
				line += fmt.Sprintf(" MSS=%d", binary.BigEndian.Uint16(v))
			case layers.TCPOptionKindNop:
				line += " NOP"
			default:
				line += " " + o.OptionType.String()
			}
		}
		got = append(got, line)
	}
	want := []string{
		"SYN MSS=1460 SACKPermitted Timestamps NOP WindowScale", "SYN+ACK MSS=1460 SACKPermitted Timestamps NOP WindowScale",
		"ACK NOP NOP Timestamps",
		"DATA NOP NOP Timestamps", "DATA NOP NOP Timestamps", "ACK NOP NOP Timestamps NOP NOP SACK=11-31",
		"DATA NOP NOP Timestamps", "ACK NOP NOP Timestamps NOP NOP SACK=11-61",
	}
	if diff := cmp.Diff(want, got[:min(len(want), len(got))]); diff != "" {
		t.Errorf("options (-want +got):\n%s\nall: %q", diff, got)
	}
}

// What a world has captured stands in the file as it was, with its true length, wherever in the story it was told.
func TestPcapngKeepsWhatWasCaptured(t *testing.T) {
	octets := func(id int) []byte { return bytes.Repeat([]byte{byte(id)}, 60+id) }
	f := &fake{told: func(o world.Observer, s script.Step, now time.Duration) {
		flight := fsm.Flight{From: "server", To: "client", Src: netip.MustParseAddrPort("10.0.0.1:80"), Dst: netip.MustParseAddrPort("10.0.0.2:90"), Departs: now, Fate: fsm.UnderWay}
		for id := 1; id <= 3; id++ {
			flight.ID = id
			o.Flight(flight)
			if id != 2 { // of the second nothing was captured
				o.Frame(id, octets(id), 1000+id)
			}
		}
		flight.ID, flight.Fate = 1, fsm.Lost
		o.Flight(flight)
		o.Frame(4, octets(4), 4) // of a segment that the story does not have
	}}
	ls := newLabs(Limits{}, map[string]maker{"f": f.world()})
	defer ls.Close()
	l := create(t, ls, Spec{Script: "+0 server bind a :80", Worlds: []string{"f"}})
	<-l.Done()
	var file bytes.Buffer
	if err := l.WritePcapng(&file, "f"); err != nil {
		t.Fatal(err)
	}
	r, err := pcapgo.NewNgReader(&file, pcapgo.DefaultNgReaderOptions)
	if err != nil {
		t.Fatal(err)
	}
	for id := 1; id <= 3; id++ {
		data, info, err := r.ReadPacketData()
		if err != nil {
			t.Fatal(err)
		}
		if id == 2 {
			continue
		}
		if info.Length != 1000+id || !bytes.Equal(data, octets(id)) {
			t.Errorf("segment %d: got % x, of %d octets", id, data, info.Length)
		}
	}
}

// Where the story is told: each thing at the segment that it belongs to, or at the one before.
func TestPcapngComments(t *testing.T) {
	file, _ := pcapngOf(t, wholeLines(openedByClient+`
		wire drop server FIN
		server close a
		+1s client close c
		+61s server state a`), "model")
	var got []string
	for _, comments := range commentsOf(t, file) {
		got = append(append(got, comments...), "")
	}
	want := []string{
		"line 1: +0 server bind l :7865 → ok", // before the first segment
		"line 2: +0 server listen l 20 → ok",
		"server l: CLOSED → LISTEN (passive OPEN) at 0.000",
		"line 3: +0 client connect c server:7865 → ok",
		"client c: CLOSED → SYN-SENT (active OPEN) at 0.000",
		"server: LISTEN → SYN-RECEIVED (rcv SYN) at 0.001",
		"",
		"client c: SYN-SENT → ESTABLISHED (rcv SYN,ACK) at 0.002",
		"",
		"server: SYN-RECEIVED → ESTABLISHED (rcv ACK of SYN) at 0.003",
		"line 4: +0 server accept l as a → ok",
		"line 6: +0 wire drop server FIN → ok",
		"",
		"line 7: +0 server close a → ok",
		"lost on the wire: dropped",
		"server a: ESTABLISHED → FIN-WAIT-1 (CLOSE) at 0.003",
		"",
		"server a: FIN-WAIT-1 (retransmission timeout) at 0.207",
		"client c: ESTABLISHED → CLOSE-WAIT (rcv FIN) at 0.208",
		"",
		"client c: CLOSE-WAIT (delayed ACK timeout) at 0.212",
		"server a: FIN-WAIT-1 → FIN-WAIT-2 (rcv ACK of FIN) at 0.213",
		"",
		"line 8: +1s client close c → ok",
		"client c: CLOSE-WAIT → LAST-ACK (CLOSE) at 1.003",
		"server a: FIN-WAIT-2 → TIME-WAIT (rcv FIN) at 1.004, 2MSL until 61.004",
		"",
		"client c: LAST-ACK → CLOSED (rcv ACK of FIN) at 1.005",
		"server a: TIME-WAIT → CLOSED (2MSL timeout) at 61.004",
		"line 9: +1m1s server state a → CLOSED",
		"",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("comments (-want +got):\n%s", diff)
	}
}

// Lines that run at one instant are each said with what their own actor sent.
func TestPcapngLinesOfOneInstant(t *testing.T) {
	file, trace := pcapngOf(t, wholeLines(openedByClient+`
		server close a
		& client close c`), "model")
	said := map[string]string{}
	for i, comments := range commentsOf(t, file) {
		for _, text := range comments {
			if strings.Contains(text, " close ") {
				said[text] = trace.Flights[i].From + " " + trace.Flights[i].Segment.Kind()
			}
		}
	}
	want := map[string]string{"line 6: +0 server close a → ok": "server FIN", "line 7: & client close c → ok": "client FIN"}
	if diff := cmp.Diff(want, said); diff != "" {
		t.Errorf("lines and the segments that they are said with (-want +got):\n%s", diff)
	}
}

// commentsOf are the comments of each packet.
func commentsOf(t *testing.T, file []byte) (all [][]string) {
	t.Helper()
	r, err := pcapgo.NewNgReader(bytes.NewReader(file), pcapgo.DefaultNgReaderOptions)
	if err != nil {
		t.Fatal(err)
	}
	for {
		_, _, opts, err := r.ReadPacketDataWithOptions()
		if errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, opts.Comments)
	}
}

// entryComment is what a comment says of an entry.
func entryComment(e *fsm.Entry) string {
	who := strings.TrimSpace(e.Host + " " + e.Socket)
	states := string(e.From)
	if e.To != e.From {
		states += " → " + string(e.To)
	}
	comment := fmt.Sprintf("%s: %s (%s) at %.3f", who, states, e.Event, e.At.Seconds())
	if e.Note != "" {
		comment += ", " + e.Note
	}
	return comment
}
