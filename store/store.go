package store

import (
	"context"
	"errors"
	"strings"
	"time"
)

var (
	// ErrNotFound says that there is no such row.
	ErrNotFound = errors.New("not found")
	// ErrExists says that a row with that key is there already.
	ErrExists = errors.New("exists already")
	// ErrUnavailable says that the data cannot be written or reached now: the disk is full or
	// read-only, the database does not answer, the store is closed.
	ErrUnavailable = errors.New("store unavailable")
	// ErrNewer says that the data were written by a newer version of this program.
	ErrNewer = errors.New("written by a newer version")
	// ErrInUse says that another server has the directory open.
	ErrInUse = errors.New("in use by another server")
)

// Store keeps rows durably. Its methods may be called from any goroutine.
type Store interface {
	// Update runs f in one transaction that may write. f may run more than once.
	Update(ctx context.Context, f func(Tx) error) error
	// View runs f in one transaction that sees one consistent state and must not write.
	View(ctx context.Context, f func(Tx) error) error
	// Notify wakes those who watch the topic, on every server that shares the data.
	Notify(ctx context.Context, topic string) error
	// Watch gives a channel that receives after one or more Notify calls for the topic, until
	// stop is called. Wake-ups may be joined and may be spurious; none is lost while watching.
	Watch(topic string) (wake <-chan struct{}, stop func())
	// Check says whether rows can be written now: nil or ErrUnavailable with the reason.
	Check(ctx context.Context) error
	// Stats says how much is kept.
	Stats(ctx context.Context) (Stats, error)
	Close() error
}

// Stats is what a store says of itself.
type Stats struct {
	Kind    string // memory, sqlite, postgres
	Schema  int64  // version
	Bytes   int64  // on disk, or 0
	Pending int    // updates that wait for the writer
}

// Tx is a transaction. It is valid only inside the function it was given to.
type Tx interface {
	labs
	keys
	classes
}

type labs interface {
	PutLab(*Lab) error // inserts or replaces
	Lab(id string) (*Lab, error)
	DeleteLab(id string) error // ErrNotFound
	// Labs lists summaries of owner's labs, newest first, older than before ("" for all);
	// owner "" lists everyone's.
	Labs(owner, before string, limit int) ([]LabSummary, error)
	// OldestLabs lists ended labs from the oldest on.
	OldestLabs(limit int) ([]LabSummary, error)
	// LabTotals says how many labs there are and what they count for in bytes.
	LabTotals(owner string) (n int, bytes int64, err error)
}

type keys interface {
	AddKey(*Key) error // ErrExists
	SetKey(*Key) error // replaces status and answer
	Key(hash string) (*Key, error)
	DeleteKey(hash string) error
	DeleteKeysBefore(time.Time) (int, error)
	TrimKeys(most int) (int, error) // deletes the oldest if there are more

	AddSecret(*Secret) error
	Secret(hash string) (*Secret, error)
	DeleteSecret(hash string) error
	DeleteSecretsExpiredBefore(time.Time) (int, error)
}

type classes interface {
	AddQuiz(*Quiz) error // ErrExists on id or code
	SetQuiz(*Quiz) error // ErrNotFound
	Quiz(id string) (*Quiz, error)
	QuizByCode(code string) (*Quiz, error)
	// LockQuiz is Quiz, and no other Update gets past its LockQuiz of this one until this one ends.
	LockQuiz(id string) (*Quiz, error)
	Quizzes(after string, limit int) ([]*Quiz, error) // by id
	DeleteQuiz(id string) error                       // with all its rows

	PutStudent(*Student) error
	Student(quiz, student string) (*Student, error)
	Roster(quiz string) ([]*Student, error) // by student

	AddAttempt(*Attempt) error // ErrExists on id or (quiz, student, no)
	SetAttempt(*Attempt) error
	// Attempt reads an attempt; inside an Update it is locked until that ends.
	Attempt(id string) (*Attempt, error)
	Attempts(quiz string) ([]*Attempt, error) // by student and number
	AttemptsOf(quiz, student string) ([]*Attempt, error)
	// DueAttempts lists those not submitted whose deadline is not after t.
	DueAttempts(t time.Time, limit int) ([]*Attempt, error)

	AddItems([]*Item) error
	SetItem(*Item) error
	Items(attempt string) ([]*Item, error)
	Item(attempt string, n int) (*Item, error)
	ItemsOf(quiz string) ([]*Item, error)

	AddAnswer(*Answer) error // ErrExists on (attempt, n, revision)
	// Answers gives the answer that counts for each question of an attempt.
	Answers(attempt string) ([]*Answer, error)
	Answer(attempt string, n int) (*Answer, error)
	AnswersOf(quiz string) ([]*Answer, error)
	// SetMark replaces score, parts and misconception of one answer, after a withdrawal.
	SetMark(*Answer) error

	AddHint(*Hint) error
	Hints(attempt string) ([]*Hint, error)

	// AddEvent appends to the quiz's log and sets Seq.
	AddEvent(*Event) error
	Events(quiz string, after int64, limit int) ([]*Event, error)

	PutVerification(*Verification) error
	Verification(facts, kernel string) (*Verification, error)

	AddAudit(*Audit) error // sets Seq
	Audits(quiz string) ([]*Audit, error)
}

// Open opens the store at an address (see the package comment), and brings an older schema up to
// date. ErrNewer, ErrInUse, ErrUnavailable.
func Open(ctx context.Context, address string) (Store, error) {
	switch {
	case address == ":memory:":
		return NewMemory(), nil
	case IsPostgres(address):
		return openPostgres(ctx, address)
	default:
		return openSQLite(ctx, address)
	}
}

// IsPostgres says whether an address is PostgreSQL's.
func IsPostgres(address string) bool {
	return strings.HasPrefix(address, "postgres://") || strings.HasPrefix(address, "postgresql://")
}
