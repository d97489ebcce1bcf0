package store

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/tidwall/btree"
)

// running is the status of a lab that has not ended: api.md's word.
const running = "running"

// Memory is a store that forgets everything with its process. A transaction works on copies of the
// tables, which share what it does not change.
type Memory struct {
	watchers

	write  sync.Mutex // held by an Update
	mu     sync.Mutex // guards now and closed
	now    *tables
	closed bool
}

// tables holds the rows by key; parts of a key are separated by NUL and numbers padded, so that
// keys sort as the columns do.
type tables struct {
	labs          *btree.Map[string, Lab]
	keys          *btree.Map[string, Key]
	secrets       *btree.Map[string, Secret]
	quizzes       *btree.Map[string, memoryQuiz]
	codes         *btree.Map[string, string] // code to id
	roster        *btree.Map[string, Student]
	attempts      *btree.Map[string, Attempt]
	attemptKeys   *btree.Map[string, string] // quiz, student, no to id
	due           *btree.Map[string, string] // deadline, id to id
	items         *btree.Map[string, Item]
	answers       *btree.Map[string, Answer]
	hints         *btree.Map[string, Hint]
	events        *btree.Map[string, Event]
	verifications *btree.Map[string, Verification]
	audits        *btree.Map[string, Audit]
}

type memoryQuiz struct {
	Quiz
	events, audits int64 // the last numbers given
}

// NewMemory makes an empty store in memory.
func NewMemory() *Memory {
	return &Memory{now: &tables{
		labs:          new(btree.Map[string, Lab]),
		keys:          new(btree.Map[string, Key]),
		secrets:       new(btree.Map[string, Secret]),
		quizzes:       new(btree.Map[string, memoryQuiz]),
		codes:         new(btree.Map[string, string]),
		roster:        new(btree.Map[string, Student]),
		attempts:      new(btree.Map[string, Attempt]),
		attemptKeys:   new(btree.Map[string, string]),
		due:           new(btree.Map[string, string]),
		items:         new(btree.Map[string, Item]),
		answers:       new(btree.Map[string, Answer]),
		hints:         new(btree.Map[string, Hint]),
		events:        new(btree.Map[string, Event]),
		verifications: new(btree.Map[string, Verification]),
		audits:        new(btree.Map[string, Audit]),
	}}
}

func (t *tables) copy() *tables {
	return &tables{
		labs: t.labs.Copy(), keys: t.keys.Copy(), secrets: t.secrets.Copy(),
		quizzes: t.quizzes.Copy(), codes: t.codes.Copy(), roster: t.roster.Copy(),
		attempts: t.attempts.Copy(), attemptKeys: t.attemptKeys.Copy(), due: t.due.Copy(),
		items: t.items.Copy(), answers: t.answers.Copy(), hints: t.hints.Copy(), events: t.events.Copy(),
		verifications: t.verifications.Copy(), audits: t.audits.Copy(),
	}
}

// Update implements [Store].
func (m *Memory) Update(ctx context.Context, f func(Tx) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	m.write.Lock()
	defer m.write.Unlock()
	t, err := m.snapshot()
	if err != nil {
		return err
	}
	if err := f(&memoryTx{t}); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return fmt.Errorf("%w: closed", ErrUnavailable)
	}
	m.now = t
	return nil
}

// View implements [Store].
func (m *Memory) View(ctx context.Context, f func(Tx) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	t, err := m.snapshot()
	if err != nil {
		return err
	}
	return f(&memoryTx{t})
}

func (m *Memory) snapshot() (*tables, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return nil, fmt.Errorf("%w: closed", ErrUnavailable)
	}
	return m.now.copy(), nil
}

// Notify implements [Store].
func (m *Memory) Notify(_ context.Context, topic string) error {
	m.wake(topic)
	return nil
}

// Check implements [Store].
func (m *Memory) Check(context.Context) error {
	_, err := m.snapshot()
	return err
}

// Stats implements [Store].
func (m *Memory) Stats(context.Context) (Stats, error) { return Stats{Kind: "memory"}, nil }

// Close implements [Store].
func (m *Memory) Close() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.closed = true
	return nil
}

type memoryTx struct{ t *tables }

// key joins the parts of a key.
func key(parts ...any) string {
	var b strings.Builder
	for i, p := range parts {
		if i > 0 {
			b.WriteByte(0)
		}
		switch p := p.(type) {
		case string:
			b.WriteString(p)
		case int:
			fmt.Fprintf(&b, "%020d", p)
		case int64:
			fmt.Fprintf(&b, "%020d", p)
		default:
			panic("BUG: a key of " + strconv.Quote(fmt.Sprintf("%T", p)))
		}
	}
	return b.String()
}

// under visits the rows whose keys begin with the parts given, in order, until f returns false.
func under[V any](m *btree.Map[string, V], f func(k string, v V) bool, parts ...any) {
	prefix := key(parts...) + "\x00"
	m.Ascend(prefix, func(k string, v V) bool { return strings.HasPrefix(k, prefix) && f(k, v) })
}

