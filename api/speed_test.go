package api

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/labstack/echo/v4"

	"fourwave/class"
	"fourwave/lab"
	"fourwave/lab/world"
	"fourwave/lab/world/model"
	"fourwave/store"
	"fourwave/web"
)

// benchServer serves models alone, and beside them an answer of the caller's at /canned.
func benchServer(tb testing.TB, canned *atomic.Pointer[[]byte]) (*Server, *httptest.Server) {
	tb.Helper()
	text, err := os.ReadFile("../openapi.yaml")
	if err != nil {
		tb.Fatal(err)
	}
	kept := store.NewMemory()
	labs := lab.NewLabs(lab.DefaultLimits, world.NewRegistry(model.Worlds()))
	s, err := New(Config{
		Limits: lab.DefaultLimits, Contract: text, Page: web.Handler(), Version: "test", Labs: labs,
		Log: slog.New(slog.NewTextHandler(io.Discard, nil)), Store: kept, Class: class.New(class.Config{Store: kept}),
	})
	if err != nil {
		tb.Fatal(err)
	}
	plain := echo.New()
	plain.POST("/canned", func(c echo.Context) error {
		if _, err := io.Copy(io.Discard, c.Request().Body); err != nil {
			return err
		}
		return c.Blob(http.StatusCreated, "application/json", *canned.Load())
	})
	ts := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/canned" {
			plain.ServeHTTP(w, r)
			return
		}
		s.ServeHTTP(w, r)
	}))
	tb.Cleanup(func() { ts.Close(); s.Close(); labs.Close() })
	return s, ts
}

// hammer posts a body n times with some clients, and gives back one answer and the time it took.
func hammer(tb testing.TB, ts *httptest.Server, path, body string, clients, n int) ([]byte, time.Duration) {
	tb.Helper()
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: clients}}
	defer client.CloseIdleConnections()
	var last atomic.Pointer[[]byte]
	var left atomic.Int64
	left.Store(int64(n))
	var wg sync.WaitGroup
	began := time.Now()
	for range clients {
		wg.Go(func() {
			for left.Add(-1) >= 0 {
				resp, err := client.Post(ts.URL+path, "application/json", strings.NewReader(body))
				if err != nil {
					tb.Error(err)
					return
				}
				var b bytes.Buffer
				_, err = b.ReadFrom(resp.Body)
				resp.Body.Close()
				if err != nil || resp.StatusCode/100 != 2 {
					tb.Errorf("%s %v: %.300s", resp.Status, err, b.Bytes())
					return
				}
				out := b.Bytes()
				last.Store(&out)
			}
		})
	}
	wg.Wait()
	return *last.Load(), time.Since(began)
}

const modelLab = `{"worlds":["model"],"script":"# Who waits?\n+0 server bind l :7865 = ok\n+0 server listen l\n+0 ` +
	`client connect c server:7865 = ok\n` +
	`+0 server accept l as a\n+0 server close a\n+1s client close c\n+100ms server state a = TIME-WAIT\n+60s server ` +
	`state a = CLOSED\n"}`

// BenchmarkModelLabs posts model labs with 16 clients, in turns with a canned answer of the same
// size: a script of the caller's, and an experiment of the library, which is computed once.
func BenchmarkModelLabs(b *testing.B) {
	for _, bench := range []struct{ name, body string }{
		{"script", modelLab},
		{"library", fmt.Sprintf(`{"worlds":["model"],"experiment":%q}`, lab.Library()[0].ID)},
	} {
		b.Run(bench.name, func(b *testing.B) {
			var canned atomic.Pointer[[]byte]
			_, ts := benchServer(b, &canned)
			answer, _ := hammer(b, ts, "/v1/labs", bench.body, 1, 1)
			canned.Store(&answer)
			const each, clients = 1000, 16
			var ratios []float64
			var ours, plain time.Duration
			for b.Loop() {
				_, o := hammer(b, ts, "/v1/labs", bench.body, clients, each)
				_, p := hammer(b, ts, "/canned", bench.body, clients, each)
				ours, plain = ours+o, plain+p
				ratios = append(ratios, p.Seconds()/o.Seconds())
			}
			slices.Sort(ratios)
			b.ReportMetric(float64(each*b.N)/ours.Seconds(), "labs/s")
			b.ReportMetric(float64(each*b.N)/plain.Seconds(), "canned/s")
			b.ReportMetric(ratios[len(ratios)/2], "of-canned")
			b.ReportMetric(ratios[0], "of-canned-min")
			b.ReportMetric(ratios[len(ratios)-1], "of-canned-max")
			b.ReportMetric(float64(len(answer)), "octets")
		})
	}
}

