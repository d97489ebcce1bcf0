package store

import "time"

// Times are kept in UTC to the microsecond. The zero time is kept as such.

// Lab is a lab or a fork. Models are replayed from Spec; what a kernel showed is in Seen.
type Lab struct {
	ID      string
	Owner   string // the login that made it; empty on a server without logins
	Created time.Time
	Status  string // as in the contract: running, done, cancelled, failed
	Spec    []byte // JSON: script, worlds, seed, live, and for a fork its origin
	Seen    []byte // what real worlds showed, in the lab's own encoding; nil for models
}

// Size is what the lab counts for in a budget, in bytes.
func (l *Lab) Size() int64 { return int64(len(l.ID) + len(l.Owner) + len(l.Spec) + len(l.Seen)) }

// LabSummary is what removal by age, count and bytes needs to know of a lab.
type LabSummary struct {
	ID      string
	Owner   string
	Created time.Time
	Status  string
	Bytes   int64
}

// Key is an Idempotency-Key that was used, and what it was answered with.
type Key struct {
	Hash   string // of owner, route and key
	Body   string // hash of the request it came with
	Status int    // HTTP; 0 while the first request is under way
	Answer []byte
	At     time.Time
}

// Secret is a bearer secret, kept as the SHA-256 of it.
type Secret struct {
	Hash    string
	Kind    string // session, runner
	Subject string // whom or what it admits
	Created time.Time
	Expires time.Time // zero: never
}

// Quiz is a quiz of a class.
type Quiz struct {
	ID       string
	Code     string // eight Crockford letters, without hyphen
	KeyHash  string // SHA-256 of the teacher's key
	Settings []byte // JSON
	Secret   []byte // what seeds are derived from
	Status   string
	Revision int64 // grows with every change; the ETag
	Created  time.Time
	Opens    time.Time
	Closes   time.Time // zero: never
}

// Student is a line of a roster.
type Student struct {
	Quiz, Student string
	Name          string
	PINHash       string
	ExtraTime     float64 // factor on the time limit; 1 is none
}

// Attempt is one student's attempt at a quiz.
type Attempt struct {
	ID         string
	Quiz       string
	Student    string
	No         int // 1 for the first
	SecretHash string
	PINHash    string // without a roster: resumes this attempt
	Lang       string
	Started    time.Time
	Deadline   time.Time // zero: none
	Submitted  time.Time // zero: not yet
	Score      float64
	Max        float64
	Rated      bool // counts in statistics; practice never does
	Void       bool
}

// Item is a question as it was shown to one attempt, with its key: a later release cannot re-mark
// it.
type Item struct {
	Attempt    string
	N          int
	Kind       string
	GenVersion int
	Seed       uint64
	Level      int
	Facts      string
	Shown      []byte // JSON: all that the student may see
	Key        []byte // JSON: never shown while the quiz is open
}

// Answer is one saved answer. Answers are appended, never changed; the one with the highest
// revision counts.
type Answer struct {
	Attempt  string
	N        int
	Revision int64
	At       time.Time
	Body     []byte // JSON, as it came
	Score    float64
	Parts    []byte // JSON
	Myth     string // the misconception it shows, if any
}

// Hint is a hint that was taken.
type Hint struct {
	Attempt string
	N       int
	K       int // 1 for the first
	At      time.Time
	Cost    float64
}

// Event is one line of a quiz's log. Seq counts from 1 without gaps within a quiz.
type Event struct {
	Quiz string
	Seq  int64
	At   time.Time
	Kind string
	Body []byte // JSON
}

// Verification is the outcome of running a question's script on a kernel.
type Verification struct {
	Facts  string
	Kernel string // release
	At     time.Time
	Agrees bool
	Script string
	Model  string
	Found  string
}

// Audit is a line of what a teacher or operator changed after the fact.
type Audit struct {
	Quiz string
	Seq  int64
	At   time.Time
	Who  string
	What string
}
