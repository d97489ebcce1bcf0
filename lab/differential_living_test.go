package lab

import (
	"fmt"
	"strings"
)

// The decks of what a connection does while it lives: buffers, clocks, queues, calls that wait, closes
// that linger, hosts of which there are more than two, and both families of addresses. All keep clear of
// the moments at which timers run out, as deck.delay does.

// begin deals a connection c, a of the two hosts, with options for the listener and for the client.
func (d *deck) begin(listener, client string) {
	d.say("+0 server bind l :7865%s", listener)
	d.say("+0 server listen l 5")
	d.say("+0 client connect c server:7865%s within 300ms", client)
	d.say("+0 server accept l as a within 50ms")
	d.names["server"], d.names["client"] = []string{"a"}, []string{"c"}
}

// script is what has been dealt.
func (d *deck) script() string { return strings.Join(d.lines, "\n") + "\n" }

// dealBuffers makes a script of writes that fit into the buffers, for readers that are fast, slow, paused
// or gone, with loss and half-close.
func dealBuffers(seed uint64) string { return dealBuffersOf(seed, false) }

// dealBulk does so with buffers from the smallest to the default and writes of up to 4 MB, so that the
// window closes. How many segments a kernel takes until then the model does not give to the segment.
func dealBulk(seed uint64) string { return dealBuffersOf(seed, true) }

func dealBuffersOf(seed uint64, bulk bool) string {
	d := newDeck(seed)
	if bulk {
		d.bufferSysctls()
	}
	rcv, snd := "", ""
	if bulk && d.IntN(4) > 0 {
		rcv = fmt.Sprintf(" rcvbuf=%d", pick(d, 1, 1000, 2304, 4096, 10000, 40000, 100000))
	}
	if bulk && d.IntN(2) == 0 {
		snd = fmt.Sprintf(" sndbuf=%d", pick(d, 1, 4096, 10000, 40000))
	}
	if d.IntN(4) == 0 {
		snd += " nodelay"
	}
	d.begin(rcv, snd)
	for range 3 + d.IntN(8) {
		d.bufferStep(bulk)
	}
	// In the end all is read that can be, and both ends say what has become of them.
	d.say("+0 wire release")
	for range 2 {
		d.say("+600ms server recv a 16000000 within 100ms")
	}
	d.say("+0 client timer c")
	d.say("+0 server state a")
	d.say("+0 client state c")
	return d.script()
}

func (d *deck) bufferSysctls() {
	switch d.IntN(8) {
	case 0:
		d.say("+0 server sysctl tcp_rmem 4096 %d %d", pick(d, 4096, 8192, 30000), pick(d, 8192, 30000, 200000))
	case 1:
		d.say("+0 client sysctl tcp_wmem 4096 %d %d", pick(d, 4096, 16384), pick(d, 16384, 100000))
	case 2:
		d.say("+0 %s sysctl tcp_window_scaling 0", d.host())
	case 3:
		d.say("+0 %s sysctl tcp_timestamps 0", d.host())
	}
}

func (d *deck) bufferStep(bulk bool) {
	step := d.IntN(14)
	if !bulk && (step == 3 || step == 4) {
		step = 0
	}
	switch step {
	case 0, 1, 2:
		d.say("+0 client send c %d within 50ms", pick(d, 1, 5, 100, 1000, 1448, 5000))
	case 3, 4:
		d.say("+0 client send c %d within 700ms", pick(d, 20000, 65160, 100000, 500000, 4000000))
	case 5, 6, 7:
		d.say("%s server recv a %d nowait", pick(d, "+0", "+150ms", "+450ms"), pick(d, 1, 100, 1000, 20000, 500000))
	case 8:
		d.say("+0 wire drop %s", pick(d, "server ACK", "client DATA", "server any"))
	case 9:
		d.say("+%s client state c", pick(d, "300ms", "900ms", "2100ms"))
	case 10:
		d.say("+0 client await c within 400ms")
	case 11:
		d.say("+0 client shutdown c wr")
	case 12:
		if d.IntN(2) == 0 {
			d.say("+0 %s", pick(d, "server close a", "server exit", "client close c", "client abort c"))
		}
	case 13:
		d.say("+0 server send a %d within 50ms\n+0 client recv c %d within 20ms", pick(d, 1, 1000, 5000), pick(d, 1, 100000))
	}
}