// all lists the rows whose keys begin with the parts given.
func all[V any](m *btree.Map[string, V], parts ...any) []*V {
	var rows []*V
	under(m, func(_ string, v V) bool {
		rows = append(rows, &v)
		return true
	}, parts...)
	return rows
}

func one[V any](m *btree.Map[string, V], k string) (*V, error) {
	v, ok := m.Get(k)
	if !ok {
		return nil, ErrNotFound
	}
	return &v, nil
}

// add inserts a row that must be new.
func add[V any](m *btree.Map[string, V], k string, v V) error {
	if _, ok := m.Get(k); ok {
		return ErrExists
	}
	m.Set(k, v)
	return nil
}

// set replaces a row that must be there.
func set[V any](m *btree.Map[string, V], k string, v V) error {
	if _, ok := m.Get(k); !ok {
		return ErrNotFound
	}
	m.Set(k, v)
	return nil
}

func remove[V any](m *btree.Map[string, V], k string) error {
	if _, ok := m.Delete(k); !ok {
		return ErrNotFound
	}
	return nil
}

// removeUnder deletes the rows whose keys begin with the parts given.
func removeUnder[V any](m *btree.Map[string, V], parts ...any) {
	var keys []string
	under(m, func(k string, _ V) bool {
		keys = append(keys, k)
		return true
	}, parts...)
	for _, k := range keys {
		m.Delete(k)
	}
}

func (x *memoryTx) PutLab(l *Lab) error { x.t.labs.Set(l.ID, *l); return nil }

func (x *memoryTx) Lab(id string) (*Lab, error) { return one(x.t.labs, id) }

func (x *memoryTx) DeleteLab(id string) error { return remove(x.t.labs, id) }

func (x *memoryTx) Labs(owner, before string, limit int) ([]LabSummary, error) {
	var out []LabSummary
	visit := func(id string, l Lab) bool {
		if (owner == "" || l.Owner == owner) && (before == "" || id < before) {
			out = append(out, l.summary())
		}
		return len(out) < limit
	}
	if before == "" {
		x.t.labs.Reverse(visit)
	} else {
		x.t.labs.Descend(before, visit)
	}
	return out, nil
}

func (l *Lab) summary() LabSummary {
	return LabSummary{ID: l.ID, Owner: l.Owner, Created: l.Created, Status: l.Status, Bytes: l.Size()}
}

func (x *memoryTx) OldestLabs(limit int) ([]LabSummary, error) {
	var out []LabSummary
	x.t.labs.Scan(func(_ string, l Lab) bool {
		if l.Status != running {
			out = append(out, l.summary())
		}
		return len(out) < limit
	})
	return out, nil
}

func (x *memoryTx) LabTotals(owner string) (n int, bytes int64, err error) {
	x.t.labs.Scan(func(_ string, l Lab) bool {
		if owner == "" || l.Owner == owner {
			n++
			bytes += l.Size()
		}
		return true
	})
	return n, bytes, nil
}

func (x *memoryTx) AddKey(k *Key) error { return add(x.t.keys, k.Hash, *k) }

func (x *memoryTx) SetKey(k *Key) error { return set(x.t.keys, k.Hash, *k) }

func (x *memoryTx) Key(hash string) (*Key, error) { return one(x.t.keys, hash) }

func (x *memoryTx) DeleteKey(hash string) error { return remove(x.t.keys, hash) }

func (x *memoryTx) DeleteKeysBefore(t time.Time) (int, error) {
	return removeIf(x.t.keys, func(k Key) bool { return k.At.Before(t) }), nil
}

func (x *memoryTx) TrimKeys(most int) (int, error) {
	n := x.t.keys.Len() - most
	if n <= 0 {
		return 0, nil
	}
	rows := x.t.keys.Values()
	slices.SortFunc(rows, func(a, b Key) int { return a.At.Compare(b.At) })
	for _, k := range rows[:n] {
		x.t.keys.Delete(k.Hash)
	}
	return n, nil
}

func removeIf[V any](m *btree.Map[string, V], old func(V) bool) int {
	var keys []string
	m.Scan(func(k string, v V) bool {
		if old(v) {
			keys = append(keys, k)
		}
		return true
	})
	for _, k := range keys {
		m.Delete(k)
	}
	return len(keys)
}

func (x *memoryTx) AddSecret(s *Secret) error { return add(x.t.secrets, s.Hash, *s) }

func (x *memoryTx) Secret(hash string) (*Secret, error) { return one(x.t.secrets, hash) }

func (x *memoryTx) DeleteSecret(hash string) error { return remove(x.t.secrets, hash) }

func (x *memoryTx) DeleteSecretsExpiredBefore(t time.Time) (int, error) {
	return removeIf(x.t.secrets, func(s Secret) bool { return !s.Expires.IsZero() && s.Expires.Before(t) }), nil
}
