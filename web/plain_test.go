package web

import (
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// plainTab opens a page in a browser that runs no script of it. What the test asks, it still may.
func plainTab(t *testing.T, url string) *tab {
	t.Helper()
	p := openTab(t, "about:blank")
	if _, err := chromedp.Call(p.ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true}); err != nil {
		t.Fatal(err)
	}
	p.do(chromedp.Navigate(url))
	return p
}

// TestWithoutJavaScript reads both pages, follows a link of the library, and changes the language.
func TestWithoutJavaScript(t *testing.T) {
	url := realServer(t)
	p := plainTab(t, url+"/")
	for _, size := range [][2]int64{{1280, 720}, {390, 844}} {
		p.size(size[0], size[1])
		if got := p.text("h1"); got != "Why can’t my server start again?" && got != "Why can't my server start again?" {
			t.Errorf("h1: got %q", got)
		}
		for _, css := range []string{"h1", ".lead", ".telling .line"} {
			if bottom := eval[float64](p, `document.querySelector("`+css+`").getBoundingClientRect().bottom`); bottom > float64(size[1]) {
				t.Errorf("%v: %s ends at %v, below the first screen", size, css, bottom)
			}
		}
		if wide := eval[int](p, "document.documentElement.scrollWidth"); wide > int(size[0]) {
			t.Errorf("%v: the page is %d wide", size, wide)
		}
		p.picture("plain-" + map[int64]string{1280: "1280", 390: "390"}[size[0]])
	}
	if main := p.text("main"); !strings.Contains(main, "to TIME-WAIT") || !strings.Contains(main, "EADDRINUSE") {
		t.Errorf("the page does not tell the story:\n%s", main)
	}
	follow := func(css string) {
		t.Helper()
		p.do(chromedp.Navigate(eval[string](p, `document.querySelector('`+css+`').href`)))
	}
	follow(`a[hreflang="zh-CN"]`)
	if got := eval[string](p, "document.documentElement.lang"); got != "zh-CN" {
		t.Fatalf("lang: got %q", got)
	}
	follow(`.plain-library li:nth-child(2) a`)
	if got := p.text("h1"); !strings.ContainsRune(got, '？') || !strings.Contains(eval[string](p, "location.search"), "lang=zh") {
		t.Errorf("the next page: h1 %q at %s, want it in Chinese", got, eval[string](p, "location.href"))
	}
	p.picture("plain-zh")
}

// TestWrittenPageGivesWay: what the server wrote is gone when the page's modules show their own, and then is there once.
func TestWrittenPageGivesWay(t *testing.T) {
	p := openTab(t, realServer(t)+"/")
	p.story()
	if n := p.count(".plain"); n > 0 {
		t.Errorf("%d written pages are left", n)
	}
	if n := p.count("h1"); n != 1 {
		t.Errorf("%d h1, want 1", n)
	}
}

// TestPrintedPlainPage is a handout: no navigation, no library.
func TestPrintedPlainPage(t *testing.T) {
	p := plainTab(t, realServer(t)+"/experiments/plain-restart")
	if _, err := chromedp.Call(p.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: "print"}); err != nil {
		t.Fatal(err)
	}
	for _, css := range []string{".top", ".plain-library", "footer"} {
		if shown := eval[bool](p, `document.querySelector("`+css+`").getClientRects().length > 0`); shown {
			t.Errorf("%s is printed", css)
		}
	}
	if text := p.text("main"); !strings.Contains(text, "to TIME-WAIT") || !strings.Contains(text, "+10s") {
		t.Errorf("what is printed lacks the story or the script:\n%s", text)
	}
}
