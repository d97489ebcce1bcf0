package class

import "fourwave/store"

// gathered is all that results and statistics are made of.
type gathered struct {
	attempts []*store.Attempt
	roster   []*store.Student
	names    map[string]string
	items    map[string]map[int]*store.Item
	answers  map[string]map[int]*store.Answer
	hints    map[string][]*store.Hint
}

func gather(tx store.Tx, q *store.Quiz, s *settings) (*gathered, error) {
	g := &gathered{names: map[string]string{}, items: map[string]map[int]*store.Item{},
		answers: map[string]map[int]*store.Answer{}, hints: map[string][]*store.Hint{}}
	var err error
	if g.attempts, err = tx.Attempts(q.ID); err != nil {
		return nil, err
	}
	if g.roster, err = tx.Roster(q.ID); err != nil {
		return nil, err
	}
	for _, r := range g.roster {
		g.names[r.Student] = r.Name
	}
	items, err := tx.ItemsOf(q.ID)
	if err != nil {
		return nil, err
	}
	for _, row := range items {
		if g.items[row.Attempt] == nil {
			g.items[row.Attempt] = make(map[int]*store.Item)
		}
		g.items[row.Attempt][row.N] = row
	}
	answers, err := tx.AnswersOf(q.ID)
	if err != nil {
		return nil, err
	}
	for _, a := range answers {
		if g.answers[a.Attempt] == nil {
			g.answers[a.Attempt] = make(map[int]*store.Answer)
		}
		g.answers[a.Attempt][a.N] = a
	}
	if s.Hints == 0 {
		return g, nil
	}
	for _, a := range g.attempts {
		if g.hints[a.ID], err = tx.Hints(a.ID); err != nil {
			return nil, err
		}
	}
	return g, nil
}

// tallies count each question of an attempt, in order.
func (g *gathered) tallies(s *settings, a *store.Attempt) []tally {
	asks := s.questions()
	out := make([]tally, len(asks))
	for i, ask := range asks {
		out[i] = s.count(ask, g.answers[a.ID][ask.n], g.hints[a.ID])
	}
	return out
}
