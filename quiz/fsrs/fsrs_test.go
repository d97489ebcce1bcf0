package fsrs

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"os"
	"os/exec"
	"testing"
	"time"
)

type review struct {
	At     time.Time `json:"at"`
	Rating Rating    `json:"rating"`
}

// stories are lives of cards: reviews minutes, hours or days apart, mostly remembered.
func stories(n int) [][]review {
	d := rand.New(rand.NewPCG(5, 6))
	out := make([][]review, n)
	for i := range out {
		now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(d.Int64N(int64(400 * day))))
		for range 1 + d.IntN(25) {
			out[i] = append(out[i], review{milliseconds(now), []Rating{Again, Hard, Good, Good, Good, Easy}[d.IntN(6)]})
			gap := []time.Duration{10 * time.Minute, 5 * time.Hour, 3 * day, 40 * day, 700 * day}[d.IntN(5)]
			now = now.Add(time.Duration(d.Int64N(int64(gap))))
		}
	}
	return out
}

// TestAsThePage reviews 400 cards here and by the page's ts-fsrs: every card is the same after
// every review.
func TestAsThePage(t *testing.T) {
	node, err := exec.LookPath("node")
	if err != nil {
		if os.Getenv("FOURWAVE_NOSKIP") != "" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	all := stories(400)
	in, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), node, "--experimental-default-type=module", "testdata/reviews.mjs")
	cmd.Stdin = bytes.NewReader(in)
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("ts-fsrs: %v", err)
	}
	var want [][]Card
	if err := json.Unmarshal(out, &want); err != nil {
		t.Fatal(err)
	}
	reviews, states := 0, map[State]int{}
	for i, story := range all {
		card := NewCard(story[0].At)
		for n, r := range story {
			card = card.Next(r.At, r.Rating)
			reviews++
			states[card.State]++
			if card != want[i][n] {
				t.Fatalf("card %d, review %d (%v):\n got %+v\nwant %+v", i, n+1, r, card, want[i][n])
			}
		}
	}
	if len(states) != 3 {
		t.Errorf("the reviews lead to the states %v, want learning, review and relearning", states)
	}
	t.Logf("%d reviews of %d cards, states %v", reviews, len(all), states)
}
