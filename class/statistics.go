package class

import (
	"context"
	"math"
	"slices"

	"fourwave/api/doc"
	"fourwave/quiz"
	"fourwave/store"
)

const (
	fewAnswers = 10 // fewer say little
	bestThird  = 3
)

// Statistics is the item analysis of a quiz, in Moodle's words: only rated attempts that were
// submitted count.
func (c *Class) Statistics(ctx context.Context, id, key string) (d *doc.QuizStatistics, err error) {
	err = c.Store.View(ctx, func(tx store.Tx) error {
		q, s, err := c.teach(tx, id, key, false)
		if err != nil {
			return err
		}
		g, err := gather(tx, q, s)
		if err != nil {
			return err
		}
		d, err = c.analyse(s, g)
		return err
	})
	return d, err
}

// sheet is the table that statistics are computed from: a row an attempt, a column a question.
type sheet struct {
	s        *settings
	g        *gathered
	attempts []*store.Attempt
	tallies  [][]tally
	totals   []float64
	most     float64 // points of a full score
}

func (c *Class) sheet(s *settings, g *gathered) *sheet {
	t := &sheet{s: s, g: g}
	for _, a := range g.attempts {
		if !a.Rated || a.Void || a.Submitted.IsZero() {
			continue
		}
		row := g.tallies(s, a)
		total, most := 0.0, 0.0
		for _, x := range row {
			total, most = total+x.score, most+x.max
		}
		t.attempts, t.tallies, t.totals, t.most = append(t.attempts, a), append(t.tallies, row), append(t.totals, total),
			most
	}
	return t
}

// column is the points of question i (from 0), and of the rest of each attempt.
func (t *sheet) column(i int) (marks, rest []float64) {
	for r, row := range t.tallies {
		marks = append(marks, row[i].score)
		rest = append(rest, t.totals[r]-row[i].score)
	}
	return marks, rest
}

func (c *Class) analyse(s *settings, g *gathered) (*doc.QuizStatistics, error) {
	t := c.sheet(s, g)
	d := &doc.QuizStatistics{Attempts: len(t.attempts), Mean: mean(t.totals), SD: deviation(t.totals),
		Questions: []doc.QuestionStatistics{}, Myths: []doc.MythStatistics{}}
	variances := 0.0
	counted := 0
	whole := make(myths)
	for i, ask := range s.questions() {
		of, seen, err := t.question(i, ask)
		if err != nil {
			return nil, err
		}
		whole.add(seen)
		d.Questions = append(d.Questions, of)
		if marks, _ := t.column(i); len(marks) > 1 && s.Withdrawn[ask.n] != DropPoints {
			variances += covariance(marks, marks)
			counted++
		}
	}
	d.Myths = whole.list(t)
	if total := covariance(t.totals, t.totals); counted > 1 && len(t.totals) > 1 && total > 0 {
		k := float64(counted)
		alpha := k / (k - 1) * (1 - variances/total)
		d.Alpha = &alpha
		if alpha <= 1 {
			e := math.Sqrt(total) * math.Sqrt(1-alpha)
			d.Error = &e
		}
	}
	return d, nil
}

// question analyses question i.
func (t *sheet) question(i int, ask question) (doc.QuestionStatistics, myths, error) {
	marks, rest := t.column(i)
	d := doc.QuestionStatistics{
		N: ask.n, Kind: ask.kind, NAnswers: len(marks), Few: len(marks) < fewAnswers, Flags: []string{},
	}
	share := make([]float64, len(marks))
	for r := range marks {
		share[r] = marks[r] / ask.points
	}
	d.Facility, d.SD = mean(share), deviation(share)
	d.Discrimination, d.Efficiency = discrimination(marks, rest)
	seen := make(myths)
	variants := make(map[string][]float64)
	var guesses []float64
	for r, a := range t.attempts {
		row := t.g.items[a.ID][ask.n]
		if row == nil {
			continue
		}
		it, err := keyOf(row)
		if err != nil {
			return d, nil, err
		}
		d.Kind = row.Kind
		variants[row.Facts] = append(variants[row.Facts], share[r])
		guesses = append(guesses, guess(it))
		chosen := ""
		if answer := t.g.answers[a.ID][ask.n]; answer != nil {
			chosen = answer.Myth
		}
		seen.note(it, chosen, r)
	}
	d.Guess, d.Variants, d.Myths = mean(guesses), len(variants), seen.list(t)
	d.FacilityLow, d.FacilityHigh = spread(variants)
	d.Flags = t.flags(&d, ask, seen)
	return d, seen, nil
}

// spread is the facility of the hardest and of the easiest variant.
func spread(variants map[string][]float64) (low, high *float64) {
	for _, shares := range variants {
		m := mean(shares)
		if low == nil || *m < *low {
			low = m
		}
		if high == nil || *m > *high {
			high = m
		}
	}
	return low, high
}

