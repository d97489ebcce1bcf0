package quiz

import (
	"hash/fnv"
	"math/rand/v2"
)

// draw is a row of chances that a kind and a seed determine. It takes plain remainders of a PCG's
// numbers and not the methods of rand.Rand, which give other numbers on 32-bit machines.
type draw struct {
	src *rand.PCG
	lot uint64 // drawn once for an item, however often its generator tries; see [wanted]
}

func newDraw(kind string, seed int64) draw {
	h := fnv.New64a()
	h.Write([]byte(kind))
	return draw{src: rand.NewPCG(h.Sum64(), uint64(seed))}
}

// below is a number from 0 to n-1. The remainder's bias is less than n in 2^64.
func (d draw) below(n int) int { return int(d.src.Uint64() % uint64(n)) }

// one is an element of all, each as likely as the others.
func one[T any](d draw, all []T) T { return all[d.below(len(all))] }

// wanted is an element of all that stays the same while a generator tries again, so that results
// that come about rarely are as frequent as others. Calls with different turns are independent of
// each other.
func wanted[T any](d draw, turn uint64, all []T) T {
	return all[rand.NewPCG(d.lot, turn).Uint64()%uint64(len(all))]
}

// shuffle puts all into an order drawn, in place.
func shuffle[T any](d draw, all []T) {
	for i := len(all) - 1; i > 0; i-- {
		j := d.below(i + 1)
		all[i], all[j] = all[j], all[i]
	}
}
