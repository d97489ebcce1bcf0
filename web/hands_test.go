package web

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"
)

// TestGuessIsTheBlankedLine plays a film that stops before each line worth a question.
func TestGuessIsTheBlankedLine(t *testing.T) {
	p := openTab(t, newFakeServer(t, true).URL)
	p.story()
	p.press("Ask me what each line says before the film shows it")
	p.press("Play")
	p.wait(`document.querySelector("#guess-question")?.innerText.includes("server state a = ?")`)
	if got := p.text("#step-7 .results"); !strings.Contains(got, "= ?") {
		t.Errorf("the line in the script: got %q, want its result blanked", got)
	}
	p.press("CLOSED")
	p.wait(`document.querySelector("#step-7 .results").innerText.includes("you said CLOSED")`)
	p.press("Play")
	p.wait(`document.querySelector("#guess-question")?.innerText.includes("bind l2 :7865 = ?")`)
	p.press("EADDRINUSE")
	p.wait(`document.querySelector("#step-8 .results").innerText.includes("you were right")`)
	if got := eval[string](p, `localStorage.getItem("fourwave.missed")`); got != `["plain-restart 6"]` {
		t.Errorf("kept for later: got %s, want the one that was missed", got)
	}
}

// TestStopItFromHappening presses each way that people try, and lays the results side by side.
func TestStopItFromHappening(t *testing.T) {
	p := openTab(t, realServer(t))
	p.story()
	want := map[string]string{
		"The client closes first": "ok", "SO_REUSEADDR on the old run": "EADDRINUSE", "SO_REUSEADDR on the new run": "EADDRINUSE", "SO_REUSEADDR on both": "ok",
		"Wait out the 60 s": "ok", "Another port": "ok", "Another address": "ok",
	}
	for label := range want {
		p.press(label)
		p.wait(fmt.Sprintf(`[...document.querySelectorAll(".fixes li")].some((li) => li.innerText.startsWith(%q) && li.querySelector(".outcome"))`, label))
	}
	for label, result := range want {
		got := eval[string](p, fmt.Sprintf(`[...document.querySelectorAll(".fixes li")].find((li) => li.innerText.startsWith(%q)).querySelector(".outcome b").innerText`, label))
		if !strings.HasSuffix(got, result) {
			t.Errorf("%s: got %q, want %s", label, got, result)
		}
	}
	p.picture("fixes")
	p.press("Show it")
	p.wait(`location.hash.includes("lab=") && location.hash.includes("script=")`)
	p.story()
}

// TestHandsOnComesToClosing drives an empty lab by its buttons into CLOSING, and to a stale duplicate.
func TestHandsOnComesToClosing(t *testing.T) {
	p := openTab(t, realServer(t))
	p.story()
	p.press("Start from nothing")
	p.wait(`document.querySelector(".hands") && location.hash.startsWith("#lab=")`)
	steps := 0
	for _, line := range []string{"bind l :7865", "listen l 20", "connect c server:7865", "accept l as a", "hold", "close a", "close c", "deliver"} {
		p.press(line)
		steps++
		p.wait(fmt.Sprintf(`document.querySelectorAll(".steplist .stepbutton").length === %d && !document.querySelector(".hands button:disabled")`, steps))
	}
	p.wait(`[...document.querySelectorAll(".end .big")].some((e) => e.innerText === "CLOSING")`)
	p.picture("closing")
	p.press("Undo")
	p.wait(`document.querySelectorAll(".steplist .stepbutton").length === 7 && document.querySelector(".end .big").innerText === "FIN-WAIT-1"`)
	p.wait(`!document.querySelector(".hands button:disabled")`)
	p.press("release")
	p.wait(`[...document.querySelectorAll(".end .big")].every((e) => e.innerText === "TIME-WAIT")`)
	p.wait(`!document.querySelector(".hands button:disabled")`)
	p.press("forge server a ACK seq=nxt-1")
	p.wait(`document.querySelector(".ladder .arrow.forged")`)
	link := eval[string](p, "location.hash")
	p.do(navigate("about:blank"))
	p.do(navigate(p.url + "/" + link))
	p.wait(`document.querySelectorAll(".steplist .stepbutton").length === 9`)
}

