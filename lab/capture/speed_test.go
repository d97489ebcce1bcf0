package capture

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"

	"fourwave/fsm"
)

// TestSpeed: a capture is read in at most twice the time that tshark takes to list its connections;
// with FOURWAVE_SOAK it is one of 63 MiB and 100,000 packets, about the most that is read.
func TestSpeed(t *testing.T) {
	needTshark(t)
	const perConnection, size = 20, 850
	connections, rounds := 200, 1
	if os.Getenv("FOURWAVE_SOAK") != "" {
		connections, rounds = MaxPackets/perConnection, 3
	}
	var file bytes.Buffer
	w := pcapgo.NewWriter(&file)
	if err := w.WriteFileHeader(65535, layers.LinkTypeEthernet); err != nil {
		t.Fatal(err)
	}
	story := append([]line{}, shake...)
	for i := range uint32(perConnection - 6) {
		story = append(story, line{at: 10 + int(i), from: "a", flags: fsm.PSH | fsm.ACK, seq: 1 + i*size, ack: 1,
			n: size})
	}
	end := uint32(1 + (perConnection-6)*size)
	story = append(story, line{100, "a", fsm.FIN | fsm.ACK, end, 1, 0, 0},
		line{101, "b", fsm.FIN | fsm.ACK, 1, end + 1, 0, 0},
		line{102, "a", fsm.ACK, end + 1, 2, 0, 0})
	all := frames(t, story)
	for n := range connections {
		for i, f := range all {
			f = bytes.Clone(f)
			copy(f[28:30], []byte{byte(n >> 8), byte(n)}) // the client's address, or the server's: one pair for each
			copy(f[32:34], []byte{byte(n >> 8), byte(n)})
			at := began.Add(time.Duration(n)*time.Second + time.Duration(story[i].at)*time.Millisecond)
			if err := w.WritePacket(gopacket.CaptureInfo{Timestamp: at, CaptureLength: len(f), Length: len(f)},
				f); err != nil {
				t.Fatal(err)
			}
		}
	}
	name := filepath.Join(t.TempDir(), "large.pcap")
	if err := os.WriteFile(name, file.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	best := func(f func()) time.Duration {
		least := time.Hour
		for range rounds {
			start := time.Now()
			f()
			least = min(least, time.Since(start))
		}
		return least
	}
	ours := best(func() {
		f, err := os.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		got, err := Read(f)
		if err != nil || len(got.Connections) != connections {
			t.Fatalf("got %v, want %d connections", err, connections)
		}
	})
	theirs := best(func() {
		if out, err := exec.Command("tshark", "-n", "-q", "-r", name, "-z", "conv,tcp").CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
	})
	t.Logf("%d MiB: read in %v, tshark -q -z conv,tcp takes %v", file.Len()>>20, ours, theirs)
	if ours > 2*theirs {
		t.Errorf("%v is more than twice %v", ours, theirs)
	}
}
