package class

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"time"

	"fourwave/quiz"
	"fourwave/store"
)

var (
	// ErrNotFound: there is no such quiz, attempt or question, or it is someone else's.
	ErrNotFound = errors.New("not found")
	// ErrNoSecret: the call needs a teacher's key or an attempt's secret, and none was given.
	ErrNoSecret = errors.New("a secret is required")
	// ErrPIN: the student is not in the roster or the PIN is wrong; which, is not said.
	ErrPIN = errors.New("no such student and PIN")
	// ErrTaken: without a roster, another attempt goes by this name already.
	ErrTaken = errors.New("the name is taken: its PIN resumes the attempt")
	// ErrNotYet: the quiz has not opened, or what was asked for is not shown yet.
	ErrNotYet = errors.New("not yet")
	// ErrLate: the deadline and its grace are over.
	ErrLate = errors.New("the deadline is over")
	// ErrSubmitted: the attempt has been submitted.
	ErrSubmitted = errors.New("submitted already")
	// ErrClosed: the quiz is closed, or the question of a live quiz is not open.
	ErrClosed = errors.New("closed")
	// ErrRevision: If-Match names another revision than the quiz has.
	ErrRevision = errors.New("another revision")
	// ErrTooMany: one of the limits is reached.
	ErrTooMany = errors.New("too many")
)

// WhenError is an [ErrNotYet] that knows when.
type WhenError struct{ When time.Time }

func (e *WhenError) Error() string { return ErrNotYet.Error() + ": " + e.When.Format(time.RFC3339) }

// Unwrap makes it an ErrNotYet.
func (e *WhenError) Unwrap() error { return ErrNotYet }

// FieldError is a mistake in a document, at a JSON pointer.
type FieldError struct {
	Pointer string
	Detail  string
}

func (e *FieldError) Error() string { return e.Pointer + ": " + e.Detail }

// StaleError says that a newer answer is kept.
type StaleError struct {
	Revision int64
	SavedAt  time.Time
	Answer   json.RawMessage
}

func (e *StaleError) Error() string { return fmt.Sprintf("revision %d is kept already", e.Revision) }

// Limits bound what one server keeps. Zero values are the defaults.
type Limits struct {
	Quizzes   int // 1,000
	Questions int // 100, in a quiz
	Attempts  int // 5,000, at a quiz
}

// The bounds of single values.
const (
	MaxAnswer  = 16 << 10 // bytes
	maxTitle   = 200      // runes
	maxStudent = 64
	maxSlots   = 50
	maxTries   = 100 // attempts of one student
	maxEvents  = 1000
)

func (l Limits) orDefault() Limits {
	if l.Quizzes == 0 {
		l.Quizzes = 1000
	}
	if l.Questions == 0 {
		l.Questions = 100
	}
	if l.Attempts == 0 {
		l.Attempts = 5000
	}
	return l
}

// Store is what a class needs of package store.
type Store interface {
	Update(ctx context.Context, f func(store.Tx) error) error
	View(ctx context.Context, f func(store.Tx) error) error
	Notify(ctx context.Context, topic string) error
	Watch(topic string) (wake <-chan struct{}, stop func())
}

// Config is what a class is made of.
type Config struct {
	Store  Store
	Limits Limits
	Now    func() time.Time // time.Now
	Run    quiz.Run         // runs a script on this machine's kernel; nil where there is none
	Kernel string           // its release
	Exam   bool             // the server closes its oracles while an exam is open
	Link   string           // what precedes a code in a link: "http://127.0.0.1:8080/#quiz="
}

// Class keeps quizzes and those who sit them. Its methods may be called from any goroutine.
type Class struct {
	Config
	drawing chan struct{} // bounds how many attempts are drawn at once, so that saving goes on

	examMu sync.Mutex
	exams  *exams // nil: not looked yet
}

// New makes a class.
func New(c Config) *Class {
	c.Limits = c.Limits.orDefault()
	if c.Now == nil {
		c.Now = time.Now
	}
	return &Class{Config: c, drawing: make(chan struct{}, max(1, runtime.GOMAXPROCS(0)-1))}
}

func (c *Class) now() time.Time { return c.Now().UTC().Truncate(time.Microsecond) }

// The kinds of secrets, which begin them.
const (
	teacherPrefix = "fwt_"
	studentPrefix = "fws_"
)

// newSecret gives 256 random bits as a secret and its hash.
func newSecret(prefix string) (secret, hash string) {
	b := make([]byte, 32)
	rand.Read(b)
	secret = prefix + base64.RawURLEncoding.EncodeToString(b)
	return secret, hashOf(secret)
}

func hashOf(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}

// matches compares a secret with a hash in constant time.
func matches(secret, hash string) bool {
	return subtle.ConstantTimeCompare([]byte(hashOf(secret)), []byte(hash)) == 1
}

// crockford is Crockford's base 32: no I, L, O or U.
const crockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

// newCode gives eight letters, 40 bits.
func newCode() string {
	b := make([]byte, 8)
	rand.Read(b)
	for i := range b {
		b[i] = crockford[b[i]&31]
	}
	return string(b)
}

// readCode reads a code as people type it: in any case, with hyphens or spaces, O for 0, I and L
// for 1.
func readCode(s string) string {
	return strings.NewReplacer("-", "", " ", "", "O", "0", "I", "1", "L", "1").Replace(strings.ToUpper(s))
}

// newPIN gives six digits.
func newPIN() (pin, hash string) {
	b := make([]byte, 6)
	for i := range b {
		b[i] = '0' + byte(below(10))
	}
	return string(b), hashOf(string(b))
}

// below is a random number under n, at most 256.
func below(n int) int {
	for {
		var b [1]byte
		rand.Read(b[:])
		if limit := 256 - 256%n; int(b[0]) < limit {
			return int(b[0]) % n
		}
	}
}

// found turns the store's ErrNotFound into the package's own.
func found(err error) error {
	if errors.Is(err, store.ErrNotFound) {
		return ErrNotFound
	}
	return err
}

// topic is what watchers of a quiz are woken by.
func topic(quiz string) string { return "quiz/" + quiz }

// event appends to a quiz's log.
func (c *Class) event(tx store.Tx, quiz, kind string, body any) error {
	b, err := json.Marshal(body)
	if err != nil {
		return err
	}
	return tx.AddEvent(&store.Event{Quiz: quiz, At: c.now(), Kind: kind, Body: b})
}

// noted runs an update of a quiz and wakes those who watch it.
func (c *Class) noted(ctx context.Context, quiz string, f func(store.Tx) error) error {
	if err := c.Store.Update(ctx, f); err != nil {
		return found(err)
	}
	c.lookAgain()
	_ = c.Store.Notify(ctx, topic(quiz)) // the events are kept; a watcher also looks by itself now and then
	return nil
}