// TestHandsOnForksAnExperiment presses a call in the middle of a story: the story forks there.
func TestHandsOnForksAnExperiment(t *testing.T) {
	p := openTab(t, realServer(t)+"/#experiment=plain-restart&step=4")
	p.wait(`document.querySelector(".narration")?.innerText.startsWith("Step 4 of 10")`)
	p.press("Hands on")
	p.press("abort a")
	p.wait(`document.querySelectorAll(".steplist .stepbutton").length === 5 && document.querySelector("#step-5 .text").innerText.includes("abort a")`)
	p.wait(`[...document.querySelectorAll(".end .big")].every((e) => e.innerText === "CLOSED")`)
}

// TestInspectorExplainsEveryByte opens a SYN in both worlds.
func TestInspectorExplainsEveryByte(t *testing.T) {
	url := realServer(t)
	p := openTab(t, url)
	p.size(1440, 1000)
	p.story()
	eval[int](p, `document.querySelector(".ladder .segment").dispatchEvent(new MouseEvent("click", {bubbles: true})), 0`)
	p.wait(`document.querySelectorAll(".inspector .bytes tbody").length >= 3`)
	all := p.text(".inspector")
	for _, want := range []string{"Sent because", "active OPEN", "It led to", "LISTEN → SYN-RECEIVED", "maximum segment size", "7865", "SYN"} {
		if !strings.Contains(all, want) {
			t.Errorf("the inspector does not say %q:\n%s", want, all)
		}
	}
	p.picture("inspector")
	p.axe("inspector")
	p.keys(kb.Escape)
	p.wait(`document.querySelector(".inspector") === null`)
}

// TestFigureIsWalked follows both ends over figure 5.
func TestFigureIsWalked(t *testing.T) {
	p := openTab(t, realServer(t)+"/#experiment=plain-restart&step=5")
	p.wait(`document.querySelector(".narration")?.innerText.startsWith("Step 5")`)
	p.press("RFC figure")
	p.wait(`document.querySelectorAll(".figure5 .walker").length === 2 && document.querySelectorAll(".figure5 .edge").length === 18`)
	at := func() string {
		return eval[string](p, `[...document.querySelectorAll(".figure5 .walker")].map((w) => w.classList[1] + " " + w.dataset.state).sort().join(", ")`)
	}
	if got, want := at(), "client CLOSE-WAIT, server FIN-WAIT-2"; got != want {
		t.Errorf("walkers: got %s, want %s", got, want)
	}
	if got := eval[string](p, `[...document.querySelectorAll(".figure5 .edge.just")].map((e) => e.getAttribute("aria-label")).join()`); !strings.Contains(got, "Arrow from FIN-WAIT-1 to FIN-WAIT-2") {
		t.Errorf("the arrow just taken: got %q", got)
	}
	p.picture("figure")
	p.axe("figure")
	eval[int](p, `[...document.querySelectorAll(".figure5 .node")].find((n) => n.classList.contains("CLOSE-WAIT")).dispatchEvent(new MouseEvent("click", {bubbles: true})), 0`)
	p.press("Do it: client close c")
	p.wait(`document.querySelectorAll(".steplist .stepbutton").length === 6`)
}

// TestReadingPathIsWalked guesses at each of the ten steps, sees its film, and goes on by keys.
func TestReadingPathIsWalked(t *testing.T) {
	p := openTab(t, realServer(t)+"/#read=1")
	for n := 1; n <= 10; n++ {
		p.wait(fmt.Sprintf(`document.querySelector(".reading .eyebrow")?.innerText === "%d of 10"`, n))
		if p.count(".stage") != 0 {
			t.Errorf("step %d: the film is there before the guess", n)
		}
		eval[int](p, `document.querySelector(".choices-list .choice").click(), 0`)
		p.wait(`document.querySelectorAll(".reading .ladder .note").length > 0`)
		if p.count(".choice.right") != 1 || p.text(".reading .lead") == "" {
			t.Errorf("step %d does not say what is right", n)
		}
		if n == 1 {
			p.picture("read")
			p.axe("read")
		}
		eval[int](p, `document.getElementById("main").focus(), 0`)
		p.keys(kb.ArrowRight)
	}
	if got, want := eval[string](p, "location.hash"), "#read=10"; got != want {
		t.Errorf("address: got %s, want %s", got, want)
	}
	eval[int](p, "history.back(), 0")
	p.wait(`document.querySelector(".reading .eyebrow").innerText === "9 of 10"`)
	p.wait(`document.querySelectorAll(".reading .ladder .note").length > 0`)
	p.keys("p")
	p.wait(`document.documentElement.classList.contains("presenting")`)
	p.keys("p")
	p.wait(`!document.documentElement.classList.contains("presenting")`)
}
