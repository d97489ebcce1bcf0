package web

import (
	"context"
	"os"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

func TestDevShots(t *testing.T) {
	dir := os.Getenv("SHOTS")
	if dir == "" {
		t.Skip("development only")
	}
	url := os.Getenv("SHOTURL")
	if url == "" {
		f := newFakeServer(t, true)
		f.slow = 2 * time.Second
		url = f.URL
	}
	ctx, cancel := chromedp.NewContext(context.Background(), chromedp.WithAllocatorOptions(chromedp.NoSandbox, chromedp.Headless))
	defer cancel()
	ctx, cancel = context.WithTimeout(ctx, 60*time.Second)
	defer cancel()
	chromedp.Run(ctx, chromedp.Evaluate[string]("''"))
	shot := func(name string, w, h int64) {
		if err := chromedp.Do(ctx, chromedp.EmulateViewport(w, h), chromedp.Sleep(700*time.Millisecond)); err != nil {
			t.Fatal(err)
		}
		b, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
		if err != nil {
			t.Fatal(err)
		}
		os.WriteFile(dir+"/"+name+".png", b, 0o644)
	}
	if err := chromedp.Do(ctx, chromedp.EmulateViewport(1440, 900), chromedp.Navigate(url), chromedp.WaitVisible(chromedp.CSS(".ladder .pill"))); err != nil {
		t.Fatal(err)
	}
	shot("first", 1440, 900)
}
