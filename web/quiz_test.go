package web

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"
)

// fill types into the field with an id, as people do.
func (p *tab) fill(id, text string) {
	p.Helper()
	p.wait(fmt.Sprintf(`document.getElementById(%q)`, id))
	eval[bool](p, fmt.Sprintf(`(document.getElementById(%q).focus(), true)`, id))
	p.keys(text)
}

// madeQuiz is a quiz that a teacher made on the page.
type madeQuiz struct{ code, link string }

// makeQuiz makes a quiz of the kinds given, one question each, by the form.
func makeQuiz(p *tab, mode string, kinds ...string) madeQuiz {
	p.Helper()
	p.do(navigate(p.url + "/#quiz=teach"))
	p.fill("title", "Closing")
	pick := func(css, value string) {
		p.Helper()
		eval[bool](p, fmt.Sprintf(`(() => { const e = %s; e.value = %q; e.dispatchEvent(new Event(e.tagName === "SELECT" ? "change" : "input", { bubbles: true })); return true; })()`, css, value))
	}
	pick(`document.getElementById("mode")`, mode)
	p.press("Prove the questions on this machine's kernel")
	for i, kind := range kinds {
		if i > 0 {
			p.press("More questions")
		}
		p.wait(fmt.Sprintf(`document.querySelectorAll(".slot").length === %d`, i+1))
		pick(fmt.Sprintf(`document.querySelectorAll(".slot select")[%d]`, i), kind)
		pick(fmt.Sprintf(`document.querySelectorAll(".slot input")[%d]`, 2*i), "1")
		pick(fmt.Sprintf(`document.querySelectorAll(".slot input")[%d]`, 2*i+1), "1")
	}
	p.press("Make the quiz")
	p.wait(`document.querySelector(".code")?.innerText.length === 9`)
	return madeQuiz{p.text(".code"), p.text(".curl code")}
}

// join opens a tab of a student who begins the quiz.
func join(t *testing.T, url string, q madeQuiz, student string) *tab {
	t.Helper()
	p := openTab(t, "about:blank")
	p.url = url
	p.do(navigate(url + "/#quiz=" + strings.ReplaceAll(q.code, "-", "")))
	p.fill("student", student)
	p.press("Begin")
	p.wait(`document.querySelector(".notice")?.innerText.includes("PIN")`)
	return p
}

const allSaved = `document.querySelector(".quizbar [role=status]")?.innerText === "All answers are saved"`

// TestStudentSitsAQuiz walks through a quiz with the keyboard: order by buttons and keys, choices, a
// reload in the middle, a server that does not answer for a while, submission and result.
func TestStudentSitsAQuiz(t *testing.T) {
	url := realServer(t)
	teacher := openTab(t, "about:blank")
	teacher.url = url
	q := makeQuiz(teacher, "homework", "who-waits", "order-segments", "time-left")
	p := join(t, url, q, "s-17")
	p.wait(`document.querySelectorAll(".question").length === 3`)

	// A choice, by the keyboard.
	eval[bool](p, `(document.querySelector(".question input[type=radio]").focus(), true)`)
	p.keys(" ")
	p.wait(allSaved)

	// An order: three added, the last moved up by its key.
	eval[bool](p, `(document.querySelector(".piece").focus(), true)`)
	for n := range 3 { // the focus goes on to the next by itself
		p.keys(kb.Enter)
		p.wait(fmt.Sprintf(`document.querySelectorAll(".sequence ol li").length === %d && document.activeElement.classList.contains("piece")`, n+1))
	}
	third := p.text(".sequence ol li:nth-child(3) code")
	eval[bool](p, `(() => { const b = document.querySelector(".sequence ol li:nth-child(3) .up"); b.focus(); return b.dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowUp", altKey: true, bubbles: true, cancelable: true })); })()`)
	p.wait(fmt.Sprintf(`document.querySelector(".sequence ol li:nth-child(2) code").innerText === %q`, third))
	p.wait(`document.activeElement.closest("li")?.matches(":nth-child(2)")`) // the focus goes with it
	p.wait(allSaved)

	// The server is away: the mark says so, and the answer is sent when it is back.
	eval[bool](p, `(window.theirs = window.fetch, window.fetch = () => Promise.reject(new TypeError("away")), true)`)
	eval[bool](p, `(document.querySelector(".question input[inputmode=decimal]").focus(), true)`)
	p.keys("48")
	p.wait(`document.querySelector(".quizbar [role=status]").innerText === "1 not saved yet …"`)
	p.wait(`document.querySelector(".notice[role=alert]")?.innerText.includes("does not answer")`)
	eval[bool](p, `(window.fetch = window.theirs, true)`)
	p.wait(allSaved)

	// A reload shows what was saved.
	p.do(navigate("about:blank"))
	p.do(navigate(url + "/#quiz=" + q.code))
	p.wait(fmt.Sprintf(`document.querySelector(".sequence ol li:nth-child(2) code")?.innerText === %q`, third))
	if got := eval[string](p, `document.querySelector(".question input[inputmode=decimal]").value`); got != "48" {
		t.Errorf("after a reload the field holds %q, want what was typed while the server was away", got)
	}
	p.axe("taking")
	p.whole("quiz-taking")

	p.press("Submit")
	p.wait(`document.body.innerText.includes("This is final")`)
	p.press("Submit")
	p.wait(`document.getElementById("sum")?.innerText.endsWith("of 3 points")`)
	p.axe("result")
	p.whole("quiz-result")

	// The teacher has seen it all without a reload.
	teacher.wait(`document.querySelector(".grid")?.innerText.includes("s-17")`)
	teacher.press("Statistics")
	teacher.wait(`document.getElementById("stat")`)
	teacher.press("Questions and keys")
	teacher.wait(`document.querySelectorAll("[aria-labelledby=asked] .question").length === 3`)
	teacher.axe("teacher")
	teacher.whole("quiz-teacher")
}

// TestLiveQuiz: what the teacher opens is what students see.
func TestLiveQuiz(t *testing.T) {
	url := realServer(t)
	teacher := openTab(t, "about:blank")
	teacher.url = url
	q := makeQuiz(teacher, "live", "who-waits", "next-state")
	p := join(t, url, q, "ann")
	if n := p.count(".question"); n != 0 {
		t.Errorf("the lobby shows %d questions", n)
	}
	teacher.press("Open the first question")
	p.wait(`document.querySelectorAll(".question").length === 1`)
	eval[bool](p, `(document.querySelector(".question input[type=radio]").focus(), true)`)
	p.keys(" ")
	p.wait(allSaved)
	teacher.axe("live")
	p.axe("live student")
	teacher.press("Close the question")
	p.wait(`document.querySelector(".question fieldset").disabled`)
	teacher.press("Next question")
	p.wait(`document.querySelectorAll(".question").length === 2`)
	teacher.press("Close the question")
	teacher.press("Show the answer")
	teacher.press("End the quiz")
	p.wait(`document.getElementById("sum")`)
}
