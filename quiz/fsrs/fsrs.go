// Package fsrs says when a card comes back: the free spaced repetition scheduler, FSRS-6, with its
// default parameters, learning steps of 1 and 10 minutes, and no chance in it. It is what ts-fsrs
// 5.4.2 does with enable_fuzz false, to the last bit of a card, so that a deck can go from the
// terminal to the page and back.
//
// What it is not: an optimiser. The parameters are the published defaults, which fit a few hundred
// million reviews of other people.
//
// Source: the algorithm's description (open-spaced-repetition, "The Algorithm", FSRS-6).
package fsrs

import (
	"fmt"
	"math"
	"time"
)

// State is where a card is in its life, by the number that decks have for it.
type State int

// The states.
const (
	New        State = iota // never reviewed
	Learning                // in the first steps, minutes apart
	Review                  // days apart
	Relearning              // forgotten, and in a step again
)

// Rating is how well something was remembered.
type Rating int

// The ratings.
const (
	Again Rating = 1 + iota
	Hard
	Good
	Easy
)

// Card is the memory of one thing, with the members' names of ts-fsrs.
type Card struct {
	Due           time.Time `json:"due"`
	Stability     float64   `json:"stability"`  // days until it is remembered with a chance of 90 %
	Difficulty    float64   `json:"difficulty"` // from 1 to 10; 0 of a new card
	ElapsedDays   int       `json:"elapsed_days"`
	ScheduledDays int       `json:"scheduled_days"`
	LearningSteps int       `json:"learning_steps"` // index of the step it is in
	Reps          int       `json:"reps"`
	Lapses        int       `json:"lapses"` // how often it was forgotten
	State         State     `json:"state"`
	LastReview    time.Time `json:"last_review,omitzero"`
}

// weights are the default parameters of FSRS-6, w[0] to w[20].
var weights = [21]float64{
	0.212, 1.2931, 2.3065, 8.2956, 6.4133, 0.8334, 3.0194, 0.001, 1.8722, 0.1666, 0.796,
	1.4835, 0.0614, 0.2629, 1.6483, 0.6014, 1.8729, 0.5425, 0.0912, 0.0658, 0.1542,
}

const (
	minStability = 0.001
	maxStability = 36500 // days
	maxInterval  = 36500 // days
	retention    = 0.9   // the chance of remembering at which a card is due
	day          = 24 * time.Hour
)

// steps are the learning steps; relearning has the second alone.
var steps = []time.Duration{time.Minute, 10 * time.Minute}

// NewCard is a card that was never reviewed, due at once.
func NewCard(now time.Time) Card { return Card{Due: milliseconds(now)} }

// Next is the card after a review at a time. It panics on a rating that is none.
func (c Card) Next(now time.Time, r Rating) Card {
	if r < Again || r > Easy {
		panic(fmt.Sprintf("BUG: fsrs: rating %d", r))
	}
	now = milliseconds(now)
	days := 0
	if c.State != New && !c.LastReview.IsZero() {
		days = max(0, dates(c.LastReview, now)) // a clock that was set back
	}
	before := c
	c.LastReview, c.ElapsedDays, c.Reps = now, days, c.Reps+1
	c.remember(days, r)
	if before.State != Review {
		to := before.State
		if to == New {
			to = Learning
		}
		c.step(now, r, before.State, to)
		return c
	}
	if r == Again {
		c.Lapses++
		c.step(now, r, Review, Relearning)
		return c
	}
	c.wait(now, before.intervals(days)[r])
	return c
}

// milliseconds is a time as JavaScript has it.
func milliseconds(t time.Time) time.Time { return t.UTC().Truncate(time.Millisecond) }

// dates is how many midnights, UTC, lie between two times.
func dates(from, to time.Time) int {
	return int(to.UTC().Truncate(day).Sub(from.UTC().Truncate(day)) / day)
}

