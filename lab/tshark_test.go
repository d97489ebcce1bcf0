package lab

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"fourwave/fsm"
	"fourwave/realsock"
)

// shark is what tshark says of one packet.
type shark struct {
	place, info, malformed, protocols string
	comments                          []string
	seq, ack, flags, length           string
	tcpSum, ipSum                     string
	retransmission, completeness      string
	scale                             string
}

// askTshark lets tshark read a file, with every check that it has.
func askTshark(t *testing.T, file []byte) []shark {
	t.Helper()
	name := filepath.Join(t.TempDir(), "story.pcapng")
	if err := os.WriteFile(name, file, 0o600); err != nil {
		t.Fatal(err)
	}
	args := []string{"-n", "-r", name, "-T", "json", "-o", "tcp.check_checksum:TRUE", "-o", "ip.check_checksum:TRUE"}
	for _, field := range []string{
		"frame.interface_name", "frame.protocols", "frame.comment", "_ws.malformed", "_ws.col.Info", "tcp.seq", "tcp.ack", "tcp.flags",
		"tcp.len", "tcp.checksum.status", "ip.checksum.status", "tcp.analysis.retransmission", "tcp.completeness",
		"tcp.options.wscale.shift",
	} {
		args = append(args, "-e", field)
	}
	cmd := exec.Command("tshark", args...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("tshark: %v\n%s", err, &stderr)
	}
	var packets []struct {
		Source struct {
			Layers map[string][]string `json:"layers"`
		} `json:"_source"`
	}
	if err := json.Unmarshal(out, &packets); err != nil {
		t.Fatal(err)
	}
	sharks := make([]shark, len(packets))
	for i, p := range packets {
		one := func(field string) string { return strings.Join(p.Source.Layers[field], ",") }
		sharks[i] = shark{
			place: one("frame.interface_name"), info: one("_ws.col.Info"), malformed: one("_ws.malformed"), protocols: one("frame.protocols"),
			comments: p.Source.Layers["frame.comment"], seq: one("tcp.seq"), ack: one("tcp.ack"), flags: one("tcp.flags"), length: one("tcp.len"),
			tcpSum: one("tcp.checksum.status"), ipSum: one("ip.checksum.status"),
			retransmission: one("tcp.analysis.retransmission"), completeness: one("tcp.completeness"),
			scale: one("tcp.options.wscale.shift"),
		}
	}
	return sharks
}

// TestTsharkReadsPcapng: tshark finds in a file of either world what the trace has: whole packets with good checksums, the same numbers and flags, the
// comments, and a retransmission where a segment was lost.
func TestTsharkReadsPcapng(t *testing.T) {
	if _, err := exec.LookPath("tshark"); err != nil {
		skipUnlessCI(t, "no tshark")
	}
	shown := []string{"fin lost", "IPv6"}
	if os.Getenv("FOURWAVE_LONG") != "" {
		shown = append(shown, "server closes first", "loopback", "half close", "abort", "last ack lost", "to itself", "same port again", "forged at TIME-WAIT")
	}
	for _, s := range stories {
		if !slices.Contains(shown, s.name) {
			continue
		}
		for _, world := range []string{"model", "kernel"} {
			t.Run(s.name+"/"+world, func(t *testing.T) {
				if a := realsock.Able(); !a.OK && world == "kernel" {
					skipUnlessCI(t, "kernel world: "+a.Why)
				}
				file, trace := pcapngOf(t, wholeLines(s.script), world)
				sharks := askTshark(t, file)
				if len(sharks) != len(trace.Flights) {
					t.Fatalf("got %d packets, want %d", len(sharks), len(trace.Flights))
				}
				byHand := false // from then on tshark may count from another number than the trace, which counts from the ISN
				for i, got := range sharks {
					byHand = byHand || trace.Flights[i].Forged
					checkShark(t, &trace.Flights[i], got, world, !byHand)
				}
				checkAnalysis(t, s.name, trace, sharks)
			})
		}
	}
}

// checkShark holds what tshark says of a packet to the trace.
func checkShark(t *testing.T, f *fsm.Flight, got shark, world string, sameNumbers bool) {
	t.Helper()
	var bits int
	for i, flag := range []fsm.Flags{fsm.FIN, fsm.SYN, fsm.RST, fsm.PSH, fsm.ACK} {
		if f.Segment.Flags.Has(flag) {
			bits |= 1 << i
		}
	}
	want := got
	want.place, want.malformed, want.flags = f.From, "", fmt.Sprintf("0x%04x", bits)
	want.length = strconv.Itoa(int(f.Segment.Len))
	if f.From == f.To {
		want.place += " lo"
	}
	if f.Src.Addr().Is4() {
		want.ipSum = "1" // good
	}
	loopback := f.From == f.To && world == "kernel" // which leaves the checksum to hardware that is not there
	if f.Segment.Len <= 80 && !loopback {
		want.tcpSum = "1"
	}
	if sameNumbers && !f.Segment.Flags.Has(fsm.RST) { // a RST may be of no connection
		want.seq = strconv.Itoa(int(f.Segment.Seq))
		want.ack = strconv.Itoa(int(f.Segment.Ack))
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(shark{})); diff != "" {
		t.Errorf("segment %d (-want +got):\n%s", f.ID, diff)
	}
	if got.protocols != "eth:ethertype:ip:tcp" && got.protocols != "eth:ethertype:ipv6:tcp" && f.Segment.Len == 0 {
		t.Errorf("segment %d: got protocols %s", f.ID, got.protocols)
	}
	if f.Segment.Flags.Has(fsm.SYN) && !f.Forged && (got.scale == "0") != (world == "model") {
		t.Errorf("segment %d: got a window scale of %s in world %s: is this the real frame?", f.ID, got.scale, world)
	}
	lost := slices.ContainsFunc(got.comments, func(c string) bool { return strings.HasPrefix(c, "lost on the wire") })
	if lost != (f.Fate == fsm.Lost) {
		t.Errorf("segment %d: fate %s, comments %q", f.ID, f.Fate, got.comments)
	}
}

// checkAnalysis looks for what tshark makes of the whole.
func checkAnalysis(t *testing.T, story string, trace *fsm.Trace, sharks []shark) {
	t.Helper()
	var comments []string
	for _, s := range sharks {
		comments = append(comments, s.comments...)
	}
	for i := range trace.Entries {
		e := &trace.Entries[i]
		if !slices.Contains(comments, entryComment(e)) {
			t.Errorf("no comment says %q; got %q", entryComment(e), comments)
		}
	}
	repeated := slices.ContainsFunc(sharks, func(s shark) bool { return s.retransmission != "" })
	lost := slices.ContainsFunc(trace.Flights, func(f fsm.Flight) bool { return f.Fate == fsm.Lost && f.Segment.SegLen() > 0 })
	if lost && !repeated {
		t.Error("a segment was lost, and tshark sees no retransmission")
	}
	switch story {
	case "server closes first", "client closes first", "both close at once", "IPv6", "fin lost", "loopback":
		const whole = "23" // SYN, SYN+ACK, ACK, no data, FIN
		if got := sharks[len(sharks)-1].completeness; got != whole {
			t.Errorf("got completeness %s, want %s", got, whole)
		}
	}
}
