package web

import (
	"fmt"
	"os"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// tabTo presses Tab until the focus is on an element, as one without a mouse must.
func (p *tab) tabTo(css string) {
	p.Helper()
	for range 120 {
		if eval[bool](p, fmt.Sprintf(`document.activeElement.matches(%q)`, css)) {
			if !eval[bool](
				p,
				`(() => { const r = document.activeElement.getBoundingClientRect(); return r.width > 0 && r.height > 0; })()`,
			) {
				p.Fatalf("%s has the focus and is not to be seen", css)
			}
			return
		}
		p.tabKey()
	}
	p.Fatalf(
		"Tab does not lead to %s; the focus is on %s", css,
		eval[string](p, "document.activeElement.outerHTML.slice(0, 200)"),
	)
}

// retype replaces what is in the field with the focus.
func (p *tab) retype(text string) {
	p.Helper()
	p.keys("a", chromedp.KeyModifiers(kb.ModifierCtrl))
	p.keys(text)
}

// TestQuizByKeyboardAlone: a teacher makes a quiz, looks at it and exports it, and a student joins,
// answers, submits and reads the result, with no key but those of a keyboard.
func TestQuizByKeyboardAlone(t *testing.T) {
	url := realServer(t)
	teacher := openTab(t, "about:blank")
	teacher.url = url
	teacher.do(navigate(url + "/#quiz=teach"))
	teacher.wait(`document.querySelector(".slot")`)
	teacher.tabTo("#title")
	teacher.keys("Closing")
	teacher.tabTo("#hints")
	teacher.retype("1")
	teacher.tabTo(".choice input[type=checkbox]")
	teacher.tabKey()
	teacher.keys(" ")                    // no proof by the kernel: this machine's is not what is looked at here
	for n, downs := range []int{1, 12} { // who-waits, order-segments
		teacher.tabTo(fmt.Sprintf(".slot:nth-of-type(%d) select", n+1))
		for range downs {
			teacher.keys(kb.ArrowDown)
		}
		teacher.tabKey()
		teacher.retype("1")
		teacher.tabKey()
		teacher.retype("1")
		if n == 0 {
			teacher.tabTo(".row button:not(.primary)")
			teacher.keys(kb.Enter)
			teacher.wait(`document.querySelectorAll(".slot").length === 2`)
			teacher.keys(kb.Tab, chromedp.KeyModifiers(kb.ModifierShift)) // back into the new questions
			for !eval[bool](teacher, `document.activeElement.matches(".slot:nth-of-type(2) select")`) {
				teacher.keys(kb.Tab, chromedp.KeyModifiers(kb.ModifierShift))
			}
		}
	}
	teacher.tabTo("form.card button.primary")
	teacher.keys(kb.Enter)
	teacher.wait(`document.querySelector(".code")?.innerText.length === 9`)
	code := teacher.text(".code")

	p := openTab(t, "about:blank")
	p.url = url
	p.do(navigate(url + "/#quiz=" + code))
	p.wait(`document.getElementById("student")`)
	p.tabTo("#student")
	p.keys("s-17")
	p.keys(kb.Enter)
	p.wait(`document.querySelectorAll(".question").length === 2`)
	p.tabTo(".question input[type=radio]")
	p.keys(" ")
	p.wait(allSaved)
	p.tabTo(".piece")
	for n := range 2 {
		p.keys(kb.Enter)
		p.wait(
			fmt.Sprintf(
				`document.querySelectorAll(".sequence ol li").length === %d && document.activeElement.classList.contains("piece")`,
				n+1,
			),
		)
	}
	second := p.text(".sequence ol li:nth-child(2) code")
	p.keys(kb.Tab, chromedp.KeyModifiers(kb.ModifierShift))
	for !eval[bool](p, `document.activeElement.matches(".sequence ol li:nth-child(2) .up")`) {
		p.keys(kb.Tab, chromedp.KeyModifiers(kb.ModifierShift))
	}
	p.keys(kb.Enter)
	p.wait(fmt.Sprintf(`document.querySelector(".sequence ol li:nth-child(1) code").innerText === %q`, second))
	p.wait(allSaved)
	p.picture("quiz-keys-taking")
	for range 2 { // Submit, and that it is final
		p.tabTo("button.primary")
		p.keys(kb.Enter)
		p.wait(`document.body.innerText.includes("This is final") || document.getElementById("sum")`)
	}
	p.wait(`document.getElementById("sum")?.innerText.endsWith("of 2 points")`)
	p.picture("quiz-keys-result")

	teacher.wait(`document.querySelector(".grid")?.innerText.includes("s-17")`)
	teacher.tabTo("#format")
	teacher.keys(kb.ArrowDown) // GIFT
	teacher.tabTo("#variants")
	teacher.retype("2")
	eval[bool](
		teacher,
		`(window.saved = [], HTMLAnchorElement.prototype.click = function () { window.saved.push(this.download); }, true)`,
	)
	teacher.keys(kb.Enter)
	teacher.wait(`window.saved[0] === "questions-gift.txt"`)
	teacher.picture("quiz-keys-teacher")
}

// look is a colour scheme and a width of the window.
type look struct {
	scheme string
	width  int64
}

// looks are those that each language is looked at in: all four with FOURWAVE_SOAK, two with
// FOURWAVE_LONG such that each language meets each scheme and each width, else one.
func looks() map[string][]look {
	switch {
	case os.Getenv("FOURWAVE_SOAK") != "":
		all := []look{{"light", 1280}, {"dark", 1280}, {"light", 390}, {"dark", 390}}
		return map[string][]look{"en": all, "zh": all}
	case os.Getenv("FOURWAVE_LONG") != "":
		return map[string][]look{"en": {{"light", 1280}, {"dark", 390}}, "zh": {{"dark", 1280}, {"light", 390}}}
	}
	return map[string][]look{"zh": {{"dark", 390}}}
}

// inEveryLook checks a view with axe in every scheme and width, and that nothing is wider than the
// window.
func (p *tab) inEveryLook(what string, all []look) {
	p.Helper()
	for _, l := range all {
		name := fmt.Sprintf("quiz-%s-%s-%d", what, l.scheme, l.width)
		p.media("prefers-color-scheme", l.scheme)
		p.size(l.width, 900)
		p.axe(name)
		if got := eval[int64](p, "document.documentElement.scrollWidth"); got > l.width {
			wide := eval[[]string](
				p,
				fmt.Sprintf(
					`[...document.querySelectorAll("main *")].filter((e) => !e.closest(".scroll, pre") && e.getBoundingClientRect().right > %d).map((e) => e.tagName + "." + e.className).slice(0, 8)`,
					l.width+1,
				),
			)
			p.Errorf("%s: %d px wide: %v", name, got, wide)
		}
		p.whole(name)
	}
}

// TestQuizInEveryLook: taking, result, teacher and live, in both languages, light and dark, narrow
// and wide.
func TestQuizInEveryLook(t *testing.T) {
	url := realServer(t)
	teacher := openTab(t, "about:blank")
	teacher.url = url
	q := makeQuiz(
		teacher, "homework", "who-waits", "order-segments", "fill-trace", "find-the-line", "both-states",
		"write-the-script",
	)
	managed := eval[string](teacher, "location.hash")
	teacher.do(navigate("about:blank")) // a new form
	live := makeQuiz(teacher, "live", "who-waits", "next-state")
	driven := eval[string](teacher, "location.hash")
	watcher := join(t, url, live, "ann")
	teacher.press("Open the first question")
	watcher.wait(`document.querySelectorAll(".question").length === 1`)

	for lang, all := range looks() {
		words := dictionary(t, lang)
		at := func(p *tab, hash, ready string) {
			t.Helper()
			p.do(navigate("about:blank"))
			p.do(navigate(url + "/" + hash + "&lang=" + lang))
			p.wait(ready)
		}
		p := openTab(t, "about:blank")
		p.url = url
		at(p, "#quiz="+q.code, `document.getElementById("student")`) // questions are in the language of who begins
		p.fill("student", "s-"+lang)
		p.press(words["quiz.begin"])
		p.wait(`document.querySelectorAll(".question").length === 6`)
		p.inEveryLook("taking-"+lang, all)
		p.press(words["quiz.submit"])
		p.wait(fmt.Sprintf(`document.body.innerText.includes(%q)`, words["quiz.sure"]))
		p.press(words["quiz.submit"])
		p.wait(`document.getElementById("sum")`)
		p.inEveryLook("result-"+lang, all)
		at(p, "#quiz", `document.querySelector(".question")`)
		p.inEveryLook("practice-"+lang, all)

		at(teacher, managed, `document.querySelector(".grid")`)
		teacher.press(words["quiz.statistics"])
		teacher.wait(`document.getElementById("stat")`)
		teacher.press(words["quiz.show"])
		teacher.wait(`document.querySelectorAll("[aria-labelledby=asked] .question").length === 6`)
		teacher.inEveryLook("teacher-"+lang, all)
		at(teacher, "#quiz=teach", `document.querySelector(".slot")`)
		teacher.inEveryLook("make-"+lang, all)

		at(teacher, driven, `document.querySelector(".code")`)
		teacher.inEveryLook("live-"+lang, all)
		at(watcher, "#quiz="+live.code, `document.querySelectorAll(".question").length === 1`)
		watcher.inEveryLook("live-student-"+lang, all)
	}
}