// BenchmarkEdge posts a request that costs next to nothing behind the contract, in turns with a
// plain handler of the same size, with 1 and with 16 clients.
func BenchmarkEdge(b *testing.B) {
	const body = `{"state":"FIN-WAIT-1","event":"rcv FIN"}`
	for _, clients := range []int{1, 16} {
		b.Run(fmt.Sprint(clients), func(b *testing.B) {
			var canned atomic.Pointer[[]byte]
			_, ts := benchServer(b, &canned)
			answer, _ := hammer(b, ts, "/v1/machine/step", body, 1, 1)
			canned.Store(&answer)
			const each = 3000
			var ratios []float64
			for b.Loop() {
				_, ours := hammer(b, ts, "/v1/machine/step", body, clients, each)
				_, plain := hammer(b, ts, "/canned", body, clients, each)
				ratios = append(ratios, plain.Seconds()/ours.Seconds())
			}
			slices.Sort(ratios)
			b.ReportMetric(ratios[len(ratios)/2], "of-plain")
			b.ReportMetric(ratios[0], "of-plain-min")
			b.ReportMetric(ratios[len(ratios)-1], "of-plain-max")
		})
	}
}

// record is a response that nobody reads.
type record struct {
	header http.Header
	octets int
}

func (r *record) Header() http.Header         { return r.header }
func (r *record) WriteHeader(int)             {}
func (r *record) Write(b []byte) (int, error) { r.octets += len(b); return len(b), nil }

// A lab of the library is computed and encoded once: what a later one allocates does not grow with
// its story. A lab of the caller's own has a bound too.
func TestLabAllocations(t *testing.T) {
	var canned atomic.Pointer[[]byte]
	s, _ := benchServer(t, &canned)
	for _, tt := range []struct {
		name, body string
		most       float64 // allocations of a call
	}{
		{"library", fmt.Sprintf(`{"worlds":["model"],"experiment":%q}`, lab.Library()[0].ID), 400},
		{"script", modelLab, 2000},
	} {
		call := func() {
			r := httptest.NewRequest(http.MethodPost, "/v1/labs", strings.NewReader(tt.body))
			r.Host = "localhost"
			r.Header.Set("Content-Type", "application/json")
			w := &record{header: http.Header{}}
			s.ServeHTTP(w, r)
			if w.octets < 1000 {
				t.Fatalf("%s: %d octets of answer", tt.name, w.octets)
			}
		}
		call()
		got := testing.AllocsPerRun(100, call)
		t.Logf("%s: %.0f allocations", tt.name, got)
		if got > tt.most {
			t.Errorf("%s: %.0f allocations a lab, want at most %.0f", tt.name, got, tt.most)
		}
	}
}

// told is a lab that is done, with at least so many events.
func told(tb testing.TB, s *Server, events int) *lab.Lab {
	tb.Helper()
	var script strings.Builder
	script.WriteString("server bind l :7865\nserver listen l\n")
	for i := range events/40 + 1 {
		fmt.Fprintf(&script, "client connect c%d server:7865\nserver accept l as a%d\nclient close c%d\nserver close "+
			"a%d\n", i, i, i, i)
	}
	l, err := s.Labs.Create(lab.Spec{Script: script.String(), Worlds: []string{"model"}})
	if err != nil {
		tb.Fatal(err)
	}
	<-l.Done()
	return l
}

