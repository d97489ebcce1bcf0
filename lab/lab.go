package lab

import (
	"errors"
	"time"

	"fourwave/fsm"
)

// Status of a lab.
type Status string

// The statuses of a lab.
const (
	Running   Status = "running"
	Done      Status = "done"
	Cancelled Status = "cancelled"
	Failed    Status = "failed"
)

// Verdict on a step.
type Verdict string

// The verdicts. Differ and VerdictNotRun carry a reason.
const (
	Agree         Verdict = "agree"
	Differ        Verdict = "differ"
	VerdictNotRun Verdict = "not run"
)

// Errors that a caller tells apart.
var (
	ErrNotFound   = errors.New("lab: no such lab")
	ErrWorld      = errors.New("lab: no such world")
	ErrTooMany    = errors.New("lab: too many labs are running")
	ErrNotLive    = errors.New("lab: the lab takes no more steps")
	ErrExperiment = errors.New("lab: no such experiment")
)

// Spec says what lab to make.
type Spec struct {
	Experiment string   // id of an experiment of the library, or
	Script     string   // the script itself; both empty: an empty lab, driven step by step
	Worlds     []string // as the caller writes them; empty: model and kernel
}

// Snapshot is a lab at one moment.
type Snapshot struct {
	ID         string
	Experiment string
	Question   string
	Script     string
	Worlds     []string
	Status     Status
	Created    time.Time
	Ended      time.Time
	Err        string
	Progress   map[string]Progress
	Steps      []StepReport
	Summary    Summary
	Events     int // number of events so far
}

// Progress of one world.
type Progress struct {
	Status  Status
	Done    int // steps
	Total   int
	Now     time.Duration // the world's time
	Waiting time.Duration // left of the wait it is in, at the time of the snapshot
}

// StepReport is one step with each world's result.
type StepReport struct {
	Step
	Results  map[string]Result
	Verdict  Verdict // "" while a world has yet to run it
	Why      *Why    // for differ and not run
	Expected *bool   // nil when the line expects nothing or no world has run it
}

// Count of verdicts.
type Count struct {
	Agree      int `json:"agree"`
	Differ     int `json:"differ"`
	NotRun     int `json:"not_run"`
	Unexpected int `json:"unexpected"`
}

// Summary counts verdicts for steps, for states and for segments.
type Summary struct {
	Steps    Count
	States   Count
	Segments Count
}

// Event is one thing that happened in a lab. IDs count from 1 without gaps.
type Event struct {
	ID     int
	Kind   string // "status", "step", "state", "segment", "sockets"
	World  string
	At     time.Duration
	Status Status      // of "status"
	Step   *StepReport // of "step"
	Entry  *fsm.Entry  // of "state"
	Flight *fsm.Flight // of "segment"
	Host   string      // of "sockets"
	Rows   []Row       // of "sockets"
}

// WorldInfo says what a world is and whether it can run here.
type WorldInfo struct {
	Name    string
	What    string
	WhatZh  string
	Time    string // "virtual" or "real"
	Runs    bool
	Why     string // why not
	Remedy  string // what would make it run
	Limits  map[string]string
	Details map[string]string // kernel release, rights found
}

// Lab is one experiment under way or done. Its methods may be called from any goroutine.
type Lab struct{ id string }

// ID is the lab's UUIDv7.
func (l *Lab) ID() string { return l.id }

// Snapshot is the lab as it is now.
func (l *Lab) Snapshot() Snapshot { return Snapshot{} }

// Append adds lines of script to a live lab and runs them; lines are numbered on. It returns the
// first and last line added. A *SyntaxError runs nothing; ErrNotLive when the lab takes no more.
func (l *Lab) Append(text string) (from, to int, err error) { return 0, 0, nil }

// Events returns the events after the given id, and a channel that is closed when there
// are more or the lab has ended.
func (l *Lab) Events(after int) (events []Event, more <-chan struct{}, ended bool) {
	return nil, nil, true
}

// Trace is the story so far of one of the lab's worlds; ErrWorld for a name that is none of them.
func (l *Lab) Trace(world string) (*fsm.Trace, error) { return nil, nil }

// Done is closed when the lab has ended; for an empty lab, when it is cancelled or idle too long.
func (l *Lab) Done() <-chan struct{} { return nil }

// Cancel ends the lab.
func (l *Lab) Cancel() {}

// Labs keeps the labs of one server, and bounds them.
type Labs struct{}

// NewLabs makes an empty set with the limits given.
func NewLabs(limits Limits) *Labs { return &Labs{} }

// Create makes a lab and starts it. A *SyntaxError for a bad script, ErrExperiment, ErrWorld, ErrTooMany.
func (ls *Labs) Create(spec Spec) (*Lab, error) { return nil, nil }

// Get finds a lab by id; ErrNotFound.
func (ls *Labs) Get(id string) (*Lab, error) { return nil, nil }

// List is a page of labs, newest first, after the given id ("" for the first page).
func (ls *Labs) List(after string, n int) []*Lab { return nil }

// Delete cancels a lab and forgets it; ErrNotFound.
func (ls *Labs) Delete(id string) error { return nil }

// Close cancels all labs and waits until their worlds have gone.
func (ls *Labs) Close() {}

// Limits bound a set of labs.
type Limits struct {
	Running int           // labs at once; more wait in line
	Kept    int           // labs remembered; the oldest that has ended is forgotten first
	Steps   int           // of one lab
	Script  int           // octets of one script
	Idle    time.Duration // after which an empty lab ends
}

// DefaultLimits are what the server uses.
var DefaultLimits = Limits{Running: 50, Kept: 1000, Steps: 10_000, Script: 1 << 20, Idle: 10 * time.Minute}

// Worlds says for every world whether it can run here.
func Worlds() []WorldInfo { return nil }

// Experiment is an entry of the library.
type Experiment struct {
	ID       string
	Title    Text
	Question Text
	Explain  Text // what to see in it, when it has run
	Tags     []string
	Needs    map[string]time.Duration // how long each world needs, roughly
	Script   string
}

// Text is a sentence in both languages.
type Text struct{ En, Zh string }

// Library lists the experiments in their teaching order.
func Library() []Experiment { return nil }
