package fsm

import (
	"encoding/binary"
	"testing"
)

// FuzzSegments reads its input as acts of eight octets: calls, wire verbs and segments made by
// hand.
func FuzzSegments(f *testing.F) {
	act := func(op, who, a, b byte, n uint32) []byte {
		return binary.BigEndian.AppendUint32([]byte{op, who, a, b}, n)
	}
	join := func(acts ...[]byte) (out []byte) {
		for _, a := range acts {
			out = append(out, a...)
		}
		return out
	}
	open := join(act(0, 0, 0, 1, 0), act(1, 0, 0, 1, 0), act(2, 0, 0, 3, 0), act(0, 1, 0, 1, 0),
		act(3, 1, 0, 0, 0), act(17, 0, 0, 0, 5e6), act(5, 0, 0, 1, 0))
	f.Add(true, open)
	f.Add(true, join(open, act(9, 1, 0, 0, 0), act(9, 0, 1, 0, 0)))
	f.Add(false, join(open, act(9, 0, 1, 0, 0), act(11, 1, 0, byte(RST), 1), act(17, 0, 0, 0, 4e9)))
	f.Add(true, join(open, act(14, 0, 0, 6, 0), act(9, 0, 1, 0, 0), act(9, 1, 0, 0, 0), act(15, 0, 0, 0, 0),
		act(16, 0, 0, 0, 0)))
	f.Add(false, join(open, act(6, 1, 0, 0, 50000), act(8, 1, 0, 0, 0), act(11, 1, 0, byte(FIN|ACK), 0x05000101)))
	f.Fuzz(func(t *testing.T, linux bool, data []byte) {
		p := RFC9293
		if linux {
			p = Linux
		}
		u := newPupil(p, 1)
		for ; len(data) >= 8 && u.last < 1<<50; data = data[8:] {
			u.act(data[0], data[1], data[2], data[3], binary.BigEndian.Uint32(data[4:]))
			if s := u.check(); s != "" {
				t.Fatalf("%s, after\n%s", s, u.story.String())
			}
		}
		if s := u.leave(); s != "" {
			t.Fatalf("%s, after\n%s", s, u.story.String())
		}
	})
}
