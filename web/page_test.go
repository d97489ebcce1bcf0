package web

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp/kb"
	"github.com/google/go-cmp/cmp"
)

func TestPageTellsAStoryWithoutAClick(t *testing.T) {
	p := openTab(t, newFakeServer(t, true).URL)
	p.story()
	if got, want := p.text("h1"), "Why can't my server start again?"; got != want {
		t.Errorf("h1: got %q, want %q", got, want)
	}
	if got := p.text(".end .big"); got != "TIME-WAIT" {
		t.Errorf("the server's end: got %q, want TIME-WAIT", got)
	}
	if got := eval[string](p, `document.querySelector(".ring").getAttribute("aria-label")`); got != "50 seconds of TIME-WAIT left" {
		t.Errorf("ring: got %q, want 50 seconds of TIME-WAIT left", got)
	}
	if got := p.count(".steptable .v-agree"); got != 9 {
		t.Errorf("steps that agree: got %d, want 9", got)
	}
	if got := p.count(".ladder .arrow"); got != 7 {
		t.Errorf("arrows: got %d, want the 7 segments", got)
	}
	if got := p.text(".sockets tbody tr"); !strings.Contains(got, "no process") {
		t.Errorf("the server's socket table: got %q, want no process", got)
	}
	elsewhere := eval[[]string](p, `performance.getEntriesByType("resource").map((e) => e.name).filter((n) => !n.startsWith(location.origin))`)
	if len(elsewhere) > 0 {
		t.Errorf("loaded from elsewhere: %v", elsewhere)
	}
}

func TestPageShowsBothWorldsAsTheyRun(t *testing.T) {
	f := newFakeServer(t, true)
	f.slow = 3 * time.Second
	p := openTab(t, f.URL)
	p.story()
	p.press("Run on the real kernel too")
	p.wait(`document.querySelectorAll(".world .ring").length === 2 && /The real kernel: waiting 10 s, \d+ s left/.test(document.querySelector(".progress")?.innerText)`)
	ring := `Number(document.querySelectorAll(".world")[1].querySelector(".ring text").textContent)`
	before := eval[float64](p, ring)
	time.Sleep(time.Second)
	if after := eval[float64](p, ring); before-after < 0.5 || before-after > 3 {
		t.Errorf("TIME-WAIT left in the kernel: %v, a second later %v", before, after)
	}
	p.story()
	if got := p.text("tr .v-differ"); got != "≠ differ" {
		t.Errorf("verdict of the last line: got %q, want ≠ differ", got)
	}
	if got := p.text(".why:last-child"); !strings.Contains(got, "the model says EADDRINUSE, the kernel ok") {
		t.Errorf("reason: got %q", got)
	}
	if got := eval[string](p, `document.querySelector(".steptable .why a").getAttribute("href")`); got != "/v1/differences/time-wait-wheel" {
		t.Errorf("the reason's entry in the catalogue: got %q", got)
	}
	if got := eval[string](p, `document.querySelector(".findings li").textContent`); !strings.Contains(got, "Line 14, server a:") || !strings.Contains(got, "Unexplained: the catalogue") {
		t.Errorf("difference in states: got %q", got)
	}
	if got := p.count(".ladder .odd"); got != 2 {
		t.Errorf("bands that stand out: got %d, want one in each world", got)
	}
	// The same step lies at the same height in both worlds.
	heights := eval[[][]string](p, `[...document.querySelectorAll(".ladder")].map((l) => [...l.querySelectorAll(".rule")].map((r) => r.getAttribute("y1")))`)
	if len(heights) != 2 || len(heights[0]) != 8 {
		t.Fatalf("rules: got %v, want 8 in each world", heights)
	}
	if diff := cmp.Diff(heights[0], heights[1]); diff != "" {
		t.Errorf("steps are not at one height (-model +kernel):\n%s", diff)
	}
}

