package kernel

import (
	"testing"

	"fourwave/lab/capture"
	"fourwave/realsock"
)

// A capture file says how much of each frame it keeps: as much as the kernel world captures.
func TestSnapLen(t *testing.T) {
	if capture.SnapLen != realsock.SnapLen {
		t.Errorf("got %d octets of a frame in a file, want %d", capture.SnapLen, realsock.SnapLen)
	}
}
