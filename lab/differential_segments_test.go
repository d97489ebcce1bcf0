package lab

import (
	"fmt"
	"strings"
)

// A stage brings the server's socket a (in LISTEN and CLOSED: its port) into one state, with the wire
// holding what the server says, so that the sender's own stack does not meddle.
type stage struct {
	name, lines string
}

const established = `
+0 server bind l :7865
+0 server listen l 5
+0 client connect c server:7865
+0 server accept l as a
`

var stages = []stage{
	{"CLOSED", "+0 wire hold client\n+0 client connect c server:7865 within 0\n+0 wire hold server\n"},
	{"LISTEN", "+0 server bind l :7865\n+0 server listen l 5\n+0 wire hold client\n+0 client connect c server:7865 within 0\n+0 wire hold server\n"},
	{"SYN-SENT", "+0 wire hold\n+0 server connect a client:5000 from :7865 within 0\n+0 client connect c server:7865 from :5000 within 0\n"},
	{"SYN-RECEIVED", "+0 server bind l :7865\n+0 server listen l 5\n+0 wire hold server\n+0 client connect c server:7865 within 0\n"},
	{"SYN-RECEIVED simultaneous", "+0 wire hold\n+0 server connect a client:5000 from :7865 within 0\n+0 client connect c server:7865 from :5000 within 0\n+0 wire deliver client SYN\n"},
	{"ESTABLISHED", established + "+0 wire hold server\n"},
	{"ESTABLISHED unaccepted", "+0 server bind l :7865\n+0 server listen l 5\n+0 client connect c server:7865\n+0 wire hold server\n"},
	{"ESTABLISHED unread", established + "+0 client send c 5\n+100ms wire hold server\n"},
	{"ESTABLISHED unacked", established + "+0 wire hold server\n+0 server send a 5\n"},
	{"ESTABLISHED gap", established + "+0 wire drop client DATA\n+0 client send c 5\n+0 client send c 7\n+0 wire hold\n"},
	{"FIN-WAIT-1", established + "+0 wire hold server\n+0 server shutdown a wr\n"},
	{"FIN-WAIT-1 closed", established + "+0 wire hold server\n+0 server close a\n"},
	{"FIN-WAIT-1 with data", established + "+0 wire hold server\n+0 server send a 5\n+0 server shutdown a wr\n"},
	{"FIN-WAIT-2", established + "+0 server shutdown a wr\n+100ms wire hold server\n"},
	{"FIN-WAIT-2 both", established + "+0 server shutdown a both\n+100ms wire hold server\n"},
	{"FIN-WAIT-2 closed", established + "+0 server close a\n+100ms wire hold server\n"},
	{"CLOSE-WAIT", established + "+0 client shutdown c wr\n+100ms wire hold server\n"},
	{"CLOSE-WAIT unread", established + "+0 client send c 5\n+100ms client shutdown c wr\n+100ms wire hold server\n"},
	{"CLOSING", established + "+0 wire hold\n+0 server shutdown a wr\n+0 client shutdown c wr\n+0 wire deliver client FIN\n"},
	{"CLOSING closed", established + "+0 wire hold\n+0 server close a\n+0 client shutdown c wr\n+0 wire deliver client FIN\n"},
	{"LAST-ACK", established + "+0 client shutdown c wr\n+100ms wire hold server\n+0 server shutdown a wr\n"},
	{"LAST-ACK closed", established + "+0 client shutdown c wr\n+100ms wire hold server\n+0 server close a\n"},
	{"TIME-WAIT", established + "+0 server close a\n+100ms client close c\n+100ms wire hold server\n"},
	{"TIME-WAIT no listener", established + "+0 server close a\n+100ms client close c\n+0 server close l\n+100ms wire hold server\n"},
	{"TIME-WAIT descriptor", established + "+0 server shutdown a wr\n+100ms client close c\n+100ms wire hold server\n"},
}

func (d *deck) segment() string {
	flags := pick(d, "SYN", "SYN+ACK", "ACK", "ACK", "FIN+ACK", "FIN+ACK", "FIN", "RST", "RST+ACK", "ACK+PSH", "ACK+PSH", "PSH", "FIN+ACK+PSH", "SYN+FIN", "SYN+RST", "RST+FIN+ACK")
	out := flags
	if d.IntN(5) > 0 {
		out += " seq=" + pick(d, "nxt", "nxt", "nxt", "nxt-1", "nxt+1", "nxt-5", "nxt+10", "nxt+12", "nxt-1000", "nxt+100000", "nxt+2000000000", "nxt-2000000000", "wnd", "wnd-1", "wnd+1", "isn", "isn+1")
	}
	if d.IntN(5) > 0 {
		out += " ack=" + pick(d, "nxt", "nxt", "nxt-1", "nxt+1", "nxt-5", "nxt+1000", "nxt-100000", "una", "una-1", "una+1", "isn", "isn+1", "nxt+2000000000")
	}
	if strings.Contains(flags, "PSH") || d.IntN(8) == 0 {
		out += fmt.Sprintf(" len=%d", pick(d, 1, 5, 1000))
	}
	return out + pick(d, "", "", "", " ts=old", " ts=none", " ts=now")
}

// dealSegments makes a script that shows forged segments to one state.
func dealSegments(seed uint64) string {
	d := newDeck(seed)
	s := pick(d, stages...)
	d.say("# %s", s.name)
	switch d.IntN(6) {
	case 0:
		d.say("+0 %s sysctl tcp_timestamps 0", pick(d, "server", "client"))
	case 1:
		d.say("+0 server sysctl tcp_rfc1337 1")
	}
	d.lines = append(d.lines, strings.TrimSpace(s.lines))
	for range 1 + d.IntN(3) {
		d.say("%s wire forge client c %s", pick(d, "+0", "+0", "+0", "+20ms"), d.segment())
		d.say("+0 server sockets")
	}
	if strings.Contains(s.lines, " a") {
		d.say("+0 server state a")
		if s.name != "SYN-SENT" {
			d.say("+0 server timer a") // there the next SYN is due in 8 ms
		}
		if strings.Contains(s.lines, "accept l as a") && !strings.Contains(s.name, "closed") && !strings.HasPrefix(s.name, "TIME-WAIT") {
			d.say("+0 server recv a within 0")
			d.say("+0 server recv a within 0")
			d.say("+0 server send a 5")
		}
	}
	return strings.Join(d.lines, "\n") + "\n"
}
