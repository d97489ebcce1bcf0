package web

import (
	"fmt"
	"os"
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
	if got := p.count(".steplist .stepbutton"); got != 9 {
		t.Errorf("steps: got %d, want 9", got)
	}
	if got := p.count(".v-agree"); got != 0 {
		t.Errorf("%d steps agree, and only one world ran", got)
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

// TestFirstPictureIsLight counts the bytes that came for the first picture, all of them.
func TestFirstPictureIsLight(t *testing.T) {
	p := openTab(t, realServer(t))
	p.story()
	sizes := eval[map[string]int](p, `Object.fromEntries([...performance.getEntriesByType("resource"), ...performance.getEntriesByType("navigation")].map((e) => [e.name, e.transferSize]))`)
	sum := 0
	for _, n := range sizes {
		sum += n
	}
	if sum > 150_000 || len(sizes) < 10 {
		t.Errorf("%d bytes in %d answers, want at most 150,000: %v", sum, len(sizes), sizes)
	}
}

// TestAnswerIsOnTheFirstScreen looks for the whole of the answer above the fold.
func TestAnswerIsOnTheFirstScreen(t *testing.T) {
	for _, size := range [][2]int64{{1280, 720}, {390, 844}} {
		p := openTab(t, "about:blank")
		p.size(size[0], size[1])
		p.do(navigate(newFakeServer(t, true).URL))
		p.story()
		for css, want := range map[string]string{
			"h1": "Why can't my server start again?", ".lead": "Whoever closes first", ".telling .line": "bind l2 :7865",
			".telling .line .errno": "EADDRINUSE", ".telling dl": "10.0.0.1:7865 TIME-WAIT", ".telling dl div:last-child": "by itself in 50 s", ".mini": "TIME-WAIT",
		} {
			if got := p.text(css); !strings.Contains(got, want) {
				t.Errorf("%v: %s: got %q, want %q in it", size, css, got, want)
			}
			below := fmt.Sprintf("document.querySelector(%q).getBoundingClientRect().bottom", css)
			if got := eval[float64](p, below); got > float64(size[1]) {
				t.Errorf("%v: %s ends at %v, below the first screen", size, css, got)
			}
		}
		p.picture(fmt.Sprintf("first-%d", size[0]))
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
	p.wait(fmt.Sprintf("%s < %v", ring, before-0.5))
	p.story()
	if got := p.text(".steplist .v-differ"); got != "≠ differ" {
		t.Errorf("verdict of the last line: got %q, want ≠ differ", got)
	}
	why := `document.querySelector(".steplist li:last-child .why").textContent`
	if got := eval[string](p, why); !strings.Contains(got, "the model says EADDRINUSE, the kernel ok") {
		t.Errorf("reason: got %q", got)
	}
	if got := eval[string](p, `document.querySelector(".steplist .why a").getAttribute("href")`); got != "#differences=time-wait-wheel" {
		t.Errorf("the reason's entry in the catalogue: got %q", got)
	}
	if got := eval[string](p, `document.querySelector(".findings li").textContent`); !strings.Contains(got, "Step 8, server a:") || !strings.Contains(got, "Unexplained: the catalogue") {
		t.Errorf("difference in states: got %q", got)
	}
	if got := p.count(".ladder .odd"); got != 1 {
		t.Errorf("marks of a difference: got %d, want one between the worlds", got)
	}
	// The same step lies at the same height in both worlds.
	heights := eval[[]string](p, `[...document.querySelectorAll(".ladder .note")].map((n) => n.getAttribute("y"))`)
	if len(heights) != 18 {
		t.Fatalf("calls: got %v, want 9 in each world", heights)
	}
	if diff := cmp.Diff(heights[:9], heights[9:]); diff != "" {
		t.Errorf("steps are not at one height (-model +kernel):\n%s", diff)
	}
	// The mark opens the reason.
	eval[int](p, `document.querySelector(".ladder .odd").dispatchEvent(new MouseEvent("click", {bubbles: true})), 0`)
	p.wait(`document.activeElement.closest("li")?.id === "step-9"`)
}

// shown tells how many of the elements lie above the cover.
func shown(css string) string {
	return fmt.Sprintf(`[...document.querySelectorAll(%q)].filter((e) => e.getBoundingClientRect().top < document.querySelector(".cover").getBoundingClientRect().top - 2).length`, css)
}

func TestFilmCanBeSteppedAndPlayed(t *testing.T) {
	p := openTab(t, newFakeServer(t, true).URL)
	p.story()
	all := p.count(".ladder .arrow")
	p.press("To the beginning")
	p.wait(`document.querySelector(".narration").innerText.startsWith("Step 1 of 9")`)
	p.still()
	if got := eval[int](p, shown(".ladder .arrow")); got != 0 {
		t.Errorf("arrows after the first step: got %d, want 0", got)
	}
	if got := p.text(".end .gloss"); got != "no connection yet" {
		t.Errorf("the server's end after the first step: got %q", got)
	}
	for range 5 {
		p.press("One moment on")
	}
	p.wait(`document.querySelector(".narration").innerText.includes("The client's ACK takes the server from SYN-RECEIVED to ESTABLISHED.")`)
	p.still()
	if got := eval[int](p, shown(".ladder .arrow")); got != 3 {
		t.Errorf("arrows after connect: got %d, want 3", got)
	}
	eval[int](p, `document.querySelector(".film input").focus(), 0`)
	p.keys(kb.End)
	p.wait(fmt.Sprintf(`%s === %d`, shown(".ladder .arrow"), all))
	p.press("Play")
	p.wait(`document.querySelector(".narration").innerText.startsWith("Step 2")`)
	p.press("Pause")
	at := p.text(".narration")
	time.Sleep(1500 * time.Millisecond) // longer than a moment is shown
	if got := p.text(".narration"); got != at {
		t.Errorf("paused at %q, but shows %q later", at, got)
	}
}

// TestSeekDrawsNothingAnew counts what a seek touches: the cover, the cards, the words; never the ladder.
func TestSeekDrawsNothingAnew(t *testing.T) {
	p := openTab(t, newFakeServer(t, true).URL)
	p.story()
	touched := eval[[]int](p, `new Promise(async (done) => {
		let ladder = 0, page = 0;
		const watch = (of, seen) => new MutationObserver((all) => seen(all.length)).observe(of, {subtree: true, childList: true, attributes: true, characterData: true});
		watch(document.querySelector(".ladder"), (n) => (ladder += n));
		watch(document.querySelector(".stage"), (n) => (page += n));
		for (let i = 0; i < 5; i++) {
			document.querySelector(".film .key:nth-child(2)").click();
			await new Promise((next) => requestAnimationFrame(() => requestAnimationFrame(next)));
		}
		done([ladder, page]);
	})`)
	if touched[0] != 0 || touched[1] == 0 || touched[1] > 5*60 {
		t.Errorf("five seeks touched the ladder %d times and the stage %d times, want 0 and at most 300", touched[0], touched[1])
	}
}

func TestStageStandsStill(t *testing.T) {
	for _, size := range [][2]int64{{1280, 720}, {390, 844}} {
		p := openTab(t, "about:blank")
		p.size(size[0], size[1])
		p.do(navigate(newFakeServer(t, true).URL))
		p.story()
		boxes := `JSON.stringify(["stage", "cards", "ladder-box", "tables", "narration", "film"].map((c) => { const r = document.querySelector("." + c).getBoundingClientRect(); return [c, r.top + scrollY, r.height]; }))`
		before := eval[string](p, boxes)
		eval[int](p, `document.querySelector(".film .key").click(), 0`)
		for range 12 {
			p.still()
			if got := eval[string](p, boxes); got != before {
				t.Errorf("%v: the stage moves:\n%s\n%s", size, before, got)
				break
			}
			eval[int](p, `document.querySelector('.film [aria-label="One moment on"]').click(), 0`)
		}
	}
}

func TestChineseIsLiveAndRemembered(t *testing.T) {
	f := newFakeServer(t, true)
	p := openTab(t, f.URL)
	p.story()
	p.press("中文")
	p.wait(`document.querySelector("h1").innerText === "为什么我的服务器重启不了？"`)
	p.wait(`document.querySelector(".lead").innerText.includes("谁先关闭")`)
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
		p.wait(`document.querySelectorAll(".worldtabs button").length === 2`)
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
const outside = `[...document.querySelectorAll(".ladder text, .ladder .pill rect")].filter((e) => {
	const svg = e.ownerSVGElement.getBoundingClientRect(), r = e.getBoundingClientRect();
	return r.left < svg.left - 1 || r.right > svg.right + 1 || r.bottom > svg.bottom + 1;
}).map((e) => e.textContent)`

func TestPageIsAccessible(t *testing.T) {
	for _, lang := range []string{"English", "中文"} {
		for _, scheme := range []string{"light", "dark"} {
			for _, width := range []int64{390, 1280} {
				if os.Getenv("FOURWAVE_LONG") == "" && (lang == "English") != (scheme == "light") {
					continue // make test looks at all eight
				}
				t.Run(fmt.Sprintf("%s %s %d", lang, scheme, width), func(t *testing.T) { accessible(t, lang, scheme, width) })
			}
		}
	}
}

func accessible(t *testing.T, lang, scheme string, width int64) {
	f := newFakeServer(t, true)
	f.slow = 10 * time.Second
	p := openTab(t, f.URL)
	p.size(width, 900)
	p.media("prefers-color-scheme", scheme)
	p.story()
	in := func(en, zh string) string {
		if lang == "English" {
			return en
		}
		return zh
	}
	shot := func(what string) { p.picture(fmt.Sprintf("%s-%s-%s-%d", what, lang, scheme, width)) }
	p.press(lang)
	p.wait(fmt.Sprintf(`document.querySelector(".lead").innerText.includes(%q)`, in("Whoever", "谁先关闭")))
	eval[int](p, `document.querySelectorAll("details").forEach((d) => (d.open = true)), 0`)
	p.axe("story")
	shot("story")
	p.press(in("Run on the real kernel too", "也在真实内核上运行"))
	p.wait(`document.querySelectorAll(".progress").length === 1`)
	p.axe("running")
	shot("running")
	p.press(in("Experiments", "实验"))
	p.wait(`document.querySelectorAll(".shelf a").length === 3`)
	p.axe("library")
	shot("library")
	p.press(in("How long must I wait?", "要等多久？"))
	p.wait(`document.querySelector(".library") === null`)
	p.story()
	p.press(in("Ask me what each line says before the film shows it", "演示到每一行之前，先让我猜结果"))
	p.press(in("Play", "播放"))
	p.wait(`document.querySelectorAll(".choices button").length > 2`)
	p.axe("question")
	shot("question")
	p.press(in("Edit the script", "编辑脚本"))
	p.script("+0 server bnid l :7865\n")
	p.press(in("Run this script", "运行这个脚本"))
	p.wait(`document.querySelectorAll(".errors li").length === 1`)
	p.fine = append(p.fine, "422")
	p.axe("mistakes")
	p.keys("?")
	eval[int](p, `document.activeElement.blur(), 0`)
	p.keys("?")
	p.wait(`document.querySelector(".keylist")`)
	p.axe("help")
}

// script replaces the text in the editor.
func (p *tab) script(text string) {
	p.Helper()
	p.wait(`document.querySelector("#script")`)
	eval[int](p, fmt.Sprintf(`{ const a = document.querySelector("#script"); a.value = %q; a.dispatchEvent(new Event("input", {bubbles: true})); 0 }`, text))
	p.wait(`!document.querySelector(".editor .primary").disabled`)
}

func TestMistakesAreListedAndFound(t *testing.T) {
	p := openTab(t, newFakeServer(t, true).URL)
	p.fine = []string{"422"}
	p.story()
	p.press("Edit the script")
	p.script("# a question\n\n+0 server bnid l :7865\n")
	p.press("Run this script")
	want := `Line 3, column 11: unknown verb "bnid", did you mean bind?`
	p.press(want)
	got := eval[string](p, `{ const a = document.activeElement; a.value.slice(a.selectionStart, a.selectionEnd) }`)
	if got != "bnid" {
		t.Errorf("selected: got %q, want bnid", got)
	}
	if got := p.text(".telling .line"); !strings.Contains(got, "bind l2 :7865") {
		t.Errorf("the story before is gone: %q", got)
	}
	p.do(navigate("about:blank"))
	p.do(navigate(p.url))
	p.story()
	p.press("Edit the script")
	p.press("Bring back what I typed")
	p.wait(`document.querySelector("#script").value.includes("bnid")`)
}

func TestKernelThatCannotRunSaysWhy(t *testing.T) {
	p := openTab(t, newFakeServer(t, false).URL)
	p.story()
	got := p.text(".answer .notice")
	for _, want := range []string{"user namespaces are switched off here", "run fourwave as root"} {
		if !strings.Contains(got, want) {
			t.Errorf("got %q, want %q in it", got, want)
		}
	}
	if p.count(".asking button") != 0 {
		t.Errorf("there is a button to run a kernel that cannot run")
	}
}

func TestEverythingCanBeDoneByKeyboard(t *testing.T) {
	p := openTab(t, newFakeServer(t, true).URL)
	p.story()
	var stops []string
	for range 200 {
		p.tabKey()
		stop := eval[[]string](p, `{
			const e = document.activeElement, s = getComputedStyle(e.matches(".switch input") ? e.nextElementSibling : e);
			[e.tagName, e.getAttribute("aria-label") || e.innerText || e.id || e.name, s.outlineStyle === "none" ? "no outline" : ""]
		}`)
		if stop[0] == "BODY" {
			break
		}
		stops = append(stops, stop[1])
		if stop[2] != "" {
			t.Errorf("%s %q: focus cannot be seen", stop[0], stop[1])
		}
	}
	all := strings.Join(stops, "\n")
	for _, want := range []string{"Skip to the content", "lang", "Colours", "Experiments", "Run on the real kernel too", "One moment back", "Moment shown", "Edit the script", "SO_REUSEADDR on both"} {
		if !strings.Contains(all, want) {
			t.Errorf("Tab does not come to %q:\n%s", want, all)
		}
	}
	if len(stops) < 30 {
		t.Fatalf("only %d stops: %q", len(stops), stops)
	}
	eval[int](p, `[...document.querySelectorAll("button")].find((b) => b.innerText === "Run on the real kernel too").focus(), 0`)
	p.keys(kb.Enter)
	p.wait(`document.querySelectorAll(".world").length === 2`)
	p.story()
	eval[int](p, `document.activeElement.blur(), 0`)
	p.keys(kb.ArrowLeft)
	p.wait(`document.querySelector(".narration").innerText.startsWith("Step 8 of 9")`)
	p.keys(kb.Home)
	p.wait(`document.querySelector(".narration").innerText.startsWith("Step 1 of 9")`)
	p.keys(" ")
	p.wait(`document.querySelector(".film .main").getAttribute("aria-label") === "Pause"`)
	p.keys(" ")
	p.wait(`document.querySelector(".film .main").getAttribute("aria-label") === "Play"`)
	p.keys(kb.End)
	p.wait(`document.querySelector(".narration").innerText.startsWith("Step 9 of 9")`)
	p.keys("?")
	p.wait(`document.querySelector("[role=dialog] .keylist")`)
	p.keys(kb.Escape)
	p.wait(`document.querySelector("[role=dialog]") === null`)
}

func TestReducedMotionMovesNothing(t *testing.T) {
	p := openTab(t, "about:blank")
	p.media("prefers-reduced-motion", "reduce")
	p.do(navigate(newFakeServer(t, true).URL))
	p.story()
	p.press("One moment back")
	if got := eval[int](p, "document.getAnimations().length"); got != 0 {
		t.Errorf("%d animations", got)
	}
	p.media("prefers-reduced-motion", "no-preference")
	// Presses within 250 ms are scrubbing, at which nothing moves. And a movement may be over before the next
	// question: the page itself looks, frame by frame.
	moves := `(async () => {
		await new Promise((done) => setTimeout(done, 300));
		const back = (e) => e.offsetParent && [e.getAttribute("aria-label"), e.innerText.trim()].includes("One moment back");
		[...document.querySelectorAll("button")].find(back).click();
		for (const start = performance.now(); performance.now() < start + 5000;) {
			await new Promise(requestAnimationFrame);
			if (document.getAnimations().length > 0) return true;
		}
		return false;
	})()`
	if !eval[bool](p, moves) {
		t.Error("nothing moves where motion is not reduced")
	}
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

// TestLinksLive follows an address through a choice, Back, a step and a reload.
func TestLinksLive(t *testing.T) {
	f := newFakeServer(t, true)
	p := openTab(t, f.URL+"/#experiment=reuse-both&lang=en")
	p.story()
	if got, want := p.text("h1"), "Does SO_REUSEADDR on both runs help?"; got != want {
		t.Errorf("h1: got %q, want %q", got, want)
	}
	p.press("Experiments")
	p.press("How long must I wait?")
	p.wait(`location.hash === "#experiment=wait-it-out&lang=en" && document.querySelector("h1").innerText === "How long must I wait?"`)
	p.story()
	eval[int](p, "history.back(), 0")
	p.wait(`document.querySelector("h1").innerText === "Does SO_REUSEADDR on both runs help?"`)
	p.story()
	p.press("One moment back")
	p.wait(`location.hash === "#experiment=reuse-both&step=8&lang=en"`)
	p.do(navigate("about:blank"))
	p.do(navigate(f.URL + "/#experiment=reuse-both&step=8&lang=zh"))
	p.wait(`document.querySelector(".narration")?.innerText.startsWith("第 8 步")`)
}

// TestOwnScriptTravelsInItsLink runs a script of one's own, and opens its link on a server that has never seen it.
func TestOwnScriptTravelsInItsLink(t *testing.T) {
	p := openTab(t, newFakeServer(t, true).URL)
	p.story()
	p.press("Edit the script")
	p.script(fakeScript + "\n# mine\n")
	p.press("Run this script")
	p.wait(`location.hash.includes("script=")`)
	link := eval[string](p, "location.hash")
	p.do(navigate("about:blank"))
	p.fine = []string{"404"}
	p.do(navigate(newFakeServer(t, true).URL + "/" + strings.Replace(link, "lab=0193", "lab=0194", 1)))
	p.wait(`document.querySelector("#script")?.value.endsWith("# mine\n")`)
	p.press("Run its script again")
	p.story()
	p.do(navigate("about:blank"))
	p.do(navigate(newFakeServer(t, true).URL + "/#" + link[strings.Index(link, "script="):]))
	p.story()
}

func TestStreamIsClosedWhileHiddenAndGoesOn(t *testing.T) {
	f := newFakeServer(t, true)
	f.slow = 3 * time.Second
	p := openTab(t, f.URL)
	p.story()
	p.press("Run on the real kernel too")
	p.wait(`/waiting/.test(document.querySelector(".progress")?.innerText)`)
	hide := `Object.defineProperty(document, "hidden", {value: %t, configurable: true}), document.dispatchEvent(new Event("visibilitychange")), 0`
	for f.open.Load() == 0 {
		time.Sleep(10 * time.Millisecond)
	}
	eval[int](p, fmt.Sprintf(hide, true))
	for end := time.Now().Add(5 * time.Second); f.open.Load() != 0; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%d streams are open while the page is hidden", f.open.Load())
		}
	}
	eval[int](p, fmt.Sprintf(hide, false))
	p.story()
	if got := eval[int](p, `[...document.querySelectorAll(".ladder .arrow")].length`); got != 14 {
		t.Errorf("arrows after the break: got %d, want 7 in each world", got)
	}
}

func TestStreamThatBreaksIsTakenUpAgain(t *testing.T) {
	f := newFakeServer(t, true)
	f.slow = time.Second
	f.breakAt = 80 // while the kernel waits
	p := openTab(t, f.URL)
	p.fine = []string{"ERR_INCOMPLETE_CHUNKED_ENCODING"}
	p.story()
	p.press("Run on the real kernel too")
	p.wait(`document.querySelectorAll(".world").length === 2`)
	p.story()
	if got := p.count(".ladder .arrow"); got != 14 {
		t.Errorf("arrows: got %d, want 7 in each world", got)
	}
	if !f.broken.Load() {
		t.Errorf("the stream did not break")
	}
}
