package api

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
)

var fuzzSeed = flag.Uint64("fuzz-seed", 1, "of the requests that TestContractHolds makes")

// TestContractHolds makes requests of all sorts from the contract itself, right ones and wrong
// ones, and holds every answer to it: nothing panics, nothing is the server's fault, nothing is
// undocumented.
func TestContractHolds(t *testing.T) {
	n := 600
	if os.Getenv("FOURWAVE_LONG") != "" {
		n = 20_000
	}
	if os.Getenv("FOURWAVE_SOAK") != "" {
		n = 150_000
	}
	ts := newServer(t, nil)
	var ops []string
	for _, r := range ts.routes() {
		ops = append(ops, r.method+" "+r.path)
	}
	seen := &fuzzSeen{ids: map[string][]string{}}
	var made, bad atomic.Int64
	var byStatus sync.Map
	var wg sync.WaitGroup
	for worker := range 4 {
		wg.Go(func() {
			f := &fuzzer{ts: ts, Rand: rand.New(rand.NewPCG(*fuzzSeed, uint64(worker))), seen: seen}
			for made.Add(1) <= int64(n) && bad.Load() < 10 {
				op := ops[f.IntN(len(ops))]
				if slices.Contains(costly, op) && !f.chance(0.02) {
					continue
				}
				c := f.call(op)
				status, wrong := f.ask(t.Context(), op, c)
				count, _ := byStatus.LoadOrStore(status, new(atomic.Int64))
				count.(*atomic.Int64).Add(1)
				if wrong != "" {
					bad.Add(1)
					t.Errorf("%s\n%s %q %v\n%.600q\n%s", op, c.method, c.path, c.header, c.body, wrong)
				}
			}
		})
	}
	wg.Wait()
	if strings.Contains(ts.logs.String(), "panic") {
		t.Errorf("the log tells of a panic:\n%.4000s", ts.logs)
	}
	good := 0
	byStatus.Range(func(status, n any) bool {
		t.Logf("%d: %d", status, n.(*atomic.Int64).Load())
		if status.(int) < 300 {
			good += int(n.(*atomic.Int64).Load())
		}
		return true
	})
	if good*10 < n {
		t.Errorf("only %d of %d requests were answered with what they asked for: too few reach far", good, n)
	}
}

// costly calls look at the whole machine or run thousands of trials.
var costly = []string{"GET /v1/matrix", "GET /v1/ports", "GET /v1/ports/{port}", "POST /v1/trials",
	"POST /v1/quizzes/{quiz_id}/attempts"}

// fuzzSeen are ids and secrets that answers have had, by the parameter that takes them.
type fuzzSeen struct {
	mu      sync.Mutex
	ids     map[string][]string
	secrets []string
}

func (s *fuzzSeen) add(name, id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.ids[name]) < 200 {
		s.ids[name] = append(s.ids[name], id)
	}
}

// fuzzer makes the requests of one seed.
type fuzzer struct {
	ts *testServer
	*rand.Rand
	seen *fuzzSeen
}

func (f *fuzzer) chance(p float64) bool { return f.Float64() < p }

func pick[T any](f *fuzzer, from []T) T { return from[f.IntN(len(from))] }

var fuzzJunk = []string{"", "x", "-1", "0", "1", "65536", "18446744073709551616", "1e9", "null", "true", "тест", "测试",
	"\x00", "\x1b[2J", "%", "../..", "' OR 1=1",
	"00000000-0000-7000-8000-000000000000", "99999999999999h", strings.Repeat("a", 300), "\u202e", "{}", "[]",
	"<script>"}

// call makes a request for an operation.
func (f *fuzzer) call(op string) call {
	method, path, _ := strings.Cut(op, " ")
	item := f.ts.contract.doc.Paths.Value(path)
	o := item.GetOperation(method)
	query, headers := url.Values{}, map[string]string{}
	for _, ref := range append(slices.Clone(item.Parameters), o.Parameters...) {
		p := ref.Value
		value := fmt.Sprint(f.value(p.Schema.Value, p.Name, 0))
		if f.chance(0.15) {
			value = pick(f, fuzzJunk)
		}
		switch {
		case p.In == "path":
			path = strings.Replace(path, "{"+p.Name+"}", url.PathEscape(f.known(p.Name, value)), 1)
		case p.In == "query" && f.chance(0.4):
			query.Add(p.Name, value)
		case p.In == "header" && p.Name != "Prefer" && f.chance(0.4):
			headers[p.Name] = strings.Map(func(r rune) rune {
				if r < ' ' || r > '~' {
					return -1
				}
				return r
			}, value)
		}
	}
	if f.chance(0.05) {
		query.Add(pick(f, fuzzJunk), pick(f, fuzzJunk))
	}
	f.seen.mu.Lock()
	if len(f.seen.secrets) > 0 && f.chance(0.7) {
		headers["Authorization"] = "Bearer " + pick(f, f.seen.secrets)
	}
	f.seen.mu.Unlock()
	if strings.HasSuffix(op, "/events") {
		headers["Accept"] = "application/json" // a stream would not end
	}
	if f.chance(0.3) {
		headers["Accept-Language"] = pick(f, []string{"zh", "en", "fr;q=0.1", ";;", "zh-Hant"})
	}
	c := call{method: method, path: path, header: headers}
	if len(query) > 0 {
		c.path += "?" + query.Encode()
	}
	if o.RequestBody != nil && !f.chance(0.05) {
		c.body = f.body(op, o.RequestBody.Value.Content, headers)
	}
	return c
}