// listen reads a feed to its end and gives back how many events and octets those were.
func listen(tb testing.TB, f *feed) (events, octets int) {
	for {
		text, next, more, ended, err := f.after(events)
		switch {
		case err != nil:
			tb.Error(err)
			return events, octets
		case next > events:
			events, octets = next, octets+len(text)
		case ended:
			return events, octets
		default:
			<-more
		}
	}
}

// BenchmarkListeners delivers a lab's 1,000 events to 1,000 listeners: from the log that they
// share, and in turns by a channel for each, to which every event goes encoded already.
func BenchmarkListeners(b *testing.B) {
	const listeners, events = 1000, 1000
	var canned atomic.Pointer[[]byte]
	s, _ := benchServer(b, &canned)
	l := told(b, s, events)
	all, _, _ := l.Events(0)
	all = all[:events]
	var shared, channels time.Duration
	var ratios []float64
	for b.Loop() {
		began := time.Now()
		var wg sync.WaitGroup
		for range listeners {
			wg.Go(func() {
				f, leave := s.feeds.open(l, "en")
				defer leave()
				listen(b, f)
			})
		}
		wg.Wait()
		one := time.Since(began) * events / time.Duration(l.Snapshot().Events)
		other := byChannels(b, all, listeners)
		shared, channels = shared+one, channels+other
		ratios = append(ratios, other.Seconds()/one.Seconds())
	}
	slices.Sort(ratios)
	b.ReportMetric(float64(listeners*events*b.N)/shared.Seconds(), "shared/s")
	b.ReportMetric(float64(listeners*events*b.N)/channels.Seconds(), "channels/s")
	b.ReportMetric(ratios[len(ratios)/2], "times")
	b.ReportMetric(ratios[0], "times-min")
}

// byChannels delivers events by a channel for each listener.
func byChannels(tb testing.TB, events []lab.Event, listeners int) time.Duration {
	began := time.Now()
	var wg sync.WaitGroup
	to := make([]chan []byte, listeners)
	for i := range to {
		to[i] = make(chan []byte, 64)
		wg.Go(func() {
			for range to[i] {
			}
		})
	}
	for i := range events {
		text, err := appendEvents(nil, nil, events[i:i+1], "en")
		if err != nil {
			tb.Fatal(err)
		}
		for _, c := range to {
			c <- text
		}
	}
	for _, c := range to {
		close(c)
	}
	wg.Wait()
	return time.Since(began)
}

// However many listen, an event is encoded once; and a latecomer, or one who goes on where he was,
// gets what the others got.
func TestListenersShare(t *testing.T) {
	var canned atomic.Pointer[[]byte]
	s, _ := benchServer(t, &canned)
	l := told(t, s, 1000)
	total := l.Snapshot().Events
	f, leave := s.feeds.open(l, "en")
	defer leave()
	events, octets := listen(t, f)
	if events != total || octets != len(f.text) {
		t.Fatalf("heard %d events of %d, %d octets of %d", events, total, octets, len(f.text))
	}
	if got := testing.AllocsPerRun(10, func() { listen(t, f) }); got > 10 {
		t.Errorf("a further listener takes %.0f allocations for %d events", got, total)
	}
	for _, from := range []int{1, 63, 64, 65, total - 1} {
		text, next, _, _, err := f.after(from)
		want := f.text[f.ends[from-1]:f.ends[next-1]]
		if err != nil || !bytes.Equal(text, want) || next <= from {
			t.Errorf("after %d: up to %d, %d octets, %v", from, next, len(text), err)
		}
	}
	late, leaveLate := s.feeds.open(l, "zh")
	defer leaveLate()
	if text, next, _, _, err := late.after(500); err != nil || next != 564 ||
		!bytes.HasPrefix(text, []byte("id: 501\n")) {
		t.Errorf("a listener who comes back: up to %d, %v, %.20q", next, err, text)
	}
	if text, next, _, _, err := late.after(10); err != nil || next != 74 || !bytes.HasPrefix(text, []byte("id: 11\n")) {
		t.Errorf("a latecomer: up to %d, %v, %.20q", next, err, text)
	}
}

