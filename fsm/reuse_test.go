package fsm

import (
	"testing"
	"time"
)

// connect() onto a five-tuple that is held, as measured on Linux 6.18 (tcp_twsk_unique).
func TestReuseConnect(t *testing.T) {
	tw := Described{Local: addr("10.0.0.1:7865"), Remote: addr("10.0.0.2:40000"), State: TimeWait,
		Options: Options{ReuseAddr: true}, Age: 12 * time.Second, Timestamps: true}
	plain, young, lo, fw2, es := tw, tw, tw, tw, tw
	plain.Timestamps = false
	young.Age = 500 * time.Millisecond
	lo.Local, lo.Remote = addr("127.0.0.1:7865"), addr("127.0.0.1:40000")
	fw2.State, fw2.Orphan = FinWait2, true
	es.State = Established
	for _, tt := range []struct {
		name      string
		ex        Described
		ephemeral bool
		sysctls   map[string]string
		want      string
		rule      string
	}{
		{"explicit, timestamps", tw, false, map[string]string{"tcp_tw_reuse": "0"}, "ok", "connect-timewait-taken"},
		{"explicit, young", young, false, nil, "ok", "connect-timewait-taken"},
		{"explicit, no timestamps", plain, false, nil, "EADDRNOTAVAIL", "connect-timewait-no-timestamps"},
		{"explicit, orphan FIN-WAIT-2", fw2, false, nil, "ok", "connect-timewait-taken"},
		{"explicit, ESTABLISHED", es, false, nil, "EADDRNOTAVAIL", "connect-tuple-taken"},
		{"ephemeral, reuse 1", tw, true, map[string]string{"tcp_tw_reuse": "1"}, "ok", "connect-timewait-taken"},
		{"ephemeral, reuse 2", tw, true, nil, "EADDRNOTAVAIL", "connect-tw-reuse-off"},
		{"ephemeral, reuse 2, loopback", lo, true, nil, "ok", "connect-timewait-taken"},
		{"ephemeral, reuse 1, young", young, true, map[string]string{"tcp_tw_reuse": "1"}, "EADDRNOTAVAIL",
			"connect-tw-reuse-delay"},
		{"ephemeral, reuse 1, short delay", young, true,
			map[string]string{"tcp_tw_reuse": "1", "tcp_tw_reuse_delay": "100"}, "ok", "connect-timewait-taken"},
		{"ephemeral, reuse 1, no timestamps", plain, true, map[string]string{"tcp_tw_reuse": "1"},
			"EADDRNOTAVAIL", "connect-timewait-no-timestamps"},
		{"ephemeral, orphan FIN-WAIT-2", fw2, true, map[string]string{"tcp_tw_reuse": "1"}, "EADDRNOTAVAIL",
			"connect-finwait2-minisocket"},
	} {
		tt.ex.Ephemeral = tt.ephemeral
		got, err := CheckReuse(Linux, []Described{tt.ex},
			Candidate{Op: "connect", Local: tt.ex.Local, Remote: tt.ex.Remote, Ephemeral: tt.ephemeral}, tt.sysctls)
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		if got.Result != tt.want || got.Why.Rule != tt.rule {
			t.Errorf("%s: got %s by %s, want %s by %s", tt.name, got.Result, got.Why.Rule, tt.want, tt.rule)
		}
		if got.Result == "EADDRNOTAVAIL" && (got.Why.Conflict.En == "" || got.Why.Passes.En == "") {
			t.Errorf("%s: a refusal names the socket and when it passes: got %+v", tt.name, got.Why)
		}
	}
}

// A SYN that hits TIME-WAIT (tcp_timewait_state_process).
func TestReuseSYN(t *testing.T) {
	tw := Described{Local: addr("10.0.0.1:7865"), Remote: addr("10.0.0.2:40000"), State: TimeWait,
		Timestamps: true, LastTS: 1000, RcvNxt: 5000, SndNxt: 9000}
	l := Described{Local: addr("0.0.0.0:7865"), State: Listen}
	for _, tt := range []struct {
		name    string
		sockets []Described
		seq, ts uint32
		hasTS   bool
		want    string
		rule    string
	}{
		{"newer by number", []Described{tw, l}, 5001, 1000, true, "SYN+ACK", "syn-reopens-time-wait"},
		{"equal number", []Described{tw, l}, 5000, 1000, true, "ACK", "syn-not-newer"},
		{"older number, newer timestamp", []Described{tw, l}, 4000, 1001, true, "SYN+ACK", "syn-reopens-time-wait"},
		{"newer number, older timestamp", []Described{tw, l}, 6000, 999, true, "ACK", "syn-old-timestamp"},
		{"newer number, no timestamp", []Described{tw, l}, 5001, 0, false, "SYN+ACK", "syn-reopens-time-wait"},
		{"nobody listens", []Described{tw}, 5001, 1001, true, "ACK", "syn-time-wait-no-listener"},
		{"free tuple", []Described{l}, 1, 0, false, "SYN+ACK", "syn-listener"},
		{"nothing at all", nil, 1, 0, false, "RST+ACK", "syn-nobody-listens"},
	} {
		got, err := CheckReuse(Linux, tt.sockets,
			Candidate{Op: "syn", Local: tw.Local, Remote: tw.Remote, Seq: tt.seq, TSVal: tt.ts, HasTS: tt.hasTS}, nil)
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		if got.Result != tt.want || got.Why.Rule != tt.rule {
			t.Errorf("%s: got %s by %s, want %s by %s", tt.name, got.Result, got.Why.Rule, tt.want, tt.rule)
		}
	}
}

func TestReuseRefusesNonsense(t *testing.T) {
	tw := Described{Local: addr("10.0.0.1:7865"), Remote: addr("10.0.0.2:40000"), State: TimeWait}
	old, lonely := tw, tw
	old.Age = time.Hour
	lonely.Remote = addr("0.0.0.0:0")
	for _, sockets := range [][]Described{{old}, {lonely}, {tw, tw}} {
		if _, err := CheckReuse(Linux, sockets, Candidate{Op: "bind", Local: tw.Local}, nil); err == nil {
			t.Errorf("%+v: got no error", sockets)
		}
	}
}