// flags are what a teacher should look at.
func (t *sheet) flags(d *doc.QuestionStatistics, ask question, seen myths) []string {
	flags := []string{}
	if d.Discrimination != nil && *d.Discrimination < 0 {
		flags = append(flags, "negative discrimination")
	}
	if d.Facility != nil && d.Guess != nil && *d.Facility < *d.Guess {
		flags = append(flags, "below chance")
	}
	best := t.best()
	for id, m := range seen {
		among := 0
		for _, r := range m.chosen {
			if best[r] {
				among++
			}
		}
		if len(m.chosen) > 1 && 2*among > len(m.chosen) {
			flags = append(flags, "key or wording: "+id)
		}
	}
	slices.Sort(flags)
	if t.s.Verify == verifyKernel && t.s.Verified[ask.n] == "" {
		flags = append(flags, "not verified")
	}
	if t.s.Withdrawn[ask.n] != "" {
		flags = append(flags, "withdrawn")
	}
	return flags
}

// best are the rows of the best third.
func (t *sheet) best() map[int]bool {
	order := make([]int, len(t.totals))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		switch {
		case t.totals[a] > t.totals[b]:
			return -1
		case t.totals[a] < t.totals[b]:
			return 1
		}
		return 0
	})
	out := make(map[int]bool)
	for _, r := range order[:len(order)/bestThird] {
		out[r] = true
	}
	return out
}

// myths counts misconceptions by id.
type myths map[string]*mythCount

type mythCount struct {
	offered int
	chosen  []int // rows, one for each time
}

// note counts what an item offered and what row r chose.
func (m myths) note(it *quiz.Item, chosen string, r int) {
	offered := make(map[string]bool)
	for i := range it.Parts {
		p := &it.Parts[i]
		for _, o := range p.Options {
			offered[o.Myth] = true
		}
		for _, w := range p.Wrong {
			offered[w.Myth] = true
		}
		for _, f := range p.Fields {
			for _, w := range f.Wrong {
				offered[w.Myth] = true
			}
		}
	}
	offered[chosen] = true
	delete(offered, "")
	for id := range offered {
		if m[id] == nil {
			m[id] = &mythCount{}
		}
		m[id].offered++
	}
	if chosen != "" {
		m[chosen].chosen = append(m[chosen].chosen, r)
	}
}

func (m myths) add(other myths) {
	for id, c := range other {
		if m[id] == nil {
			m[id] = &mythCount{}
		}
		m[id].offered += c.offered
		m[id].chosen = append(m[id].chosen, c.chosen...)
	}
}

// list orders misconceptions by how often they were chosen.
func (m myths) list(t *sheet) []doc.MythStatistics {
	out := []doc.MythStatistics{}
	for id, c := range m {
		d := doc.MythStatistics{Myth: id, Offered: c.offered, Chosen: len(c.chosen)}
		students := make(map[string]bool)
		var totals []float64
		for _, r := range c.chosen {
			students[t.attempts[r].Student] = true
			if t.most > 0 {
				totals = append(totals, t.totals[r]/t.most)
			}
		}
		d.Students, d.MeanTotal = len(students), mean(totals)
		out = append(out, d)
	}
	slices.SortFunc(out, func(a, b doc.MythStatistics) int {
		if a.Chosen != b.Chosen {
			return b.Chosen - a.Chosen
		}
		if a.Myth < b.Myth {
			return -1
		}
		return 1
	})
	return out
}

// guess is what a blind guess scores at an item, as a share.
func guess(it *quiz.Item) float64 {
	sum := 0.0
	for i := range it.Parts {
		p := &it.Parts[i]
		if n := len(p.Options); n > 0 {
			switch p.Interaction {
			case quiz.ByChoice, quiz.ByLine, quiz.ByMatch:
				sum += p.Max / float64(n)
			}
		}
	}
	return sum
}

// mean is nil of nothing.
func mean(x []float64) *float64 {
	if len(x) == 0 {
		return nil
	}
	sum := 0.0
	for _, v := range x {
		sum += v
	}
	sum /= float64(len(x))
	return &sum
}

// covariance is the sample covariance; 0 of fewer than two.
func covariance(x, y []float64) float64 {
	if len(x) < 2 {
		return 0
	}
	mx, my := *mean(x), *mean(y)
	sum := 0.0
	for i := range x {
		sum += (x[i] - mx) * (y[i] - my)
	}
	return sum / float64(len(x)-1)
}

// deviation is the sample standard deviation; nil of fewer than two.
func deviation(x []float64) *float64 {
	if len(x) < 2 {
		return nil
	}
	d := math.Sqrt(covariance(x, x))
	return &d
}

// discrimination is the index, 100 × the correlation of an item's marks with the rest, and the
// efficiency, 100 × their covariance over the greatest that the same marks could have. nil where
// all marks are equal.
func discrimination(marks, rest []float64) (index, efficiency *float64) {
	vx, vy := covariance(marks, marks), covariance(rest, rest)
	if vx <= 0 || vy <= 0 {
		return nil, nil
	}
	cov := covariance(marks, rest)
	r := 100 * cov / math.Sqrt(vx*vy)
	if most := covariance(slices.Sorted(slices.Values(marks)), slices.Sorted(slices.Values(rest))); most > 0 {
		e := 100 * cov / most
		efficiency = &e
	}
	return &r, efficiency
}
