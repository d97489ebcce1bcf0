package script

import (
	"errors"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var cmpAddr = cmp.Options{
	cmp.Comparer(func(a, b netip.AddrPort) bool { return a == b }), cmp.Comparer(func(a, b netip.Addr) bool { return a == b }),
}

func addr(s string) Addr { return Addr{AddrPort: netip.MustParseAddrPort(s), Set: true} }

// TestParseVerbs reads one line of every verb, with every option it has.
func TestParseVerbs(t *testing.T) {
	on := func(name string) Option { return Option{Name: name, N: 1} }
	tests := []struct {
		line string
		want Command
	}{
		{"server socket s", Command{Verb: "socket", Sock: "s", Family: 4}},
		{"server socket s tcp6 nodelay", Command{Verb: "socket", Sock: "s", Family: 6, Opts: []Option{on("nodelay")}}},
		{"server socket s tcp4", Command{Verb: "socket", Sock: "s", Family: 4}},
		{"server set s reuseaddr=0 linger=OFF", Command{Verb: "set", Sock: "s", Opts: []Option{{Name: "reuseaddr"}, {Name: "linger", Off: true}}}},
		{"server bind l :7865", Command{Verb: "bind", Sock: "l", Family: 4, Addr: addr("0.0.0.0:7865")}},
		{"server bind l server:7865 reuseaddr reuseport", Command{Verb: "bind", Sock: "l", Family: 4, Addr: addr("10.0.0.1:7865"), Opts: []Option{on("reuseaddr"), on("reuseport")}}},
		{"server bind l [::]:7865 dual", Command{Verb: "bind", Sock: "l", Family: 6, Addr: addr("[::]:7865"), Opts: []Option{{Name: "v6only"}}}},
		{"server bind l [::ffff:127.0.0.1]:7865 v6only", Command{Verb: "bind", Sock: "l", Family: 6, Addr: addr("[::ffff:127.0.0.1]:7865"), Opts: []Option{on("v6only")}}},
		{"server bind l [fd00::1]:80 uid=1000 device=eth0", Command{Verb: "bind", Sock: "l", Family: 6, Addr: addr("[fd00::1]:80"), Opts: []Option{{Name: "uid", N: 1000}, {Name: "device", S: "eth0"}}}},
		{"client bind c client:0 nobindport portrange=40000-40009 linger=0 linger2=-1s", Command{Verb: "bind", Sock: "c", Family: 4, Addr: addr("10.0.0.2:0"), Opts: []Option{
			on("nobindport"), {Name: "portrange", N: 40000, M: 40009}, {Name: "linger"}, {Name: "linger2", D: -time.Second}}}},
		{"server listen l", Command{Verb: "listen", Sock: "l", N: -1}},
		{"server listen l 0", Command{Verb: "listen", Sock: "l"}},
		{"server accept l as a", Command{Verb: "accept", Sock: "l", As: "a"}},
		{"server accept l as a within 2s", Command{Verb: "accept", Sock: "l", As: "a", Within: 2 * time.Second, HasIn: true}},
		{"client connect c server:7865", Command{Verb: "connect", Sock: "c", Family: 4, Addr: addr("10.0.0.1:7865")}},
		{"client connect c server:7865 from :40000 reuseaddr within 0", Command{Verb: "connect", Sock: "c", Family: 4, Addr: addr("10.0.0.1:7865"), From: addr("0.0.0.0:40000"), Opts: []Option{on("reuseaddr")}, HasIn: true}},
		{"client send c 100", Command{Verb: "send", Sock: "c", N: 100}},
		{"client recv c", Command{Verb: "recv", Sock: "c", N: -1}},
		{"client recv c 10 within 200ms", Command{Verb: "recv", Sock: "c", N: 10, Within: 200 * time.Millisecond, HasIn: true}},
		{"client shutdown c wr", Command{Verb: "shutdown", Sock: "c", How: "wr"}},
		{"client close c", Command{Verb: "close", Sock: "c"}},
		{"client abort c", Command{Verb: "abort", Sock: "c"}},
		{"client exit", Command{Verb: "exit"}},
		{"client state c", Command{Verb: "state", Sock: "c"}},
		{"client timer c", Command{Verb: "timer", Sock: "c"}},
		{"client await c", Command{Verb: "await", Sock: "c"}},
		{"client await c recv within 2s", Command{Verb: "await", Sock: "c", Of: "recv", Within: 2 * time.Second, HasIn: true}},
		{"client close c within 3s", Command{Verb: "close", Sock: "c", Within: 3 * time.Second, HasIn: true}},
		{"client send c 5 within 0", Command{Verb: "send", Sock: "c", N: 5, HasIn: true}},
		{"client recv c nowait", Command{Verb: "recv", Sock: "c", N: -1, NoWait: true}},
		{"client recv c 10 nowait", Command{Verb: "recv", Sock: "c", N: 10, NoWait: true}},
		{"client error c", Command{Verb: "error", Sock: "c"}},
		{"client socket c rcvbuf=1 sndbuf=4096 keepalive keepidle=5s keepintvl=2s keepcnt=3 usertimeout=700ms deferaccept=3s", Command{Verb: "socket", Sock: "c", Family: 4, Opts: []Option{
			{Name: "rcvbuf", N: 1}, {Name: "sndbuf", N: 4096}, on("keepalive"), {Name: "keepidle", D: 5 * time.Second}, {Name: "keepintvl", D: 2 * time.Second},
			{Name: "keepcnt", N: 3}, {Name: "usertimeout", D: 700 * time.Millisecond}, {Name: "deferaccept", D: 3 * time.Second}}}},
		{"client sockets", Command{Verb: "sockets"}},
		{"client sockets :7865", Command{Verb: "sockets", Addr: addr("0.0.0.0:7865")}},
		{"client sysctl ip_local_port_range 40000   40001", Command{Verb: "sysctl", Key: "ip_local_port_range", Value: "40000 40001"}},
		{"wire latency 20ms", Command{Verb: "latency", D: 20 * time.Millisecond}},
		{"wire drop client FIN", Command{Verb: "drop", Host: "client", Kind: "FIN", Nth: 1}},
		{"wire drop server syn+ack nth 3", Command{Verb: "drop", Host: "server", Kind: "SYN+ACK", Nth: 3}},
		{"wire dup client DATA after 1s", Command{Verb: "dup", Host: "client", Kind: "DATA", D: time.Second}},
		{"wire delay client any 5s", Command{Verb: "delay", Host: "client", Kind: "any", D: 5 * time.Second}},
		{"wire hold", Command{Verb: "hold", Kind: "any"}},
		{"wire hold server", Command{Verb: "hold", Host: "server", Kind: "any"}},
		{"wire deliver server RST", Command{Verb: "deliver", Host: "server", Kind: "RST"}},
		{"wire release", Command{Verb: "release"}},
		{"wire hold server>client RST", Command{Verb: "hold", Host: "server", To: "client", Kind: "RST"}},
		{"wire forget after 350s", Command{Verb: "forget", D: 350 * time.Second, Fate: "silent"}},
		{"wire forget after 1m rst", Command{Verb: "forget", D: time.Minute, Fate: "rst"}},
		{"wire forget conntrack", Command{Verb: "forget", Fate: "conntrack"}},
		{"wire block client icmp=host", Command{Verb: "block", Host: "client", ICMP: "host"}},
		{"wire block server>client", Command{Verb: "block", Host: "server", To: "client"}},
		{"wire forge client c icmp=port", Command{Verb: "forge", Host: "client", Sock: "c", ICMP: "port"}},
		{"wire forge client c RST", Command{Verb: "forge", Host: "client", Sock: "c", Flags: []string{"RST"}}},
		{"wire forge client c ack+fin seq=nxt ack=una-1 len=5 ts=old", Command{Verb: "forge", Host: "client", Sock: "c", Flags: []string{"FIN", "ACK"},
			Seq: Expr{Base: "nxt"}, Ack: Expr{Base: "una", Offset: -1}, Len: 5, TS: "old"}},
		{"wire forge client c SYN seq=wnd+4294967295 ack=isn", Command{Verb: "forge", Host: "client", Sock: "c", Flags: []string{"SYN"},
			Seq: Expr{Base: "wnd", Offset: 1<<32 - 1}, Ack: Expr{Base: "isn"}}},
	}
	done := map[string]bool{}
	for _, tt := range tests {
		s, err := Parse("+0 " + tt.line)
		if err != nil {
			t.Errorf("%s: %v", tt.line, err)
			continue
		}
		if diff := cmp.Diff(tt.want, s.Steps[0].Cmd, cmpAddr); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.line, diff)
		}
		done[s.Steps[0].Cmd.Verb] = true
	}
	for _, v := range append(hostVerbs, wireVerbs...) {
		if !done[v.name] {
			t.Errorf("verb %s is not tested", v.name)
		}
	}
}

