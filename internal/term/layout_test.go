package term

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestWrap(t *testing.T) {
	for _, tt := range []struct {
		text string
		n    int
		want []string
	}{
		{"", 5, []string{""}},
		{"one two three", 7, []string{"one two", "three"}},
		{"incomprehensible", 6, []string{"incomp", "rehens", "ible"}},
		{"四次挥手，然后等待。", 8, []string{"四次挥", "手，然后", "等待。"}},
		{"状态 TIME-WAIT 持续", 10, []string{"状态", "TIME-WAIT", "持续"}},
		{"anything", 0, []string{"anything"}},
	} {
		if diff := cmp.Diff(tt.want, Wrap(tt.text, tt.n)); diff != "" {
			t.Errorf("%q at %d (-want +got):\n%s", tt.text, tt.n, diff)
		}
	}
}

func TestPad(t *testing.T) {
	for _, tt := range []struct{ got, want string }{
		{Pad("四次", 6), "四次  "}, {PadLeft("四次", 6), "  四次"}, {Pad("cafe\u0301", 5), "cafe\u0301 "},
		{Pad("long", 2), "long"},
	} {
		if tt.got != tt.want {
			t.Errorf("got %q, want %q", tt.got, tt.want)
		}
	}
}
