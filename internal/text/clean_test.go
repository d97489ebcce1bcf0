package text

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"pgregory.net/rapid"
)

func TestClean(t *testing.T) {
	for _, test := range []struct{ name, in, want string }{
		{"empty", "", ""},
		{"ASCII", "python3 -m http.server", "python3 -m http.server"},
		{"Chinese", "端口　被占用，第一行", "端口　被占用，第一行"},
		{"accents, composed and not", "café cafe\u0301", "café cafe\u0301"},
		{"a backslash", `C:\x1b`, `C:\x1b`},
		{"ESC", "a\x1b[2Jb", `a\x1b[2Jb`},
		{"BEL, BS, DEL", "\a\b\x7f", `\x07\x08\x7f`},
		{"newline", "a\nYes: bind succeeds.", `a\nYes: bind succeeds.`},
		{"carriage return", "a\rb\r\nc\td", `a\rb\r\nc\td`},
		{"NUL", "a\x00b", `a\x00b`},
		{"C1: CSI as a character", "\u009b2J\u0085", `\u009b2J\u0085`},
		{"C1: CSI as a byte", "\x9b2J", `\x9b2J`},
		{"embeddings and overrides", "\u202a\u202b\u202c\u202d\u202e", `\u202a\u202b\u202c\u202d\u202e`},
		{"isolates", "\u2066\u2067\u2068\u2069", `\u2066\u2067\u2068\u2069`},
		{"direction marks", "\u200e\u200f\u061c", `\u200e\u200f\u061c`},
		{"zero width", "a\u200bb\u200cc\u200dd\u2060e\ufefff", `a\u200bb\u200cc\u200dd\u2060e\ufefff`},
		{"soft hyphen", "a\u00adb", `a\u00adb`},
		{"line and paragraph separators", "\u2028\u2029", `\u2028\u2029`},
		{"fillers", "\u3164\u115f\uffa0\u2800\u034f", `\u3164\u115f\uffa0\u2800\u034f`},
		{"variation selectors", "\ufe0f\U000e0100", `\ufe0f\U000e0100`},
		{"tags", "\U000e0041", `\U000e0041`},
		{"private use", "\ue000", `\ue000`},
		{"spaces", "a\u00a0b\u2003c", `a\u00a0b\u2003c`},
		{"not UTF-8", "a\xff\xc3(b\xed\xa0\x80", `a\xff\xc3(b\xed\xa0\x80`},
		{"the replacement character itself", "a\ufffdb", "a\ufffdb"},
		{"over-long", strings.Repeat("a", MaxLen+1), strings.Repeat("a", MaxLen) + "…"},
		{"as long as may be", strings.Repeat("端", MaxLen), strings.Repeat("端", MaxLen)},
	} {
		if got := Clean(test.in); got != test.want {
			t.Errorf("%s: Clean(%q) is\n%q, want\n%q", test.name, test.in, got, test.want)
		}
	}
}

func TestCleanLines(t *testing.T) {
	if got, want := CleanLines("a\r\nb\nc\rd\x1b[0m\u2028"), "a\nb\nc\\rd\\x1b[0m\\u2028"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestClip(t *testing.T) {
	for _, test := range []struct {
		in   string
		n    int
		want string
	}{
		{"abc", 3, "abc"}, {"abcd", 3, "ab…"}, {"四次挥手", 3, "四次…"}, {"a\nbcd", 4, `a\n…`}, {"ab", 1, "…"}, {"", 1, ""},
	} {
		if got := Clip(test.in, test.n); got != test.want {
			t.Errorf("Clip(%q, %d) is %q, want %q", test.in, test.n, got, test.want)
		}
	}
}

// TestCleanIsSafe: whatever comes in, what goes out is valid, bounded, and moves nothing.
func TestCleanIsSafe(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := string(rapid.SliceOf(rapid.Byte()).Draw(t, "bytes")) + rapid.String().Draw(t, "string")
		out := Clean(in)
		if !utf8.ValidString(out) || utf8.RuneCountInString(out) > 10*MaxLen+1 {
			t.Fatalf("Clean(%q) is invalid or too long", in)
		}
		for _, r := range out {
			if unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Co,
				unicode.Bidi_Control) {
				t.Fatalf("Clean(%q) has %U", in, r)
			}
		}
		if again := Clean(out); utf8.RuneCountInString(out) <= MaxLen && again != out {
			t.Fatalf("Clean(%q) changes when cleaned again: %q", out, again)
		}
	})
}
