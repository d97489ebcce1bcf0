package population

import (
	"errors"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"fourwave/api/doc"
)

func answer(t *testing.T, in doc.PopulationRequest) *doc.Population {
	t.Helper()
	p, err := Answer(in, "en")
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestArithmetic: 28,232 ports, each held for 60.102 s, bear 469.7 connections a second; at 500 a
// second they are gone after 28232/500 s, and from then on each cycle of that length, rounded up to
// a connection, has 28,232.
func TestArithmetic(t *testing.T) {
	for _, test := range []struct {
		name string
		in   doc.PopulationRequest
		want doc.Population
	}{
		{"500 a second", doc.PopulationRequest{Rate: 500},
			doc.Population{Verdict: "runs-out", RunsOut: "56.464s", Errno: "EADDRNOTAVAIL", MaxRate: 469.7,
				Opened: 5 * 28232, Refused: 150000 - 5*28232}},
		{"469.7 a second for an hour", doc.PopulationRequest{Rate: 469.7, For: "1h"},
			doc.Population{Verdict: "lasts", MaxRate: 469.7, Opened: 1690920}},
		{"two destinations", doc.PopulationRequest{Rate: 900, Destinations: 2},
			doc.Population{Verdict: "lasts", MaxRate: 939.4, Opened: 270000}},
		{"two destinations, one bind table", doc.PopulationRequest{Rate: 900, Destinations: 2, Bind: "port-0"},
			doc.Population{Verdict: "runs-out", RunsOut: "31.369s", Errno: "EADDRINUSE", MaxRate: 469.7,
				Opened: 28232 * 5, Refused: 270000 - 28232*5}},
		{"tcp_tw_reuse", doc.PopulationRequest{Rate: 20000, For: "1m", Sysctls: map[string]string{"tcp_tw_reuse": "1"}},
			doc.Population{Verdict: "lasts", MaxRate: 25618.8, Opened: 1_200_000, TakenOver: 1_200_000 - 28232}},
		{"ten million", doc.PopulationRequest{Rate: 100000, For: "100s"},
			doc.Population{Verdict: "runs-out", RunsOut: "0.282s", Errno: "EADDRNOTAVAIL", MaxRate: 469.7,
				Opened: 2 * 28232, Refused: 10_000_000 - 2*28232}},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := answer(t, test.in)
			w := &test.want
			if got.Verdict != w.Verdict || got.RunsOut != w.RunsOut || got.Errno != w.Errno ||
				got.MaxRate != w.MaxRate ||
				got.Opened != w.Opened || got.Refused != w.Refused || got.TakenOver != w.TakenOver {
				t.Errorf("got %s at %q %s, at most %v, %d opened, %d refused, %d taken over; want %s at %q %s, %v, "+
					"%d, %d, %d",
					got.Verdict, got.RunsOut, got.Errno, got.MaxRate, got.Opened, got.Refused, got.TakenOver,
					w.Verdict, w.RunsOut, w.Errno, w.MaxRate, w.Opened, w.Refused, w.TakenOver)
			}
		})
	}
}

// TestMaxRateHolds: just below it nothing is refused, however long; just above it something is, if
// one waits for long enough.
func TestMaxRateHolds(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 5))
	for range 80 {
		s := setup{
			groups: 1 + rng.IntN(4), ports: 1 + rng.IntN(400), life: time.Duration(rng.IntN(20_000)) * time.Millisecond,
			wait: time.Minute, ripe: time.Minute, buckets: math.MaxInt,
		}
		if rng.IntN(2) == 0 {
			s.ripe = time.Duration(rng.IntN(5000)+1) * time.Millisecond
		} else if rng.IntN(3) == 0 {
			s.buckets = rng.IntN(s.groups*s.ports + 1)
			s.life += time.Millisecond
			s.groups = 1
		}
		most := s.maxRate()
		for _, side := range []struct {
			factor float64
			refuse bool
		}{{0.999, false}, {1.01, true}} {
			s.rate = most * side.factor
			s.every = 1e9 / s.rate
			if hold := (s.life + s.ripe).Seconds(); s.rate*hold < 0.5 {
				continue // not one connection at a time
			}
			s.n = min(40_000, int(s.rate*(s.life+s.wait).Seconds()*120)+s.ports*s.groups*3)
			r := newRun(s)
			r.until(s.at(s.n))
			// A step of a whole connection more must be possible for the rate above to be told from
			// the one below.
			told := math.Ceil(s.rate*(s.life+s.ripe).Seconds()/float64(s.groups)) > float64(s.ports)
			if refused := r.first >= 0; refused && !side.refuse || !refused && side.refuse && told &&
				s.buckets == math.MaxInt {
				t.Fatalf("%+v: at %v times the greatest rate: refused %d of %d", s, side.factor, r.now.refused, s.n)
			}
		}
	}
}

