package capture

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// A script that says much gives a file that can still be read.
func TestBounds(t *testing.T) {
	long := remark{text: strings.Repeat("挥", 3*maxRemark) + "\x1b[2J"}
	got := texts(slices.Repeat([]remark{long}, maxRemarks+7))
	if len(got) != maxRemarks+1 || got[maxRemarks] != "and 7 more" {
		t.Errorf("got %d comments, the last %q", len(got), got[len(got)-1])
	}
	if want := strings.Repeat("挥", maxRemark) + "…"; got[0] != want {
		t.Errorf("got a comment of %d octets, want %d", len(got[0]), len(want))
	}
	about := joined(slices.Repeat([]remark{long}, 100))
	if len(about) > maxAbout+len("…") || !utf8.ValidString(about) {
		t.Errorf("got %d octets about the file, valid UTF-8 %v", len(about), utf8.ValidString(about))
	}
}
