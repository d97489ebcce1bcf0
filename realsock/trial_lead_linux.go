package realsock

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// lead leads an established connection to its state. A peer that must not answer is made deaf before.
func (t *attempt) lead(e *trialEnd) *unbuilt {
	var bad *unbuilt
	do := func(call string, err error) {
		if err != nil && bad == nil {
			bad = cannot(call, err)
		}
		if call != "" {
			t.look(e, call)
		}
	}
	silence := func() {
		e.deaf = true
		if t.stage.own != nil {
			do("", hush(e.fd))
		} else {
			do("", deafen(e.peer))
		}
	}
	finPeer := func() { do("peer shutdown", shutdown(e.peer)) }
	switch e.spec.State {
	case "CLOSE_WAIT":
		finPeer()
	case "FIN_WAIT1":
		silence()
		do(e.finish())
	case "FIN_WAIT2":
		do(e.finish())
	case "CLOSING":
		silence()
		do(e.finish())
		finPeer()
	case "LAST_ACK":
		finPeer()
		silence()
		do(e.finish())
	case "TIME_WAIT":
		do(e.finish())
		peer := e.peer
		e.peer = 0
		do("peer close", closeNow(peer))
	}
	return bad
}

// finish sends the FIN: by close if the descriptor is to be gone, by shutdown if it is to stay.
func (e *trialEnd) finish() (call string, err error) {
	if !e.spec.Orphan {
		return "shutdown", shutdown(e.fd)
	}
	fd := e.fd
	e.fd = 0
	return "close", closeNow(fd)
}

// clear closes what is open, by reset where there is a connection, so that nothing goes on.
func (t *attempt) clear() {
	if t.fresh > 0 {
		closeNow(t.fresh)
	}
	for i := t.n - 1; i >= 0; i-- {
		e := &t.ends[i]
		if e.listener > 0 {
			closeNow(e.listener)
		}
		if e.answerer > 0 {
			closeNow(e.answerer)
		}
		if e.filler > 0 {
			closeNow(e.filler)
		}
		reset := e.fd > 0 && e.peer > 0
		if reset {
			abort(e.fd)
		} else if e.fd > 0 {
			closeNow(e.fd)
		}
		switch {
		case e.peer == 0:
		case reset && !e.deaf: // it has been reset
			closeNow(e.peer)
		default:
			abort(e.peer)
		}
	}
}

// abort closes a descriptor and resets its connection.
func abort(fd int) {
	linger := unix.Linger{Onoff: 1}
	_ = setOption(fd, unix.SOL_SOCKET, unix.SO_LINGER, unsafe.Pointer(&linger), unsafe.Sizeof(linger))
	closeNow(fd)
}
