package api

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/labstack/echo/v4"

	"fourwave/api/doc"
	"fourwave/fsm"
	"fourwave/lab"
	"fourwave/lab/script"
)

func TestHostsOfThisServer(t *testing.T) {
	ts := newServer(t, func(c *Config) { c.Hosts = []string{"lab.example", "0.0.0.0"} })
	for _, test := range []struct {
		host, local string
		want        bool
	}{
		{"localhost", "127.0.0.1", true},
		{"localhost:8080", "127.0.0.1", true},
		{"LOCALHOST.:8080", "127.0.0.1", true},
		{"127.0.0.1:8080", "127.0.0.1", true},
		{"127.0.0.2", "127.0.0.1", true},
		{"[::1]:8080", "::1", true},
		{"lab.example:8080", "192.0.2.7", true},
		{"Lab.Example", "192.0.2.7", true},
		{"192.0.2.7:8080", "192.0.2.7", true},
		{"[2001:db8::7]:8080", "2001:db8::7", true},
		{"192.0.2.8:8080", "192.0.2.7", false},
		{"evil.example", "127.0.0.1", false},
		{"localhost.evil.example", "127.0.0.1", false},
		{"evil.example:8080", "192.0.2.7", false},
		{"", "127.0.0.1", false},
	} {
		r := httptest.NewRequest(http.MethodGet, "/healthz", nil)
		r.Host = test.host
		local := &net.TCPAddr{IP: net.ParseIP(test.local), Port: 8080}
		r = r.WithContext(context.WithValue(r.Context(), http.LocalAddrContextKey, local))
		if got := ts.isOurs(r); got != test.want {
			t.Errorf("Host %q on %s: got %v, want %v", test.host, test.local, got, test.want)
		}
	}
}

func TestSameOriginAndProgramsMayPost(t *testing.T) {
	ts := newServer(t, nil)
	for _, h := range []map[string]string{
		nil, header("Sec-Fetch-Site", "same-origin"), header("Sec-Fetch-Site", "none"), header("Origin", ts.http.URL),
	} {
		ts.do(t, call{method: "POST", path: "/v1/labs", body: `{"worlds":["model"]}`, header: h}).get(t, 201, nil)
	}
	// reading is harmless
	ts.do(t, call{path: "/v1/labs", header: header("Sec-Fetch-Site", "cross-site")}).get(t, 200, nil)
}

func TestEveryAnswerIsGuarded(t *testing.T) {
	ts := newServer(t, nil)
	for _, path := range []string{"/", "/v1/labs", "/docs", "/no/such", "/problems/busy"} {
		h := ts.do(t, call{path: path}).Header
		if h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Content-Security-Policy") == "" ||
			h.Get("Referrer-Policy") == "" {
			t.Errorf("%s: a guarding header is missing: %v", path, h)
		}
		if csp := h.Get("Content-Security-Policy"); strings.Contains(csp, "script-src") &&
			strings.Contains(csp, "unsafe-eval") {
			t.Errorf("%s: got policy %s", path, csp)
		}
	}
}

func TestUnknownRouteAndMethod(t *testing.T) {
	ts := newServer(t, nil)
	for _, test := range []struct {
		call   call
		status int
		slug   string
		allow  []string
	}{
		{call{path: "/nowhere"}, 404, "not-found", nil},
		{call{path: "/v1/labs/"}, 404, "not-found", nil},
		{call{path: "/v1/labs/../labs/x/y"}, 404, "not-found", nil},
		{call{method: "POST", path: "/static/app/app.js"}, 405, "method-not-allowed", []string{"GET", "HEAD"}},
		{call{method: "PUT", path: "/v1/labs"}, 405, "method-not-allowed", []string{"GET", "HEAD", "POST"}},
		{call{method: "GET", path: "/v1/machine/step"}, 405, "method-not-allowed", []string{"POST"}},
		{call{method: "PATCH", path: "/v1/labs/x"}, 405, "method-not-allowed", []string{"DELETE", "GET", "HEAD"}},
	} {
		got := ts.do(t, test.call)
		var p doc.Problem
		got.get(t, test.status, &p)
		if p.Type != "/problems/"+test.slug || got.Header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("%v: got %+v as %s", test.call, p, got.Header.Get("Content-Type"))
		}
		var allow []string
		if h := got.Header.Get("Allow"); h != "" {
			allow = strings.Split(strings.ReplaceAll(h, " ", ""), ",")
			slices.Sort(allow)
			allow = slices.DeleteFunc(allow, func(m string) bool { return m == "OPTIONS" })
		}
		if !slices.Equal(allow, test.allow) {
			t.Errorf("%v: got Allow %v, want %v", test.call, allow, test.allow)
		}
	}
}

func TestProblemTypesArePages(t *testing.T) {
	ts := newServer(t, nil)
	for _, k := range kinds {
		for _, lang := range languages {
			got := ts.do(t, call{path: "/problems/" + k.slug, header: header("Accept-Language", lang)})
			if got.StatusCode != 200 || !strings.Contains(string(got.body), k.title.in(lang)) ||
				got.Header.Get("Content-Language") != lang {
				t.Errorf("/problems/%s in %s: got %s, %s", k.slug, lang, got.Status, got.body)
			}
		}
		if k.title.Zh == "" || k.about.Zh == "" || k.about.En == "" {
			t.Errorf("%s is not in both languages", k.slug)
		}
	}
}

