package web

import (
	"fmt"
	"net"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

const mapDrawn = `document.querySelectorAll("td[data-row]").length === 784`

func cell(row, column int) string {
	return fmt.Sprintf(`td[data-row="%d"][data-column="%d"]`, row, column)
}

// TestMatrixIsMeasured asks the real kernel for the whole matrix: the bar moves, and the model is right in every cell.
func TestMatrixIsMeasured(t *testing.T) {
	url := realServer(t)
	if runs, why := kernelRuns(t, url); !runs {
		skip(t, "the kernel world does not run here: %s", why)
	}
	p := openTab(t, url+"/#matrix")
	p.size(1440, 1000)
	p.wait(mapDrawn)
	p.picture("matrix")
	p.press("Measure it on this kernel (784 trials)")
	p.wait(`document.querySelector(".measuring .outcome").innerText.includes("784 agree, 0 differ, 0 not run")`)
	p.press("Measure all of it (22,400 trials)")
	bar := `document.querySelector(".measuring progress")`
	p.wait(bar + "?.value > 0")
	before := eval[float64](p, bar+"?.value ?? -1")
	p.picture("matrix-measuring")
	p.wait(fmt.Sprintf("!(%[1]s?.value <= %[2]v)", bar, before))
	p.wait(`/22,400 trials measured/.test(document.querySelector(".measuring .outcome").innerText)`)
	if got := p.text(".measuring .outcome"); !strings.Contains(got, " 0 differ") {
		t.Errorf("got %q, want no cell to differ", got)
	}
	if got := p.count("td.odd"); got != 0 {
		t.Errorf("%d cells stand out", got)
	}
	if got := p.count(".whole a.good"); got != 32 {
		t.Errorf("parts that agree: got %d, want 32", got)
	}
	p.picture("matrix-measured")
	p.press("Measure all of it (22,400 trials)")
	p.wait(bar + "?.value > 0")
	p.press("Stop")
	p.wait(`document.querySelector(".measuring .outcome").innerText.startsWith("Stopped.") && document.querySelector(".measuring progress") === null`)
}

// TestMatrixTellsATrial goes from a cell to its rules, its script and the lab that runs it, and shares the address of it.
func TestMatrixTellsATrial(t *testing.T) {
	url := realServer(t)
	p := openTab(t, url+"/#matrix")
	p.wait(mapDrawn)
	if got := p.text(cell(0, 1) + " span"); got != "INUSE" {
		t.Errorf("got %q, want INUSE", got)
	}
	eval[int](p, fmt.Sprintf("document.querySelector(%q).focus(), 0", cell(0, 0)))
	p.keys(kb.ArrowDown)
	p.keys(kb.ArrowRight)
	p.keys(kb.ArrowRight)
	p.keys(kb.ArrowLeft)
	p.keys(kb.Enter)
	p.wait(`document.querySelector(".answers") !== null`)
	if got := eval[string](p, "document.activeElement.dataset.row + document.activeElement.dataset.column"); got != "11" {
		t.Errorf("focus is in cell %s, want 11", got)
	}
	all := p.text(".trial")
	for _, want := range []string{"There: TIME-WAIT, accepted, listener closed, 0.0.0.0 with SO_REUSEADDR. New: 0.0.0.0 with SO_REUSEADDR.",
		"ok (and listen)", "linux-bind-both-reuseaddr", "inet_bind_conflict", "FreeBSD", "macOS", "Windows", "unknown", "documented, not measured",
		"+0 server bind n 0.0.0.0:7865 reuseaddr = ok"} {
		if !strings.Contains(all, want) {
			t.Errorf("the trial does not tell %q:\n%s", want, all)
		}
	}
	if got, want := eval[string](p, "location.hash"), "#matrix=TIME-WAIT&cell=0.0.0.0+reuseaddr,0.0.0.0+reuseaddr"; got != want {
		t.Errorf("address: got %s, want %s", got, want)
	}
	p.picture("matrix-trial")
	p.do(navigate("about:blank"))
	p.do(navigate(url + "/#matrix=FIN-WAIT-2&role=open&system=model:freebsd&old=127.0.0.1&new-options=reuseaddr&cell=127.0.0.1+none,::1+reuseaddr"))
	p.wait(`document.querySelector(".trial h2")?.innerText === "There: FIN-WAIT-2, accepted, listener open, 127.0.0.1 with no option. New: ::1 with SO_REUSEADDR."`)
	p.wait(`document.querySelector(".answers") !== null`)
	if got := p.count("td[data-row]"); got != 4*7 {
		t.Errorf("cells: got %d, want 28", got)
	}
	if got := p.text("td.picked"); got != "ok" {
		t.Errorf("the cell in full: got %q, want ok", got)
	}
	p.press("Open it in the editor")
	p.wait(`document.activeElement.id === "script" && document.activeElement.value.includes("+0 server state a = FIN-WAIT-2")`)
	p.press("Run this script")
	p.story()
	asTheScriptSays(p)
	if runs, _ := kernelRuns(t, url); !runs {
		return
	}
	p.do(navigate(url + "/#matrix=LAST-ACK&cell=::+none,127.0.0.1+none"))
	p.press("Run it in both worlds")
	p.wait(`document.querySelectorAll(".world").length === 2`)
	p.story()
	asTheScriptSays(p)
	p.whole("matrix-script")
}

// asTheScriptSays fails unless every step of the lab shown ended as it was to end, in all its worlds.
func asTheScriptSays(p *tab) {
	p.Helper()
	if bad := p.count(".v-unexpected") + p.count(".v-differ") + p.count(".v-not-run"); bad != 0 || p.count(".steplist .v-agree")+p.count(".steplist .result.fine") < 5 {
		p.Errorf("%d steps are not as the script says:\n%s", bad, p.text(".steplist"))
	}
}

// Where no kernel can be asked the page says why, and shows what the models say.
func TestMatrixWithoutAKernel(t *testing.T) {
	p := openTab(t, "about:blank")
	noKernel := `{
		const real = fetch;
		window.fetch = async (path, init) => {
			if (String(path).includes("kernel") || String(init?.body).includes("kernel")) throw new Error("the kernel was asked");
			const answer = await real(path, init);
			if (path !== "/v1/capabilities") return answer;
			const body = await answer.json();
			Object.assign(body.worlds.find((w) => w.name === "kernel"), { runs: false, why: "no user namespaces", remedy: "be root" });
			return Response.json(body);
		};
	}`
	if _, err := chromedp.Call(p.ctx, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: noKernel}); err != nil {
		t.Fatal(err)
	}
	p.do(navigate(realServer(t) + "/#matrix=BOUND&cell=::+none,127.0.0.1+none"))
	p.wait(`document.querySelector(".answers")`)
	all := p.text("main")
	for _, want := range []string{"no user namespaces", "be root", "linux-bind-no-options", "Run it on the model"} {
		if !strings.Contains(all, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	if strings.Contains(all, "Measure it") || p.count(".answers .answer") != 4 {
		t.Errorf("there is a button for a kernel that cannot be asked, or an answer of it")
	}
}

// What the address names and nobody knows is said, with its name.
func TestMatrixAddressMistakesAreNamed(t *testing.T) {
	p := openTab(t, realServer(t)+"/#matrix=TIME_WAIT&role=adopted&system=plan9&old=10.9.8.7&cell=x,y")
	p.wait(mapDrawn)
	p.wait(`document.querySelectorAll("[role=alert]").length === 5`)
	for _, want := range []string{"matrix=TIME_WAIT", "role=adopted", "system=plan9", "old=10.9.8.7", "cell=x,y"} {
		if all := p.text("main"); !strings.Contains(all, want) {
			t.Errorf("%s is not named:\n%s", want, all[:min(len(all), 800)])
		}
	}
}

// A cell in which model and kernel differ says so in words and by its shape. No kernel does; a server is made to.
func TestMatrixShowsWhatDiffers(t *testing.T) {
	p := openTab(t, realServer(t)+"/#matrix=LISTEN&old=127.0.0.1&new=127.0.0.1")
	p.wait(`document.querySelectorAll("td[data-row]").length === 16`)
	eval[int](p, `{
		const real = fetch;
		window.fetch = async (path, init) => {
			if (String(path).includes("kernel") || String(init?.body).includes("kernel")) {
				const stream = String(path).startsWith("/v1/matrix");
				const answer = await real(String(path).replace("model,kernel", "model"), stream ? init : { ...init, body: init.body.replaceAll('"model","kernel"', '"model"') });
				const lie = (line) => {
					if (line.summary || line.matrix) return line;
					const differ = line.results.model.bind === "ok" && (!stream || line.row === line.column);
					line.results.kernel = differ ? { bind: "EADDRINUSE" } : { ...line.results.model };
					return { ...line, verdict: differ ? "differ" : "agree" };
				};
				const text = await answer.text();
				const body = stream ? text.trim().split("\n").map((l) => JSON.stringify(lie(JSON.parse(l))) + "\n").join("")
					: JSON.stringify({ trials: JSON.parse(text).trials.map(lie) });
				return new Response(body, { headers: { "Content-Type": answer.headers.get("Content-Type") } });
			}
			return real(path, init);
		};
		0
	}`)
	p.wait(`document.querySelector(".measuring button, .measuring .notice, .notice")`)
	if p.count(".measuring button") == 0 {
		skip(t, "the kernel world does not run here")
	}
	p.press("Measure it on this kernel (784 trials)")
	p.wait(`document.querySelectorAll("td.odd").length > 0 && !document.querySelector(".measuring progress")`)
	if got, want := p.text("td.odd"), "≠ Model and kernel differ: ok ≠ EADDRINUSE"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := p.text(".measuring .outcome"); !strings.Contains(got, "≠") || strings.Contains(got, " 0 differ") {
		t.Errorf("got %q, want the cells that differ counted", got)
	}
	p.axe("differing")
	p.picture("matrix-differs")
}

// A measuring that the server breaks off says so, and counts nothing of the part that was under way.
func TestMeasuringThatBreaksOffIsSaid(t *testing.T) {
	url := realServer(t)
	if runs, why := kernelRuns(t, url); !runs {
		skip(t, "the kernel world does not run here: %s", why)
	}
	for _, end := range []string{"controller.close()", `controller.error(new TypeError("network error"))`} {
		p := openTab(t, url+"/#matrix")
		p.wait(mapDrawn)
		eval[int](p, `{
			const real = fetch;
			window.fetch = async (path, init) => {
				const answer = await real(path, init);
				if (!String(path).includes("kernel")) return answer;
				const text = (await answer.text()).split("\n").slice(0, 100).join("\n") + "\n";
				return new Response(new ReadableStream({ start(controller) { controller.enqueue(new TextEncoder().encode(text)); setTimeout(() => `+end+`, 300); } }));
			};
			0
		}`)
		p.press("Measure it on this kernel (784 trials)")
		p.wait(`document.querySelector("[role=alert]")?.innerText.includes("The server does not answer")`)
		if got := p.text(".measuring"); !strings.Contains(got, "Measure it on this kernel") || strings.Contains(got, "measured on") {
			t.Errorf("%s: got %q, want nothing counted, and a button", end, got)
		}
	}
}

// timeWait leaves a connection of a free port of this machine in TIME-WAIT, and gives the port.
func timeWait(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(l.Addr().String())
	c, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	s, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	s.Close() // the server first
	c.Close()
	return port
}

// TestPortInTimeWait asks the doctor about a port whose server has just gone: the seconds run down.
func TestPortInTimeWait(t *testing.T) {
	url := realServer(t)
	port := timeWait(t)
	p := openTab(t, url+"/#port")
	p.wait(`document.querySelector("#port-port")`)
	eval[int](p, `document.querySelector("#port-port").focus(), 0`)
	p.keys(port + kb.Enter)
	p.wait(`document.querySelector(".stamp")?.innerText.includes("Taken")`)
	if got, want := eval[string](p, "location.hash"), "#port="+port; got != want {
		t.Errorf("address: got %s, want %s", got, want)
	}
	all := p.text("main")
	order := []string{"TIME-WAIT", "With which options?", "What stands in the way", "no process", "What you can do", "Common misconceptions", "SO_REUSEADDR on the new server is enough."}
	for at := 0; len(order) > 0; order = order[1:] {
		n := strings.Index(all[at:], order[0])
		if n < 0 {
			t.Errorf("%q is not where it is to be:\n%s", order[0], all)
			break
		}
		at += n
	}
	left := `Number(document.querySelector(".countdown .ring text").textContent)`
	before := eval[float64](p, left)
	time.Sleep(1500 * time.Millisecond)
	if after := eval[float64](p, left); before > 62 || before-after < 0.8 || before-after > 5 {
		t.Errorf("seconds left: %v, a second and a half later %v", before, after)
	}
	p.picture("port-time-wait")
	p.press("中文")
	p.wait(`document.querySelector(".stamp").innerText.includes("被占用") && document.querySelector("#port-answer").innerText.includes("TIME-WAIT") && /[\u4e00-\u9fff]/.test(document.querySelector("#port-answer").innerText)`)
}

func TestPortMistakesNameTheField(t *testing.T) {
	p := openTab(t, realServer(t)+"/#port")
	p.fine = []string{"400"}
	p.wait(`document.querySelector("#port-port")`)
	p.press("Ask the doctor")
	p.wait(`document.querySelector("#port-port-help[role=alert]")?.innerText.startsWith("Which port?")`)
	for port, want := range map[string]string{"70000": "port", "http": "port", "0": "port"} {
		p.do(navigate(p.url + "&x=" + port)) // away and back, so that nothing of the last answer is left
		p.do(navigate(strings.TrimSuffix(p.url, "#port") + "#port=" + port))
		p.wait(fmt.Sprintf(`document.querySelector("#port-%s")?.getAttribute("aria-invalid") === "true"`, want))
		if got := p.text("#port-port-help"); got == "" || strings.Contains(got, "undefined") {
			t.Errorf("port %s: got %q", port, got)
		}
	}
	p.do(navigate(strings.TrimSuffix(p.url, "#port") + "#port=80&host=nowhere"))
	p.wait(`document.querySelector("#port-host-help[role=alert]")?.innerText.includes("is no IPv4 or IPv6 address")`)
	p.wait(`document.activeElement.id === "port-host"`)
	p.axe("mistake")
	p.picture("port-mistake")
}

// TestPortPagesAreAccessible looks at the pages of the matrix, the doctor and the quiz in both languages, light and dark, wide
// and narrow.
func TestPortPagesAreAccessible(t *testing.T) {
	url := realServer(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	listens := strconv.Itoa(l.Addr().(*net.TCPAddr).Port)
	for _, look := range []struct {
		lang, scheme string
		width        int64
	}{{"en", "light", 1440}, {"en", "dark", 390}, {"zh", "dark", 1440}, {"zh", "light", 320}} {
		p := openTab(t, "about:blank")
		p.media("prefers-color-scheme", look.scheme)
		p.size(look.width, 900)
		waits := timeWait(t)
		for _, view := range []struct{ name, hash, ready string }{
			{"port-waits", "port=" + waits + "&reuseaddr=true", `document.querySelector(".countdown")`},
			{"matrix", "matrix=TIME-WAIT&cell=0.0.0.0+none,127.0.0.1+reuseaddr" + map[bool]string{true: "&old=127.0.0.1", false: ""}[look.scheme == "dark"],
				`document.querySelector("td[data-row]") && document.querySelector(".answers")`},
			{"matrix-part", "matrix=LISTEN&old=0.0.0.0&new=0.0.0.0&system=model:windows", `document.querySelectorAll("td[data-row]").length === 16`},
			{"port-listens", "port=" + listens, `document.querySelector(".stamp")`},
			{"quiz", "quiz", `document.querySelector(".question")`},
		} {
			what := fmt.Sprintf("%s-%s-%s-%d", view.name, look.lang, look.scheme, look.width)
			p.do(navigate("about:blank"))
			p.do(navigate(url + "/#" + view.hash + "&lang=" + look.lang))
			p.wait(view.ready)
			p.axe(what)
			if got := eval[int64](p, "document.documentElement.scrollWidth"); got > look.width {
				wide := eval[[]string](p, fmt.Sprintf(`[...document.querySelectorAll("main *")].filter((e) => !e.closest(".scroll") && e.getBoundingClientRect().right > %d).map((e) => e.tagName + "." + (e.className.baseVal ?? e.className)).slice(0, 8)`, look.width+1))
				t.Errorf("%s: %d px wide: %v", what, got, wide)
			}
			if look.lang == "zh" && view.name != "quiz" { // a question may be about a table or a listing
				english(t, p, what)
			}
			p.whole(what)
		}
	}
}

// english fails for sentences on a Chinese page that have no Chinese in them.
func english(t *testing.T, p *tab, what string) {
	t.Helper()
	for _, line := range strings.Split(p.text("main"), "\n") {
		if words := strings.Fields(line); len(words) >= 6 && !strings.ContainsFunc(line, func(r rune) bool { return r >= 0x2e80 }) &&
			!strings.HasPrefix(line, "+") && !strings.Contains(line, "\t") && !strings.HasPrefix(line, "#") && !strings.HasPrefix(line, "ESTABLISHED ") && !strings.Contains(line, "curl") {
			t.Errorf("%s: %q is not Chinese", what, line)
		}
	}
}

// TestViewsAreFound goes through the views by their links; the lab that was shown is there when one comes back.
func TestViewsAreFound(t *testing.T) {
	p := openTab(t, realServer(t))
	p.story()
	for _, v := range []struct{ link, title string }{
		{"Bind matrix", "Who may bind next to whom?"}, {"Port doctor", "Why can't I have this port?"}, {"Quiz", "What does TCP do next?"}, {"Lab", "Why can't my server start again?"},
	} {
		p.press(v.link)
		p.wait(fmt.Sprintf(`document.querySelector("h1")?.innerText === %q`, v.title))
		if got := p.text(".views a[aria-current]"); got != v.link {
			t.Errorf("current: got %q, want %q", got, v.link)
		}
	}
	p.story()
}

// TestPortIsTriedAndTheMachineShown presses the button that makes a real bind, and asks about a listener of the overview.
func TestPortIsTriedAndTheMachineShown(t *testing.T) {
	url := realServer(t)
	_, port, err := net.SplitHostPort(strings.TrimPrefix(url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	p := openTab(t, url+"/#port")
	p.wait(`document.querySelectorAll(".machine li").length > 0`)
	p.press("127.0.0.1:" + port)
	p.wait(fmt.Sprintf(`document.querySelector("#port-answer") && location.hash === "#port=%s"`, port))
	p.press("Try a real bind")
	p.wait(`document.querySelector("#port-answer").innerText.includes("A real bind says EADDRINUSE")`)
	p.axe("machine")
	p.picture("machine")
}