// step puts the card into the learning step that a rating leads to, or into review after the last
// one.
func (c *Card) step(now time.Time, r Rating, from, to State) {
	course := steps
	if from == Review || from == Relearning {
		course = steps[1:]
	}
	at := c.LearningSteps
	wait, next := time.Duration(0), 0
	switch {
	case at >= len(course):
	case r == Again:
		wait = course[0]
	case from == Review: // it knows no other rating
	case r == Hard && len(course) == 1:
		wait, next = course[0]*3/2, at
	case r == Hard: // half way between the first two, in whole minutes
		wait, next = ((course[0] + course[1]) / 2).Round(time.Minute), at
	case r == Good && at+1 < len(course):
		wait, next = course[at+1], at+1
	}
	if wait > 0 {
		c.State, c.Due, c.ScheduledDays, c.LearningSteps = to, now.Add(wait), 0, next
		return
	}
	c.wait(now, interval(c.Stability))
}

// wait puts the card into review for a number of days.
func (c *Card) wait(now time.Time, days int) {
	c.State, c.LearningSteps, c.ScheduledDays, c.Due = Review, 0, days, now.Add(time.Duration(days)*day)
}

// intervals are the days until the next review by rating, for a card in review: hard before good
// before easy.
func (c Card) intervals(days int) map[Rating]int {
	of := func(r Rating) int {
		after := c
		after.remember(days, r)
		return interval(after.Stability)
	}
	hard, good, easy := of(Hard), of(Good), of(Easy)
	hard = min(hard, good)
	good = max(good, hard+1)
	return map[Rating]int{Hard: hard, Good: good, Easy: max(easy, good+1)}
}

// remember changes stability and difficulty by a review after a number of days.
func (c *Card) remember(days int, r Rating) {
	d, s := c.Difficulty, c.Stability
	if d == 0 && s == 0 {
		c.Difficulty, c.Stability = clamp(firstDifficulty(r), 1, 10), max(weights[r-1], 0.1)
		return
	}
	w := &weights
	chance := retrievability(days, s)
	switch {
	case days == 0:
		grow := math.Pow(s, -w[19]) * math.Exp(w[17]*(float64(r)-3+w[18]))
		if r >= Hard {
			grow = max(grow, 1)
		}
		c.Stability = round8(clamp(s*grow, minStability, maxStability))
	case r == Again:
		lapsed := w[11] * math.Pow(d, -w[12]) * (math.Pow(s+1, w[13]) - 1) * math.Exp((1-chance)*w[14])
		lapsed = round8(clamp(lapsed, minStability, maxStability))
		c.Stability = clamp(round8(s/math.Exp(w[17]*w[18])), minStability, lapsed)
	default:
		bonus := 1.0
		if r == Hard {
			bonus = w[15]
		} else if r == Easy {
			bonus = w[16]
		}
		grow := 1 + math.Exp(w[8])*(11-d)*math.Pow(s, -w[9])*(math.Exp((1-chance)*w[10])-1)*bonus
		c.Stability = round8(clamp(s*grow, minStability, maxStability))
	}
	next := d + round8(-w[6]*(float64(r)-3)*(10-d)/9)
	c.Difficulty = clamp(round8(w[7]*firstDifficulty(Easy)+(1-w[7])*next), 1, 10)
}

func firstDifficulty(r Rating) float64 {
	return round8(weights[4] - math.Exp(float64(r-1)*weights[5]) + 1)
}

// forgetting is the curve's factor, such that the chance is 90 % after as many days as the
// stability.
var forgetting = round8(math.Exp(math.Log(retention)/-weights[20]) - 1)

// retrievability is the chance that something is still remembered.
func retrievability(days int, stability float64) float64 {
	return round8(math.Pow(1+forgetting*float64(days)/stability, -weights[20]))
}

// modifier is how many days a card waits for each day of its stability.
var modifier = round8((math.Pow(retention, 1/-weights[20]) - 1) / forgetting)

func interval(stability float64) int {
	return int(min(max(1, math.Floor(stability*modifier+.5)), maxInterval))
}

func clamp(x, low, high float64) float64 { return min(max(x, low), high) }

// round8 rounds to eight places, halves up, as JavaScript's Math.round does.
func round8(x float64) float64 { return math.Floor(x*1e8+.5) / 1e8 }
