package class

import (
	"context"
	"errors"
	"strings"
	"time"

	"fourwave/quiz"
	"fourwave/store"
)

const (
	verifyKernel = "kernel"
	samples      = 5                // of a slot, where each student gets a variant of their own
	longestProof = 20 * time.Second // of waiting; a longer one is left to machines with guest kernels
	replacements = 8                // of one question
)

// toVerify is how many questions of a quiz are run on the kernel.
func (c *Class) toVerify(s *settings) int {
	if c.Run == nil {
		return 0
	}
	if s.Variants == OneForAll {
		return len(s.questions())
	}
	n := 0
	for _, slot := range s.Slots {
		n += min(slot.Count, samples)
	}
	return n
}

// Verify runs the questions of a quiz on the kernel, one after the other: each of a quiz that asks
// all the same, else a sample of each slot. A question on which model and kernel disagree is
// replaced before anyone has answered, and withdrawn with full points after. findings gets each
// disagreement.
func (c *Class) Verify(ctx context.Context, id string, findings func(*quiz.Item, []quiz.Disagreement)) error {
	q, s, err := c.load(ctx, id)
	if err != nil || c.Run == nil || s.Checked >= s.ToCheck {
		return err
	}
	who := variant{}
	if s.Variants != OneForAll {
		who.student = "\x00sample"
	}
	asked := make(map[int]int) // slot: questions of it that were run
	for _, ask := range s.questions() {
		if s.Variants != OneForAll && asked[ask.slot] >= samples {
			continue
		}
		asked[ask.slot]++
		if err := c.verifyQuestion(ctx, q.ID, ask, who, findings); err != nil {
			return err
		}
	}
	return nil
}

func (c *Class) load(ctx context.Context, id string) (q *store.Quiz, s *settings, err error) {
	err = c.Store.View(ctx, func(tx store.Tx) error {
		if q, err = tx.Quiz(id); err != nil {
			return found(err)
		}
		s, err = parseSettings(q)
		return err
	})
	return q, s, err
}

// verifyQuestion runs one question, and its replacements as long as the kernel disagrees.
func (c *Class) verifyQuestion(
	ctx context.Context, id string, ask question, who variant, findings func(*quiz.Item, []quiz.Disagreement),
) error {
	for range replacements {
		q, s, err := c.load(ctx, id)
		if err != nil {
			return err
		}
		items, err := c.draw(ctx, q, s, who, nil)
		if err != nil {
			return err
		}
		it := items[ask.n-1]
		agrees, proved, err := c.proved(ctx, it, findings)
		if err != nil {
			return err
		}
		if agrees {
			return c.checked(ctx, id, ask.n, proved)
		}
		if who.student != "" { // a sample: nobody is asked this very question
			return c.checked(ctx, id, ask.n, false)
		}
		replaced, err := c.replace(ctx, id, ask.n)
		if err != nil || !replaced {
			return err
		}
	}
	return c.checked(ctx, id, ask.n, false)
}

// proved runs an item's proof, or finds that it was run before. Without a proof that can be run
// here, the model's word stands: agrees, not proved.
func (c *Class) proved(
	ctx context.Context, it *quiz.Item, findings func(*quiz.Item, []quiz.Disagreement),
) (agrees, proved bool, err error) {
	proof := it.Proof()
	if proof == nil || proof.Takes > longestProof {
		return true, false, nil
	}
	var v *store.Verification
	err = c.Store.View(ctx, func(tx store.Tx) error {
		v, err = tx.Verification(it.Facts, c.Kernel)
		return err
	})
	if err == nil {
		return v.Agrees, v.Agrees, nil
	}
	if !errors.Is(err, store.ErrNotFound) {
		return false, false, err
	}
	differs, err := it.Verify(ctx, c.Run)
	if ctx.Err() != nil {
		return false, false, ctx.Err()
	}
	if err != nil {
		return true, false, nil // it did not run: no proof, and no finding either
	}
	v = &store.Verification{
		Facts: it.Facts, Kernel: c.Kernel, At: c.now(), Agrees: len(differs) == 0, Script: proof.Script,
	}
	for _, d := range differs {
		v.Model, v.Found = v.Model+d.Model+"\n", v.Found+d.Kernel+"\n"
	}
	v.Model, v.Found = strings.TrimSuffix(v.Model, "\n"), strings.TrimSuffix(v.Found, "\n")
	if !v.Agrees && findings != nil {
		findings(it, differs)
	}
	return v.Agrees, v.Agrees, c.Store.Update(ctx, func(tx store.Tx) error { return tx.PutVerification(v) })
}

// checked notes that a question's verification has ended.
func (c *Class) checked(ctx context.Context, id string, n int, proved bool) error {
	return c.amend(ctx, id, asServer(id), func(tx store.Tx, _ *store.Quiz, s *settings) error {
		s.Checked++
		if proved {
			if s.Verified == nil {
				s.Verified = make(map[int]string)
			}
			s.Verified[n] = c.Kernel
		}
		return c.event(tx, id, "verified", map[string]any{"n": n, "proved": proved})
	})
}

// replace draws a question anew; once somebody was asked it, it is withdrawn instead.
func (c *Class) replace(ctx context.Context, id string, n int) (replaced bool, err error) {
	err = c.amend(ctx, id, asServer(id), func(tx store.Tx, q *store.Quiz, s *settings) error {
		attempts, err := tx.Attempts(id)
		if err != nil {
			return err
		}
		if len(attempts) > 0 {
			s.Checked++
			return c.withdraw(tx, q, s, n, FullPoints, "kernel")
		}
		if s.Seeds == nil {
			s.Seeds = make(map[int]int)
		}
		s.Seeds[n]++
		replaced = true
		return nil
	})
	return replaced, err
}
