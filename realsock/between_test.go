package realsock

import (
	"net/netip"
	"testing"
	"time"
)

var (
	boxClient = netip.MustParseAddrPort("10.0.0.2:4000")
	boxServer = netip.MustParseAddrPort("10.0.0.1:80")
)

// passing is a segment that comes by, from the client (the opener) or the server, some time after the
// one before, and what the middlebox must say of it.
type passing struct {
	after     time.Duration
	server    bool
	flags     uint8
	seq, ack  uint32
	length    int
	want      verdict
	wantState flowState
}

func (p passing) segment() *segment {
	s := &segment{src: boxClient, dst: boxServer, seq: p.seq, ack: p.ack, flags: p.flags, length: p.length}
	if p.server {
		s.src, s.dst = s.dst, s.src
	}
	return s
}

// opening is a handshake: the client's numbers begin at 100, the server's at 300.
var opening = []passing{
	{flags: flagSYN, seq: 100, wantState: flowSynSent},
	{server: true, flags: flagSYN | flagACK, seq: 300, ack: 101, wantState: flowSynRecv},
	{flags: flagACK, seq: 101, ack: 301, wantState: flowEstablished},
}

// TestMiddlebox: a flow is remembered by its state as nf_conntrack does, or for a time that the script
// gives, and only a SYN begins one.
func TestMiddlebox(t *testing.T) {
	conntrack := middlebox{remembers: true, conntrack: true}
	brief := middlebox{remembers: true, after: time.Second}
	for _, test := range []struct {
		name string
		box  middlebox
		way  []passing
	}{
		{"unknown without a SYN", brief, []passing{{flags: flagACK, seq: 101, ack: 301, want: unknown}}},
		{"kept by traffic", brief, append(opening[:3:3],
			passing{after: 900 * time.Millisecond, flags: flagACK, seq: 101, ack: 301, length: 5, wantState: flowEstablished},
			passing{after: 900 * time.Millisecond, server: true, flags: flagACK, seq: 301, ack: 106, wantState: flowEstablished},
			passing{after: time.Second, flags: flagACK, seq: 106, ack: 301, length: 5, want: unknown},
		)},
		{"orderly close", conntrack, append(opening[:3:3],
			passing{flags: flagFIN | flagACK, seq: 101, ack: 301, wantState: flowFinWait},
			passing{server: true, flags: flagACK, seq: 301, ack: 102, wantState: flowCloseWait},
			passing{server: true, flags: flagFIN | flagACK, seq: 301, ack: 102, wantState: flowLastAck},
			passing{flags: flagACK, seq: 102, ack: 302, wantState: flowTimeWait},
			passing{after: 119 * time.Second, server: true, flags: flagFIN | flagACK, seq: 301, ack: 102, wantState: flowTimeWait},
			passing{after: 2 * time.Minute, server: true, flags: flagFIN | flagACK, seq: 301, ack: 102, want: unknown},
		)},
		{"five days idle, five minutes unacknowledged", conntrack, append(opening[:3:3],
			passing{after: 24 * time.Hour, flags: flagACK, seq: 101, ack: 301, length: 5, wantState: flowEstablished},
			passing{after: 5 * time.Minute, server: true, flags: flagACK, seq: 301, ack: 106, want: unknown},
		)},
		{"forgotten once seen to end", brief, append(opening[:3:3],
			passing{flags: flagRST | flagACK, seq: 101, ack: 301, wantState: flowClose},
			passing{server: true, flags: flagACK, seq: 301, ack: 101, want: unknown},
			passing{flags: flagSYN, seq: 7000, wantState: flowSynSent},
		)},
	} {
		t.Run(test.name, func(t *testing.T) {
			now := time.Duration(0)
			test.box.flows = map[link]*flow{}
			for i, p := range test.way {
				now += p.after
				s := p.segment()
				key, _ := linkOf("", s.src, s.dst)
				known := test.box.flows[key]
				got := test.box.judge(s, now)
				if f := test.box.flows[key]; f != nil {
					known = f
				}
				if got != p.want {
					t.Fatalf("segment %d: got %d, want %d", i, got, p.want)
				}
				if got == pass && known.state != p.wantState {
					t.Errorf("segment %d: got state %d, want %d", i, known.state, p.wantState)
				}
			}
		})
	}
}

// TestMiddleboxBound: a table that is full takes no further flow.
func TestMiddleboxBound(t *testing.T) {
	m := middlebox{remembers: true, after: time.Hour, flows: map[link]*flow{}}
	for i := range maxFlows + 1 {
		s := &segment{src: netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, 1, byte(i >> 16)}), uint16(i)), dst: boxServer, flags: flagSYN}
		want := pass
		if i == maxFlows {
			want = crowded
		}
		if got := m.judge(s, 0); got != want {
			t.Fatalf("SYN %d: got %d, want %d", i, got, want)
		}
	}
}