func TestWalkAgrees(t *testing.T) {
	for name, in := range map[string]doc.PopulationRequest{
		"runs out":     {Rate: 500, For: "2m"},
		"destinations": {Rate: 40, Range: "1024-1123", Destinations: 7, RTT: "20ms", Open: "2s"},
		"reserved ports": {Rate: 9, Range: "40000-40099",
			Sysctls: map[string]string{"ip_local_reserved_ports": "40007,40050-40059"}},
		"the RFC": {Rate: 300, Profile: "rfc9293"},
	} {
		if in.RTT == "" {
			in.RTT = "2ms"
		}
		in.Walk = true
		got := answer(t, in)
		if w := got.Walked; w == nil || !w.Agrees || w.Connections == 0 || w.Connections != got.Opened {
			t.Errorf("%s: walked %+v, counted %d opened, %d refused", name, w, got.Opened, got.Refused)
		}
	}
}

func TestStory(t *testing.T) {
	story := strings.Join(answer(t, doc.PopulationRequest{Rate: 1}).Story, "\n")
	for _, want := range []string{"client c", "FIN-WAIT-1", "2MSL until", "2MSL timeout"} {
		if !strings.Contains(story, want) {
			t.Errorf("the story has no %q:\n%s", want, story)
		}
	}
}

func TestHelp(t *testing.T) {
	got := answer(t, doc.PopulationRequest{Rate: 2000, Bind: "port-0", Destinations: 4,
		Sysctls: map[string]string{"tcp_fin_timeout": "15", "tcp_sack": "0"}})
	helps := make(map[string]doc.PopulationHelp)
	for _, h := range got.Help {
		helps[h.Change] = h
		if h.Text == "" || h.Refused >= got.Refused {
			t.Errorf("%+v does not help against %d refused", h, got.Refused)
		}
	}
	if h := helps["IP_BIND_ADDRESS_NO_PORT"]; h.MaxRate != 1878.9 {
		t.Errorf("with IP_BIND_ADDRESS_NO_PORT: got %v a second, want four times 469.7", h.MaxRate)
	}
	if _, ok := helps["tcp_tw_reuse=1"]; ok {
		t.Error("tcp_tw_reuse is said to help a port that bind() chose")
	}
	if notes := strings.Join(got.Notes, "\n"); !strings.Contains(notes, "tcp_fin_timeout changes nothing") ||
		!strings.Contains(notes, "tcp_sack has no part") {
		t.Errorf("notes: %s", notes)
	}
	if got := answer(t, doc.PopulationRequest{Rate: 1}); len(got.Help) != 0 || got.Verdict != "lasts" {
		t.Errorf("where ports last: %+v", got.Help)
	}
}

func TestMemory(t *testing.T) {
	// 28,232 TIME-WAITs of 256 bytes, each with a port's two buckets of 128.
	if got, want := answer(t, doc.PopulationRequest{Rate: 500}).Memory.Total, 28232*512; got != want {
		t.Errorf("client: got %d bytes, want %d", got, want)
	}
	if got, want := answer(t, doc.PopulationRequest{Rate: 400, Closer: "server"}).Memory.Total, 24000*256; got != want {
		t.Errorf("server: got %d bytes, want %d", got, want)
	}
}