// dealClocks makes a script about the clocks of a connection that nothing happens on, or whose peer is
// gone: keepalive, TCP_USER_TIMEOUT, both, and with data under way.
func dealClocks(seed uint64) string {
	d := newDeck(seed)
	if d.IntN(4) == 0 {
		d.say("+0 client sysctl %s", pick(d, "tcp_keepalive_time 1", "tcp_keepalive_intvl 1", "tcp_keepalive_probes 1", "tcp_retries2 3", "tcp_orphan_retries 2"))
	}
	d.begin("", d.clockOptions())
	if d.IntN(3) == 0 {
		d.say("+0 client send c %d\n+0 server recv a within 50ms", pick(d, 5, 2000))
	}
	d.silence()
	for range 2 + d.IntN(5) {
		d.clockStep()
	}
	d.say("+0 client state c")
	d.say("+0 client timer c")
	d.say("+0 client recv c within 20ms")
	d.say("+0 server state a")
	return d.script()
}

func (d *deck) clockOptions() (o string) {
	if d.IntN(3) > 0 {
		o += fmt.Sprintf(" keepalive keepidle=%s keepintvl=%s keepcnt=%d", pick(d, "1s", "2s"), pick(d, "1s", "2s"), pick(d, 1, 2, 3))
	}
	if d.IntN(2) == 0 {
		o += " usertimeout=" + pick(d, "500ms", "1500ms", "2500ms")
	}
	return o
}

// silence is one of the ways in which a peer falls silent, or none.
func (d *deck) silence() {
	switch d.IntN(5) {
	case 0:
		d.say("+0 wire block server")
	case 1:
		d.say("+0 wire block client") // with ICMP errors in the deck of three hosts
	case 2:
		d.say("+0 wire hold")
	case 3:
		d.say("+0 server set a deaf")
	}
}

func (d *deck) clockStep() {
	wait := pick(d, "+0", "+0", "+700ms", "+1600ms", "+2700ms")
	switch d.IntN(8) {
	case 0:
		d.say("%s client send c %d within 20ms", wait, pick(d, 5, 3000))
	case 1, 2:
		d.say("%s client state c", wait)
	case 3, 4:
		d.say("%s client timer c", wait)
	case 5:
		d.say("%s client set c %s", wait, pick(d, "keepalive=0", "keepalive", "usertimeout=700ms"))
	case 6:
		d.say("%s client error c", wait)
	case 7:
		d.say("%s client %s", wait, pick(d, "shutdown c wr", "close c", "recv c within 20ms"))
	}
}

// dealQueues makes a script about a door with few places: small backlogs, SYN cookies or none, resets or
// silence where the queue is full, TCP_DEFER_ACCEPT.
func dealQueues(seed uint64) string {
	d := newDeck(seed)
	if d.IntN(2) == 0 {
		d.say("+0 server sysctl tcp_syncookies %s", pick(d, "0", "2"))
	}
	if d.IntN(3) == 0 {
		d.say("+0 server sysctl tcp_abort_on_overflow 1")
	}
	if d.IntN(4) == 0 {
		d.say("+0 server sysctl %s", pick(d, "somaxconn 1", "tcp_max_syn_backlog 2", "tcp_synack_retries 1"))
	}
	d.say("+0 server bind l :7865%s", pick(d, "", "", "", " deferaccept=1s"))
	d.say("+0 server listen l %d", pick(d, 0, 1, 1, 2))
	for i := range 2 + d.IntN(5) {
		n := fmt.Sprintf("c%d", i)
		// Never two at the same instant: in virtual time their timers would run out together.
		d.say("+10ms client connect %s server:7865 within 100ms", n)
		d.names["client"] = append(d.names["client"], n)
		d.queueStep(i)
	}
	d.say("+1300ms server sockets")
	d.say("+0 client sockets")
	return d.script()
}