func TestFilmCanBeSteppedAndPlayed(t *testing.T) {
	p := openTab(t, newFakeServer(t, true).URL)
	p.story()
	all := p.count(".ladder .arrow")
	p.press("To the beginning")
	p.wait(`document.querySelector(".film .where").innerText === "Step 1 of 9"`)
	if got := p.count(".ladder .arrow"); got != 0 {
		t.Errorf("arrows after the first step: got %d, want 0", got)
	}
	if got := p.text(".end .gloss"); got != "no connection yet" {
		t.Errorf("the server's end after the first step: got %q", got)
	}
	p.press("One step on")
	p.press("One step on")
	p.wait(`document.querySelector(".film .where").innerText === "Step 3 of 9"`)
	if got := p.count(".ladder .arrow"); got != 3 {
		t.Errorf("arrows after connect: got %d, want 3", got)
	}
	eval[int](p, `document.querySelector(".film input").focus(), 0`)
	p.keys(kb.End)
	p.wait(fmt.Sprintf(`document.querySelectorAll(".ladder .arrow").length === %d`, all))
	p.press("Play")
	p.wait(`document.querySelector(".film .where").innerText.startsWith("Step 2")`)
	p.press("Pause")
	shown := p.text(".film .where")
	time.Sleep(2 * time.Second)
	if got := p.text(".film .where"); got != shown {
		t.Errorf("paused at %q, but shows %q two seconds later", shown, got)
	}
}

func TestChineseIsLiveAndRemembered(t *testing.T) {
	f := newFakeServer(t, true)
	p := openTab(t, f.URL)
	p.story()
	p.press("中文")
	p.wait(`document.querySelector("h1").innerText === "为什么我的服务器重启不了？"`)
	p.wait(`document.querySelector(".explain").innerText.includes("谁先关闭")`)
	if got := eval[string](p, "document.documentElement.lang"); got != "zh-CN" {
		t.Errorf("lang: got %q, want zh-CN", got)
	}
	if got := p.text(".end .big"); got != "TIME-WAIT" {
		t.Errorf("state: got %q, want TIME-WAIT in every language", got)
	}
	if got := p.text(".end .gloss"); !strings.Contains(got, "主动关闭方") {
		t.Errorf("gloss: got %q, want 主动关闭方", got)
	}
	if got := eval[int](p, `[...document.querySelectorAll("*")].filter((e) => getComputedStyle(e).fontStyle !== "normal").length`); got != 0 {
		t.Errorf("%d elements are in italics", got)
	}
	p.story()
	f.mu.Lock()
	before := len(f.asks)
	f.mu.Unlock()
	p.do(navigate(p.url))
	p.wait(`document.querySelector("h1")?.innerText === "为什么我的服务器重启不了？"`)
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, ask := range f.asks[before:] {
		if strings.Contains(ask, " /v1/") && !strings.HasSuffix(ask, " zh") {
			t.Errorf("after it was loaded again the page asked %q, not in Chinese", ask)
		}
	}
}

func TestPageIsNotWiderThanATelephone(t *testing.T) {
	for _, lang := range []string{"English", "中文"} {
		p := openTab(t, newFakeServer(t, true).URL)
		p.size(320, 640)
		p.story()
		p.press(lang)
		p.press(map[string]string{"English": "Run on the real kernel too", "中文": "也在真实内核上运行"}[lang])
		p.wait(`document.querySelectorAll(".world:not(.absent)").length === 2`)
		p.story()
		if got := eval[int](p, "document.documentElement.scrollWidth"); got > 320 {
			wide := eval[[]string](p, `[...document.querySelectorAll("main *")].filter((e) => e.getBoundingClientRect().right > 321).map((e) => e.tagName + "." + (e.className.baseVal ?? e.className)).slice(0, 8)`)
			t.Errorf("%s: %d px wide, want 320: %v", lang, got, wide)
		}
		if out := eval[[]string](p, outside); len(out) > 0 {
			t.Errorf("%s: text of a ladder is cut off: %q", lang, out)
		}
		p.picture("narrow-" + lang)
	}
}

// outside lists the texts of ladders that stick out of their picture.
const outside = `[...document.querySelectorAll(".ladder text, .ladder rect")].filter((e) => {
	const svg = e.ownerSVGElement.getBoundingClientRect(), r = e.getBoundingClientRect();
	return r.left < svg.left - 1 || r.right > svg.right + 1 || r.bottom > svg.bottom + 1;
}).map((e) => e.textContent)`

