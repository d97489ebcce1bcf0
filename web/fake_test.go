package web

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// fakeServer answers as the contract says, with one story: the server that cannot restart. It
// lets the page be tested on machines without a kernel world, and in the states that a real
// server is rarely in. What the real server does is tested with the real server.
type fakeServer struct {
	*httptest.Server
	kernel  bool          // whether the kernel world runs
	slow    time.Duration // how long its wait of ten seconds takes
	breakAt int           // the stream breaks after this event
	broken  atomic.Bool
	open    atomic.Int32 // streams

	mu   sync.Mutex
	labs map[string]*fakeLab
	asks []string // method, path and language of each request
}

type object = map[string]any

type fakeLab struct {
	id      string
	worlds  []string
	created time.Time
	events  []object
	due     []time.Duration // of each event, from created
	steps   []object
	script  string

	experiment string
}

func newFakeServer(t *testing.T, kernel bool) *fakeServer {
	beside(t)
	f := &fakeServer{kernel: kernel, labs: map[string]*fakeLab{}}
	mux := http.NewServeMux()
	mux.Handle("/", Handler())
	mux.HandleFunc("GET /v1/capabilities", f.capabilities)
	mux.HandleFunc("GET /v1/experiments", f.experiments)
	mux.HandleFunc("GET /v1/experiments/{id}", f.experiment)
	mux.HandleFunc("POST /v1/labs", f.create)
	mux.HandleFunc("GET /v1/labs/{id}", f.get)
	mux.HandleFunc("DELETE /v1/labs/{id}", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	mux.HandleFunc("GET /v1/labs/{id}/events", f.events)
	mux.HandleFunc("POST /v1/questions", f.question)
	mux.HandleFunc("POST /v1/questions/grade", f.grade)
	f.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f.mu.Lock()
		f.asks = append(f.asks, r.Method+" "+r.URL.Path+" "+r.Header.Get("Accept-Language"))
		f.mu.Unlock()
		mux.ServeHTTP(w, r)
	}))
	t.Cleanup(f.Close)
	return f
}

func reply(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	if status >= 400 {
		w.Header().Set("Content-Type", "application/problem+json")
	}
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(body)
}

func in(r *http.Request, en, zh string) string {
	if strings.HasPrefix(r.Header.Get("Accept-Language"), "zh") {
		return zh
	}
	return en
}

func (f *fakeServer) capabilities(w http.ResponseWriter, r *http.Request) {
	kernel := object{"name": "kernel", "what": "this machine's kernel", "time": "real", "runs": f.kernel}
	if !f.kernel {
		kernel["why"] = in(r, "user namespaces are switched off here (kernel.unprivileged_userns_clone = 0)", "这里关闭了用户命名空间（kernel.unprivileged_userns_clone = 0）")
		kernel["remedy"] = in(r, "run fourwave as root", "以 root 身份运行 fourwave")
	}
	reply(w, http.StatusOK, object{
		"version": "test", "system": object{"os": "linux", "arch": "amd64", "kernel": "6.18.44"},
		"worlds": []object{
			{"name": "model", "what": "Linux's rules and timers", "time": "virtual", "runs": true},
			{"name": "model:rfc9293", "what": "nothing but the RFCs", "time": "virtual", "runs": true},
			kernel,
		},
		"limits": object{},
	})
}

const fakeScript = `# Why can't my server start again?
#
# The server closes first and is started again ten seconds later.

+0     server  bind l :7865               = ok
+0     server  listen l 20                = ok
+0     client  connect c server:7865      = ok
+0     server  accept l as a              = ok
+0     server  exit                       = ok
+100ms client  close c                    = ok
+100ms server  state a                    = TIME-WAIT

# Ten seconds later the operator starts it again.
+10s   server  bind l2 :7865              = EADDRINUSE
+0     server  bind l3 :7865 reuseaddr    # what do you expect?
`

func (f *fakeServer) experiments(w http.ResponseWriter, r *http.Request) {
	reply(w, http.StatusOK, object{"items": fakeLibrary(r)})
}

func (f *fakeServer) experiment(w http.ResponseWriter, r *http.Request) {
	for _, e := range fakeLibrary(r) {
		if e["id"] == r.PathValue("id") {
			reply(w, http.StatusOK, e)
			return
		}
	}
	reply(w, http.StatusNotFound, object{"title": "There is no such thing", "detail": "no such experiment"})
}

