package realsock

import (
	"fmt"
	"slices"
	"time"

	"golang.org/x/sys/unix"

	"fourwave/sockdiag"
)

// look looks at both ends of an existing socket's connection, where the trial is watched. What has a descriptor is asked
// itself, the rest by exact look-up, both ends in one message: a look must not slow down what is looked at.
func (t *attempt) look(e *trialEnd, call string) {
	if t.looks == nil {
		return
	}
	here := sockdiag.End{Local: unmapped(e.local), Remote: unmapped(e.remote), Device: e.device()}
	there := sockdiag.End{Local: here.Remote, Remote: here.Local}
	var ends []sockdiag.End
	switch {
	case !e.remote.IsValid():
		e.seen = tcpState(max(e.fd, e.listener))
	case e.fd > 0 && e.peer > 0:
		e.seen, e.peerSeen = tcpState(e.fd), tcpState(e.peer)
	case e.peer > 0:
		e.peerSeen = tcpState(e.peer)
		ends = []sockdiag.End{here}
	case e.fd > 0:
		e.seen = tcpState(e.fd)
		ends = []sockdiag.End{there}
	case e.peerSeen == sockdiag.Close: // which is for good
		ends = []sockdiag.End{here}
	default:
		ends = []sockdiag.End{here, there}
	}
	var states [2]sockdiag.State
	if err := t.stage.diag.Peek(ends, states[:]); err != nil && t.blind == nil {
		t.blind = err
	}
	for i, s := range states[:len(ends)] {
		if ends[i] == here {
			e.seen = s
		} else {
			e.peerSeen = s
		}
	}
	t.looks = append(t.looks, uint8(slices.Index(watchedCalls[:], call)), uint8(e.index), uint8(e.seen), uint8(e.peerSeen))
}

func (t *attempt) lookAll(call string) {
	for i := range t.n {
		t.look(&t.ends[i], call)
	}
}

// loopbackIndex is that of lo, the only device that connections of trials are bound to.
const loopbackIndex = 1

func (e *trialEnd) device() uint32 {
	if e.spec.Device != "" {
		return loopbackIndex
	}
	return 0
}

// check looks whether the socket is in its state.
func (t *attempt) check(e *trialEnd) *unbuilt {
	if !e.spec.Via.IsValid() {
		want := sockdiag.Close
		if e.spec.State == "LISTEN" {
			want = sockdiag.Listen
		}
		if got := tcpState(e.fd); got != want {
			return &unbuilt{fmt.Sprintf("it is in %s and not in %s", got, e.spec.State), true}
		}
		return nil
	}
	if e.seen.String() == e.spec.State {
		e.seen = 0 // another time it is looked at anew
		return nil
	}
	for start := time.Now(); ; time.Sleep(20 * time.Microsecond) {
		if e.spec.State == "FIN_WAIT2" {
			e.acknowledge()
		}
		s, ok, err := t.stage.diag.Lookup(unmapped(e.local), unmapped(e.remote), e.device())
		switch {
		case err != nil:
			return &unbuilt{why: err.Error()}
		case ok && s.State.String() == e.spec.State && (s.Inode == 0) == (e.spec.Orphan || s.Mini()):
			return nil
		case time.Since(start) > patience:
			if !ok {
				s.State = sockdiag.Close
			}
			return &unbuilt{fmt.Sprintf("it is in %s and not in %s", s.State, e.spec.State), true}
		}
	}
}

// acknowledge makes the peer acknowledge the FIN now. A lone FIN is acknowledged from a timer, unless it has
// been read and one asks for it (tcp_cleanup_rbuf).
func (e *trialEnd) acknowledge() {
	var b [1]byte
	if n, _, err := unix.Recvfrom(e.peer, b[:], unix.MSG_DONTWAIT); n == 0 && err == nil {
		_ = setInt(e.peer, unix.IPPROTO_TCP, unix.TCP_QUICKACK, 1)
	}
}
