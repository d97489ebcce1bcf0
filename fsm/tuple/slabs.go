package tuple

// slabs is an array of pages of 4096 octets that never moves one while it grows: 32 slabs of one page, then 32 of two,
// 32 of four, and so on, so that at most a 32nd of the room lies idle, and there are few slabs.
type slabs[P any] struct {
	pages []*P
	made  int // slabs
}

const perDoubling = 32

// len is how many pages there are.
func (s *slabs[P]) len() uint32 { return uint32(len(s.pages)) }

func (s *slabs[P]) at(i uint32) *P { return s.pages[i] }

func (s *slabs[P]) extend() {
	slab := make([]P, 1<<(s.made/perDoubling))
	for i := range slab {
		s.pages = append(s.pages, &slab[i])
	}
	s.made++
}
