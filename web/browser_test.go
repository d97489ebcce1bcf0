package web

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// One browser serves all tests; each test has a profile of its own.
var chrome struct {
	once sync.Once
	ctx  context.Context
	stop context.CancelFunc
	err  error
}

func TestMain(m *testing.M) {
	code := m.Run()
	if chrome.stop != nil {
		chrome.stop()
	}
	os.RemoveAll(program.dir)
	os.RemoveAll(written.dir)
	os.Exit(code)
}

func startChrome() {
	// The default options are quiet and headless; as root Chromium wants no sandbox.
	chrome.ctx, chrome.stop = chromedp.NewContext(context.Background(),
		chromedp.WithAllocatorOptions(chromedp.NoSandbox, chromedp.DisableGPU, chromedp.Flag("lang", "en-US")))
	_, chrome.err = chromedp.Run(chrome.ctx, chromedp.Evaluate[int]("1"))
}

// skip leaves a test out, with the reason, unless nothing may be left out.
func skip(t *testing.T, format string, args ...any) {
	t.Helper()
	if os.Getenv("FOURWAVE_NOSKIP") != "" {
		t.Fatalf(format, args...)
	}
	t.Skipf(format, args...)
}

// tab is one page in a fresh profile.
type tab struct {
	*testing.T
	ctx  context.Context
	url  string
	mu   sync.Mutex
	seen []string // what the browser's console complained of
	fine []string // complaints that a test provokes
}

// besides are the tests that run beside others.
var besides sync.Map

// beside lets a test run beside others: a tab waits more than it computes.
func beside(t *testing.T) {
	if _, twice := besides.LoadOrStore(t, true); !twice {
		t.Parallel()
	}
}

// openTab opens the page of a server, 1600 by 900, and waits for nothing.
func openTab(t *testing.T, url string) *tab {
	t.Helper()
	beside(t)
	chrome.once.Do(startChrome)
	if chrome.err != nil {
		skip(t, "no Chromium: %v", chrome.err)
	}
	ctx, cancel := chromedp.NewContext(chrome.ctx, chromedp.WithNewBrowserContext())
	t.Cleanup(cancel)
	ctx, cancel = context.WithTimeout(ctx, 5*time.Minute)
	t.Cleanup(cancel)
	p := &tab{T: t, ctx: ctx, url: url}
	p.do(chromedp.Navigate("about:blank"))
	console := chromedp.Console(ctx)
	go func() {
		for m, err := range console {
			if err != nil {
				return
			}
			p.mu.Lock()
			p.seen = append(p.seen, fmt.Sprintf("%s: %s", m.Type, m.Text))
			p.mu.Unlock()
		}
	}()
	t.Cleanup(p.quiet)
	if _, err := chromedp.Call(ctx, emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true}); err != nil {
		t.Fatal(err) // a tab among others has the focus all the same
	}
	p.size(1600, 900)
	p.do(chromedp.Navigate(url))
	return p
}

// quiet fails the test if the console had anything to say: an exception, a refused load, a
// breach of the policy.
func (p *tab) quiet() {
	p.mu.Lock()
	defer p.mu.Unlock()
next:
	for _, line := range p.seen {
		for _, fine := range p.fine {
			if strings.Contains(line, fine) {
				continue next
			}
		}
		p.Errorf("console: %s", line)
	}
}

func (p *tab) do(actions ...chromedp.Action[chromedp.Void]) {
	p.Helper()
	if err := chromedp.Do(p.ctx, actions...); err != nil {
		p.Fatal(err)
	}
}

func (p *tab) size(w, h int64) { p.Helper(); p.do(chromedp.EmulateViewport(w, h)) }

// media emulates preferences of the user: "prefers-color-scheme", "dark", …
func (p *tab) media(features ...string) {
	p.Helper()
	params := emulation.SetEmulatedMediaParams{}
	for i := 0; i < len(features); i += 2 {
		params.Features = append(params.Features, &emulation.MediaFeature{Name: features[i], Value: features[i+1]})
	}
	if _, err := chromedp.Call(p.ctx, emulation.SetEmulatedMedia, params); err != nil {
		p.Fatal(err)
	}
}

// eval evaluates an expression, or a promise of one.
func eval[T any](p *tab, js string) T {
	p.Helper()
	v, err := chromedp.Run(p.ctx, chromedp.Evaluate[T](js, chromedp.EvalAwaitPromise))
	if err != nil {
		p.Fatalf("%s: %v", js, err)
	}
	return v
}