// known is an id that an answer has had, most of the time.
func (f *fuzzer) known(name, value string) string {
	f.seen.mu.Lock()
	defer f.seen.mu.Unlock()
	if ids := f.seen.ids[name]; len(ids) > 0 && f.chance(0.8) {
		return pick(f, ids)
	}
	if name == "experiment_id" && f.chance(0.7) {
		return "plain-restart"
	}
	if value == "" || value == "." || value == ".." {
		return "x"
	}
	return value
}

// body makes a body in one of the media types, and sets the header that says which.
func (f *fuzzer) body(op string, content openapi3.Content, headers map[string]string) string {
	var types []string
	for t := range content {
		types = append(types, t)
	}
	slices.Sort(types)
	media := pick(f, types)
	headers["Content-Type"] = media
	if f.chance(0.03) {
		headers["Content-Type"] = pick(f, []string{"application/json", "text/plain", "application/xml",
			"text/plain; charset=latin1", ";"})
	}
	if media != "application/json" {
		return f.text(media)
	}
	v := f.value(content[media].Schema.Value, "", 0)
	if f.chance(0.35) {
		v = f.mangle(v)
	}
	if m, ok := v.(map[string]any); ok && op == "POST /v1/labs" {
		m["worlds"] = pick(f, [][]string{{"model"}, {"model"}, {"model", "model:rfc9293"}, {"model:freebsd"},
			{"no such"}, {}, {"model", "model"}})
		if delete(m, "experiment"); f.chance(0.5) {
			delete(m, "script")
			m["experiment"] = pick(f, []string{"plain-restart", "orderly-close", "no-such", ""})
		} else {
			m["script"] = f.script()
		}
	}
	b, err := json.Marshal(v)
	if err != nil {
		return "{"
	}
	if f.chance(0.03) {
		return string(b[:f.IntN(len(b)+1)])
	}
	return string(b)
}

func (f *fuzzer) text(media string) string {
	switch {
	case f.chance(0.1):
		return pick(f, fuzzJunk)
	case strings.Contains(media, "form"):
		return "token=" + url.QueryEscape(pick(f, fuzzJunk))
	case media == "text/csv":
		return "student,name,extra_time\ns-18,Bo,1.5\n"
	case f.chance(0.5):
		return dumpText
	}
	return f.script()
}

