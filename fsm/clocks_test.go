package fsm

import (
	"testing"
	"time"
)

// Keepalive counts probes without an answer, starting when the peer was last heard;
// TCP_USER_TIMEOUT takes the count's place. While data is under way neither probes: the
// retransmission timer watches.
func TestKeepaliveClock(t *testing.T) {
	keep := []Option{{Name: "keepidle", D: 5 * time.Second}, {Name: "keepintvl", D: 2 * time.Second},
		{Name: "keepcnt", N: 3}, {Name: "keepalive", N: 1}}
	for _, test := range []struct {
		name string
		opts []Option
		send int
		dies time.Duration // after nothing gets through any more; 0: not within two minutes
	}{
		{"three probes", keep, 0, 11 * time.Second},
		{"user timeout instead of the count", append(keep[:4:4], Option{Name: "usertimeout", D: 6 * time.Second}),
			0, 7 * time.Second},
		{"data outstanding", keep, 10, 0},
		{"data outstanding and a user timeout",
			append(keep[:4:4], Option{Name: "usertimeout", D: 3 * time.Second}), 10,
			3*time.Second + 400*time.Millisecond},
		{"neither", nil, 0, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			n, c, _ := idle(t, Linux)
			if o := n.Host("client").SetOptions(c, test.opts); o.Err != "" {
				t.Fatal(o.Err)
			}
			n.Wire().Block("client", "")
			n.Wire().Block("server", "")
			if test.send > 0 {
				n.Start(n.Host("client").Send(c, test.send))
			}
			began := n.Now()
			for c.State() != Closed && n.Now()-began < 2*time.Minute {
				n.Advance(100 * time.Millisecond)
			}
			switch took := n.Now() - began; {
			case test.dies == 0 && c.State() == Closed:
				t.Errorf("gone after %v", took)
			case test.dies > 0 && (c.State() != Closed || took < test.dies-300*time.Millisecond ||
				took > test.dies+300*time.Millisecond):
				t.Errorf("in %s after %v, want CLOSED after %v", c.State(), took, test.dies)
			case test.dies > 0 && c.pendingErr != ETIMEDOUT:
				t.Errorf("the user hears %q, want ETIMEDOUT", c.pendingErr)
			}
		})
	}
}

// A peer that answers keeps the connection, whatever the count.
func TestKeepaliveAnswered(t *testing.T) {
	n, c, _ := idle(t, Linux)
	n.Host("client").SetOptions(c, []Option{{Name: "keepidle", D: time.Second},
		{Name: "keepintvl", D: time.Second}, {Name: "keepcnt", N: 1}, {Name: "keepalive", N: 1}})
	n.Advance(time.Hour)
	if c.State() != Established {
		t.Errorf("a connection whose peer answers every probe is in %s after an hour", c.State())
	}
	if kind, left := c.Timer(); kind != "keepalive" || left > time.Second {
		t.Errorf("the timer is %s, %v", kind, left)
	}
}
