package trial

import (
	"encoding/json"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"fourwave/fsm"
	"fourwave/lab"
	"fourwave/lab/script"
	"fourwave/lab/world"
	"fourwave/lab/world/kernel"
	"fourwave/lab/world/model"
	"fourwave/realsock"
)

// tried makes trials and gives their answers.
func tried(t testing.TB, all []Trial) []Answer {
	t.Helper()
	trials, wrong := NewSet(allWorlds(t), all, false)
	if len(wrong) > 0 {
		t.Fatalf("%v: %+v", wrong[0], all[0])
	}
	var answers []Answer
	err := trials.Run(t.Context(), func(i int, a Answer) error {
		if i != len(answers) {
			t.Fatalf("got the answer to trial %d, want %d", i, len(answers))
		}
		answers = append(answers, a)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return answers
}

// agree fails for every trial, up to some, whose worlds do not say the same.
func agree(t *testing.T, all []Trial) {
	t.Helper()
	if a := realsock.Able(); !a.OK {
		skipOrFail(t, "no kernel world: "+a.Why+" "+a.Remedy)
	}
	bad := 0
	for i, a := range tried(t, all) {
		// A machine that stalls may fail to build a situation in time: what differs is tried again,
		// alone.
		if !fits(a) {
			a = tried(t, all[i:i+1])[0]
		}
		if fits(a) {
			continue
		}
		m, k := a.Results["model"], a.Results["kernel"]
		if bad++; bad <= 10 {
			text, _ := json.Marshal(all[i])
			t.Errorf("%s\nmodel: %s, kernel: %s; %s", text, sentence(m, "then"), sentence(k, "then"), a.Why.Text)
		}
	}
	if bad > 0 {
		t.Errorf("%d of %d trials differ", bad, len(all))
	}
}

// fits reports whether the worlds agree, or differ as the catalogue of differences knows:
// reuseport-group and autobind-again, where one of the two cannot build the situation.
func fits(a Answer) bool {
	m, k := a.Results["model"], a.Results["kernel"]
	return a.Verdict == lab.Agree || m.Bind == script.NotRun && k.Bind == script.NotRun || anotherListener(m) ||
		anotherListener(k) || sharedAgain(m)
}

// anotherListener reports whether the connection went to another listener of a SO_REUSEPORT group:
// which of them gets it is a matter of a hash.
func anotherListener(r world.TrialResult) bool {
	return r.Bind == script.NotRun && strings.Contains(r.Why.Text.En, "accept: EAGAIN")
}

// sharedAgain reports whether the model had no port for an autobound socket where Linux 6.18 may:
// once the socket that bound the port has gone, a connect may choose the port again if connects
// were the first at each address that is left (inet_bind_bucket_destroy). The model counts the
// accepted sockets that are left.
func sharedAgain(model world.TrialResult) bool {
	return model.Bind == script.NotRun && strings.Contains(model.Why.Text.En,
		"a socket bound this port: a connect that chooses its port passes over it")
}

// TestMatrixAgainstKernel is bind's whole matrix: all states in all roles, seven addresses and four
// combinations of options on either side. In a quick run every ninth.
func TestMatrixAgainstKernel(t *testing.T) {
	all := WholeMatrix([]string{"model", "kernel"}, true)
	for _, state := range States[3:] {
		all = append(all, NewMatrix(MatrixSpec{State: state, Role: world.Accepted, ListenerOpen: true, Listen: true,
			Worlds: all[0].Worlds}).Trials()...)
	}
	if len(all) < 13_000 {
		t.Fatalf("the matrix has %d trials", len(all))
	}
	if os.Getenv("FOURWAVE_LONG") == "" {
		var some []Trial
		for i := 0; i < len(all); i += 9 {
			some = append(some, all[i])
		}
		all = some
	}
	agree(t, all)
}

// TestAnyTrialAgainstKernel goes beyond the matrix: several sockets, users, devices, other routes.
func TestAnyTrialAgainstKernel(t *testing.T) {
	n, seed := 1500, uint64(7865)
	if os.Getenv("FOURWAVE_LONG") != "" {
		n, seed = Max, rand.Uint64()
	}
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	var all []Trial
	users := realsock.Able().UIDs
	for range n {
		all = append(all, randomTrial(r, users))
	}
	agree(t, all)
}

func pickOf[T any](r *rand.Rand, of ...T) T { return of[r.IntN(len(of))] }

var anyAddresses = strings.Fields(
	"0.0.0.0 127.0.0.1 127.0.0.2 10.0.0.1 :: :: ::1 fd00::1 ::ffff:127.0.0.1 ::ffff:10.0.0.1 ::ffff:0.0.0.0")

func randomOptions(r *rand.Rand, addr string, users bool) world.SocketOptions {
	o := world.SocketOptions{ReuseAddr: r.IntN(2) == 0, ReusePort: r.IntN(2) == 0}
	o.V6Only = strings.Contains(addr, ":") && r.IntN(3) == 0
	if users && r.IntN(3) == 0 {
		o.UID = pickOf(r, 1, 1000)
	}
	if r.IntN(6) == 0 {
		o.Device = pickOf(r, devices...)
	}
	return o
}

// randomTrial is any trial that can be tried.
func randomTrial(r *rand.Rand, users bool) Trial {
	for {
		t := Trial{Worlds: []string{"model", "kernel"}}
		for range pickOf(r, 0, 1, 1, 2, 3) {
			e := Existing{State: pickOf(r, States...)}
			e.Role = pickOf(r, Roles(e.State)...)
			addr := pickOf(r, anyAddresses...)
			if e.Role != world.Autobound {
				e.Addr = addr
			}
			if r.IntN(3) == 0 || e.Role == world.Autobound {
				e.Via = pickOf(r, anyAddresses...)
			}
			e.SocketOptions = randomOptions(r, e.Addr+e.Via, users)
			if r.IntN(3) == 0 {
				orphan := r.IntN(2) == 0
				e.Orphan = &orphan
			}
			e.ListenerOpen = e.Role == world.Accepted && r.IntN(4) == 0
			t.Existing = append(t.Existing, e)
		}
		t.New.Addr = pickOf(r, anyAddresses...)
		t.New.SocketOptions = randomOptions(r, t.New.Addr, users)
		t.New.Listen = r.IntN(2) == 0
		if len(t.Check()) == 0 {
			return t
		}
	}
}

// The facts of the bind rule, each in a trial: what was measured before there was a model.
func TestTrialFacts(t *testing.T) {
	for _, tt := range []struct{ what, trial, want string }{
		{"nobody has the port", `{"new":{"addr":"0.0.0.0","listen":true}}`, "ok ok bind-free"},
		{"TIME-WAIT without the option on the old",
			`{"existing":[{"state":"TIME-WAIT","addr":"0.0.0.0"}],"new":{"addr":"0.0.0.0","reuseaddr":true}}`,
			"EADDRINUSE  linux-bind-old-lacks-reuseaddr"},
		{"TIME-WAIT with it on both",
			`{"existing":[{"state":"TIME-WAIT","addr":"0.0.0.0","reuseaddr":true}],"new":{"addr":"0.0.0.0",` +
				`"reuseaddr":true,"listen":true}}`,
			"ok ok linux-bind-both-reuseaddr"},
		{"over a live connection",
			`{"existing":[{"state":"ESTABLISHED","addr":"0.0.0.0","reuseaddr":true}],"new":{"addr":"0.0.0.0",` +
				`"reuseaddr":true,"listen":true}}`,
			"ok ok linux-bind-both-reuseaddr"},
		{"over a listener", `{"existing":[{"state":"LISTEN","addr":"0.0.0.0","reuseaddr":true}],` +
			`"new":{"addr":"127.0.0.1","reuseaddr":true}}`,
			"EADDRINUSE  linux-bind-listener"},
		{"bound, then another listens", `{"existing":[{"state":"BOUND","addr":"0.0.0.0","reuseaddr":true},
			{"state":"BOUND","addr":"0.0.0.0","reuseaddr":true}],
			"new":{"addr":"0.0.0.0","reuseaddr":true,"listen":true}}`, "ok ok linux-bind-both-reuseaddr"},
		{"a child on one address leaves another free",
			`{"existing":[{"state":"TIME-WAIT","addr":"0.0.0.0"}],"new":{"addr":"127.0.0.2"}}`,
			"ok  linux-bind-other-address"},
		{"SO_REUSEPORT of another user",
			`{"existing":[{"state":"LISTEN","addr":"0.0.0.0","reuseport":true,"uid":1000}],"new":{"addr":"0.0.0.0",` +
				`"reuseport":true}}`,
			"EADDRINUSE  linux-bind-reuseport-other-user"},
		{"the same in TIME-WAIT",
			`{"existing":[{"state":"TIME-WAIT","addr":"0.0.0.0","reuseport":true,"uid":1000}],` +
				`"new":{"addr":"0.0.0.0","reuseport":true}}`,
			"ok  linux-bind-both-reuseport"},
		{"other devices", `{"existing":[{"state":"LISTEN","addr":"0.0.0.0","device":"lo"}],"new":{"addr":"0.0.0.0",` +
			`"device":"eth0","listen":true}}`,
			"ok ok linux-bind-other-device"},
		{"not this host's", `{"new":{"addr":"192.0.2.1"}}`, "EADDRNOTAVAIL  bind-not-local"},
	} {
		var trial Trial
		if err := json.Unmarshal([]byte(tt.trial), &trial); err != nil {
			t.Fatal(err)
		}
		trial.Worlds = []string{"model"}
		if realsock.Able().UIDs {
			trial.Worlds = append(trial.Worlds, "kernel")
		}
		a := tried(t, []Trial{trial})[0]
		m := a.Results["model"]
		if m.Why == nil {
			t.Errorf("%s: no reason", tt.what)
			continue
		}
		if got := m.Bind + " " + m.Listen + " " + m.Why.Rule; got != tt.want || a.Verdict != lab.Agree {
			t.Errorf("%s: got %q, want %q; verdict %s %+v", tt.what, got, tt.want, a.Verdict, a.Why)
		}
	}
}

// A situation that cannot come about is not run, in either world, and the reason says which socket
// it was.
func TestTrialThatCannotBeBuilt(t *testing.T) {
	trial := Trial{
		Existing: []Existing{{State: "LISTEN", Addr: "127.0.0.1"}, {State: "LISTEN", Addr: "0.0.0.0"}},
		New:      Newcomer{Addr: "::1"}, Worlds: []string{"model"},
	}
	if realsock.Able().OK {
		trial.Worlds = append(trial.Worlds, "kernel")
	}
	a := tried(t, []Trial{trial})[0]
	if a.Verdict != lab.VerdictNotRun || a.Why == nil {
		t.Fatalf("got %+v", a)
	}
	for _, w := range trial.Worlds {
		if r := a.Results[w]; r.Bind != script.NotRun || !strings.Contains(r.Why.Text.En, "existing socket 1") ||
			!strings.Contains(r.Why.Text.En, "EADDRINUSE") {
			t.Errorf("%s: got %s, %+v", w, r.Bind, r.Why)
		}
	}
}

// Every system is a world, and one that nobody documented says so.
func TestTrialWorldsAreTheProfiles(t *testing.T) {
	var worlds []string
	for _, p := range fsm.Profiles {
		worlds = append(worlds, "model:"+p.Name)
	}
	a := tried(t, []Trial{{
		Existing: []Existing{{State: "TIME-WAIT", Addr: "0.0.0.0"}}, New: Newcomer{Addr: "0.0.0.0",
			SocketOptions: world.SocketOptions{ReuseAddr: true}}, Worlds: worlds,
	}})[0]
	got := map[string]string{}
	for w, r := range a.Results {
		got[w] = r.Bind
		if r.Why == nil && r.Bind != "ok" {
			t.Errorf("%s: no reason", w)
		}
	}
	want := map[string]string{
		"model:linux": "EADDRINUSE", "model:rfc9293": "ok", "model:freebsd": "ok", "model:macos": "ok",
		"model:windows": "unknown",
		"model:openbsd": "ok", "model:lwip": "ok",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if a.Verdict != lab.Differ {
		t.Errorf("got verdict %q, want differ", a.Verdict)
	}
}

func BenchmarkTrialModel(b *testing.B) { benchmarkTrials(b, "model") }

func BenchmarkTrialKernel(b *testing.B) { benchmarkTrials(b, "kernel") }

// benchmarkTrials makes trials from all over the matrix.
func benchmarkTrials(b *testing.B, world string) {
	all := WholeMatrix([]string{world}, true)
	var trials []Trial
	for i := range max(b.N, 1) {
		trials = append(trials, all[i*7919%len(all)])
	}
	b.ResetTimer()
	for from := 0; from < b.N; from += Max {
		tried(b, trials[from:min(from+Max, b.N)])
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "trials/s")
}

// skipOrFail skips, with the reason, except where nothing may be skipped.
func skipOrFail(t *testing.T, why string) {
	t.Helper()
	if os.Getenv("FOURWAVE_NOSKIP") != "" {
		t.Fatal("must not skip: " + why)
	}
	t.Skip(why)
}

// allWorlds are the model and the kernel, as the program has them; they are closed when the test
// ends.
func allWorlds(t testing.TB) *world.Registry {
	r := world.NewRegistry(model.Worlds(), kernel.New())
	t.Cleanup(r.Close)
	return r
}
