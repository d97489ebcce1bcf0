package lab

import (
	"bytes"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"fourwave/fsm"
	"fourwave/lab/capture"
)

// path is the states that one end of a connection came to, in order.
type path []fsm.State

// toldPaths are the paths of a world's own trace, by the end's address and the other's. Of what a wire does not show,
// timers and calls without a segment, nothing is left in unless all is asked for.
func toldPaths(trace *fsm.Trace, all bool) map[[2]netip.AddrPort][]path {
	addrs := make(map[int][2]netip.AddrPort)
	for _, e := range trace.Entries {
		if e.Of > 0 {
			f := trace.Flights[e.Of-1]
			addrs[e.End] = [2]netip.AddrPort{f.Dst, f.Src}
		}
		for _, id := range e.Flights {
			f := trace.Flights[id-1]
			addrs[e.End] = [2]netip.AddrPort{f.Src, f.Dst}
		}
	}
	paths := make(map[int]path)
	var order []int
	for _, e := range trace.Entries {
		if _, ok := paths[e.End]; !ok {
			order = append(order, e.End)
			paths[e.End] = path{}
		}
		seen := e.Of > 0 || len(e.Flights) > 0
		if (seen || all) && e.From != e.To {
			paths[e.End] = append(paths[e.End], e.To)
		}
	}
	out := make(map[[2]netip.AddrPort][]path)
	for _, end := range order {
		if a, ok := addrs[end]; ok && end != 0 {
			out[a] = append(out[a], paths[end])
		}
	}
	return out
}

// readPaths are those that a capture tells.
func readPaths(f *capture.File) map[[2]netip.AddrPort][]path {
	out := make(map[[2]netip.AddrPort][]path)
	for _, c := range f.Connections {
		var ends [2]path
		for _, e := range c.Trace.Entries {
			if e.From != e.To {
				ends[e.End-1] = append(ends[e.End-1], e.To)
			}
		}
		out[[2]netip.AddrPort{c.A, c.B}] = append(out[[2]netip.AddrPort{c.A, c.B}], ends[0])
		out[[2]netip.AddrPort{c.B, c.A}] = append(out[[2]netip.AddrPort{c.B, c.A}], ends[1])
	}
	return out
}

// cannotKnow are the experiments in which a capture cannot tell what a world does, and why.
var cannotKnow = map[string]string{
	"three-segment-close": "the wire loses the bare ACK of the FIN behind the place of capture",
	"rfc1337":             "whether an exact RST ends a TIME-WAIT is a sysctl's matter",
	"max-tw-buckets":      "that no TIME-WAIT is left is a sysctl's matter",
	"linger":              "the wire holds what was captured",
	"half-open-listener":  "the wire loses the last ACK of the handshake behind the place of capture",
	"stale-data":          "a process aborts a connection without a segment",
	"syn-in-time-wait":    "a SYN is forged in the name of an end that is closed",
	"challenge-ack":       "a RST is forged in the name of an end that stays open",
	"accept-queue-full":   "a full accept queue drops the last ACK of the handshake, which a capture shows as having come",
	"syn-cookies":         "with a cookie there is no request socket, and nothing in a segment says so",
	"half-close-proxy":    "a process aborts on data that follows the ACK of its FIN in the same segment",
	"fin-timeout":         "a FIN-WAIT-2 ends by a timer, without a segment",
	"close-wait-for-ever": "a FIN-WAIT-2 ends by a timer, and the RST answers in its place",
}

// streams are what tshark makes of the connections of a file, in their order: its completeness, and how
// many segments it takes for retransmissions.
func streams(t *testing.T, file []byte) (all []string) {
	t.Helper()
	name := filepath.Join(t.TempDir(), "read.pcapng")
	if err := os.WriteFile(name, file, 0o600); err != nil {
		t.Fatal(err)
	}
	// With two passes the completeness is that of the whole connection in each of its packets.
	out, err := exec.Command("tshark", "-n", "-2", "-r", name, "-T", "fields",
		"-e", "tcp.stream", "-e", "tcp.completeness", "-e", "tcp.analysis.retransmission").Output()
	if err != nil {
		t.Fatal(err)
	}
	completeness, again := map[int]string{}, map[int]int{}
	for line := range strings.Lines(string(out)) {
		f := strings.Split(strings.TrimRight(line, "\n"), "\t")
		n, err := strconv.Atoi(f[0])
		if err != nil {
			continue // no segment
		}
		completeness[n] = f[1]
		if f[2] != "" {
			again[n]++
		}
	}
	for n := range len(completeness) {
		all = append(all, fmt.Sprintf("%s with %d sent again", completeness[n], again[n]))
	}
	return all
}

// checkStreams compares what was read with tshark's reading.
func checkStreams(t *testing.T, file []byte, got *capture.File) {
	t.Helper()
	var ours []string
	for _, c := range got.Connections {
		ours = append(ours, fmt.Sprintf("%d with %d sent again", c.Completeness, c.Retransmissions))
	}
	if theirs := streams(t, file); !slices.Equal(ours, theirs) {
		t.Errorf("tshark's completeness and retransmissions are %q, ours %q", theirs, ours)
	}
}

// TestReadBack: what a world's capture tells, read back, is what the world told itself, and what tshark
// adds up of some; with FOURWAVE_SOAK it is the kernel's captures, and tshark's reading of all.
func TestReadBack(t *testing.T) {
	world, shark := "model", []string{"plain-restart", "lost-last-ack"}
	if os.Getenv("FOURWAVE_SOAK") != "" {
		world, shark = "kernel", nil
		for _, x := range Library() {
			shark = append(shark, x.ID)
		}
	}
	_, err := exec.LookPath("tshark")
	if err != nil && os.Getenv("FOURWAVE_NOSKIP") != "" {
		t.Fatal(err)
	}
	hasShark := err == nil
	agree := 0
	for _, x := range Library() {
		t.Run(x.ID, func(t *testing.T) {
			if world == "kernel" {
				t.Parallel()
			}
			file, trace := pcapngOf(t, x.Script, world)
			got, err := capture.Read(bytes.NewReader(file))
			if err != nil {
				t.Fatal(err)
			}
			if hasShark && slices.Contains(shark, x.ID) {
				checkStreams(t, file, got)
			}
			told, full, read := toldPaths(trace, false), toldPaths(trace, true), readPaths(got)
			for key, paths := range told {
				switch r := fmt.Sprint(read[key]); {
				case r == fmt.Sprint(paths), r == fmt.Sprint(full[key]), withoutEnd(full[key]) == withoutEnd(read[key]):
					agree++
				case cannotKnow[x.ID] == "":
					t.Errorf("%v: told %v, read %v", key, paths, read[key])
				}
			}
		})
	}
	if world == "model" && agree < 130 {
		t.Errorf("%d ends agree, want at least 130", agree)
	}
}

// withoutEnd leaves out the last CLOSED of each connection: a takeover deletes a TIME-WAIT without a segment of its own.
func withoutEnd(paths []path) string {
	var b strings.Builder
	for _, p := range paths {
		if n := len(p); n > 0 && p[n-1] == fsm.Closed {
			p = p[:n-1]
		}
		if len(p) > 0 {
			fmt.Fprint(&b, p)
		}
	}
	return b.String()
}
