package realsock

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"sync"
	"time"
)

// Where there can be no namespace, trials are made on the loopback of the host itself: on ports that nobody has, and
// never where anybody outside could reach them. What they leave is bounded, for it is left on somebody's machine: a
// connection that was closed keeps its port for a minute.
const (
	MaxLoopback  = 4096             // trials with connections in LoopbackRest, of all Trials of the program together
	LoopbackRest = 65 * time.Second // Linux takes a TIME-WAIT away after 60.0 to 62.1 s
)

// loopbackBudget holds when the last MaxLoopback trials with connections were made, in a ring.
var loopbackBudget struct {
	sync.Mutex
	at   [MaxLoopback]time.Time
	next int
}

// spend takes one trial from the budget, or says how long until there is one.
func spend(now time.Time) (wait time.Duration) {
	b := &loopbackBudget
	b.Lock()
	defer b.Unlock()
	oldest := &b.at[b.next]
	if wait := LoopbackRest - now.Sub(*oldest); !oldest.IsZero() && wait > 0 {
		return wait
	}
	*oldest = now
	b.next = (b.next + 1) % MaxLoopback
	return 0
}

// openLoopback opens Trials on the host's own loopback.
func openLoopback(ctx context.Context) (*Trials, error) {
	t, err := startLoopback()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNotAble, err)
	}
	t.loopback = true
	if _, err := t.Try(ctx, nil); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNotAble, errors.Join(err, t.Close()))
	}
	return t, nil
}

// onLoopback makes the trials that can be made on the host's own loopback, and says of the others why not.
func (t *Trials) onLoopback(trials []Trial) ([]TrialOutcome, error) {
	outcomes := make([]TrialOutcome, len(trials))
	var some []Trial
	var places []int
	for i := range trials {
		if why := needsNamespace(&trials[i]); why != "" {
			outcomes[i].NotRun = why
			continue
		}
		if wait := trials[i].spend(); wait > 0 {
			outcomes[i].NotRun = fmt.Sprintf("%d trials with connections were made on the host's own loopback in %v, which is the most; again in %v",
				MaxLoopback, LoopbackRest, wait.Round(time.Second))
			continue
		}
		some, places = append(some, trials[i]), append(places, i)
	}
	made, err := t.make(some)
	if err != nil {
		return nil, err
	}
	for i, o := range made {
		outcomes[places[i]] = o
	}
	return outcomes, nil
}

// spend takes a trial that leaves something from the budget.
func (t *Trial) spend() time.Duration {
	for i := range t.Existing {
		if t.Existing[i].Via.IsValid() {
			return spend(time.Now())
		}
	}
	return 0
}

// needsNamespace says why a trial cannot be made on the host's own loopback; "" if it can.
func needsNamespace(t *Trial) string {
	for i := range t.Existing {
		if why := t.Existing[i].needsNamespace(); why != "" {
			return fmt.Sprintf("existing socket %d: %s", i, why)
		}
	}
	if why := t.New.needsNamespace(); why != "" {
		return "new socket: " + why
	}
	return ""
}

func (s *TrialSocket) needsNamespace() string {
	if s.Device != "" {
		return "a socket bound to a device needs a network namespace, and there can be none here"
	}
	if s.UID != 0 {
		return "a socket of another user needs a user namespace, and there can be none here"
	}
	for _, a := range []netip.Addr{s.Addr, s.Via} {
		if a.IsValid() && !a.Unmap().IsLoopback() && !a.Unmap().IsUnspecified() {
			return fmt.Sprintf("%v needs a network namespace, and there can be none here: without, there are 127.0.0.0/8, ::1 and wildcards", a)
		}
	}
	return ""
}
