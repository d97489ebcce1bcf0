package lab

import "slices"

// maxAligned bounds the table of the alignment below: cells, and so steps of work.
const maxAligned = 1 << 18

// none stands in a pair for an element that the other sequence has no counterpart of.
const none = -1

// pair is one place of an alignment: an index into each of two sequences, or none.
type pair [2]int

// align lays two sequences side by side, in order. What they have in common (the longest common
// subsequence) is paired; between two such places, what is left of one stands against what is
// left of the other, and the rest of the longer against none. So one element more or less in the
// middle does not make all that follow differ. Sequences that differ over a very long stretch are
// paired in step there.
func align[T comparable](a, b []T) []pair {
	out := make([]pair, 0, max(len(a), len(b)))
	head := 0
	for head < min(len(a), len(b)) && a[head] == b[head] {
		out = append(out, pair{head, head})
		head++
	}
	tail := 0
	for tail < min(len(a), len(b))-head && a[len(a)-1-tail] == b[len(b)-1-tail] {
		tail++
	}
	midA, midB := a[head:len(a)-tail], b[head:len(b)-tail]
	i, j := 0, 0
	for _, p := range append(common(midA, midB), pair{len(midA), len(midB)}) {
		for ; i < p[0] || j < p[1]; i, j = min(i+1, p[0]), min(j+1, p[1]) {
			at := pair{none, none}
			if i < p[0] {
				at[0] = head + i
			}
			if j < p[1] {
				at[1] = head + j
			}
			out = append(out, at)
		}
		if p[0] < len(midA) && p[1] < len(midB) {
			out = append(out, pair{head + i, head + j})
			i, j = i+1, j+1
		}
	}
	for n := tail; n > 0; n-- {
		out = append(out, pair{len(a) - n, len(b) - n})
	}
	return out
}

// common is the longest common subsequence of a and b, as pairs of indices.
func common[T comparable](a, b []T) []pair {
	if len(a)*len(b) > maxAligned {
		return inStep(a, b)
	}
	// longest[i*w+j] is the length of what a[i:] and b[j:] have in common.
	w := len(b) + 1
	longest := make([]int32, (len(a)+1)*w)
	for i := len(a) - 1; i >= 0; i-- {
		for j := len(b) - 1; j >= 0; j-- {
			if a[i] == b[j] {
				longest[i*w+j] = longest[(i+1)*w+j+1] + 1
			} else {
				longest[i*w+j] = max(longest[(i+1)*w+j], longest[i*w+j+1])
			}
		}
	}
	var out []pair
	for i, j := 0, 0; i < len(a) && j < len(b); {
		switch {
		case a[i] == b[j]:
			out = append(out, pair{i, j})
			i, j = i+1, j+1
		case longest[(i+1)*w+j] >= longest[i*w+j+1]:
			i++
		default:
			j++
		}
	}
	return out
}

// inStep pairs what is equal at the same place.
func inStep[T comparable](a, b []T) []pair {
	var out []pair
	for i := range min(len(a), len(b)) {
		if a[i] == b[i] {
			out = append(out, pair{i, i})
		}
	}
	return slices.Clip(out)
}