// text is the text of the first element, as it is seen; "" if there is none.
func (p *tab) text(css string) string {
	p.Helper()
	return eval[string](p, fmt.Sprintf("document.querySelector(%q)?.innerText ?? ''", css))
}

func (p *tab) count(css string) int {
	p.Helper()
	return eval[int](p, fmt.Sprintf("document.querySelectorAll(%q).length", css))
}

// wait waits until an expression is true, and says what the page shows if it does not become so.
func (p *tab) wait(js string) {
	p.Helper()
	end := time.Now().Add(20 * time.Second)
	for !eval[bool](p, "Boolean("+js+")") {
		if time.Now().After(end) {
			p.Fatalf("not within 20 s: %s\npage:\n%s", js, p.text("body"))
		}
		time.Sleep(30 * time.Millisecond)
	}
}

// story waits for the first world's story to be there in full.
func (p *tab) story() {
	p.Helper()
	p.wait(`document.querySelectorAll(".ladder .note").length > 0 && document.querySelector(".v-pending") === null && !document.querySelector(".progress") && !document.querySelector(".primary:disabled")`)
}

// press clicks the button, link or label with this text, as a user would: it must be visible.
func (p *tab) press(label string) {
	p.Helper()
	find := fmt.Sprintf(`[...document.querySelectorAll("button, a, label, summary")].find((e) => e.offsetParent && ((e.getAttribute("aria-label") ?? "") === %[1]q || e.innerText.trim() === %[1]q || e.querySelector(".question")?.innerText === %[1]q))`, label)
	p.wait(find)
	p.wait("!" + find + ".disabled")
	eval[int](p, find+".click(), 0")
}

func (p *tab) keys(keys string, opts ...chromedp.KeyOption) {
	p.Helper()
	p.do(chromedp.KeyEvent(keys, opts...))
}

func navigate(url string) chromedp.Action[chromedp.Void] { return chromedp.Navigate(url) }

func (p *tab) tabKey() { p.Helper(); p.keys(kb.Tab) }

// picture saves what the window shows, when FOURWAVE_SHOTS names a directory for it.
func (p *tab) picture(name string) {
	p.Helper()
	dir := os.Getenv("FOURWAVE_SHOTS")
	if dir == "" {
		return
	}
	p.still()
	b, err := chromedp.Run(p.ctx, chromedp.CaptureScreenshot())
	if err != nil {
		p.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, name+".png"), b, 0o644); err != nil {
		p.Fatal(err)
	}
}

// whole saves the whole page, as picture does the window.
func (p *tab) whole(name string) {
	p.Helper()
	dir := os.Getenv("FOURWAVE_SHOTS")
	if dir == "" {
		return
	}
	b, err := chromedp.Run(p.ctx, chromedp.FullScreenshot(100))
	if err != nil {
		p.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, name+".png"), b, 0o644); err != nil {
		p.Fatal(err)
	}
}

// still waits until what moves has come to rest, and one frame more.
func (p *tab) still() {
	p.Helper()
	p.wait(`document.getAnimations().every((a) => a.playState !== "running")`)
	eval[bool](p, "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(true))))")
}

// axe checks the page as it is now against WCAG 2.2 AA.
func (p *tab) axe(what string) {
	p.Helper()
	script, err := os.ReadFile("testdata/node_modules/axe-core/axe.min.js")
	if err != nil {
		skip(p.T, "axe-core is not installed (npm ci in web/testdata): %v", err)
	}
	p.still() // colours are judged as they end up
	if !eval[bool](p, "typeof axe === 'object'") {
		eval[int](p, string(script)+";0")
	}
	out := eval[string](p, `axe.run(document, {runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}).then((r) => JSON.stringify({
		passes: r.passes.length,
		wrong: r.violations.flatMap((v) => v.nodes.map((n) => v.id + ": " + n.target.join(" ") + ": " + n.failureSummary)),
	}))`)
	var found struct {
		Passes int
		Wrong  []string
	}
	if err := json.Unmarshal([]byte(out), &found); err != nil {
		p.Fatal(err)
	}
	if found.Passes < 10 {
		p.Errorf("%s: axe checked %d rules only", what, found.Passes)
	}
	for _, w := range found.Wrong {
		p.Errorf("%s: %s", what, w)
	}
}
