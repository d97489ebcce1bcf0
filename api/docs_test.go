package api

import (
	"bytes"
	"compress/gzip"
	"context"
	"io"
	"net/http"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

func TestReaderFilesComeZipped(t *testing.T) {
	ts := newServer(t, nil)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, ts.http.URL+"/docs/swagger-ui.css", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Accept-Encoding", "br, gzip;q=0.5") // set by hand, so that net/http does not unzip
	resp, err := ts.http.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if got := resp.Header.Get("Content-Encoding"); got != "gzip" {
		t.Fatalf("got Content-Encoding %q, want gzip", got)
	}
	z, err := gzip.NewReader(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	zipped, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	whole := ts.do(t, call{path: "/docs/swagger-ui.css", header: header("Accept-Encoding", "gzip;q=0")})
	if whole.Header.Get("Content-Encoding") != "" || !bytes.Equal(whole.body, zipped) {
		t.Errorf("without gzip: got encoding %q and %d octets, want none and %d", whole.Header.Get("Content-Encoding"),
			len(whole.body), len(zipped))
	}
}

// TestReaderInABrowser opens /docs/index.html in Chromium: the contract's calls are on the page,
// and its policy was not broken.
func TestReaderInABrowser(t *testing.T) {
	ctx := browser(t)
	ts := newServer(t, nil)
	var mu sync.Mutex
	var complaints []string
	err := chromedp.Listen(ctx, func(ev any) {
		mu.Lock()
		defer mu.Unlock()
		switch ev := ev.(type) {
		case *log.EventEntryAdded:
			complaints = append(complaints, ev.Entry.Text+" "+ev.Entry.URL)
		case *runtime.EventExceptionThrown:
			complaints = append(complaints, ev.ExceptionDetails.Text)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := chromedp.Do(ctx, chromedp.Navigate(ts.http.URL+"/docs/index.html"),
		chromedp.WaitVisible(chromedp.CSS(".opblock-summary-path"))); err != nil {
		t.Fatal(err)
	}
	text, err := chromedp.Run(ctx, chromedp.Text(chromedp.CSS("#reader")))
	if err != nil {
		t.Fatal(err)
	}
	for path := range ts.contract.doc.Paths.Map() {
		// The reader breaks long paths with zero-width spaces.
		if !strings.Contains(strings.ReplaceAll(text, "\u200b", ""), path) {
			t.Errorf("the reader does not show %s", path)
		}
	}
	mu.Lock()
	defer mu.Unlock()
	for _, c := range complaints {
		t.Errorf("the browser complains: %s", c)
	}
}

// browser starts a headless Chromium for one test.
func browser(t *testing.T) context.Context {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		skip(t, "no chromium: make test installs it")
	}
	ctx, cancel := chromedp.NewContext(t.Context(), chromedp.WithAllocatorOptions(chromedp.ExecPath(path),
		chromedp.NoSandbox,
		chromedp.Headless, chromedp.DisableGPU, chromedp.Flag("disable-background-networking", true)))
	t.Cleanup(cancel)
	ctx, cancel = context.WithTimeout(ctx, time.Minute)
	t.Cleanup(cancel)
	return ctx
}