// script is lines whose words are right one by one and together seldom.
func (f *fuzzer) script() string {
	words := []string{"server", "client", "bind", "listen", "connect", "accept", "close", "shutdown", "abort", "send",
		"recv", "state", "sockets", "wire", "hold",
		"deliver", "drop", "forge", "exit", "l", "c", "a", ":7865", "server:7865", "from", ":5000", "as", "wr", "both",
		"reuseaddr", "within", "100ms", "= ok", "= EADDRINUSE",
		"9999999999", "::1", "SYN", "seq=nxt", "sysctl", "tcp_tw_reuse", "1", "&", "[kernel]", "#"}
	good := []string{"+0 server bind l :7865", "+0 server listen l", "+0 client connect c server:7865",
		"+0 server accept l as a", "+0 server close a", "+0 client close c",
		"+1s server state a", "+0 server sockets", "+60s server bind x :7865", "+0 server send a 5", "+0 client recv c"}
	var b strings.Builder
	for range 1 + f.IntN(12) {
		if f.chance(0.8) {
			b.WriteString(pick(f, good))
		} else {
			b.WriteString(pick(f, []string{"+0", "+1s", "+100ms", "+", "+-1s", "+9999h", ""}))
			for range f.IntN(7) {
				b.WriteString(" " + pick(f, words))
			}
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// value is one that a schema allows.
func (f *fuzzer) value(s *openapi3.Schema, name string, depth int) any {
	for _, refs := range []openapi3.SchemaRefs{s.OneOf, s.AnyOf, s.AllOf} {
		if len(refs) > 0 {
			return f.value(pick(f, refs).Value, name, depth)
		}
	}
	switch {
	case len(s.Enum) > 0:
		return pick(f, s.Enum)
	case s.Example != nil && f.chance(0.6):
		return s.Example
	case s.Type.Is("object"):
		m := map[string]any{}
		for name, p := range s.Properties {
			if slices.Contains(s.Required, name) || depth < 5 && f.chance(0.4) {
				m[name] = f.value(p.Value, name, depth+1)
			}
		}
		return m
	case s.Type.Is("array"):
		var list []any
		for range f.IntN(3) + int(min(s.MinItems, 3)) {
			list = append(list, f.value(s.Items.Value, name, depth+1))
		}
		return list
	case s.Type.Is("integer"):
		return pick(f, []int64{0, 1, 2, 3, 5, 7865, 65535})
	case s.Type.Is("number"):
		return pick(f, []float64{0, 0.5, 1, 60, 500})
	case s.Type.Is("boolean"):
		return f.chance(0.5)
	}
	return pick(f, []string{"1", "model", "who-waits", "60s", "linux", ":7865", "127.0.0.1", "server", "SYN",
		"32768-60999", "a", "*", "close"})
}

// mangle breaks a value in one place.
func (f *fuzzer) mangle(v any) any {
	junk := []any{nil, "", "x", -1, 1e300, true, []any{}, map[string]any{"x": 1}, strings.Repeat("y", 5000)}
	switch v := v.(type) {
	case map[string]any:
		keys := make([]string, 0, len(v))
		for k := range v {
			keys = append(keys, k)
		}
		slices.Sort(keys)
		if len(keys) == 0 || f.chance(0.1) {
			v[pick(f, fuzzJunk)] = pick(f, junk)
			return v
		}
		k := pick(f, keys)
		if f.chance(0.2) {
			delete(v, k)
			return v
		}
		v[k] = f.mangle(v[k])
		return v
	case []any:
		if len(v) > 0 && f.chance(0.7) {
			i := f.IntN(len(v))
			v[i] = f.mangle(v[i])
			return v
		}
	}
	return pick(f, junk)
}

// ask makes a request, and says what is wrong with the answer.
func (f *fuzzer) ask(ctx context.Context, op string, c call) (status int, wrong string) {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, c.method, "http://localhost"+c.path, strings.NewReader(c.body))
	if err != nil {
		return 0, "" // no client can make it
	}
	r.RequestURI, r.RemoteAddr = r.URL.RequestURI(), "127.0.0.1:1234"
	for name, value := range c.header {
		r.Header.Set(name, value)
	}
	w := httptest.NewRecorder()
	f.ts.ServeHTTP(w, r)
	got := reply{Response: w.Result(), body: w.Body.Bytes()}
	got.Request = r
	switch {
	case ctx.Err() != nil:
		return got.StatusCode, "it takes longer than half a minute"
	case got.StatusCode >= 500 && got.StatusCode != http.StatusServiceUnavailable:
		return got.StatusCode, fmt.Sprintf("%d: %s", got.StatusCode, got.body)
	}
	if err := f.ts.validate(op, got); err != nil {
		return got.StatusCode, fmt.Sprintf("%d: %v", got.StatusCode, err)
	}
	f.remember(op, got)
	return got.StatusCode, ""
}

// remember keeps what an answer gives for later requests.
func (f *fuzzer) remember(op string, got reply) {
	param := map[string]string{"POST /v1/labs": "lab_id", "POST /v1/captures": "capture_id",
		"POST /v1/quizzes":                    "quiz_id",
		"POST /v1/quizzes/{quiz_id}/attempts": "attempt_id"}[op]
	if param == "" || got.StatusCode >= 300 {
		return
	}
	var v struct {
		ID         string `json:"id"`
		Code       string `json:"code"`
		TeacherKey string `json:"teacher_key"`
		Secret     string `json:"secret"`
	}
	if json.Unmarshal(got.body, &v) != nil {
		return
	}
	f.seen.add(param, v.ID)
	if v.Code != "" {
		f.seen.add(param, v.Code)
	}
	f.seen.mu.Lock()
	defer f.seen.mu.Unlock()
	for _, s := range []string{v.TeacherKey, v.Secret} {
		if s != "" && len(f.seen.secrets) < 50 {
			f.seen.secrets = append(f.seen.secrets, s)
		}
	}
}