func TestPageIsAccessible(t *testing.T) {
	for _, lang := range []string{"English", "中文"} {
		for _, scheme := range []string{"light", "dark"} {
			t.Run(lang+" "+scheme, func(t *testing.T) {
				f := newFakeServer(t, true)
				f.slow = 10 * time.Second
				p := openTab(t, f.URL)
				p.media("prefers-color-scheme", scheme)
				p.story()
				p.press(lang)
				p.wait(`document.querySelector("h1").innerText.length > 0`)
				eval[int](p, `document.querySelectorAll("details").forEach((d) => (d.open = true)), 0`)
				p.axe("story")
				p.picture("story-" + lang + "-" + scheme)
				eval[int](p, `document.querySelector("button.primary").click(), 0`)
				p.wait(`document.querySelectorAll(".world:not(.absent)").length === 2 && document.querySelectorAll(".progress").length === 1`)
				p.axe("running")
				p.picture("running-" + lang + "-" + scheme)
				p.press(map[string]string{"English": "How long must I wait?", "中文": "要等多久？"}[lang])
				p.wait(`document.querySelectorAll(".choice").length === 3`)
				p.axe("question")
				p.press("CLOSING")
				p.press(map[string]string{"English": "Answer", "中文": "提交答案"}[lang])
				p.wait(`document.querySelector(".grade").innerText !== ""`)
				p.axe("answer")
				p.picture("answer-" + lang + "-" + scheme)
				p.press(map[string]string{"English": "Show the film", "中文": "看演示"}[lang])
				p.script("+0 server bnid l :7865\n")
				p.press(map[string]string{"English": "Run this script", "中文": "运行这个脚本"}[lang])
				p.wait(`document.querySelectorAll(".errors li").length === 1`)
				p.fine = append(p.fine, "422")
				p.axe("mistakes")
			})
		}
	}
}

// script replaces the text in the editor.
func (p *tab) script(text string) {
	p.Helper()
	p.wait(`document.querySelector("#script")`)
	eval[int](p, fmt.Sprintf(`{ const a = document.querySelector("#script"); a.value = %q; a.dispatchEvent(new Event("input", {bubbles: true})); 0 }`, text))
	time.Sleep(50 * time.Millisecond)
}

func TestMistakesAreListedAndFound(t *testing.T) {
	p := openTab(t, newFakeServer(t, true).URL)
	p.fine = []string{"422"}
	p.story()
	p.script("# a question\n\n+0 server bnid l :7865\n")
	p.press("Run this script")
	want := `Line 3, column 11: unknown verb "bnid", did you mean bind?`
	p.press(want)
	got := eval[string](p, `{ const a = document.activeElement; a.value.slice(a.selectionStart, a.selectionEnd) }`)
	if got != "bnid" {
		t.Errorf("selected: got %q, want bnid", got)
	}
	if got := p.text(".steptable tbody tr"); !strings.Contains(got, "bind l :7865") {
		t.Errorf("the story before is gone: %q", got)
	}
}

func TestKernelThatCannotRunSaysWhy(t *testing.T) {
	p := openTab(t, newFakeServer(t, false).URL)
	p.story()
	got := p.text(".act")
	for _, want := range []string{"user namespaces are switched off here", "run fourwave as root"} {
		if !strings.Contains(got, want) {
			t.Errorf("got %q, want %q in it", got, want)
		}
	}
	if p.count(".act button") != 0 {
		t.Errorf("there is a button to run a kernel that cannot run")
	}
}

func TestQuestionComesBeforeTheFilm(t *testing.T) {
	p := openTab(t, newFakeServer(t, true).URL)
	p.story()
	p.press("How long must I wait?")
	p.wait(`document.querySelectorAll(".choice").length === 3`)
	if p.count(".ladder")+p.count(".steptable")+p.count("#script") != 0 {
		t.Errorf("the answer is on the page before the question is answered")
	}
	p.press("FIN-WAIT-2")
	p.press("Answer")
	p.wait(`document.querySelector(".grade").innerText.includes("Not so. Right is: TIME-WAIT")`)
	if got := p.text(".grade"); !strings.Contains(got, "RFC 9293, figure 5, note 2") {
		t.Errorf("grade: got %q, want its source", got)
	}
	p.press("Show the film")
	p.story()
	p.press("Does SO_REUSEADDR on both runs help?")
	p.press("Skip, show the film")
	p.story()
}

