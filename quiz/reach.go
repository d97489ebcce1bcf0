package quiz

import (
	"slices"

	"fourwave/fsm"
)

// reach brings the server's end a to a state of a connection, with what the client would answer
// held on the wire where it must be. The lines stand after those of open.
var reach = map[fsm.State][]string{
	fsm.Established: nil,
	fsm.FinWait1:    {"+0 wire hold client", "+0 server shutdown a wr"},
	fsm.FinWait2:    {"+0 server shutdown a wr"},
	fsm.CloseWait:   {"+0 client shutdown c wr"},
	fsm.Closing:     {"+0 wire hold", "+0 server shutdown a wr", "+0 client shutdown c wr", "+0 wire deliver client FIN"},
	fsm.LastAck:     {"+0 client shutdown c wr", "+0 wire hold client", "+0 server close a"},
	fsm.TimeWait:    {"+0 server shutdown a wr", "+0 client close c"},
}

// causes bring an event about at the server's end a, by a forged segment, a call or a wait.
var causes = map[fsm.Event][]string{
	fsm.UserClose:       {"+0 server close a"},
	fsm.UserCloseUnread: {"+0 client send c 100", "+50ms server close a"},
	fsm.UserAbort:       {"+0 server abort a"},
	fsm.RcvFIN:          {"+0 wire forge client c FIN+ACK seq=nxt ack=una"},
	fsm.RcvFINACKOfFIN:  {"+0 wire forge client c FIN+ACK seq=nxt ack=nxt"},
	fsm.RcvACKOfFIN:     {"+0 wire forge client c ACK seq=nxt ack=nxt"},
	fsm.RcvOldFIN:       {"+0 wire forge client c FIN+ACK seq=nxt-1 ack=nxt"},
	fsm.RcvData:         {"+0 wire forge client c ACK seq=nxt ack=una len=10"},
	fsm.RcvDataACKOfFIN: {"+0 wire forge client c ACK seq=nxt ack=nxt len=10"},
	fsm.RcvRST:          {"+0 wire forge client c RST seq=nxt"},
	fsm.RcvRSTInWindow:  {"+0 wire forge client c RST seq=nxt+100"},
	fsm.RcvSYN:          {"+0 wire forge client c SYN seq=nxt+100"},
	fsm.RcvACKOfUnsent:  {"+0 wire forge client c ACK seq=nxt ack=nxt+1000"},
	fsm.Timeout2MSL:     {"+65s server state a"},
}

// enacted is a scene in which the server's end meets events in a state, and where it then is; ok is
// false where no script brings one of them about, or it leads elsewhere than the table says.
func enacted(d draw, from fsm.State, events []fsm.Event, to fsm.State) (s *scene, t *take, at int, ok bool) {
	lines, known := reach[from]
	s = newScene(d)
	s.open("")
	s.lines = append(s.lines, lines...)
	holding := slices.Contains(lines, "+0 wire hold client") || slices.Contains(lines, "+0 wire hold")
	if !holding {
		s.add("+0 wire hold server")
	}
	for _, e := range events {
		cause, ok := causes[e]
		if known = known && ok; !known {
			return s, nil, 0, false
		}
		if e == fsm.UserCloseUnread && holding {
			return s, nil, 0, false
		}
		s.lines = append(s.lines, cause...)
	}
	at = s.add("+0 server state a")
	t = s.play(linux)
	return s, t, at, t.at(at) == string(to)
}
