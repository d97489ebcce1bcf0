package web

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

// program is built once for all tests; TestMain removes it.
var program struct {
	once sync.Once
	dir  string
	err  error
}

func buildProgram() {
	if program.dir, program.err = os.MkdirTemp("", "fourwave-web"); program.err != nil {
		return
	}
	if out, err := exec.Command("go", "build", "-o", program.dir, "fourwave").CombinedOutput(); err != nil {
		program.err = fmt.Errorf("go build: %w\n%s", err, out)
	}
}

// realServer builds the program as users do and runs it on a free port until the test ends.
func realServer(t *testing.T) string {
	t.Helper()
	beside(t)
	program.once.Do(buildProgram)
	if program.err != nil {
		t.Fatal(program.err)
	}
	bin := filepath.Join(program.dir, "fourwave")
	ctx, cancel := context.WithCancel(context.Background())
	cmd := exec.CommandContext(ctx, bin, "--listen", "127.0.0.1:0", "--data", t.TempDir())
	var log bytes.Buffer // and not ours: a server that outlived the test would hold it open
	cmd.Stderr = &log
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 15 * time.Second
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cancel()
		cmd.Wait()
		if log.Len() > 0 {
			t.Errorf("the server's log:\n%s", log.String())
		}
	})
	lines := bufio.NewScanner(stdout)
	for lines.Scan() {
		if m := regexp.MustCompile(`http://[^/ ]+`).FindString(lines.Text()); m != "" {
			go func() {
				for lines.Scan() { // so that it never blocks
				}
			}()
			return m
		}
	}
	t.Fatal("the server ended without saying where it serves")
	return ""
}

// ask reads a JSON document of the server.
func ask(t *testing.T, url string, into any) {
	t.Helper()
	res, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if err := json.NewDecoder(res.Body).Decode(into); err != nil {
		t.Fatalf("%s: %v", url, err)
	}
}

// kernelRuns reports whether the kernel world runs here, and why not.
func kernelRuns(t *testing.T, url string) (bool, string) {
	var c struct {
		Worlds []struct {
			Name, Why string
			Runs      bool
		}
	}
	ask(t, url+"/v1/capabilities", &c)
	for _, w := range c.Worlds {
		if w.Name == "kernel" {
			return w.Runs, w.Why
		}
	}
	return false, "there is none"
}

func library(t *testing.T, url string) (ids []string) {
	t.Helper()
	var all struct {
		Items []struct {
			ID, Chapter string
		}
	}
	ask(t, url+"/v1/experiments", &all)
	for _, e := range all.Items {
		ids = append(ids, e.ID)
		if e.Chapter == "" {
			t.Errorf("%s stands in no chapter", e.ID)
		}
	}
	if len(ids) == 0 {
		t.Fatal("the library is empty")
	}
	return ids
}

// TestFirstExperimentInBothWorlds is the page's main job, on the real server and a real kernel.
func TestFirstExperimentInBothWorlds(t *testing.T) {
	url := realServer(t)
	if runs, why := kernelRuns(t, url); !runs {
		skip(t, "the kernel world does not run here: %s", why)
	}
	p := openTab(t, url)
	p.size(1440, 1000)
	p.story()
	p.press("Run on the real kernel too")
	p.wait(`document.querySelectorAll(".world").length === 2`)
	p.wait(`/The real kernel: waiting .* left/.test(document.querySelector(".progress")?.innerText)`)
	p.picture("real-running")
	p.story()
	p.picture("real-done")
	if bad := p.count(".v-differ") + p.count(".v-unexpected") + p.count(".v-not-run"); bad != 0 {
		t.Errorf("%d steps do not agree:\n%s", bad, p.text(".steplist"))
	}
	states := eval[string](p, `[...document.querySelectorAll(".ladder .pill")].map((e) => e.textContent.trim()).join(" ")`)
	for _, want := range []string{"FIN-WAIT-1", "FIN-WAIT-2", "TIME-WAIT", "CLOSE-WAIT", "LAST-ACK"} {
		if strings.Count(states, want) < 2 {
			t.Errorf("not both worlds show %s: %s", want, states)
		}
	}
	if got, want := p.count(".ladder .note"), 2*p.count(".steplist .stepbutton"); got != want {
		t.Errorf("calls in the ladder: got %d, want each step in both worlds, %d", got, want)
	}
	if got := p.count(".ring"); got != 2 {
		t.Errorf("rings: got %d, want one in each world", got)
	}
	files := eval[string](p, `Promise.all([...document.querySelectorAll(".more a[download]")].map(async (a) => (await fetch(a.href)).headers.get("Content-Disposition"))).then((all) => all.join(" "))`)
	if want := "attachment; filename=plain-restart-model.pcapng attachment; filename=plain-restart-kernel.pcapng"; files != want {
		t.Errorf("captures to download: got %s, want %s", files, want)
	}
}