func TestCurve(t *testing.T) {
	got := answer(t, doc.PopulationRequest{Rate: 500})
	if len(got.Curve) != points+2 || got.Curve[0].PortsLeft != 28231 {
		t.Fatalf("got %d points, the first %+v", len(got.Curve), got.Curve[0])
	}
	out := 0
	for i, p := range got.Curve {
		if p.At == got.RunsOut {
			out++
			if p.PortsLeft != 0 || p.Refused != 1 {
				t.Errorf("when the ports run out: %+v", p)
			}
		}
		if p.Connections+p.TimeWaits+p.PortsLeft != 28232 {
			t.Errorf("at %s ports are missing: %+v", p.At, p)
		}
		if i > 0 && (p.Opened < got.Curve[i-1].Opened || p.Refused < got.Curve[i-1].Refused) {
			t.Errorf("at %s a sum falls: %+v", p.At, p)
		}
	}
	if out != 1 {
		t.Errorf("the instant %s is %d times on the curve", got.RunsOut, out)
	}
}

func TestRefuses(t *testing.T) {
	for _, test := range []struct {
		field string
		in    doc.PopulationRequest
	}{
		{"rate", doc.PopulationRequest{}},
		{"rate", doc.PopulationRequest{Rate: -1}},
		{"rate", doc.PopulationRequest{Rate: math.NaN()}},
		{"rate", doc.PopulationRequest{Rate: math.Inf(1)}},
		{"for", doc.PopulationRequest{Rate: 1e6, For: "1m"}},
		{"for", doc.PopulationRequest{Rate: 1, For: "25h"}},
		{"for", doc.PopulationRequest{Rate: 1, For: "soon"}},
		{"open", doc.PopulationRequest{Rate: 1, Open: "-1s"}},
		{"open", doc.PopulationRequest{Rate: 1, Open: "1ms", RTT: "1ms"}},
		{"rtt", doc.PopulationRequest{Rate: 1, RTT: "1m"}},
		{"range", doc.PopulationRequest{Rate: 1, Range: "60999-32768"}},
		{"range", doc.PopulationRequest{Rate: 1, Range: "0-10"}},
		{"range", doc.PopulationRequest{Rate: 1, Range: "1024"}},
		{"range", doc.PopulationRequest{Rate: 1, Range: "40000-40001",
			Sysctls: map[string]string{"ip_local_reserved_ports": "40000-40010"}}},
		{"closer", doc.PopulationRequest{Rate: 1, Closer: "both"}},
		{"closer", doc.PopulationRequest{Rate: 1, Closer: "server", Profile: "rfc9293"}},
		{"bind", doc.PopulationRequest{Rate: 1, Bind: "early"}},
		{"profile", doc.PopulationRequest{Rate: 1, Profile: "windows"}},
		{"destinations", doc.PopulationRequest{Rate: 1, Destinations: -1}},
		{"addresses", doc.PopulationRequest{Rate: 1, Destinations: 1000, Addresses: 1000}},
		{"sysctls/tcp_tw_recycle", doc.PopulationRequest{Rate: 1, Sysctls: map[string]string{"tcp_tw_recycle": "1"}}},
		{"sysctls/tcp_tw_reuse", doc.PopulationRequest{Rate: 1, Sysctls: map[string]string{"tcp_tw_reuse": "7"}}},
		{"sysctls/nonsense", doc.PopulationRequest{Rate: 1, Sysctls: map[string]string{"nonsense": "1"}}},
		{"walk", doc.PopulationRequest{Rate: 1, Walk: true, RTT: "1ms"}},
		{"walk", doc.PopulationRequest{Rate: 1, Walk: true, RTT: "2ms", Closer: "server"}},
		{"walk", doc.PopulationRequest{Rate: 1e4, For: "250s", Walk: true, RTT: "2ms"}},
	} {
		_, err := Answer(test.in, "en")
		var wrong *Error
		if !errors.As(err, &wrong) || wrong.Field != test.field {
			t.Errorf("%+v: got %v, want an error of %s", test.in, err, test.field)
		}
	}
}

func BenchmarkAnswer(b *testing.B) {
	for b.Loop() {
		if _, err := Answer(doc.PopulationRequest{Rate: 20000, For: "50s"}, "en"); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkWalk(b *testing.B) {
	for b.Loop() {
		if _, err := Answer(doc.PopulationRequest{Rate: 5000, For: "200s", Walk: true}, "en"); err != nil {
			b.Fatal(err)
		}
	}
}
