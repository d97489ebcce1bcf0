package web

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
)

// written is the static site, which is made once for all tests; TestMain removes it.
var written struct {
	once sync.Once
	dir  string
	err  error
	out  []byte
}

func writeSite() {
	if written.dir, written.err = os.MkdirTemp("", "fourwave-site-test"); written.err != nil {
		return
	}
	cmd := exec.Command("go", "run", "fourwave/site", "-out", filepath.Join(written.dir, "site"),
		"-program", filepath.Join(program.dir, "fourwave"), "-experiments", "plain-restart,simultaneous-close")
	written.out, written.err = cmd.CombinedOutput()
}

// staticSite serves the static site as any web server would, below a path of its own.
func staticSite(t *testing.T) string {
	t.Helper()
	beside(t)
	if os.Getenv("FOURWAVE_LONG") == "" {
		t.Skip("the site takes half a minute to build: make test builds it")
	}
	program.once.Do(buildProgram)
	if program.err != nil {
		t.Fatal(program.err)
	}
	written.once.Do(writeSite)
	if written.err != nil {
		t.Fatalf("go run fourwave/site: %v\n%s", written.err, written.out)
	}
	files := http.StripPrefix("/~teacher/tcp/", http.FileServer(http.Dir(filepath.Join(written.dir, "site"))))
	server := httptest.NewServer(files)
	t.Cleanup(server.Close)
	return server.URL + "/~teacher/tcp"
}

// TestBothWaysAnswerAlike walks the same screens on a server and on the static site, where the models
// run in a worker of the browser.
func TestBothWaysAnswerAlike(t *testing.T) {
	for name, open := range map[string]func(*testing.T) string{"server": realServer, "site": staticSite} {
		t.Run(name, func(t *testing.T) {
			p := openTab(t, open(t)+"/")
			walkWithoutKernel(p)
		})
	}
}

// walkWithoutKernel uses every screen that needs no kernel.
func walkWithoutKernel(p *tab) {
	p.fine = append(p.fine, "422") // of the program that loopback cannot show
	p.story()
	if got := p.text(".telling .line"); !strings.Contains(got, "EADDRINUSE") {
		p.Errorf("the answer: got %q, want EADDRINUSE in it", got)
	}
	p.press("SO_REUSEADDR on both")
	p.wait(`document.querySelector(".fixes .outcome b")?.innerText.includes("ok")`)

	p.press("Python")
	p.wait(`document.querySelector(".program .code")?.innerText.includes("l2.bind")`)

	p.press("Experiments")
	p.press("What if both ends close at the same instant?")
	p.wait(`document.querySelector(".library") === null`)
	p.story()
	if got := eval[string](p, `document.querySelector(".ladder").textContent`); !strings.Contains(got, "CLOSING") {
		p.Errorf("simultaneous close: no CLOSING in %q", got)
	}
	p.press("C")
	p.wait(`document.querySelector(".program .notice")?.innerText.includes("Loopback cannot show step")`)

	p.press("Hands on")
	p.press("To the beginning")
	p.press("close l")
	p.wait(`document.querySelector(".steplist li:last-child .text").innerText.includes("close l")`)

	p.press("中文")
	p.wait(`document.documentElement.lang === "zh-CN" && document.querySelector("nav .current, nav [aria-current]").innerText !== "Lab"`)
	p.press("English")

	eval[int](p, `location.hash = "#matrix", 0`)
	p.wait(`document.querySelectorAll(".map td[data-row]").length > 20`)

	eval[int](p, `location.hash = "#port", 0`)
	p.wait(`document.querySelector("#others-text")`)
	eval[int](p, `{ const a = document.querySelector("#others-text"); a.value = "State Recv-Q Send-Q Local Address:Port Peer Address:Port\nLISTEN 0 128 0.0.0.0:7865 0.0.0.0:*\nTIME-WAIT 0 0 127.0.0.1:7865 127.0.0.1:52340\n"; a.dispatchEvent(new Event("input", {bubbles: true})); 0 }`)
	p.press("Read it")
	p.wait(`document.querySelector(".read .answer")?.innerText.includes("7865")`)

	eval[int](p, `location.hash = "#read", 0`)
	p.wait(`document.querySelectorAll(".choices-list .choice").length === 3`)
	p.press("the accepted connection, in TIME-WAIT")
	p.wait(`document.querySelector(".stage")`)

	eval[int](p, `location.hash = "#quiz=practice", 0`)
	p.wait(`document.querySelector("main form, main .choice, main .predict, main fieldset")`)
}

// TestRecordedRunIsSaidToBeOne shows the kernel's side of the static site.
func TestRecordedRunIsSaidToBeOne(t *testing.T) {
	p := openTab(t, staticSite(t)+"/")
	p.story()
	if _, err := os.Stat(filepath.Join(written.dir, "site/recorded/index.json")); err != nil {
		skip(t, "no kernel was recorded: %v", err)
	}
	p.press("Show the recorded run on a real kernel")
	p.wait(`document.querySelectorAll(".world").length === 2`)
	p.story()
	if got := p.text(".world:nth-of-type(2) h3, .world ~ .world h3"); !strings.Contains(got, "recorded (Linux ") {
		t.Errorf("the kernel's world is called %q, which does not say that it was recorded", got)
	}
	if got := eval[[]string](p, `performance.getEntriesByType("resource").map((e) => e.name).filter((n) => new URL(n).pathname.startsWith("/v1") || !new URL(n).pathname.startsWith("/~teacher/tcp/"))`); len(got) > 0 {
		t.Errorf("asked for outside of the site: %v", got)
	}
	for _, bad := range eval[[]string](p, `[...document.querySelectorAll("a[href]")].map((a) => a.getAttribute("href")).filter((h) => h.startsWith("/") && !h.startsWith("/v1/"))`) {
		t.Errorf("a link that leaves the site: %s", bad)
	}
}

// TestSiteReadsWithoutJavaScript follows the links of a page that was written.
func TestSiteReadsWithoutJavaScript(t *testing.T) {
	url := staticSite(t)
	for _, page := range []string{"/", "/zh/", "/experiments/plain-restart/", "/experiments/plain-restart/zh/"} {
		body := fetchText(t, url+page)
		if !strings.Contains(body, "EADDRINUSE") || strings.Contains(page, "zh") != strings.Contains(body, `lang="zh-CN">`+"\n  <head>") {
			t.Errorf("%s is not the page in its language: %.300s", page, body)
		}
		for _, m := range linkIn.FindAllStringSubmatch(body, -1) {
			res, err := http.Get(resolve(t, url+page, m[1]))
			if err != nil {
				t.Fatal(err)
			}
			res.Body.Close()
			if res.StatusCode != http.StatusOK && !strings.Contains(m[1], "recorded/") {
				t.Errorf("%s links to %s: %s", page, m[1], res.Status)
			}
		}
	}
}

var linkIn = regexp.MustCompile(`(?:href|src)="([^"#]+)`)

func resolve(t *testing.T, base, ref string) string {
	t.Helper()
	b, err := url.Parse(base)
	if err != nil {
		t.Fatal(err)
	}
	r, err := b.Parse(ref)
	if err != nil {
		t.Fatal(err)
	}
	return r.String()
}

func fetchText(t *testing.T, url string) string {
	t.Helper()
	res, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