// TestEveryExperimentIsDrawn runs the library in one model and in two and looks at each ladder at
// three widths: nothing lies on anything else, and nothing is cut off. make soak looks at all of it,
// make test at a slice that another day is another one.
func TestEveryExperimentIsDrawn(t *testing.T) {
	url := realServer(t)
	ids := library(t, url)
	if os.Getenv("FOURWAVE_SOAK") == "" {
		var slice []string
		for n := time.Now().YearDay() % 10; n < len(ids); n += 10 {
			slice = append(slice, ids[n])
		}
		ids = slice
	}
	for i, worlds := range []string{"model", "model,model:rfc9293"} {
		p := openTab(t, url)
		lang := []string{"en", "zh"}[i]
		for _, id := range ids {
			p.do(navigate("about:blank"))
			p.do(navigate(fmt.Sprintf("%s/#experiment=%s&worlds=%s&lang=%s", url, id, worlds, lang)))
			p.story()
			for _, width := range []int64{390, 1280, 1920} {
				drawn(p, fmt.Sprintf("%s in %s, %s, at %d px", id, worlds, lang, width), width)
			}
		}
	}
}

// drawn looks at the stage in a window of a width.
func drawn(p *tab, what string, width int64) {
	p.Helper()
	p.size(width, 900)
	p.wait(drawnAt(width))
	for name, js := range map[string]string{"overlaps": overlaps, "cut off": outside, "clipped": clipped} {
		if bad := eval[[]string](p, js); len(bad) > 0 {
			p.Errorf("%s: %s: %q", what, name, bad)
		}
	}
	if got := eval[int64](p, "document.documentElement.scrollWidth"); got > width {
		p.Errorf("%s: the page is %d px wide", what, got)
	}
}

// clipped lists cells of socket tables whose text does not fit into them, on windows that are wide
// enough to show them whole.
const clipped = `innerWidth < 1280 ? [] : [...document.querySelectorAll(".sockets td")].filter((e) => e.scrollWidth > e.clientWidth + 1).map((e) => e.innerText)`

// drawnAt is true once the ladder has the width of its box in a window of this width.
func drawnAt(width int64) string {
	return fmt.Sprintf("document.documentElement.clientWidth === %d && Math.abs(document.querySelector('.ladder').getAttribute('width') - document.querySelector('.ladder-box').clientWidth) <= 1", width)
}

// overlaps lists what is written on a ladder and lies on something else that is written, and arrows that rise.
const overlaps = `[...document.querySelectorAll(".ladder")].flatMap((svg) => {
	const all = [...svg.querySelectorAll("text, .pill rect, .odd circle")].filter((e) => !e.closest(".pill, .odd") || e.tagName !== "text").map((e) => ({
		what: (e.tagName === "text" ? e : e.parentNode).textContent.trim().replace(/\s+/g, " "), r: e.getBoundingClientRect(),
	})).sort((a, b) => a.r.top - b.r.top);
	const bad = [];
	all.forEach((a, i) => {
		for (let j = i + 1; j < all.length && all[j].r.top < a.r.bottom; j++) {
			const b = all[j];
			const w = Math.min(a.r.right, b.r.right) - Math.max(a.r.left, b.r.left);
			const h = Math.min(a.r.bottom, b.r.bottom) - Math.max(a.r.top, b.r.top);
			if (w > 1 && h > 2) bad.push(a.what + " / " + b.what);
		}
	});
	svg.querySelectorAll(".arrow line").forEach((l) => {
		if (Number(l.getAttribute("y2")) < Number(l.getAttribute("y1"))) bad.push("an arrow rises");
	});
	return bad;
})`

// TestSimultaneousCloseCrosses looks at a picture in which segments cross: both leave at one height.
func TestSimultaneousCloseCrosses(t *testing.T) {
	p := openTab(t, realServer(t)+"/#experiment=simultaneous-close")
	p.story()
	type line struct {
		What           string
		X1, Y1, X2, Y2 float64
	}
	var fins []line
	for _, l := range eval[[]line](p, `[...document.querySelectorAll(".ladder .arrow")].map((g) => {
		const l = g.querySelector("line"), n = (k) => Number(l.getAttribute(k));
		return {What: g.dataset.flags, X1: n("x1"), Y1: n("y1"), X2: n("x2"), Y2: n("y2")};
	})`) {
		if strings.Contains(l.What, "FIN") {
			fins = append(fins, l)
		}
	}
	if len(fins) != 4 {
		t.Fatalf("FINs: got %+v, want each leave, be held, and arrive", fins)
	}
	a, b := fins[0], fins[1]
	if a.Y1 != b.Y1 || a.X1 == b.X1 || a.X2 != b.X2 || min(a.Y2, b.Y2) <= a.Y1 {
		t.Errorf("the FINs do not leave at once to be held: %+v", fins)
	}
	for _, c := range fins[2:] {
		if c.X1 != a.X2 || (c.X2 != a.X1 && c.X2 != b.X1) {
			t.Errorf("a FIN does not come from the middle of the wire: %+v", fins)
		}
	}
}
