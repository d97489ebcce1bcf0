//go:build js && wasm

// Command worker is the server of the static site: the HTTP interface of fourwave with the models as
// its only worlds, compiled to WebAssembly and run in a worker of the reader's own browser.
//
// It answers the very calls of openapi.yaml through package api, so that the page need not know
// whom it talks to. The page's side is web/static/site: worker.js loads this program and passes
// each request on, as {id, method, url, headers, body}; the answer comes back as messages of
// {id, status, headers}, {id, chunk} and {id, end}. A request ends early by {id, cancel}.
package main

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"sync"
	"syscall/js"

	"fourwave/api"
	"fourwave/class"
	"fourwave/lab"
	"fourwave/lab/world"
	"fourwave/lab/world/model"
	"fourwave/store"
)

// Bounds of what a page may ask for at once. The page itself asks for a handful.
const (
	maxRequests = 64
	maxBody     = 64 << 20 // bytes
)

func main() {
	server, err := newServer(js.Global().Get("contract").String())
	if err != nil {
		post(map[string]any{"failed": err.Error()})
		os.Exit(1)
	}
	d := &desk{server: server, cancels: make(map[int]context.CancelFunc)}
	js.Global().Set("ask", js.FuncOf(func(_ js.Value, args []js.Value) any {
		d.take(args[0])
		return nil
	}))
	post(map[string]any{"ready": true})
	select {} // requests come as calls of ask
}

// newServer wires the parts as the command serve does, with nothing that outlives the tab.
func newServer(contract string) (*api.Server, error) {
	kept, err := store.Open(context.Background(), ":memory:")
	if err != nil {
		return nil, err
	}
	worlds := world.NewRegistry(model.Worlds())
	return api.New(api.Config{
		Labs: lab.NewLabs(lab.DefaultLimits, worlds), Limits: lab.DefaultLimits, Contract: []byte(contract),
		Page: http.NotFoundHandler(), Version: "site", Class: class.New(class.Config{Store: kept}), Store: kept,
		Log: slog.New(slog.NewTextHandler(os.Stderr, nil)),
	})
}

// desk takes requests and cancels them.
type desk struct {
	server http.Handler

	mu      sync.Mutex
	cancels map[int]context.CancelFunc // by request, of those under way
}

func (d *desk) take(m js.Value) {
	id := m.Get("id").Int()
	if m.Get("cancel").Truthy() {
		d.mu.Lock()
		defer d.mu.Unlock()
		if cancel := d.cancels[id]; cancel != nil {
			cancel()
		}
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	d.mu.Lock()
	full := len(d.cancels) >= maxRequests
	if !full {
		d.cancels[id] = cancel
	}
	d.mu.Unlock()
	w := &answer{id: id, header: make(http.Header)}
	r, err := requestOf(ctx, m)
	switch {
	case full:
		cancel()
		http.Error(w, "too many requests at once", http.StatusServiceUnavailable)
		w.end()
	case err != nil:
		d.done(id, cancel)
		http.Error(w, err.Error(), http.StatusBadRequest)
		w.end()
	default:
		go func() { // a call of ask must return before anything else runs
			defer d.done(id, cancel)
			d.server.ServeHTTP(w, r)
			w.end()
		}()
	}
}

func (d *desk) done(id int, cancel context.CancelFunc) {
	cancel()
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.cancels, id)
}

// requestOf makes the request that a message describes.
func requestOf(ctx context.Context, m js.Value) (*http.Request, error) {
	u, err := url.Parse(m.Get("url").String())
	if err != nil {
		return nil, err
	}
	var body []byte
	if b := m.Get("body"); b.Truthy() {
		n := b.Get("byteLength").Int()
		if n > maxBody {
			return nil, fmt.Errorf("body: %d bytes, at most %d are taken", n, maxBody)
		}
		body = make([]byte, n)
		js.CopyBytesToGo(body, b)
	}
	r, err := http.NewRequestWithContext(ctx, m.Get("method").String(), "http://localhost"+u.RequestURI(), bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	r.RequestURI, r.RemoteAddr = u.RequestURI(), "127.0.0.1:0"
	headers := m.Get("headers")
	for i := range headers.Length() {
		r.Header.Set(headers.Index(i).Index(0).String(), headers.Index(i).Index(1).String())
	}
	return r, nil
}

// answer sends what a handler writes to the page, as it writes it.
type answer struct {
	id     int
	header http.Header
	sent   bool
}

func (a *answer) Header() http.Header { return a.header }

func (a *answer) WriteHeader(status int) {
	if a.sent {
		return
	}
	a.sent = true
	headers := []any{}
	for name, values := range a.header {
		for _, v := range values {
			headers = append(headers, []any{name, v})
		}
	}
	post(map[string]any{"id": a.id, "status": status, "headers": headers})
}

func (a *answer) Write(b []byte) (int, error) {
	a.WriteHeader(http.StatusOK)
	chunk := js.Global().Get("Uint8Array").New(len(b))
	js.CopyBytesToJS(chunk, b)
	post(map[string]any{"id": a.id, "chunk": chunk})
	return len(b), nil
}

// Flush implements http.Flusher: every write is a message of its own.
func (a *answer) Flush() {}

func (a *answer) end() {
	a.WriteHeader(http.StatusOK)
	post(map[string]any{"id": a.id, "end": true})
}

func post(m map[string]any) { js.Global().Call("postMessage", m) }
