package tuple

import "math/bits"

// slabs is an array of pages of 1024 octets that never moves one while it grows: 32 slabs of one page, then 32 of two,
// 32 of four, and so on, so that at most a 32nd of the room lies idle, and there are few slabs.
type slabs[P any] struct {
	parts [][]P
	pages uint32
}

const perDoublingBits = 5

// at is page i. The first bit of i+32 tells the size of its slab, the five after it which of that size it is.
func (s *slabs[P]) at(i uint32) *P {
	i += 1 << perDoublingBits
	size := uint32(bits.Len32(i)-1-perDoublingBits) & 31
	return &s.parts[(size-1)<<perDoublingBits+i>>size][i&(1<<size-1)]
}

func (s *slabs[P]) extend() {
	n := uint32(1) << (len(s.parts) >> perDoublingBits)
	s.parts = append(s.parts, make([]P, n))
	s.pages += n
}
