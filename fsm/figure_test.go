package fsm

import (
	"strings"
	"testing"
	"time"
)

// figure is a connection of A (the client here) and B with the numbers of RFC 9293's figures: A's
// next octet is 100, B's is 300. The wire takes 10 ms.
func figure(t *testing.T) (stage, *strings.Builder) {
	t.Helper()
	p := *RFC9293
	s := stage{NewNet(Config{Profile: &p, ISN: map[string]uint32{"client": 99, "server": 299}}), t}
	l := s.socket("server", "l")
	s.ok(s.server().Bind(l, addr("10.0.0.1:7865")))
	s.ok(s.server().Listen(l, 1))
	s.Wire().SetLatency(0)
	s.connect()
	s.accept()
	s.Wire().SetLatency(10 * time.Millisecond)
	var story strings.Builder
	s.watch.Entry = func(e Entry) {
		e.Host = map[string]string{"client": "A", "server": "B"}[e.Host]
		e.Socket = ""
		tr := Trace{Entries: []Entry{e}}
		if err := tr.WriteText(&story); err != nil {
			t.Fatal(err)
		}
	}
	return s, &story
}

// Figure 12: Normal Close Sequence
//
//	    TCP Peer A                                           TCP Peer B
//
//	1.  ESTABLISHED                                          ESTABLISHED
//
//	2.  (Close)
//	    FIN-WAIT-1  --> <SEQ=100><ACK=300><CTL=FIN,ACK>  --> CLOSE-WAIT
//
//	3.  FIN-WAIT-2  <-- <SEQ=300><ACK=101><CTL=ACK>      <-- CLOSE-WAIT
//
//	4.                                                       (Close)
//	    TIME-WAIT   <-- <SEQ=300><ACK=101><CTL=FIN,ACK>  <-- LAST-ACK
//
//	5.  TIME-WAIT   --> <SEQ=101><ACK=301><CTL=ACK>      --> CLOSED
//
//	6.  (2 MSL)
//	    CLOSED
func TestFigure12NormalClose(t *testing.T) {
	s, story := figure(t)
	s.ok(s.client().Shutdown(s.client().Conn("c"), "wr"))
	s.Advance(time.Second)
	s.ok(s.server().Shutdown(s.server().Conn("a"), "wr"))
	s.Advance(5 * time.Minute)
	golden(t, "figure-12.txt", story.String())
}

// Figure 13: Simultaneous Close Sequence
//
//	    TCP Peer A                                           TCP Peer B
//
//	1.  ESTABLISHED                                          ESTABLISHED
//
//	2.  (Close)                                              (Close)
//	    FIN-WAIT-1  --> <SEQ=100><ACK=300><CTL=FIN,ACK>  ... FIN-WAIT-1
//	                <-- <SEQ=300><ACK=100><CTL=FIN,ACK>  <--
//	                ... <SEQ=100><ACK=300><CTL=FIN,ACK>  -->
//
//	3.  CLOSING     --> <SEQ=101><ACK=301><CTL=ACK>      ... CLOSING
//	                <-- <SEQ=301><ACK=101><CTL=ACK>      <--
//	                ... <SEQ=101><ACK=301><CTL=ACK>      -->
//
//	4.  TIME-WAIT                                            TIME-WAIT
//	    (2 MSL)                                              (2 MSL)
//	    CLOSED                                               CLOSED
func TestFigure13SimultaneousClose(t *testing.T) {
	s, story := figure(t)
	s.ok(s.client().Shutdown(s.client().Conn("c"), "wr"))
	s.ok(s.server().Shutdown(s.server().Conn("a"), "wr"))
	s.Advance(5 * time.Minute)
	golden(t, "figure-13.txt", story.String())
}