func TestEverythingCanBeDoneByKeyboard(t *testing.T) {
	p := openTab(t, newFakeServer(t, true).URL)
	p.story()
	var stops []string
	for range 200 {
		p.tabKey()
		stop := eval[[]string](p, `{
			const e = document.activeElement, s = getComputedStyle(e.matches(".switch input") ? e.nextElementSibling : e);
			const r = e.getBoundingClientRect(), bar = document.querySelector(".film").getBoundingClientRect();
			const hidden = r.top >= bar.top && r.bottom <= bar.bottom && !e.closest(".film");
			[e.tagName, e.getAttribute("aria-label") || e.innerText || e.id || e.name, s.outlineStyle === "none" ? "no outline" : "", hidden ? "hidden" : ""]
		}`)
		if stop[0] == "BODY" {
			break
		}
		stops = append(stops, stop[1])
		if stop[2] != "" {
			t.Errorf("%s %q: focus cannot be seen", stop[0], stop[1])
		}
		if stop[3] != "" {
			t.Errorf("%s %q: is behind the film's controls when focused", stop[0], stop[1])
		}
	}
	all := strings.Join(stops, "\n")
	for _, want := range []string{"Skip to the content", "lang", "theme", "How long must I wait?", "Run on the real kernel too", "One step back", "Step shown", "script", "Run this script", "Test yourself"} {
		if !strings.Contains(all, want) {
			t.Errorf("Tab does not come to %q", want)
		}
	}
	if len(stops) < 30 {
		t.Fatalf("only %d stops: %q", len(stops), stops)
	}
	eval[int](p, `[...document.querySelectorAll("button")].find((b) => b.innerText === "Run on the real kernel too").focus(), 0`)
	p.keys(kb.Enter)
	p.wait(`document.querySelectorAll(".world:not(.absent)").length === 2`)
	p.story()
	eval[int](p, `document.activeElement.blur(), 0`)
	p.keys(kb.ArrowLeft)
	p.wait(`document.querySelector(".film .where").innerText === "Step 8 of 9"`)
}

func TestReducedMotionMovesNothing(t *testing.T) {
	p := openTab(t, "about:blank")
	p.media("prefers-reduced-motion", "reduce")
	p.do(navigate(newFakeServer(t, true).URL))
	p.story()
	if got := eval[int](p, "document.getAnimations().length"); got != 0 {
		t.Errorf("%d animations", got)
	}
	p.media("prefers-reduced-motion", "no-preference")
	p.press("One step back")
	p.press("One step on")
	p.wait("document.getAnimations().length > 0")
}

func TestServerThatIsGoneIsSaid(t *testing.T) {
	f := newFakeServer(t, true)
	p := openTab(t, f.URL)
	p.fine = []string{"ERR_CONNECTION"}
	p.story()
	f.CloseClientConnections()
	f.Listener.Close()
	p.press("Run on the real kernel too")
	p.wait(`document.querySelector("[role=alert]")?.innerText.includes("The server does not answer")`)
	if p.count(".ladder .pill") == 0 {
		t.Errorf("the story that was shown is gone")
	}
}

func TestAddressNamesTheExperiment(t *testing.T) {
	f := newFakeServer(t, true)
	p := openTab(t, f.URL+"/#experiment=reuse-both")
	p.story()
	if got, want := p.text("h1"), "Does SO_REUSEADDR on both runs help?"; got != want {
		t.Errorf("h1: got %q, want %q", got, want)
	}
	p.press("How long must I wait?")
	p.wait(`location.hash === "#experiment=wait-it-out"`)
}

func TestStreamIsClosedWhileHiddenAndGoesOn(t *testing.T) {
	f := newFakeServer(t, true)
	f.slow = 3 * time.Second
	p := openTab(t, f.URL)
	p.story()
	p.press("Run on the real kernel too")
	p.wait(`/waiting/.test(document.querySelector(".progress")?.innerText)`)
	hide := `Object.defineProperty(document, "hidden", {value: %t, configurable: true}), document.dispatchEvent(new Event("visibilitychange")), 0`
	streams := func() (n int) {
		f.mu.Lock()
		defer f.mu.Unlock()
		for _, a := range f.asks {
			if strings.Contains(a, "/events ") {
				n++
			}
		}
		return n
	}
	before := streams()
	eval[int](p, fmt.Sprintf(hide, true))
	time.Sleep(500 * time.Millisecond)
	if f.open.Load() != 0 {
		t.Errorf("%d streams are open while the page is hidden", f.open.Load())
	}
	eval[int](p, fmt.Sprintf(hide, false))
	p.story()
	if streams() != before+1 {
		t.Errorf("streams: got %d, want %d", streams(), before+1)
	}
	if got := p.count(".world:nth-child(2) .ladder .arrow"); got != 7 {
		t.Errorf("arrows in the kernel after the break: got %d, want 7", got)
	}
}

func TestStreamThatBreaksIsTakenUpAgain(t *testing.T) {
	f := newFakeServer(t, true)
	f.breakAt = 20
	p := openTab(t, f.URL)
	p.fine = []string{"ERR_INCOMPLETE_CHUNKED_ENCODING"}
	p.story()
	if got := p.count(".ladder .arrow"); got != 7 {
		t.Errorf("arrows: got %d, want 7", got)
	}
}
