package realsock

import "time"

// timed is something that falls due.
type timed interface {
	dueAt() time.Duration
	order() int // decides between two that are due together
}

// heap is a binary heap of timed things, the earliest first. It is container/heap without the boxes, for the wire's hot path.
type heap[T timed] []T

func sooner[T timed](a, b T) bool {
	if x, y := a.dueAt(), b.dueAt(); x != y {
		return x < y
	}
	return a.order() < b.order()
}

func (h *heap[T]) push(x T) {
	*h = append(*h, x)
	q := *h
	for i := len(q) - 1; i > 0; {
		up := (i - 1) / 2
		if !sooner(q[i], q[up]) {
			break
		}
		q[i], q[up] = q[up], q[i]
		i = up
	}
}

func (h *heap[T]) pop() T {
	q := *h
	top, last := q[0], len(q)-1
	q[0] = q[last]
	var zero T
	q[last] = zero
	q = q[:last]
	for i := 0; ; {
		least := i
		for _, c := range [2]int{2*i + 1, 2*i + 2} {
			if c < len(q) && sooner(q[c], q[least]) {
				least = c
			}
		}
		if least == i {
			break
		}
		q[i], q[least] = q[least], q[i]
		i = least
	}
	*h = q
	return top
}
