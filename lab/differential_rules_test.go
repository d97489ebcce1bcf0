package lab

import (
	"fmt"
	"strings"
)

// dealRules makes a script about what bind, listen, connect and setsockopt refuse, and about what is
// left of a call that was refused: both families, v4-mapped addresses, devices, wildcards, sockets
// used again, options set late, ports chosen from a range of one.
func dealRules(seed uint64) string {
	d := newDeck(seed)
	if d.IntN(3) == 0 {
		d.say("+0 server sysctl ip_local_port_range 40000 40000")
		if d.IntN(4) == 0 {
			d.say("+0 server sysctl ip_local_reserved_ports %s", pick(d, "40000", "1-39999"))
		}
	}
	if d.IntN(2) == 0 {
		d.say("+0 client bind p %s", pick(d, ":9", "[::]:9"))
		d.say("+0 client listen p")
	}
	d.say("+0 server socket s %s", pick(d, "tcp4", "tcp6"))
	d.names["server"] = []string{"s"}
	for range 6 + d.IntN(12) {
		d.ruleStep()
	}
	d.say("+0 server sockets")
	return strings.Join(d.lines, "\n") + "\n"
}

func (d *deck) ruleOptions() string {
	o := d.options()
	if d.IntN(6) == 0 {
		o += pick(d, " v6only", " dual", " nobindport", " portrange=40000-40000", " portrange=9-8", " uid=1001")
	}
	if d.IntN(8) == 0 {
		o += " device=" + pick(d, "lo", "eth0", "eth9")
	}
	return o
}

// ruleAddr is an address to bind to.
func (d *deck) ruleAddr() string {
	a := pick(d, "0.0.0.0", "10.0.0.1", "127.0.0.1", "[::]", "[fd00::1]", "[::1]", "[::ffff:0.0.0.0]", "[::ffff:10.0.0.1]", "[::ffff:127.0.0.1]", "10.0.0.9")
	return a + pick(d, ":40000", ":40000", ":40000", ":7865", ":0")
}

// ruleGoal is where a connect goes: to the client's listener, to this host, to nobody.
func (d *deck) ruleGoal() string {
	return pick(d, "10.0.0.2:9", "10.0.0.2:9", "[fd00::2]:9", "[::ffff:10.0.0.2]:9", "10.0.0.2:10",
		"0.0.0.0:40000", "[::]:40000", "[::ffff:0.0.0.0]:40000", "127.0.0.1:40000", "[::1]:40000", "10.0.0.1:7865", "[fd00::1]:7865")
}

func (d *deck) ruleStep() {
	fresh := func() string {
		n := fmt.Sprintf("n%d", len(d.lines))
		d.names["server"] = append(d.names["server"], n)
		return n
	}
	old := func() string { return d.sock("server") }
	switch d.IntN(16) {
	case 0, 1, 2:
		d.say("+0 server bind %s %s%s", fresh(), d.ruleAddr(), d.ruleOptions())
	case 3:
		d.say("+0 server bind %s %s", old(), d.ruleAddr())
	case 4, 5:
		d.say("+0 server listen %s", old())
	case 6, 7:
		d.say("+0 server connect %s %s%s within 100ms", fresh(), d.ruleGoal(), d.ruleOptions())
	case 8:
		d.say("+0 server connect %s %s within 100ms", old(), d.ruleGoal())
	case 9:
		to, from := d.ruleGoal(), d.ruleAddr()
		for (to[0] == '[') != (from[0] == '[') { // that is no script
			from = d.ruleAddr()
		}
		d.say("+0 server connect %s %s from %s%s within 100ms", fresh(), to, from, d.ruleOptions())
	case 10:
		if o := d.ruleOptions(); o != "" {
			d.say("+0 server set %s%s", old(), o)
		}
	case 11:
		d.say("+0 server close %s", old())
	case 12:
		d.say("+0 server shutdown %s %s", old(), pick(d, "wr", "rd", "both"))
	case 13:
		d.say("+0 server state %s", old())
	case 14:
		l := old()
		d.say("+0 server accept %s as %s within 20ms", l, fresh())
	case 15:
		n := fmt.Sprintf("c%d", len(d.lines))
		d.say("+0 client connect %s %s within 100ms", n, pick(d, "10.0.0.1:40000", "[fd00::1]:40000", "10.0.0.1:7865"))
	}
}