func fakeLibrary(r *http.Request) []object {
	item := func(id, title, titleZh, question, questionZh, tag, needs string) object {
		return object{"id": id, "title": in(r, title, titleZh), "question": in(r, question, questionZh),
			"explain": in(r, "Whoever closes first keeps the connection in TIME-WAIT for 60 s on Linux.", "谁先关闭，谁的连接就停在 TIME-WAIT，Linux 上是 60 秒。"),
			"tags":    []string{tag}, "needs": object{"model": "0s", "kernel": needs}, "script": fakeScript}
	}
	return []object{
		item("plain-restart", "Plain restart", "直接重启", "Why can't my server start again?", "为什么我的服务器重启不了？", "first-light", "10s"),
		item("wait-it-out", "Wait it out", "等它过去", "How long must I wait?", "要等多久？", "first-light", "70s"),
		item("reuse-both", "SO_REUSEADDR on both", "两次都用 SO_REUSEADDR", "Does SO_REUSEADDR on both runs help?", "两次都设 SO_REUSEADDR 有用吗？", "bind", "1s"),
	}
}

func (f *fakeServer) create(w http.ResponseWriter, r *http.Request) {
	var body struct {
		Experiment, Script string
		Worlds             []string
	}
	if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
		reply(w, http.StatusBadRequest, object{"title": "bad request", "detail": err.Error()})
		return
	}
	if i := strings.Index(body.Script, "bnid"); i >= 0 {
		line := 1 + strings.Count(body.Script[:i], "\n")
		reply(w, http.StatusUnprocessableEntity, object{"title": "The script has a mistake", "errors": []object{
			{"line": line, "column": i - strings.LastIndex(body.Script[:i], "\n"), "detail": `unknown verb "bnid", did you mean bind?`}}})
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	l := newFakeLab(fmt.Sprintf("01936a5c-0000-7000-8000-%012d", len(f.labs)+1), body.Worlds, f.slow)
	l.experiment = body.Experiment
	if body.Script != "" {
		l.script = body.Script
	}
	f.labs[l.id] = l
	reply(w, http.StatusCreated, l.view(r))
}

func (f *fakeServer) lab(w http.ResponseWriter, r *http.Request) *fakeLab {
	f.mu.Lock()
	defer f.mu.Unlock()
	l := f.labs[r.PathValue("id")]
	if l == nil {
		reply(w, http.StatusNotFound, object{"title": "There is no such thing", "detail": "no such lab"})
	}
	return l
}

func (f *fakeServer) get(w http.ResponseWriter, r *http.Request) {
	if l := f.lab(w, r); l != nil {
		reply(w, http.StatusOK, l.view(r))
	}
}

func (f *fakeServer) events(w http.ResponseWriter, r *http.Request) {
	l := f.lab(w, r)
	if l == nil {
		return
	}
	after := 0
	fmt.Sscan(r.Header.Get("Last-Event-ID")+r.URL.Query().Get("after"), &after)
	if r.URL.Query().Has("after") {
		reply(w, http.StatusOK, l.page(after))
		return
	}
	f.open.Add(1)
	defer f.open.Add(-1)
	w.Header().Set("Content-Type", "text/event-stream")
	for i := after; i < len(l.events); i++ {
		select {
		case <-time.After(time.Until(l.created.Add(l.due[i]))):
		case <-r.Context().Done():
			return
		}
		if i > 0 && i == f.breakAt && f.broken.CompareAndSwap(false, true) {
			panic(http.ErrAbortHandler)
		}
		data, _ := json.Marshal(l.events[i])
		fmt.Fprintf(w, "id: %d\nevent: %s\ndata: %s\n\n", i+1, l.events[i]["kind"], data)
		w.(http.Flusher).Flush()
	}
	fmt.Fprint(w, "event: end\ndata: {}\n\n")
}

func (f *fakeServer) question(w http.ResponseWriter, r *http.Request) {
	reply(w, http.StatusOK, object{"token": "t", "kind": "next-state", "seed": 7,
		"text":    in(r, "FIN-WAIT-1 receives a FIN that acknowledges its own FIN. What is its next state?", "FIN-WAIT-1 收到一个同时确认了自己 FIN 的 FIN，下一个状态是什么？"),
		"choices": []object{{"id": "a", "text": "FIN-WAIT-2"}, {"id": "b", "text": "TIME-WAIT"}, {"id": "c", "text": "CLOSING"}}})
}

func (f *fakeServer) grade(w http.ResponseWriter, r *http.Request) {
	var body struct{ Answer string }
	json.NewDecoder(r.Body).Decode(&body)
	right := body.Answer == "b"
	reply(w, http.StatusOK, object{"score": map[bool]int{true: 1}[right], "correct": right,
		"right_answer": object{"id": "b", "text": "TIME-WAIT"}, "experiment": "plain-restart",
		"why": object{"rule": "figure-5-note-2", "text": in(r, "Both FINs are acknowledged at once, so FIN-WAIT-2 is passed over.", "双方的 FIN 同时得到确认，因此跳过 FIN-WAIT-2。"), "source": "RFC 9293, figure 5, note 2"}})
}
