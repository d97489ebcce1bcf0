package api

import (
	"maps"
	"slices"
	"strings"
)

const parsed = `# Who stays in TIME-WAIT?
+0  server  bind l :7865            = ok
+0  server  listen l                = ok
+0  client  connect c server:7865   = ok
+0  server  accept l as a           = ok
+0  server  close a                 = ok
+0  client  close c                 = ok
+0  server  state a                 = TIME-WAIT
+0  server  bind l2 :7865           = EADDRINUSE
+0  server  sockets
`

const oneTrial = `{"existing":[{"state":"TIME-WAIT","addr":"0.0.0.0","reuseaddr":true}],"new":{"addr":"127.0.0.1",` +
	`"reuseaddr":true,"listen":true},"worlds":["model"]}`

// answers provokes every answer that openapi.yaml documents: by operation, what to send for which
// status. %s in a path is a lab: one that is done, or, after "live:", one that takes steps.
var answers = []struct {
	op     string // method and path as the contract spells it
	call   call
	status int
}{
	{"GET /v1/capabilities", call{path: "/v1/capabilities"}, 200},
	{"GET /v1/capabilities", call{path: "/v1/capabilities?x=1"}, 400},

	{"GET /v1/machine", call{path: "/v1/machine"}, 200},
	{"GET /v1/machine", call{path: "/v1/machine?profile=linux"}, 200},
	{"GET /v1/machine", call{path: "/v1/machine?format=mermaid"}, 200},
	{"GET /v1/machine", call{path: "/v1/machine?format=dot"}, 200},
	{"GET /v1/machine", call{path: "/v1/machine", header: ifNoneMatch}, 304},
	{"GET /v1/machine", call{path: "/v1/machine?format=svg"}, 400},

	{"POST /v1/machine/step", call{body: `{"state":"FIN-WAIT-1","event":"rcv FIN"}`}, 200},
	{"POST /v1/machine/step", call{body: `{"state":"TIME-WAIT","event":"rcv ACK","profile":"linux"}`}, 200},
	{"POST /v1/machine/step", call{body: `{"state":"FIN-WAIT-3","event":"rcv FIN"}`}, 400},
	{"POST /v1/machine/step", call{body: `{"state":"CLOSED","event":"2MSL timeout"}`}, 409},
	{"POST /v1/machine/step", call{body: large}, 413},
	{"POST /v1/machine/step", call{body: "state", header: plain}, 415},

	{"GET /v1/experiments", call{path: "/v1/experiments"}, 200},
	{"GET /v1/experiments", call{path: "/v1/experiments", header: ifNoneMatch}, 304},
	{"GET /v1/experiments", call{path: "/v1/experiments?tag=x"}, 400},
	{"GET /v1/experiments/{experiment_id}", call{path: "/v1/experiments/plain-restart"}, 200},
	{"GET /v1/experiments/{experiment_id}", call{path: "/v1/experiments/plain-restart", header: ifNoneMatch}, 304},
	{"GET /v1/experiments/{experiment_id}", call{path: "/v1/experiments/plain-restart?x="}, 400},
	{"GET /v1/experiments/{experiment_id}", call{path: "/v1/experiments/no-such"}, 404},
	{"GET /v1/experiments/{experiment_id}/program", call{path: "/v1/experiments/plain-restart/program?language=go"},
		200},
	{"GET /v1/experiments/{experiment_id}/program", call{path: "/v1/experiments/plain-restart/program?language=cobol"},
		400},
	{"GET /v1/experiments/{experiment_id}/program", call{path: "/v1/experiments/no-such/program"}, 404},
	{"GET /v1/experiments/{experiment_id}/program", call{path: "/v1/experiments/lost-fin/program"}, 422},

	{"GET /v1/differences", call{path: "/v1/differences"}, 200},
	{"GET /v1/differences", call{path: "/v1/differences?worlds=kernel,model:rfc9293"}, 200},
	{"GET /v1/differences", call{path: "/v1/differences", header: ifNoneMatch}, 304},
	{"GET /v1/differences", call{path: "/v1/differences?profile=linux"}, 400},
	{"GET /v1/differences", call{path: "/v1/differences?worlds=moon"}, 422},
	{"GET /v1/differences/{difference_id}", call{path: "/v1/differences/rfc-no-bind"}, 200},
	{"GET /v1/differences/{difference_id}", call{path: "/v1/differences/rfc-no-bind", header: ifNoneMatch}, 304},
	{"GET /v1/differences/{difference_id}", call{path: "/v1/differences/rfc-no-bind?x=1"}, 400},
	{"GET /v1/differences/{difference_id}", call{path: "/v1/differences/no-such"}, 404},

	{"POST /v1/labs", call{body: `{"script":"+0 server bind l :7865 = ok","worlds":["model"]}`}, 201},
	{"POST /v1/labs", call{body: `{"experiment":"plain-restart","worlds":["model"],"live":true}`}, 201},
	{"POST /v1/labs", call{path: "/v1/labs?worlds=model,model:rfc9293", body: parsed,
		header: with(plain, "Prefer", "wait=30")}, 201},
	{"POST /v1/labs", call{body: `{"script":1}`}, 400},
	{"POST /v1/labs", call{body: large}, 413},
	{"POST /v1/labs", call{body: "<script/>", header: header("Content-Type", "application/xml")}, 415},
	{"POST /v1/labs", call{body: `{"script":"+0 server bnid l :7865","worlds":["model"]}`}, 422},

	{"GET /v1/labs", call{path: "/v1/labs?page_size=1"}, 200},
	{"GET /v1/labs", call{path: "/v1/labs?page_size=0"}, 400},
	{"GET /v1/labs/{lab_id}", call{path: "/v1/labs/%s"}, 200},
	{"GET /v1/labs/{lab_id}", call{path: "/v1/labs/%s", header: ifNoneMatch}, 304},
	{"GET /v1/labs/{lab_id}", call{path: "/v1/labs/%s?x=1"}, 400},
	{"GET /v1/labs/{lab_id}", call{path: "/v1/labs/no-such"}, 404},
	{"DELETE /v1/labs/{lab_id}", call{path: "/v1/labs/%s?x=1"}, 400},
	{"DELETE /v1/labs/{lab_id}", call{path: "/v1/labs/no-such"}, 404},
	{"DELETE /v1/labs/{lab_id}", call{path: "live:/v1/labs/%s"}, 204},
	{"DELETE /v1/labs/{lab_id}", call{path: "live:/v1/labs/%s", header: header("If-Match", `"x"`)}, 412},

	{"POST /v1/labs/{lab_id}/steps", call{path: "live:/v1/labs/%s/steps", body: parsed,
		header: with(plain, "Prefer", "wait=30")}, 201},
	{"POST /v1/labs/{lab_id}/steps", call{path: "live:/v1/labs/%s/steps", body: `{}`}, 400},
	{"POST /v1/labs/{lab_id}/steps", call{path: "/v1/labs/no-such/steps", body: `{"script":"+0 server exit"}`}, 404},
	{"POST /v1/labs/{lab_id}/steps", call{path: "/v1/labs/%s/steps", body: `{"script":"+0 server exit"}`}, 409},
	{"POST /v1/labs/{lab_id}/steps", call{path: "live:/v1/labs/%s/steps", body: `{"script":"+0 server exit"}`,
		header: header("If-Match", `"x"`)}, 412},
	{"POST /v1/labs/{lab_id}/steps", call{path: "live:/v1/labs/%s/steps", body: large}, 413},
	{"POST /v1/labs/{lab_id}/steps", call{path: "live:/v1/labs/%s/steps", body: "x",
		header: header("Content-Type", "text/html")}, 415},
	{"POST /v1/labs/{lab_id}/steps", call{path: "live:/v1/labs/%s/steps", body: `{"script":"+0 server exti"}`}, 422},

	{"GET /v1/labs/{lab_id}/trace", call{path: "/v1/labs/%s/trace?world=model"}, 200},
	{"GET /v1/labs/{lab_id}/trace", call{path: "/v1/labs/%s/trace?format=text"}, 200},
	{"GET /v1/labs/{lab_id}/trace", call{path: "/v1/labs/%s/trace?format=pcapng"}, 200},
	{"GET /v1/labs/{lab_id}/trace", call{path: "/v1/labs/%s/trace?format=pdf"}, 400},
	{"GET /v1/labs/{lab_id}/trace", call{path: "/v1/labs/no-such/trace"}, 404},
	{"GET /v1/labs/{lab_id}/trace", call{path: "/v1/labs/%s/trace?world=kernel"}, 422},

	{"GET /v1/labs/{lab_id}/program", call{path: "/v1/labs/%s/program?language=python"}, 200},
	{"GET /v1/labs/{lab_id}/program", call{path: "/v1/labs/%s/program?language=x"}, 400},
	{"GET /v1/labs/{lab_id}/program", call{path: "/v1/labs/no-such/program"}, 404},
	{"GET /v1/labs/{lab_id}/program", call{path: "live:/v1/labs/%s/program"}, 422},

	{"GET /v1/labs/{lab_id}/events", call{path: "/v1/labs/%s/events"}, 200},
	{"GET /v1/labs/{lab_id}/events", call{path: "/v1/labs/%s/events?after=0"}, 200},
	{"GET /v1/labs/{lab_id}/events", call{path: "/v1/labs/%s/events", header: header("Last-Event-ID", "2000000000")},
		204},
	{"GET /v1/labs/{lab_id}/events", call{path: "/v1/labs/%s/events", header: header("Last-Event-ID", "soon")}, 400},
	{"GET /v1/labs/{lab_id}/events", call{path: "/v1/labs/no-such/events"}, 404},

	{"POST /v1/labs/{lab_id}/forks", call{path: "/v1/labs/%s/forks", body: `{"at_step":3}`}, 201},
	{"POST /v1/labs/{lab_id}/forks", call{path: "/v1/labs/%s/forks", body: `{}`}, 400},
	{"POST /v1/labs/{lab_id}/forks", call{path: "/v1/labs/no-such/forks", body: `{"at_step":3}`}, 404},
	{"POST /v1/labs/{lab_id}/forks", call{path: "/v1/labs/%s/forks", body: large}, 413},
	{"POST /v1/labs/{lab_id}/forks", call{path: "/v1/labs/%s/forks", body: "3", header: plain}, 415},
	{"POST /v1/labs/{lab_id}/forks", call{path: "/v1/labs/%s/forks", body: `{"at_step":300}`}, 422},

	{"POST /v1/populations", call{body: `{"profile": "linux", "rate": 500, "destinations": 1, "range": "32768-60999",` +
		` "closer": "client", "for": "5m", "sysctls": {"tcp_tw_reuse": "2"}}`}, 200},
	{"POST /v1/populations", call{body: `{"rate": 100, "walk": true, "for": "1m"}`}, 200},
	{"POST /v1/populations", call{body: `{"rate": 1, "rtt": "1s", "open": "3s", "closer": "server"}`}, 200},
	{"POST /v1/populations", call{body: `{"rate": 0}`}, 400},
	{"POST /v1/populations", call{body: `{"rate": 1, "wait": "60s"}`}, 400},
	{"POST /v1/populations", call{body: large}, 413},
	{"POST /v1/populations", call{body: "500", header: plain}, 415},
	{"POST /v1/populations", call{body: `{"rate": 1, "sysctls": {"tcp_tw_recycle": "1"}}`}, 422},
	{"POST /v1/reuse-checks",
		call{body: `{"profile":"linux","sockets":[{"tuple":"tcp 10.0.0.1:7865 10.0.0.2:40000","state":"TIME-WAIT",` +
			`"reuseaddr":true,"age":"12s","last_ts":1000,"rcv_nxt":5000}],"candidate":{"op":"connect","tuple":"tcp ` +
			`10.0.0.1:7865 10.0.0.2:40000"}}`}, 200},
	{"POST /v1/reuse-checks",
		call{body: `{"sockets":[{"tuple":"tcp 10.0.0.1:7865 10.0.0.2:40000","state":"TIME-WAIT"}],` +
			`"candidate":{"op":"bind","tuple":"tcp 0.0.0.0:7865","reuseaddr":true}}`}, 200},
	{"POST /v1/reuse-checks", call{body: `{"sockets":[]}`}, 400},
	{"POST /v1/reuse-checks", call{body: large}, 413},
	{"POST /v1/reuse-checks", call{body: "tcp", header: plain}, 415},
	{"POST /v1/reuse-checks",
		call{body: `{"sockets":[{"tuple":"tcp 10.0.0.1:7865","state":"TIME-WAIT"}],"candidate":{"op":"bind",` +
			`"tuple":"tcp 0.0.0.0:7865"}}`}, 422},

	{"POST /v1/trials", call{body: oneTrial}, 200},
	{"POST /v1/trials", call{body: "[" + oneTrial + "," + oneTrial + "]"}, 200},
	{"POST /v1/trials", call{body: "[" + oneTrial + "]", header: header("Accept", ndjson)}, 200},
	{"POST /v1/trials", call{body: `[{"new":{}}]`}, 400},
	{"POST /v1/trials", call{body: "[" + strings.Repeat(" ", 16<<20) + "]"}, 413},
	{"POST /v1/trials", call{body: "trial", header: plain}, 415},
	{"POST /v1/trials", call{body: `[{"existing":[{"state":"LISTEN","role":"connected","addr":"::"}],` +
		`"new":{"addr":"::"}}]`}, 422},
	{"GET /v1/matrix", call{path: "/v1/matrix?existing=LISTEN&worlds=model,model:freebsd"}, 200},
	{"GET /v1/matrix", call{path: "/v1/matrix?existing=FIN-WAIT-2&role=autobound&listen=false",
		header: header("Accept", ndjson)}, 200},
	{"GET /v1/matrix", call{path: "/v1/matrix?existing=OPEN"}, 400},
	{"GET /v1/matrix", call{path: "/v1/matrix?existing=LISTEN&role=autobound"}, 422},

	{"POST /v1/questions", call{body: `{"kind":"next-state","seed":7,"lang":"zh"}`}, 200},
	{"POST /v1/questions", call{body: `{"kind":"will-it-bind"}`}, 200},
	{"POST /v1/questions", call{body: `{"kind":"time-left"}`}, 200},
	{"POST /v1/questions", call{body: `{"kind":"will-it-bind","seed":3,"level":2,"stimulus":"script"}`}, 200},
	{"POST /v1/questions", call{body: `{"topics":["bind"],"level":3,"count":4,"lang":"zh"}`}, 200},
	{"POST /v1/questions", call{body: `{"count":3}`, header: header("Accept", ndjson)}, 200},
	{"POST /v1/questions", call{body: `{"topics":["cooking"]}`}, 422},
	{"POST /v1/questions", call{body: `{"kind":"riddle"}`}, 400},
	{"POST /v1/questions", call{body: large}, 413},
	{"POST /v1/questions", call{body: "kind", header: plain}, 415},
	{"POST /v1/questions/grade", call{body: `{"token":"%q","answer":"a"}`}, 200},
	{"POST /v1/questions/grade", call{body: `{"token":"%q","answer":{"parts":{"p1":{"choice":"b"}}},"lang":"zh"}`},
		200},
	{"POST /v1/questions/grade", call{body: `{"token":"%q","answer":null}`}, 200},
	{"POST /v1/questions/grade", call{body: `{"token":"x"}`}, 400},
	{"POST /v1/questions/grade", call{body: large}, 413},
	{"POST /v1/questions/grade", call{body: "kind", header: plain}, 415},
	{"POST /v1/questions/grade", call{body: `{"token":"x","answer":"a"}`}, 422},
	{"POST /v1/questions/grade", call{body: `{"token":"%q","answer":{"number":"a few"}}`}, 422},
	{"GET /v1/question-kinds", call{path: "/v1/question-kinds"}, 200},
	{"POST /v1/questions/export", call{path: "/v1/questions/export?format=gift", body: `{"tokens":["%q"]}`}, 200},
	{"POST /v1/questions/export", call{path: "/v1/questions/export?format=moodle&lang=zh", body: `{"tokens":["%q"]}`},
		200},
	{"POST /v1/questions/export", call{path: "/v1/questions/export?format=qti21", body: `{"tokens":["%q"]}`}, 200},
	{"POST /v1/questions/export", call{path: "/v1/questions/export?format=json", body: `{"tokens":["%q"]}`}, 200},
	{"POST /v1/questions/export", call{path: "/v1/questions/export?format=word", body: `{"tokens":["%q"]}`}, 400},
	{"POST /v1/questions/export", call{path: "/v1/questions/export?format=gift", body: large}, 413},
	{"POST /v1/questions/export", call{path: "/v1/questions/export?format=gift", body: "n", header: plain}, 415},
	{"POST /v1/questions/export", call{path: "/v1/questions/export?format=gift", body: `{"tokens":["x"]}`}, 422},
	{"GET /v1/question-kinds", call{path: "/v1/question-kinds", header: ifNoneMatch}, 304},
	{"GET /v1/question-kinds", call{path: "/v1/question-kinds?x=1"}, 400},
	{"POST /v1/questions/hints", call{body: `{"token":"%q"}`}, 200},
	{"POST /v1/questions/hints", call{body: `{"token":"%q","n":9}`}, 422},
	{"POST /v1/questions/hints", call{body: `{"n":1}`}, 400},
	{"POST /v1/questions/hints", call{body: large}, 413},
	{"POST /v1/questions/hints", call{body: "n", header: plain}, 415},

	{"GET /v1/ports", call{path: "/v1/ports?state=LISTEN"}, 200},
	{"GET /v1/ports", call{path: "/v1/ports?nothing=1"}, 400},
	{"POST /v1/tables", call{path: "/v1/tables?port=7865",
		body: "LISTEN 0 5 127.0.0.1:7865 0.0.0.0:*\nTIME-WAIT 0 0 127.0.0.1:7865 127.0.0.1:9 " +
			"timer:(timewait,9sec,0)\nwhat?\n", header: plain}, 200},
	{"POST /v1/tables", call{path: "/v1/tables?system=plan9", body: "x", header: plain}, 400},
	{"POST /v1/tables", call{path: "/v1/tables", body: strings.Repeat("#", 16<<20+1), header: plain}, 413},
	{"POST /v1/tables", call{path: "/v1/tables", body: "{}"}, 415},
	{"POST /v1/captures", call{path: "/v1/captures", body: dumpText, header: plain}, 201},
	{"POST /v1/captures", call{path: "/v1/captures?x=1", body: dumpText, header: plain}, 400},
	{"POST /v1/captures", call{path: "/v1/captures", body: strings.Repeat("#\n", 33<<20), header: plain}, 413},
	{"POST /v1/captures", call{path: "/v1/captures", body: "{}"}, 415},
	{"POST /v1/captures", call{path: "/v1/captures", body: "no capture", header: plain}, 422},
	{"GET /v1/captures/{capture_id}", call{path: "/v1/captures/0190b3e4-0000-7000-8000-000000000000?x=1"}, 400},
	{"GET /v1/captures/{capture_id}", call{path: "/v1/captures/0190b3e4-0000-7000-8000-000000000000"}, 404},
	{"GET /v1/captures/{capture_id}/connections/{n}/trace",
		call{path: "/v1/captures/0190b3e4-0000-7000-8000-000000000000/connections/0/trace"}, 400},
	{"GET /v1/captures/{capture_id}/connections/{n}/trace",
		call{path: "/v1/captures/0190b3e4-0000-7000-8000-000000000000/connections/1/trace"}, 404},
	{"GET /v1/ports/{port}", call{path: "/v1/ports/53?protocol=udp&try=1"}, 200},
	{"GET /v1/ports/{port}", call{path: "/v1/ports/7865?reuseaddr=true"}, 200},
	{"GET /v1/ports/{port}", call{path: "/v1/ports/0"}, 400},
	{"GET /v1/ports/{port}", call{path: "/v1/ports/70000"}, 400},
	{"GET /v1/ports/{port}", call{path: "/v1/ports/80?host=nowhere"}, 400},
	{"GET /v1/ports/{port}", call{path: "/v1/ports/80?host=localhost"}, 200},
	{"GET /v1/ports/{port}", call{path: "/v1/ports/80?host=%5B::1%5D"}, 200},

	{"GET /healthz", call{path: "/healthz"}, 200},
	{"GET /healthz", call{path: "/healthz?x=1"}, 400},
	{"GET /readyz", call{path: "/readyz"}, 200},
	{"GET /readyz", call{path: "/readyz", body: "{}"}, 400},
	{"GET /metrics", call{path: "/metrics"}, 200},
	{"GET /metrics", call{path: "/metrics?x=1"}, 400},
	{"GET /openapi.yaml", call{path: "/openapi.yaml"}, 200},
	{"GET /openapi.yaml", call{path: "/openapi.yaml", header: ifNoneMatch}, 304},
	{"GET /openapi.yaml", call{path: "/openapi.yaml?x=1"}, 400},
	{"GET /docs", call{path: "/docs"}, 200},
	{"GET /docs", call{path: "/docs", header: ifNoneMatch}, 304},
	{"GET /docs", call{path: "/docs?x=1"}, 400},
	{"GET /docs/{file}", call{path: "/docs/init.js"}, 200},
	{"GET /docs/{file}", call{path: "/docs/swagger-ui.css"}, 200},
	{"GET /docs/{file}", call{path: "/docs/LICENSE"}, 200},
	{"GET /docs/{file}", call{path: "/docs/init.js", header: ifNoneMatch}, 304},
	{"GET /docs/{file}", call{path: "/docs/init.js?x=1"}, 400},
	{"GET /docs/{file}", call{path: "/docs/no-such"}, 404},
	{"GET /problems/{slug}", call{path: "/problems/syntax-error"}, 200},
	{"GET /problems/{slug}", call{path: "/problems/syntax-error?x=1"}, 400},
	{"GET /problems/{slug}", call{path: "/problems/no-such"}, 404},

	{"GET /", call{path: "/"}, 200},
	{"GET /", call{path: "/", header: ifNoneMatch}, 304},
	{"GET /", call{path: "/?lang=fr&x=1&x=%zz"}, 200},
	{"GET /", call{path: "/", body: "x"}, 400},
	{"GET /experiments/{experiment_id}", call{path: "/experiments/plain-restart?lang=zh&from=mail"}, 200},
	{"GET /experiments/{experiment_id}", call{path: "/experiments/plain-restart", header: ifNoneMatch}, 304},
	{"GET /experiments/{experiment_id}", call{path: "/experiments/plain-restart", body: "x"}, 400},
	{"GET /experiments/{experiment_id}", call{path: "/experiments/plain-restrat"}, 404},
	{"GET /guide/{name}", call{path: "/guide/script?lang=zh&from=mail"}, 200},
	{"GET /guide/{name}", call{path: "/guide/script", header: ifNoneMatch}, 304},
	{"GET /guide/{name}", call{path: "/guide/script", body: "x"}, 400},
	{"GET /guide/{name}", call{path: "/guide/no-such"}, 404},
	{"GET /guide/{name}", call{path: "/guide/no-such", header: map[string]string{"Accept": "text/html,*/*;q=0.8"}},
		404},
	{"GET /experiments/{experiment_id}", call{path: "/experiments/plain-restrat",
		header: map[string]string{"Accept": "text/html,*/*;q=0.8"}}, 404},
	{"GET /favicon.ico", call{path: "/favicon.ico"}, 200},
	{"GET /favicon.ico", call{path: "/favicon.ico", header: ifNoneMatch}, 304},
	{"GET /favicon.ico", call{path: "/favicon.ico?x=1"}, 400},
	{"GET /static/{file}", call{path: "/static/app/app.js"}, 200},
	{"GET /static/{file}", call{path: "/static/app/app.js", header: ifNoneMatch}, 304},
	{"GET /static/{file}", call{path: "/static/app/app.js?x=1"}, 400},
	{"GET /static/{file}", call{path: "/static/no/such"}, 404},
}

var (
	plain       = header("Content-Type", "text/plain")
	ifNoneMatch = header("If-None-Match", "the ETag of the answer")
	dumpText    = "12:00:00.000001 IP 10.0.0.2.40000 > 10.0.0.1.7865: Flags [S], seq 3000000001, win 1, length 0\n" +
		"12:00:00.000002 IP 10.0.0.1.7865 > 10.0.0.2.40000: Flags [R.], seq 0, ack 3000000002, win 0, length 0\n"
	large = `{"script":"` + strings.Repeat("#", maxBody) + `"}`
)

func header(pairs ...string) map[string]string { return with(nil, pairs...) }

func with(h map[string]string, pairs ...string) map[string]string {
	h = maps.Clone(h)
	if h == nil {
		h = make(map[string]string)
	}
	for p := range slices.Chunk(pairs, 2) {
		h[p[0]] = p[1]
	}
	return h
}