func (d *deck) queueStep(i int) {
	c := d.sock("client")
	switch d.IntN(8) {
	case 0, 1:
		d.say("+0 server accept l as a%d within 20ms", i)
	case 2:
		d.say("+0 client send %s 5 within 20ms", c)
	case 3:
		d.say("+0 client state %s", c)
	case 4:
		d.say("+0 client close %s", c)
	case 5:
		d.say("+0 server listen l %d", pick(d, 0, 1, 3))
	case 6:
		d.say("+0 server sockets")
	case 7:
		d.say("+0 wire drop client ACK")
	}
}

// dealPending makes a script of calls that wait beside one another: what comes back, what is collected,
// and what a close, with and without SO_LINGER, does to them.
func dealPending(seed uint64) string {
	d := newDeck(seed)
	d.begin("", pick(d, "", " sndbuf=4096"))
	for range 4 + d.IntN(8) {
		d.pendingStep()
	}
	for _, h := range []string{"server", "client"} {
		d.say("+0 %s sockets", h)
	}
	return d.script()
}

func (d *deck) pendingStep() {
	h := d.host()
	s := d.sock(h)
	switch d.IntN(12) {
	case 0, 1:
		d.say("+0 %s recv %s %d within 20ms", h, s, pick(d, 1, 100, 5000))
	case 2, 3:
		d.say("+0 %s send %s %d within 300ms", h, s, pick(d, 5, 1000, 60000))
	case 4, 5:
		d.say("+0 %s await %s %s within 50ms", h, s, pick(d, "", "recv", "send", "close"))
	case 6:
		d.say("+0 %s set %s linger=%s", h, s, pick(d, "0s", "1s", "1s", "off"))
	case 7:
		d.say("+%s %s close %s within %s", pick(d, "0", "150ms"), h, s, pick(d, "20ms", "500ms", "1500ms"))
	case 8:
		d.say("+0 %s shutdown %s %s", h, s, pick(d, "wr", "rd", "both"))
	case 9:
		d.say("+0 wire %s", pick(d, "hold", "hold client", "release", "release"))
	case 10:
		d.say("+0 %s recv %s nowait", h, s)
	case 11:
		d.say("+%s %s %s", pick(d, "0", "600ms"), h, pick(d, "state "+s, "abort "+s, "error "+s, "exit"))
	}
}

// dealHosts makes a script of three hosts, with something in between that forgets, blocks, or sends ICMP
// errors.
func dealHosts(seed uint64) string {
	d := newDeck(seed)
	d.say("+0 host proxy 10.0.0.3 fd00::3")
	if d.IntN(3) == 0 {
		d.say("+0 wire forget after %s", pick(d, "500ms", "500ms rst", "500ms silent", "3s rst"))
	}
	d.say("+0 server bind l %s", pick(d, ":7865", "[::]:7865"))
	d.say("+0 server listen l 5")
	d.say("+0 proxy bind p %s", pick(d, ":80", "10.0.0.3:80", "[::]:80"))
	d.say("+0 proxy listen p 5")
	d.say("+0 client connect c proxy:80 within 300ms")
	d.say("+0 proxy accept p as pc within 50ms")
	d.say("+0 proxy connect ps %s within 300ms", pick(d, "server:7865", "server:7865", "[::ffff:10.0.0.1]:7865", "10.0.0.1:7865 from 10.0.0.3:4000"))
	d.say("+0 server accept l as a within 50ms")
	d.names["server"], d.names["client"], d.names["proxy"] = []string{"a"}, []string{"c"}, []string{"pc", "ps"}
	for range 4 + d.IntN(8) {
		d.hostsStep()
	}
	for _, h := range []string{"server", "proxy", "client"} {
		d.say("+0 %s sockets", h)
	}
	return d.script()
}

