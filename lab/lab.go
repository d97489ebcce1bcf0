package lab

import (
	"errors"
	"time"

	"fourwave/fsm"
	"fourwave/lab/script"
	"fourwave/lab/world"
)

// Status of a lab, or of one world in it.
type Status string

// The statuses of a lab.
const (
	Running   Status = "running" // or waiting in line to run, see Snapshot.Place
	Done      Status = "done"
	Cancelled Status = "cancelled"
	Failed    Status = "failed" // a world could not go on; Snapshot.Err says why
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
	ErrSpec       = errors.New("lab: an experiment or a script, not both")
	ErrClosed     = errors.New("lab: the labs are closed")
)

// Spec says what lab to make.
type Spec struct {
	Experiment string   // id of an experiment of the library, or
	Script     string   // the script itself; both empty: an empty lab, driven step by step
	Worlds     []string // as the caller writes them; empty: model and kernel
	Live       bool     // goes on after its last step and takes more; an empty lab always does
	Owner      string   // the login that makes it; "" on a server without logins
	Client     string   // for whom what the lab holds counts
}

// Snapshot is a lab at one moment.
type Snapshot struct {
	ID          string
	Experiment  string
	Question    string
	Script      string
	Worlds      []string
	Status      Status
	Live        bool // takes more steps
	Place       int  // in the line of labs that wait to run, from 1; 0 when it does not wait
	Created     time.Time
	Ended       time.Time
	Err         string
	Progress    map[string]Progress
	Steps       []StepReport
	Summary     Summary
	Differences []Finding // in states, segments and times; the summary counts those that are too many to list
	Events      int       // number of events so far
	Dropped     int       // events beyond Limits.Events, which were not kept
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
	*script.Step // never changes
	Results      map[string]world.Result
	Verdict      Verdict    // "" while a world has yet to run it
	Why          *world.Why // for differ, by the catalogue of differences, and not run
	Expected     *bool      // nil when the line expects nothing or no world has run it
}

// Count of verdicts. What differs is either explained by the catalogue of differences or not.
type Count struct {
	Agree       int `json:"agree"`
	Differ      int `json:"differ"`
	Explained   int `json:"explained"`
	Unexplained int `json:"unexplained"`
	NotRun      int `json:"not_run"`
	Unexpected  int `json:"unexpected"`
}

// Summary counts verdicts for steps, for states and for segments.
type Summary struct {
	Steps    Count
	States   Count // one a connection end
	Segments Count // one a segment
}

// Event is one thing that happened in a lab. IDs count from 1 without gaps.
type Event struct {
	ID    int
	Kind  string // "status", "step", "state", "segment", "sockets"
	World string // "" for a status of the whole lab
	At    time.Duration
	// Line is the script's line that brought it about, the first of those that run at one instant;
	// 0 before the first line and for a status. What a line has set going until the wire is quiet
	// is that line's. What comes later, while the next line's delay passes, is the next one's, and
	// InDelay says so.
	Line    int
	InDelay bool

	Status Status      // of "status"
	Step   *StepReport // of "step"
	Entry  *fsm.Entry  // of "state"
	Flight *fsm.Flight // of "segment"
	Host   string      // of "sockets"
	Table  *Table      // of "sockets"
}
