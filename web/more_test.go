package web

import (
	"fmt"
	"strings"
	"testing"
)

// TestMythsRunTheirExperiments presses every card.
func TestMythsRunTheirExperiments(t *testing.T) {
	p := openTab(t, realServer(t)+"/#myths")
	p.wait(`document.querySelectorAll(".mythcards .card").length > 10`)
	cards := p.count(".mythcards .card")
	for n := range cards {
		card := fmt.Sprintf(`document.querySelectorAll(".mythcards .card")[%d]`, n)
		p.wait(fmt.Sprintf(`!%s.querySelector("button").disabled`, card))
		eval[int](p, card+`.querySelector("button").click(), 0`)
		p.wait(card + `.querySelector(".settled b")`)
	}
	if got := p.text(".mythcards .card:nth-child(3) .settled"); !strings.Contains(got, "EADDRINUSE") {
		t.Errorf("SO_REUSEADDR on the new one only: got %q, want EADDRINUSE", got)
	}
	p.axe("myths")
	p.whole("myths")
}

// TestKnownDifferencesHaveAPage follows a reason of a lab to it.
func TestKnownDifferencesHaveAPage(t *testing.T) {
	p := openTab(t, realServer(t)+"/#differences=rfc-no-bind")
	p.wait(`document.querySelector(".known .here")?.innerText.includes("rfc-no-bind")`)
	p.axe("differences")
	p.press("中文")
	p.wait(`document.querySelector("h1").innerText === "各系统在哪里不同？"`)
	p.press("English")
	eval[int](p, `location.hash = "#differences=no-such", 0`)
	p.wait(`document.querySelector("[role=alert]")?.innerText.includes("no-such")`)
}

// TestMissedLinesComeBack misses a line, and finds it again in the library and on the page.
func TestMissedLinesComeBack(t *testing.T) {
	p := openTab(t, newFakeServer(t, true).URL)
	p.story()
	p.press("Ask me what each line says before the film shows it")
	p.press("Play")
	p.wait(`document.querySelector("#guess-question")?.innerText.includes("server state a = ?")`)
	p.press("CLOSED")
	p.wait(`document.querySelector("#step-7 .results").innerText.includes("you said CLOSED")`)
	p.press("Experiments")
	p.wait(`document.querySelector(".shelf .group")?.innerText === "Come back to these: you missed a line"`)
	p.press("Close")
	p.press("You missed 1 here: ask me again")
	p.wait(`document.querySelector("#guess-question")?.innerText.includes("server state a = ?")`)
	p.press("TIME-WAIT")
	p.wait(`document.querySelector("#step-7 .results").innerText.includes("you were right")`)
	if got := eval[string](p, `localStorage.getItem("fourwave.missed")`); got != `[]` {
		t.Errorf("kept for later: got %s, want nothing", got)
	}
}

// TestProgramOfAnExperiment reads a program, in C and in a language that is asked for after it.
func TestProgramOfAnExperiment(t *testing.T) {
	p := openTab(t, realServer(t))
	p.story()
	p.press("C")
	p.wait(`document.querySelector(".program .code")?.innerText.includes("int main(void)")`)
	p.press("Go")
	p.wait(`document.querySelector(".program .code")?.innerText.includes("package main")`)
	if got := eval[string](p, `document.querySelector(".program a[download]").download`); got != "plain-restart.go" {
		t.Errorf("saved as %q, want plain-restart.go", got)
	}
	p.axe("program")
}

// TestSegmentIsDraggedToBeLost drags the server's FIN out of the film, and loses it by a button too.
func TestSegmentIsDraggedToBeLost(t *testing.T) {
	p := openTab(t, realServer(t))
	p.story()
	fin := `[...document.querySelectorAll(".segment")].find((e) => e.textContent.includes("FIN"))`
	eval[int](p, `(() => {
		const g = `+fin+`, r = g.getBoundingClientRect();
		g.scrollIntoView({block: "center"});
		const at = (x, y) => ({bubbles: true, button: 0, clientX: x, clientY: y, pointerId: 1});
		g.dispatchEvent(new PointerEvent("pointerdown", at(r.x + 5, r.y + 5)));
		dispatchEvent(new PointerEvent("pointermove", at(r.x + 40, r.y + 40)));
		return 0;
	})()`)
	p.wait(`document.querySelector(".zone[data-fate=lost]")`)
	p.picture("drag")
	eval[int](p, `(() => {
		const r = document.querySelector(".zone[data-fate=lost]").getBoundingClientRect();
		const at = {bubbles: true, button: 0, clientX: r.x + r.width / 2, clientY: r.y + r.height / 2, pointerId: 1};
		dispatchEvent(new PointerEvent("pointermove", at));
		dispatchEvent(new PointerEvent("pointerup", at));
		return 0;
	})()`)
	p.wait(`[...document.querySelectorAll(".steplist .text")].some((e) => e.innerText.includes("drop server FIN"))`)
	p.wait(`document.querySelector(".arrow.lost")`)
	p.wait(`!document.querySelector(".zones")`)
	p.press("One moment on")
	eval[int](p, fin+`.dispatchEvent(new MouseEvent("click", {bubbles: true})), 0`)
	p.wait(`document.querySelector(".inspector")`)
	p.axe("inspector")
}