func (d *deck) hostsStep() {
	h := pick(d, "server", "client", "proxy", "proxy")
	s, t := d.sock(h), pick(d, "+0", "+0", "+150ms", "+700ms")
	way := pick(d, "server", "client", "proxy", "proxy>server", "proxy>client", "server>proxy")
	switch d.IntN(16) {
	case 0, 1, 2:
		d.say("%s %s send %s %d within 20ms", t, h, s, pick(d, 5, 1000))
	case 3, 4:
		d.say("%s %s recv %s within 10ms", t, h, s)
	case 5, 6:
		d.say("%s %s close %s", t, h, s)
	case 7:
		d.say("%s %s shutdown %s %s", t, h, s, pick(d, "wr", "wr", "both"))
	case 8:
		d.say("%s %s state %s", t, h, s)
	case 9:
		d.say("%s wire drop %s %s", t, way, d.kind())
	case 10:
		d.say("%s wire block %s%s", t, way, pick(d, "", " icmp=host", " icmp=net", " icmp=port", " icmp=admin"))
	case 11:
		d.say("%s wire forge %s %s icmp=%s", t, h, s, pick(d, "host", "net", "port", "admin"))
	case 12:
		n := fmt.Sprintf("n%d", len(d.lines))
		d.say("%s client connect %s %s within 300ms", t, n, pick(d, "server:7865", "proxy:80", "proxy:81"))
		d.names["client"] = append(d.names["client"], n)
	case 13:
		d.say("%s %s %s", t, h, pick(d, "abort "+s, "exit", "error "+s))
	case 14:
		d.say("%s wire forge %s %s %s", t, h, s, d.forged())
	case 15:
		d.say("%s wire %s", t, pick(d, "hold "+way, "release"))
	}
}

// dealFamilies makes a script of both families of addresses, v4-mapped ones, and sockets that are bound
// to devices.
func dealFamilies(seed uint64) string {
	d := newDeck(seed)
	at := pick(d, "[::]:7865", "[::]:7865", "[::]:7865 v6only", "[fd00::1]:7865", "[::ffff:10.0.0.1]:7865", "[::ffff:0.0.0.0]:7865", ":7865", "10.0.0.1:7865")
	d.say("+0 server bind l %s%s", at, d.familyDevice())
	d.say("+0 server listen l 5")
	d.names["server"], d.names["client"] = []string{"l"}, nil
	for range 4 + d.IntN(8) {
		d.familyStep()
	}
	for _, h := range []string{"server", "client"} {
		d.say("+0 %s sockets", h)
	}
	return d.script()
}

func (d *deck) familyDevice() string { return pick(d, "", "", "", " device=eth0", " device=lo") }

func (d *deck) familyStep() {
	n := fmt.Sprintf("n%d", len(d.lines))
	switch d.IntN(9) {
	case 0, 1, 2:
		d.say("+0 client connect %s %s%s within 100ms", n, pick(d, "[fd00::1]:7865", "[fd00::1]:7865", "server:7865", "[::ffff:10.0.0.1]:7865", "[fd00::1]:7865 from [fd00::2]:4000"), d.familyDevice())
		d.names["client"] = append(d.names["client"], n)
	case 3:
		d.say("+0 server connect %s %s%s within 100ms", n, pick(d, "[::1]:7865", "127.0.0.1:7865", "[fd00::1]:7865", "[::ffff:127.0.0.1]:7865", "[::]:7865"), d.familyDevice())
		d.names["server"] = append(d.names["server"], n)
	case 4:
		d.say("+0 server accept l as %s within 20ms", n)
		d.names["server"] = append(d.names["server"], n)
	case 5:
		d.say("+0 server bind %s %s%s%s", n, pick(d, "[::]:7865", ":7865", "[fd00::1]:7865", "[::1]:7865", "[::ffff:10.0.0.1]:7865"), d.options(), d.familyDevice())
		d.names["server"] = append(d.names["server"], n)
	case 6:
		h := pick(d, "server", "client")
		if len(d.names[h]) > 0 {
			d.say("+0 %s %s %s", h, pick(d, "close", "state", "shutdown"), d.sock(h))
			if last := &d.lines[len(d.lines)-1]; strings.Contains(*last, "shutdown") {
				*last += " wr"
			}
		}
	case 7:
		if len(d.names["client"]) > 0 {
			d.say("+0 client send %s 5 within 20ms", d.sock("client"))
		}
	case 8:
		d.say("+150ms server recv %s within 10ms", d.sock("server"))
	}
}
