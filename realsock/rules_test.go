package realsock

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

func TestRules(t *testing.T) {
	var r rules
	data := &segment{flags: flagACK, length: 1}
	ack := &segment{flags: flagACK}
	judge := func(what, from string, s *segment, want fate) {
		t.Helper()
		if got := r.judge(from, "", s); got != want {
			t.Errorf("%s: got %+v, want %+v", what, got, want)
		}
	}
	judge("no rule", Client, data, fate{})
	r.shots = []shot{{match{Client, "DATA"}, "drop", 2, 0}, {match{Client, "any"}, "dup", 1, 5 * time.Millisecond}}
	judge("other host", Server, data, fate{})
	judge("first data, doubled by the second rule", Client, data, fate{twice: true, after: 5 * time.Millisecond})
	judge("other kind", Client, ack, fate{})
	judge("second data", Client, data, fate{lost: true})
	judge("used up", Client, data, fate{})
	r.holds = []match{{Server, ""}}
	r.shots = []shot{{match{"", "ACK"}, "delay", 1, time.Second}}
	judge("a shot goes before a hold", Server, ack, fate{late: time.Second})
	judge("held", Server, ack, fate{held: true})
	judge("not held", Client, ack, fate{})
}

type due struct {
	at time.Duration
	n  int
}

func (d due) dueAt() time.Duration { return d.at }
func (d due) order() int           { return d.n }

func TestHeap(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 100 {
		var h heap[due]
		var want []due
		for n := range rng.IntN(60) {
			d := due{time.Duration(rng.IntN(10)), n}
			h.push(d)
			want = append(want, d)
		}
		slices.SortStableFunc(want, func(a, b due) int { return int(a.at - b.at) })
		var got []due
		for len(h) > 0 {
			got = append(got, h.pop())
		}
		if !slices.Equal(got, want) {
			t.Fatalf("got %v, want %v", got, want)
		}
	}
}

func TestInbox(t *testing.T) {
	var stream []byte
	var want []string
	for n := range 300 {
		text := string(make([]byte, n*7))
		want = append(want, text)
		b, err := appendMessage(stream, text)
		if err != nil {
			t.Fatal(err)
		}
		stream = b
	}
	for _, piece := range []int{1, 3, 1000, len(stream)} {
		var in inbox
		var got []string
		for rest := stream; len(rest) > 0; {
			n := copy(in.space(), rest[:min(piece, len(rest))])
			in.grown(n)
			rest = rest[n:]
			for {
				var s string
				ok, err := in.next(&s)
				if err != nil {
					t.Fatal(err)
				}
				if !ok {
					break
				}
				got = append(got, s)
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("in pieces of %d: got %d messages, want %d, or other ones", piece, len(got), len(want))
		}
	}
	var in inbox
	in.grown(copy(in.space(), []byte{0xff, 0, 0, 0}))
	if _, err := in.next(new(string)); err == nil {
		t.Error("got no error from a message of 4 GB")
	}
	if _, err := appendMessage(nil, make([]byte, maxMessage)); err == nil {
		t.Error("got no error for a message that is too long")
	}
}
