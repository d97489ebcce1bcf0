package web

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// TestTwoTabsOnOneLab drives a live lab from two tabs by turns: each sees what the other does.
func TestTwoTabsOnOneLab(t *testing.T) {
	a := openTab(t, realServer(t))
	a.story()
	a.press("Start from nothing")
	a.wait(`document.querySelector(".hands") && location.hash.startsWith("#lab=")`)
	b := openTab(t, a.url+"/"+eval[string](a, "location.hash"))
	b.wait(`document.querySelector(".stage") && document.querySelector(".ways")`)
	b.press("Hands on")
	steps := func(p *tab, n int, last string) {
		t.Helper()
		p.wait(fmt.Sprintf(`document.querySelectorAll(".steplist .stepbutton").length === %d && document.querySelector(".steplist li:last-child .text").innerText.includes(%q) && !document.querySelector(".hands button:disabled")`, n, last))
	}
	for n, line := range []string{"bind l :7865", "listen l 20", "connect c server:7865", "accept l as a"} {
		from, to := a, b
		if n%2 == 1 {
			from, to = b, a
		}
		from.press(line)
		steps(from, n+1, line)
		steps(to, n+1, line)
	}
	for _, p := range []*tab{a, b} {
		p.wait(`[...document.querySelectorAll(".end .big")].every((e) => e.innerText === "ESTABLISHED")`)
	}
}

// longStory is a script whose story has some 5,000 events.
func longStory() string {
	var b strings.Builder
	b.WriteString("# Does a long story scrub?\n\n+0 server bind l :7865\n+0 server listen l 4096\n")
	for n := range 125 {
		fmt.Fprintf(&b, "+0 client connect c%d server:7865\n+0 server accept l as a%d\n+0 client close c%d\n+0 server close a%d\n", n, n, n, n)
	}
	return b.String()
}

// TestLongStoryScrubs drags the scrubber through 5,000 events, on a processor that is throttled to a
// quarter: half of all frames come within 20 ms. It measures time, so only make soak runs it.
func TestLongStoryScrubs(t *testing.T) {
	if os.Getenv("FOURWAVE_SOAK") == "" {
		return // make soak's, as all that is held against a clock
	}
	url := realServer(t)
	res, err := http.Post(url+"/v1/labs?worlds=model", "text/plain", strings.NewReader(longStory()))
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var made struct {
		ID     string
		Events int
	}
	if err := json.NewDecoder(res.Body).Decode(&made); err != nil {
		t.Fatal(err)
	}
	p := openTab(t, url+"/#lab="+made.ID)
	p.wait(`document.querySelectorAll(".ladder .note").length > 0 && !document.querySelector(".progress")`)
	ask(t, url+"/v1/labs/"+made.ID, &made)
	if made.Events < 5000 {
		t.Fatalf("the story has %d events, want 5,000 and more", made.Events)
	}
	if _, err := chromedp.Call(p.ctx, emulation.SetCPUThrottlingRate, emulation.SetCPUThrottlingRateParams{Rate: 4}); err != nil {
		t.Fatal(err)
	}
	frames := eval[[]float64](p, `new Promise((done) => {
		const range = document.querySelector(".film input[type=range]");
		const times = [];
		let n = 0, last = performance.now();
		const frame = (now) => {
			times.push(now - last);
			last = now;
			if (++n > 120) return done(times.slice(1));
			range.value = 1000 * Math.abs(Math.sin(n / 20));
			range.dispatchEvent(new Event("input", {bubbles: true}));
			requestAnimationFrame(frame);
		};
		requestAnimationFrame(frame);
	})`)
	slices.Sort(frames)
	median, worst := frames[len(frames)/2], frames[len(frames)*95/100]
	t.Logf("%d events, throttled four times: a frame in %.1f ms (median), %.1f ms (95 %%)", made.Events, median, worst)
	if median > 20 {
		t.Errorf("a frame takes %.1f ms, want at most 20", median)
	}
}