func TestDeclaredHosts(t *testing.T) {
	s, err := Parse("host proxy 10.0.0.3 fd00::3\n+0 proxy bind l proxy:80 = ok\n+0 client connect c proxy:80\n+0 wire hold proxy>client\n")
	if err != nil {
		t.Fatal(err)
	}
	want := Command{Verb: "host", Host: "proxy", Addrs: []netip.Addr{netip.MustParseAddr("10.0.0.3"), netip.MustParseAddr("fd00::3")}}
	if diff := cmp.Diff(want, s.Steps[0].Cmd, cmpAddr); diff != "" {
		t.Errorf("host (-want +got):\n%s", diff)
	}
	if got := s.Steps[0].String(); got != "+0 host proxy 10.0.0.3 fd00::3" {
		t.Errorf("host is written %q", got)
	}
	if got := s.Steps[2].Cmd.Addr.String(); got != "10.0.0.3:80" {
		t.Errorf("proxy:80 is %s, want 10.0.0.3:80", got)
	}
	if got := s.Steps[3].Cmd; got.Host != "proxy" || got.To != "client" {
		t.Errorf("direction is %s>%s", got.Host, got.To)
	}
	for _, bad := range []string{
		"host server 10.0.0.3", "host proxy", "host proxy fd00::3", "host proxy 10.0.0.1", "host proxy 192.168.0.1",
		"host proxy 10.0.0.3 10.0.0.4", "host proxy 10.0.0.3\nhost proxy 10.0.0.4", "host proxy 10.0.0.3\nhost other 10.0.0.3",
		"proxy bind l :80", "wire hold client>client", "wire hold client>proxy",
	} {
		if _, err := Parse(bad); err == nil {
			t.Errorf("%q is accepted", bad)
		}
	}
}

