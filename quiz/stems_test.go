package quiz

import "testing"

// TestStemsDoNotRepeat: in quizzes of 20 from a kind with a pool of 1,000 or more, at most one
// question of 15 has the stem of one before it.
func TestStemsDoNotRepeat(t *testing.T) {
	quizzes := int64(2)
	if perLevel() > 6 {
		quizzes = 5
	}
	for _, k := range List() {
		if k.Pool < 1000 {
			continue
		}
		t.Run(k.ID, func(t *testing.T) {
			t.Parallel()
			for level := 1; level <= 3; level++ {
				repeats, asked := 0, 0
				for seed := range quizzes {
					items, err := Draw(Wish{Kind: k.ID, Level: level, Count: 20, Seed: 9000 + seed})
					if err != nil {
						t.Fatal(err)
					}
					seen := map[string]bool{}
					for _, it := range items {
						s := it.Show("en", InWords)
						stem := s.Text + "\n" + s.Stimulus
						if asked++; seen[stem] {
							repeats++
						}
						seen[stem] = true
					}
				}
				if 15*repeats > asked {
					t.Errorf("level %d: %d of %d questions repeat a stem, want at most 1 of 15", level, repeats, asked)
				}
			}
		})
	}
}
