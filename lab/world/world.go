package world

import (
	"context"
	"strings"
	"time"

	"fourwave/fsm"
	"fourwave/internal/text"
	"fourwave/lab/script"
)

// A World is where a script runs: the model under some profile, or a real kernel.
// It is driven by one goroutine. Everything it sees it tells its Observer, as it happens.
type World interface {
	// Wait lets d pass in the world's time and then waits until the wire is quiet.
	Wait(ctx context.Context, d time.Duration) error
	// Do carries out the steps of one instant: one line, or several joined by "&", which run with
	// the wire stopped. It returns one result a step, when each call has come back or its limit has
	// passed. The slice is the world's until then. An errno that a call gives is a result; the
	// error is for a world that cannot go on.
	Do(ctx context.Context, group []script.Step) ([]Result, error)
	// Now is the world's time since its start.
	Now() time.Duration
	// Close ends the world and leaves nothing behind.
	Close() error
}

// Result is what one step came to in one world.
type Result struct {
	Result string        // "ok", an errno name, a number, a state, …; NotRun with a reason in Why
	At     time.Duration // when the call returned, in the world's time
	Why    *Why
	Rows   []Row // of the verb sockets
	// End is the connection, or the listening, that the call was about, as fsm.Entry numbers them:
	// of an accept, the connection that it took. 0: of none.
	End int
}

// Text is a sentence in both languages.
type Text = text.Text

// Why explains an outcome: the rule that decided, in a sentence, with its source.
type Why = text.Why

// Observer hears what happens in a world, in order. It must not block.
type Observer interface {
	// Entry is a state change or another event at one end.
	Entry(fsm.Entry)
	// Flight is a segment put on the wire (Fate UnderWay or Held) or, with the same ID,
	// a change of its fate.
	Flight(fsm.Flight)
	// Frame gives the octets of a flight that was told, as they were captured: head, the first of
	// them from the Ethernet header on, and how many there were. A world that captures nothing
	// gives none.
	Frame(flight int, head []byte, size int)
	// Table tells what has changed in a host's socket table. The slices are the observer's.
	Table(host string, c TableChange)
}

// Restricted is why a world skips a line that is for others; the line's own comment says more.
func Restricted(s *script.Step) *Why {
	only := strings.Join(s.Worlds, ", ")
	w := &Why{Rule: "restricted", Text: Text{En: "the line is for " + only + " only", Zh: "这一行只用于 " + only}}
	if s.Why != "" {
		w.Text = w.Text.Plus(": "+s.Why, "："+s.Why)
	}
	return w
}