// No client takes the places of all others.
func TestPlacesOfAClient(t *testing.T) {
	p := newPlaces(5, 3)
	var give []func()
	for range 3 {
		g, _ := p.take("a")
		give = append(give, g)
	}
	if g, full := p.take("a"); g != nil || full != 3 {
		t.Errorf("a fourth place for one client: full %d, want 3", full)
	}
	for range 2 {
		if g, _ := p.take("b"); g == nil {
			t.Fatal("no place for another client")
		}
	}
	if g, full := p.take("c"); g != nil || full != 5 {
		t.Errorf("a sixth place: full %d, want 5", full)
	}
	give[0]()
	give[0]()
	if g, _ := p.take("c"); g == nil || p.len() != 5 {
		t.Errorf("a place that was given back is not there, or twice: %d are taken", p.len())
	}
	for addr, want := range map[string]string{
		"192.0.2.7:1234": "192.0.2.7", "[::ffff:192.0.2.7]:9": "192.0.2.7",
		"[2001:db8:1:2:3:4:5:6]:80": "2001:db8:1:2::/64", "@": "@",
	} {
		if got := clientOf(&http.Request{RemoteAddr: addr}); got != want {
			t.Errorf("%s is of client %s, want %s", addr, got, want)
		}
	}
}

// A matrix of models is calculated once and needs no place, and from another site nobody makes a
// kernel's.
func TestMatrixOfModels(t *testing.T) {
	var canned atomic.Pointer[[]byte]
	s, _ := benchServer(t, &canned)
	get := func(path, from string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(http.MethodGet, path, nil)
		r.Host = "localhost"
		r.Header.Set("Sec-Fetch-Site", from)
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		return w
	}
	for range maxTrialRuns {
		s.trials <- struct{}{}
	}
	first := get("/v1/matrix", "cross-site")
	if first.Code != http.StatusOK || first.Body.Len() < 10_000 || first.Header().Get("ETag") == "" {
		t.Fatalf("got %d, %d octets, ETag %q", first.Code, first.Body.Len(), first.Header().Get("ETag"))
	}
	var again *httptest.ResponseRecorder
	if n := testing.AllocsPerRun(10, func() { again = get("/v1/matrix", "same-origin") }); n > 500 {
		t.Errorf("the same matrix again takes %.0f allocations", n)
	}
	if !bytes.Equal(first.Body.Bytes(), again.Body.Bytes()) {
		t.Error("the same matrix reads differently")
	}
	if other := get("/v1/matrix?listen=false", "none"); bytes.Equal(first.Body.Bytes(), other.Body.Bytes()) {
		t.Error("another matrix reads the same")
	}
	for from, want := range map[string]int{"cross-site": 403, "same-site": 403, "same-origin": 429} {
		if got := get("/v1/matrix?worlds=model,unknown", from); got.Code != want && !(want == 429 && got.Code == 422) {
			t.Errorf("a matrix of a world that is no model, from %s: %d, want %d", from, got.Code, want)
		}
	}
}

// Whoever is told to come later is told when.
func TestKindsSayWhenToComeBack(t *testing.T) {
	for _, k := range kinds {
		if later := k.status == http.StatusTooManyRequests || k.status == http.StatusServiceUnavailable; later &&
			k.retryAfter == 0 {
			t.Errorf("%s is answered with %d and no Retry-After", k.slug, k.status)
		}
	}
}
