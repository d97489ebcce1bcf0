package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const dumped = `12:00:00.000000 IP 10.0.0.2.40000 > 10.0.0.1.7865: Flags [S], seq 3000000000, win 1, length 0
12:00:00.001000 IP 10.0.0.1.7865 > 10.0.0.2.40000: Flags [S.], seq 4000000000, ack 3000000001, win 1, length 0
12:00:00.002000 IP 10.0.0.2.40000 > 10.0.0.1.7865: Flags [.], ack 1, win 1, length 0
12:00:00.100000 IP 10.0.0.1.7865 > 10.0.0.2.40000: Flags [F.], seq 1, ack 1, win 1, length 0
12:00:00.101000 IP 10.0.0.2.40000 > 10.0.0.1.7865: Flags [F.], seq 1, ack 2, win 1, length 0
12:00:00.102000 IP 10.0.0.1.7865 > 10.0.0.2.40000: Flags [.], ack 2, win 1, length 0
`

// TestRead reads tcpdump's text, and the experiment that it makes of it ends as the capture did.
func TestRead(t *testing.T) {
	status, stdout, stderr := command(t, dumped, "read", "-", "--lang=en", "-v")
	if status != exitOK || !strings.Contains(stdout, "B closed first") ||
		!strings.Contains(stdout, "left behind: 10.0.0.1:7865 in TIME-WAIT") {
		t.Errorf("got status %d, %q and %q", status, stdout, stderr)
	}
	status, script, stderr := command(t, dumped, "read", "-", "--script")
	if status != exitOK || !strings.Contains(script, "close s") {
		t.Fatalf("got status %d, %q and %q", status, script, stderr)
	}
	if status, stdout, stderr := command(t, script, "run", "-", "--world=model"); status != exitOK {
		t.Errorf("the script ends otherwise: status %d, %s %s\n%s", status, stdout, stderr, script)
	}
	name := filepath.Join(t.TempDir(), "broken.pcap")
	if err := os.WriteFile(name, []byte("\xd4\xc3\xb2\xa1\x02\x00"), 0o600); err != nil {
		t.Fatal(err)
	}
	if status, _, stderr := command(t, "", "read", name); status != exitCannot ||
		!strings.Contains(stderr, "at byte 6") {
		t.Errorf("got status %d and %q", status, stderr)
	}
}
