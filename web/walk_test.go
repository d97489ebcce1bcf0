package web

import (
	"fmt"
	"os"
	"testing"
)

// screens are the page's screens by what their address names, with what is there once they are drawn.
var screens = []struct{ name, hash, ready string }{
	{"lab", "experiment=plain-restart", `document.querySelectorAll(".ladder .note").length > 0`},
	{"crossing", "experiment=simultaneous-close", `document.querySelectorAll(".ladder .note").length > 0`},
	{"read", "read=1", `document.querySelector(".choices-list")`},
	{"myths", "myths", `document.querySelector(".mythcards")`},
	{"differences", "differences", `document.querySelectorAll(".known li").length > 5`},
	{"matrix", "matrix", `document.querySelectorAll(".map td[data-row]").length > 20`},
	{"port", "port", `document.querySelector(".machine, .others")`},
	{"quiz", "quiz", `document.querySelector("main h1")`},
}

// variant is a way in which every screen is looked at.
type variant struct {
	lang, scheme string
	width        int64
}

func variants() (all []variant) {
	for _, lang := range []string{"en", "zh"} {
		for _, scheme := range []string{"light", "dark"} {
			all = append(all, variant{lang, scheme, 390}, variant{lang, scheme, 1280})
		}
	}
	return all
}

// TestEveryScreenInEveryVariant looks at every screen in both languages, both schemes and at two
// widths: axe finds nothing, and nothing is wider than the window. make soak does all, make test two.
func TestEveryScreenInEveryVariant(t *testing.T) {
	url := realServer(t)
	for _, v := range variants() {
		slice := v == variant{"en", "light", 1280} || v == variant{"zh", "dark", 390}
		if os.Getenv("FOURWAVE_SOAK") == "" && !slice {
			continue
		}
		t.Run(fmt.Sprintf("%s %s %d", v.lang, v.scheme, v.width), func(t *testing.T) {
			p := openTab(t, "about:blank")
			p.size(v.width, 844)
			p.media("prefers-color-scheme", v.scheme)
			for _, s := range screens {
				p.do(navigate("about:blank"))
				p.do(navigate(url + "/#" + s.hash + "&lang=" + v.lang))
				p.wait(s.ready)
				p.wait(`!document.querySelector(".v-pending, .progress")`)
				if got := eval[int64](p, "document.documentElement.scrollWidth"); got > v.width {
					t.Errorf("%s: %d px wide in a window of %d", s.name, got, v.width)
				}
				p.axe(s.name)
				p.whole(fmt.Sprintf("screen-%s-%s-%s-%d", s.name, v.lang, v.scheme, v.width))
			}
		})
	}
}