const restart = `# Why can't my server start again?
#
# The server closes first and is started again ten seconds later, without and then
# with SO_REUSEADDR. Only the newcomer sets it: is that enough?

+0     server  bind l :7865               = ok
+0     server  listen l 20                = ok
+0     client  connect c server:7865      = ok
+0     server  accept l as a              = ok
+0     server  exit                       = ok
+100ms client  close c                    = ok
+100ms server  state a                    = TIME_WAIT

# Ten seconds later the operator starts it again.
+10s   server  bind l2 :7865              = EADDRINUSE
+0     server  bind l3 :7865 reuseaddr    # what do you expect?

# Each world ends the wait when it says it does. Bracket the moment, do not chase it.
[kernel] +47s  server  state a            = TIME-WAIT   # Linux: 60 s, whatever the RFC says
[kernel] +10s  server  bind l4 :7865      = ok
[model:rfc9293] +3m47s  server  state a   = TIME-WAIT   # 2MSL is 240 s
[model:rfc9293] +10s    server  state a   = CLOSED
`

func TestParseScript(t *testing.T) {
	want := Script{Question: "Why can't my server start again?"}
	bracket := "Each world ends the wait when it says it does. Bracket the moment, do not chase it."
	want.Steps = []Step{
		{Line: 6, Actor: "server", Text: "bind l :7865", Expect: "ok"},
		{Line: 7, Actor: "server", Text: "listen l 20", Expect: "ok"},
		{Line: 8, Actor: "client", Text: "connect c server:7865", Expect: "ok"},
		{Line: 9, Actor: "server", Text: "accept l as a", Expect: "ok"},
		{Line: 10, Actor: "server", Text: "exit", Expect: "ok"},
		{Line: 11, Delay: 100 * time.Millisecond, Actor: "client", Text: "close c", Expect: "ok"},
		{Line: 12, Delay: 100 * time.Millisecond, Actor: "server", Text: "state a", Expect: "TIME-WAIT"},
		{Line: 15, Phase: "Ten seconds later the operator starts it again.", Delay: 10 * time.Second, Actor: "server", Text: "bind l2 :7865", Expect: "EADDRINUSE"},
		{Line: 16, Phase: "Ten seconds later the operator starts it again.", Actor: "server", Text: "bind l3 :7865 reuseaddr", Why: "what do you expect?"},
		{Line: 19, Phase: bracket, Worlds: []string{"kernel"}, Delay: 47 * time.Second, Actor: "server", Text: "state a", Expect: "TIME-WAIT", Why: "Linux: 60 s, whatever the RFC says"},
		{Line: 20, Phase: bracket, Worlds: []string{"kernel"}, Delay: 10 * time.Second, Actor: "server", Text: "bind l4 :7865", Expect: "ok"},
		{Line: 21, Phase: bracket, Worlds: []string{"model:rfc9293"}, Delay: 227 * time.Second, Actor: "server", Text: "state a", Expect: "TIME-WAIT", Why: "2MSL is 240 s"},
		{Line: 22, Phase: bracket, Worlds: []string{"model:rfc9293"}, Delay: 10 * time.Second, Actor: "server", Text: "state a", Expect: "CLOSED"},
	}
	variants := map[string]string{
		"LF":   restart,
		"CRLF": strings.ReplaceAll(restart, "\n", "\r\n"),
		"BOM":  "\ufeff" + restart,
		"tabs": strings.ReplaceAll(restart, "  ", "\t"),
	}
	for name, text := range variants {
		got, err := Parse(text)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		want.Text = text
		for i := range got.Steps {
			got.Steps[i].Cmd = Command{}
		}
		if diff := cmp.Diff(&want, got, cmpAddr); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestParseResults(t *testing.T) {
	tests := []struct{ line, want string }{
		{"server close s = ok", "ok"},
		{"server close s =ok", "ok"},
		{"server state s = fin-wait-1", "FIN-WAIT-1"},
		{"server state s = time_wait", "TIME-WAIT"},
		{"server state s = FIN_WAIT2", "FIN-WAIT-2"},
		{"server send s 5 = 5", "5"},
		{"server send s 5 = EPIPE", "EPIPE"},
		{"server recv s = EOF", "EOF"},
		{"server recv s = 007", "7"},
		{"server timer s = timewait 59.8s", "timewait 59.8s"},
		{"server timer s = timewait 59840ms", "timewait 59.8s"},
		{"server timer s = timewait", "timewait"},
		{"server timer s = none", "none"},
		{"server bind s :1 = not run", "not run"},
		{"server await s = ETIMEDOUT", "ETIMEDOUT"},
		{"server sockets = none", "none"},
		{"server sockets = 2", "2"},
		{"server sockets = time_wait server:7865 client:*, LISTEN :7865, BOUND", "TIME-WAIT 10.0.0.1:7865 10.0.0.2:*, LISTEN 0.0.0.0:7865, BOUND"},
		{"server sockets = LISTEN [::]:80 *", "LISTEN [::]:80 *"},
		{"wire forge client c RST = silence", "silence"},
		{"wire forge client c RST = ack+rst", "RST+ACK"},
		{"wire forge client c ACK = RST SYN", "RST, SYN"},
	}
	for _, tt := range tests {
		s, err := Parse(tt.line)
		if err != nil {
			t.Errorf("%s: %v", tt.line, err)
			continue
		}
		if got := s.Steps[0].Expect; got != tt.want {
			t.Errorf("%s: expect %q, want %q", tt.line, got, tt.want)
		}
	}
}

// TestParseMistakes has one mistake a line: where it is said to be, and what is said.
func TestParseMistakes(t *testing.T) {
	tests := []struct {
		line string
		col  int
		want string
	}{
		{"+0 server bnid l :7865", 11, `unknown verb "bnid", did you mean bind?`},
		{"+0 server frobnicate l", 11, `unknown verb "frobnicate"`},
		{"+0 server drop client FIN", 11, `verb "drop" is one of the wire`},
		{"+0 wire bind l :7865", 9, `verb "bind" is one of a host, server or client`},
		{"+0 sever bind l :7865", 4, `unknown actor "sever", did you mean server?`},
		{"+0 bind l :7865", 4, `expected server or client before "bind"`},
		{"+0", 3, `expected server, client or wire`},
		{"+0 server", 10, `expected a verb`},
		{"[kernl] +0 server exit", 2, `unknown world "kernl", did you mean kernel?`},
		{"[kernel:6.1] +0 server exit", 2, `unknown world "kernel:6.1", expected model or kernel`},
		{"[kernel,] +0 server exit", 2, `bad name of a world ""`},
		{"[kernel +0 server exit", 1, `"[" is never closed, expected [world]`},
		{"& server exit", 1, `"&" joins a line to the one before, and there is none`},
		{"+10 server exit", 1, `delay "10" has no unit, did you mean 10s?`},
		{"10s server exit", 1, `delay "10s" has no plus sign, did you mean +10s?`},
		{"+-5s server exit", 1, `delay "-5s" is negative`},
		{"-5s server exit", 1, `delay "-5s" is negative`},
		{"+5d server exit", 1, `bad delay "5d", expected a number and ms, s, m or h: 100ms, 10s, 3m47s`},
		{"+99999h server exit", 1, `delay "99999h" is too long: at most 87600h, which is ten years`},
		{"+99999999h server exit", 1, `delay "99999999h" is too long: at most 87600h, which is ten years`},
		{"server bind l", 14, `expected an address, HOST:PORT`},
		{"server bind l 7865", 15, `address "7865" has no colon, did you mean :7865?`},
		{"server bind l :70000", 15, `bad port "70000" in address ":70000", expected 0 to 65535`},
		{"server bind l :-1", 15, `bad port "-1" in address ":-1", expected 0 to 65535`},
		{"server bind l ::x:80", 15, `bad address "::x:80", an IPv6 address stands in brackets: [::1]:7865`},
		{"server bind l [::g]:80", 15, `bad IPv6 address in "[::g]:80"`},
		{"server bind l 1.2.3.400:80", 15, `bad IPv4 address in "1.2.3.400:80"`},
		{"client connect c sever:80", 18, `unknown host "sever", did you mean server?`},
		{"client connect c locahost:80", 18, `unknown host "locahost", expected server or client`},
		{"server bind l *80", 15, `bad address "*80", expected HOST:PORT, :PORT or [IPV6]:PORT`},
		{"client connect c server", 18, `address "server" has no port, expected server:PORT`},
		{"client connect c server:80 from [::]:1", 33, `address to connect from is of the other family`},
		{"server bind l :7865 reuseadr", 21, `unknown option "reuseadr", did you mean reuseaddr?`},
		{"server bind l :7865 reuseaddr=2", 21, `bad value "2" of reuseaddr, expected 0 or 1`},
		{"server bind l :7865 reuseaddr reuseaddr=0", 31, `option reuseaddr is given twice`},
		{"server bind l :7865 uid=70000", 25, `bad uid "70000", expected 0 to 65534`},
		{"server bind l :7865 uid", 21, `option uid wants a value, uid=1000`},
		{"server set l", 13, `expected an option: reuseaddr, reuseport, v6only, dual, linger, linger2, nodelay, uid, nobindport, freebind, portrange, device, deaf, rcvbuf, sndbuf, keepalive, keepidle, keepintvl, keepcnt, usertimeout or deferaccept`},
		{"server set l linger=5", 21, `linger "5" has no unit, did you mean 5s?`},
		{"server set l portrange=5", 24, `bad portrange "5", expected A-B`},
		{"server bind 7l :7865", 13, `bad name "7l", expected a letter and then letters, digits, _ or -, at most 32`},
		{"server listen l -5", 17, `bad backlog "-5", expected 0 to 2147483647`},
		{"server listen l 5 6", 19, `unexpected "6", expected listen NAME [BACKLOG]`},
		{"server exit now", 13, `unexpected "now", expected nothing after exit`},
		{"server accept l a", 17, `expected as NAME, the new socket's name`},
		{"server shutdown s write", 19, `unknown direction "write", expected wr, rd or both`},
		{"server send s 99999999999", 15, `bad number of octets "99999999999", expected 0 to 16777216`},
		{"server recv s within 48h", 22, `limit "48h" is longer than 24h`},
		{"server sysctl tcp_fin_timout 5", 15, `unknown sysctl "tcp_fin_timout", did you mean tcp_fin_timeout?`},
		{"server sysctl tcp_fin_timeout", 30, `expected a value`},
		{"server close s =", 17, `expected a result after "="`},
		{"server close s = okay", 18, `unknown result "okay", did you mean ok?`},
		{"server close s = eaddrinuse", 18, `unknown result "eaddrinuse", did you mean EADDRINUSE?`},
		{"server close s = TIME-WAIT", 18, `result "TIME-WAIT" cannot come from this verb, expected ok, pending, stalled or an errno`},
		{"server state s = TIMEWAITS", 18, `unknown result "TIMEWAITS", did you mean TIME-WAIT?`},
		{"server state s = ok", 18, `result "ok" cannot come from this verb, expected a state or an errno`},
		{"server send s 5 = -5", 19, `unknown result "-5", expected a number, pending, stalled or an errno`},
		{"server sockets = TIME-WAIT nowhere:5", 18, `address "nowhere:5" of a row is not HOST:PORT`},
		{"wire drop clinet FIN", 11, `unknown host "clinet", did you mean client?`},
		{"wire drop client FINN", 18, `unknown kind of segment "FINN", did you mean FIN?`},
		{"wire drop client FIN nth 0", 26, `bad count "0", expected 1 to 1000000`},
		{"wire latency -1ms", 14, `latency "-1ms" is negative`},
		{"wire forge client c RTS", 21, `unknown flag "RTS", did you mean RST?`},
		{"wire forge client c RST+RST", 21, `flag RST is given twice`},
		{"wire forge client c RST seq=nxt+4294967296", 32, `bad offset "+4294967296", expected + or - and a number below 4294967296`},
		{"wire forge client c RST seq=nxt--1", 32, `bad offset "--1", expected + or - and a number below 4294967296`},
		{"wire forge client c RST seq=snd", 29, `unknown sequence number "snd", did you mean wnd?`},
		{"wire forge client c RST sek=nxt", 25, `unknown field "sek", did you mean seq?`},
		{"wire forge client c RST ts=new", 28, `unknown timestamp "new", did you mean now?`},
		{"wire forge client c RST len=99999", 29, `bad length "99999", expected 0 to 65495`},
		{"server close s ＝ ok", 16, `full-width '＝', did you mean '='?`},
		{"server close \x00s", 14, `control character U+0000`},
		{"server close s # \x1b[31m", 18, `control character U+001B`},
		{"server close \xffs", 14, `script is not UTF-8`},
	}
	for _, tt := range tests {
		_, err := parse("# héader 标题\n\n"+tt.line, Bounds{Worlds: twoWorlds{}})
		var se *SyntaxError
		if !errors.As(err, &se) {
			t.Errorf("%q: error %v, want a SyntaxError", tt.line, err)
			continue
		}
		want := []Problem{{3, tt.col, tt.want}}
		if diff := cmp.Diff(want, se.Problems); diff != "" {
			t.Errorf("%q (-want +got):\n%s", tt.line, diff)
		}
	}
}

// The column counts characters: a name in Chinese is as long as it looks.
func TestParseColumnCountsCharacters(t *testing.T) {
	_, err := Parse("server bind 监听 :70000")
	se, ok := err.(*SyntaxError)
	if !ok || se.Problems[0].Column != 16 {
		t.Errorf("got %v, want a problem at 1:16", err)
	}
}

func TestSyntaxErrorNamesTheFile(t *testing.T) {
	_, err := Parse("server exit\n\n+0 server bnid l :7865\n& sever exit\n")
	se := err.(*SyntaxError)
	se.File = "restart.txt"
	want := "restart.txt:3:11: unknown verb \"bnid\", did you mean bind?\n" +
		"restart.txt:4:3: unknown actor \"sever\", did you mean server?"
	if se.Error() != want {
		t.Errorf("got:\n%s\nwant:\n%s", se, want)
	}
}

func TestParseBounds(t *testing.T) {
	lim := Bounds{Steps: 3, Bytes: 1000}
	_, err := parse(strings.Repeat("server exit\n", 4)+"rubbish\n", lim)
	if got, want := errText(err), "4:1: more than 3 steps"; got != want {
		t.Errorf("steps: got %q, want %q", got, want)
	}
	_, err = parse(strings.Repeat("server exit # 十\n", 1000), lim)
	if got, want := errText(err), "56:11: script is longer than 1000 octets"; got != want {
		t.Errorf("octets: got %q, want %q", got, want)
	}
	_, err = parse(strings.Repeat("rubbish\n", 100), Bounds{})
	if n := len(err.(*SyntaxError).Problems); n != maxProblems {
		t.Errorf("got %d problems, want %d", n, maxProblems)
	}
}

func errText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func TestParsePhases(t *testing.T) {
	s, err := Parse(`# first line
# goes on
#
# not the question

# phase one
# goes on
server exit
#
server exit
# 第二阶段，
# 继续
server exit`)
	if err != nil {
		t.Fatal(err)
	}
	if want := "first line goes on"; s.Question != want {
		t.Errorf("question %q, want %q", s.Question, want)
	}
	var got []string
	for _, st := range s.Steps {
		got = append(got, st.Phase)
	}
	want := []string{"phase one goes on", "phase one goes on", "第二阶段，继续"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("phases (-want +got):\n%s", diff)
	}
}

func TestRunsIn(t *testing.T) {
	const release = "6.12.117"
	tests := []struct {
		only, names string
		want        bool
	}{
		{"kernel<6.14", "kernel", true},
		{"kernel<6.12", "kernel", false},
		{"kernel<=6.12", "kernel", true},
		{"kernel<=6.12.116", "kernel", false},
		{"kernel>6.12", "kernel", false},
		{"kernel>6.2", "kernel", true},
		{"kernel>=6.12.117", "kernel", true},
		{"kernel<6.14", "model", false},
		{"model,kernel>=6.14", "kernel", false},
		{"", "kernel", true},
		{"kernel", "kernel", true},
		{"kernel", "model model:linux", false},
		{"model", "model model:linux", true},
		{"model", "model model:rfc9293", true},
		{"model:linux", "model model:linux", true},
		{"model:rfc9293", "model model:linux", false},
		{"kernel,model:linux", "model model:linux", true},
		{"kernel,model:linux", "model model:rfc9293", false},
	}
	for _, tt := range tests {
		var s Step
		if tt.only != "" {
			s.Worlds = strings.Split(tt.only, ",")
		}
		if got := s.RunsIn(strings.Fields(tt.names), release); got != tt.want {
			t.Errorf("[%s] runs in %s: %v, want %v", tt.only, tt.names, got, tt.want)
		}
	}
}

// FuzzParse: no panic, every problem inside the text, and the normal form reads the same.
func FuzzParse(f *testing.F) {
	f.Add(restart)
	f.Add("[kernel,model:linux] & wire forge client c RST+ACK seq=nxt-1 ts=old = RST, ACK # why")
	f.Add("# 问\n\nserver exit\n& client bind c [::1]:0 linger=2s\n")
	f.Fuzz(func(t *testing.T, text string) {
		s, err := Parse(text)
		if err != nil {
			lines := strings.Split(text, "\n")
			for _, p := range err.(*SyntaxError).Problems {
				if p.Line < 1 || p.Line > len(lines) || p.Column < 1 || p.Column > len(lines[p.Line-1])+1 || p.Detail == "" {
					t.Errorf("problem %+v is outside the text", p)
				}
			}
			return
		}
		again, err := Parse(s.String())
		if err != nil {
			t.Fatalf("normal form does not parse: %v\n%s", err, s)
		}
		again.Text = s.Text
		for i := range again.Steps {
			again.Steps[i].Line = s.Steps[i].Line
		}
		if diff := cmp.Diff(s, again, cmpAddr); diff != "" {
			t.Errorf("normal form reads otherwise (-first +again):\n%s", diff)
		}
	})
}

// twoWorlds are all that a script can be restricted to.
type twoWorlds struct{}

func (twoWorlds) Knows(name string) bool { return name == "model" || name == "kernel" }
func (twoWorlds) Names() []string        { return []string{"model", "kernel"} }

// TestToolsAddresses: addresses as ss, netstat and lsof print them.
func TestToolsAddresses(t *testing.T) {
	for given, want := range map[string]string{
		"*:22": "0.0.0.0:22", ":22": "0.0.0.0:22", ":::8080": "[::]:8080", "[::]:80": "[::]:80",
		"localhost:8080": "127.0.0.1:8080", "10.0.0.1:80": "10.0.0.1:80", "server:1": "10.0.0.1:1", "::1:80": "[::1]:80",
	} {
		got, err := ParseAddrPort(given)
		if err != nil || got.String() != want {
			t.Errorf("%q: got %v, %v, want %s", given, got, err, want)
		}
	}
	for _, bad := range []string{"", "*", "localhost", "*.22", "::1%lo:80", "localhost:http", "::::80", "[10.0.0.1]:80"} {
		if got, err := ParseAddrPort(bad); err == nil {
			t.Errorf("%q: got %v, want an error", bad, got)
		}
	}
}