func TestErrorsHaveTheirStatus(t *testing.T) {
	for _, test := range []struct {
		err  error
		want *kind
		ok   bool
	}{
		{fmt.Errorf("lab: %w", lab.ErrNotFound), noLabKind, true},
		{fmt.Errorf("x: %w", lab.ErrTooMany), busyKind, true},
		{lab.ErrClosed, closingKind, true},
		{lab.ErrNotLive, notLiveKind, true},
		{&script.SyntaxError{Problems: []script.Problem{{Line: 1, Column: 2, Detail: "x"}}}, syntaxKind, true},
		{echo.ErrServiceUnavailable.WithInternal(context.DeadlineExceeded), timeoutKind, true},
		{context.DeadlineExceeded, timeoutKind, true},
		{errors.New("disk on fire"), internalKind, false},
	} {
		p, ok := asProblem(test.err)
		if p.kind != test.want || ok != test.ok {
			t.Errorf("%v: got %s, %v, want %s, %v", test.err, p.kind.slug, ok, test.want.slug, test.ok)
		}
		if !ok && strings.Contains(p.detail, "fire") {
			t.Errorf("an unlisted error's text is told: %s", p.detail)
		}
	}
}

func TestLanguageIsChosen(t *testing.T) {
	ts := newServer(t, nil)
	for _, test := range []struct{ accept, want string }{
		{"", "en"}, {"en-GB,en;q=0.9", "en"}, {"zh-CN,zh;q=0.9,en;q=0.8", "zh"}, {"zh-TW", "zh"}, {"zh-Hant-HK", "zh"},
		{"fr,zh;q=0.5", "zh"}, {"fr", "en"}, {"en;q=0.1,zh", "zh"}, {"*", "en"}, {"nonsense;;q", "en"},
	} {
		got := ts.do(t, call{path: "/v1/capabilities", header: header("Accept-Language", test.accept)})
		if lang := got.Header.Get("Content-Language"); lang != test.want {
			t.Errorf("Accept-Language %q: got %s, want %s", test.accept, lang, test.want)
		}
		if !slices.Contains(got.Header.Values("Vary"), "Accept-Language") {
			t.Errorf("got Vary %v, want Accept-Language in it", got.Header.Values("Vary"))
		}
	}
}

func TestLanguageChangesTextsAndNoValue(t *testing.T) {
	ts := newServer(t, nil)
	id := ts.makeLab(t, parsed)
	read := func(lang string) (l labReply) {
		ts.do(t, call{path: "/v1/labs/" + id, header: header("Accept-Language", lang)}).get(t, 200, &l)
		return l
	}
	en, zh := read("en"), read("zh")
	refused := 7 // the step that is refused
	e, z := en.Steps[refused].Results["model"], zh.Steps[refused].Results["model"]
	if e.Why == nil || z.Why == nil || e.Why.Text == z.Why.Text || e.Why.Rule != z.Why.Rule || e.Result != z.Result {
		t.Errorf("got %+v in English and %+v in Chinese", e.Why, z.Why)
	}
	if en.Steps[refused].Verdict != zh.Steps[refused].Verdict {
		t.Errorf("a verdict was translated: %s", zh.Steps[refused].Verdict)
	}
}

func TestMachineStepsAsTheTable(t *testing.T) {
	ts := newServer(t, nil)
	for _, p := range fsm.Profiles {
		for _, row := range p.Table() {
			body := fmt.Sprintf(`{"state":%q,"event":%q,"profile":%q}`, row.From, row.Event, p.Name)
			var got doc.Arrow
			ts.do(t, call{method: "POST", path: "/v1/machine/step", body: body}).get(t, 200, &got)
			if got.To != string(row.To) || got.Section != row.Section || !slices.Equal(got.Actions, row.Do.Names()) {
				t.Errorf("%s: got %+v, want %+v", body, got, row)
			}
		}
	}
	var p doc.Problem
	ts.do(t, call{method: "POST", path: "/v1/machine/step", body: `{"state":"TIME-WAIT","event":"fire"}`}).get(t, 409,
		&p)
	if !slices.Contains(p.Events, "2MSL timeout") || slices.Contains(p.Events, "rcv ACK of FIN") {
		t.Errorf("TIME-WAIT knows %v", p.Events)
	}
}

func TestPicturesShowEveryArrow(t *testing.T) {
	ts := newServer(t, nil)
	dot := string(ts.do(t, call{path: "/v1/machine?format=dot"}).body)
	mermaid := string(ts.do(t, call{path: "/v1/machine?format=mermaid"}).body)
	for _, row := range fsm.RFC9293.Table() {
		if row.From == row.To {
			continue
		}
		if want := fmt.Sprintf("%q -> %q", row.From, row.To); !strings.Contains(dot, want) {
			t.Errorf("dot has no %s", want)
		}
		id := strings.NewReplacer("-", "_").Replace
		if want := id(string(row.From)) + " --> " + id(string(row.To)) + ": "; !strings.Contains(mermaid, want) {
			t.Errorf("mermaid has no %s", want)
		}
		if !strings.Contains(dot, string(row.Event)) || !strings.Contains(mermaid, string(row.Event)) {
			t.Errorf("%s is not in the pictures", row.Event)
		}
	}
}