// TestEditorCompletesAndMarks types a line with its suggestions, and finds its mistake marked in place.
func TestEditorCompletesAndMarks(t *testing.T) {
	p := openTab(t, newFakeServer(t, true).URL)
	p.fine = []string{"422"}
	p.story()
	p.press("Edit the script")
	p.script("")
	eval[int](p, `document.querySelector("#script").focus(), 0`)
	p.keys("+0 serv")
	p.wait(`document.querySelector(".words [aria-selected=true]")?.innerText === "server"`)
	p.keys("\t")
	p.wait(`document.querySelector("#script").value === "+0 server "`)
	p.keys("bi")
	p.wait(`document.querySelector(".words [aria-selected=true]")?.innerText === "bind"`)
	p.axe("suggestions")
	eval[int](p, `document.querySelector("#script").dispatchEvent(new KeyboardEvent("keydown", {key: "Escape", bubbles: true})), 0`)
	p.wait(`document.querySelector(".words").hidden`)
	p.script("+0 server bnid l :7865\n")
	p.press("Run this script")
	p.wait(`document.querySelector(".marks mark")?.innerText === "bnid"`)
	box := eval[[]float64](p, `[".marks", "#script"].flatMap((c) => { const r = document.querySelector(c).getBoundingClientRect(); return [r.x, r.y, r.width]; })`)
	if box[0] != box[3] || box[1] != box[4] || box[2] != box[5] {
		t.Errorf("the marks do not lie under the text: %v", box)
	}
	p.picture("marks")
}

const capturedText = `12:00:00.000001 IP 10.0.0.2.40000 > 10.0.0.1.7865: Flags [S], seq 100, win 64240, length 0
12:00:00.000101 IP 10.0.0.1.7865 > 10.0.0.2.40000: Flags [S.], seq 300, ack 101, win 65160, length 0
12:00:00.000201 IP 10.0.0.2.40000 > 10.0.0.1.7865: Flags [.], ack 1, win 502, length 0
12:00:01.000001 IP 10.0.0.1.7865 > 10.0.0.2.40000: Flags [F.], seq 1, ack 1, win 509, length 0
12:00:01.000101 IP 10.0.0.2.40000 > 10.0.0.1.7865: Flags [.], ack 2, win 502, length 0
12:00:02.000001 IP 10.0.0.2.40000 > 10.0.0.1.7865: Flags [F.], seq 1, ack 2, win 502, length 0
12:00:02.000101 IP 10.0.0.1.7865 > 10.0.0.2.40000: Flags [.], ack 2, win 509, length 0
`

// TestPasteAndCapture reads another machine's table and a capture, and reproduces the capture's ending.
func TestPasteAndCapture(t *testing.T) {
	p := openTab(t, realServer(t)+"/#port")
	paste := func(text string) {
		p.wait(`document.querySelector("#others-text")`)
		eval[int](p, fmt.Sprintf(`{ const a = document.querySelector("#others-text"); a.value = %q; a.dispatchEvent(new Event("input", {bubbles: true})); 0 }`, text))
		p.press("Read it")
	}
	paste("State Recv-Q Send-Q Local Address:Port Peer Address:Port\nLISTEN 0 128 0.0.0.0:7865 0.0.0.0:*\nTIME-WAIT 0 0 127.0.0.1:7865 127.0.0.1:52340\nwhat is this\n")
	p.wait(`document.querySelector(".read .answer")?.innerText.includes("7865") && document.querySelector(".read summary")`)
	p.axe("paste")
	p.whole("paste")
	paste(capturedText)
	p.wait(`document.querySelectorAll(".connections li").length === 1`)
	if got := p.text(".connections li"); !strings.Contains(got, "TIME-WAIT") {
		t.Errorf("the capture's connection: got %q, want TIME-WAIT in it", got)
	}
	p.axe("capture")
	p.whole("capture")
	p.press("Reproduce this ending in the lab")
	p.story()
	// A file that is dropped is read in the same way.
	eval[int](p, `location.hash = "#port", 0`)
	p.wait(`document.querySelector(".others")`)
	eval[int](p, fmt.Sprintf(`{ const d = new DataTransfer(); d.items.add(new File([%q], "dump.txt")); document.querySelector(".others").dispatchEvent(new DragEvent("drop", {bubbles: true, cancelable: true, dataTransfer: d})); 0 }`, capturedText))
	p.wait(`document.querySelector(".others")?.innerText.includes("dump.txt") && document.querySelectorAll(".connections li").length === 1`)
}
