//go:build !js

package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/pressly/goose/v3"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// Bounds of the SQLite store.
const (
	MaxGroup   = 64               // updates in one commit
	maxPending = 4096             // updates that wait for the writer; more wait for a place
	readers    = 4                // connections that only read
	busyTime   = 10 * time.Second // how long to wait for a backup that holds the file
)

// File is the name of the database in its directory.
const File = "fourwave.db"

// lite is the store in one SQLite file: one connection writes, some read.
type lite struct {
	watchers
	file          string
	writer        *sql.DB
	reader        *sql.DB
	lock          *sql.DB // holds lock.db, so that no other server opens the directory
	schema        int64
	updates       chan *update
	pending       atomic.Int64
	closing, gone chan struct{}
}

// update is a function that waits for the writer.
type update struct {
	ctx  context.Context
	f    func(Tx) error
	err  error
	done chan struct{}
}

// openSQLite opens the database in a directory, which it makes if need be, readable by its owner
// only.
func openSQLite(ctx context.Context, dir string) (Store, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	s := &lite{file: filepath.Join(dir, File), updates: make(chan *update, maxPending),
		closing: make(chan struct{}), gone: make(chan struct{})}
	if err := s.open(ctx, dir); err != nil {
		s.closeAll()
		return nil, err
	}
	go s.write()
	return s, nil
}

func (s *lite) open(ctx context.Context, dir string) (err error) {
	if s.lock, err = lockDir(ctx, dir); err != nil {
		return err
	}
	if s.writer, err = openFile(s.file, 1, "_txlock=immediate"); err != nil {
		return err
	}
	if s.schema, err = migrate(ctx, goose.DialectSQLite3, s.writer); err != nil {
		return liteError(err)
	}
	s.reader, err = openFile(s.file, readers, "_pragma=query_only(1)")
	return err
}

// openFile opens a database file with the pragmas that durability rests on.
func openFile(file string, connections int, more string) (*sql.DB, error) {
	db, err := sql.Open("sqlite", fileURL(file, fmt.Sprintf("_pragma=busy_timeout(%d)&_pragma=journal_mode(WAL)"+
		"&_pragma=synchronous(FULL)&_pragma=foreign_keys(1)&_pragma=secure_delete(1)&%s", busyTime.Milliseconds(),
		more)))
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(connections)
	db.SetMaxIdleConns(connections)
	return db, nil
}

// fileURL is a file's name as SQLite takes it, with parameters.
func fileURL(file, query string) string {
	path := (&url.URL{Path: filepath.ToSlash(file)}).EscapedPath()
	return (&url.URL{Scheme: "file", Opaque: path, RawQuery: query}).String()
}

// lockDir takes the directory for this process: an exclusive transaction on a file of its own,
// which the system ends with the process, however that ends. ErrInUse.
func lockDir(ctx context.Context, dir string) (*sql.DB, error) {
	db, err := sql.Open("sqlite", fileURL(filepath.Join(dir, "lock.db"),
		"_pragma=busy_timeout(0)&_pragma=locking_mode(EXCLUSIVE)&_txlock=exclusive"))
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	db.SetConnMaxIdleTime(0)
	if _, err := db.ExecContext(ctx, "BEGIN EXCLUSIVE"); err != nil {
		db.Close()
		if code(err) == sqlite3.SQLITE_BUSY {
			return nil, fmt.Errorf("%s: %w", dir, ErrInUse)
		}
		return nil, liteError(err)
	}
	return db, nil // the transaction stays open on the only connection
}

// code is SQLite's primary result code of an error, or 0.
func code(err error) int {
	if e := (*sqlite.Error)(nil); errors.As(err, &e) {
		return e.Code() & 0xff
	}
	return 0
}

// liteError marks what the disk is to blame for.
func liteError(err error) error {
	switch code(err) {
	case sqlite3.SQLITE_FULL, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN,
		sqlite3.SQLITE_BUSY,
		sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB:
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	return err
}

// Update implements [Store].
func (s *lite) Update(ctx context.Context, f func(Tx) error) error {
	u := &update{ctx: ctx, f: f, done: make(chan struct{})}
	s.pending.Add(1)
	defer s.pending.Add(-1)
	select {
	case s.updates <- u:
	case <-ctx.Done():
		return ctx.Err()
	case <-s.closing:
		return fmt.Errorf("%w: closed", ErrUnavailable)
	}
	select {
	case <-u.done: // it runs even if the caller's time is up, so that its outcome is known
		return u.err
	case <-s.gone:
		select {
		case <-u.done:
			return u.err
		default:
			return fmt.Errorf("%w: closed", ErrUnavailable)
		}
	}
}

// write is the writer: it commits what waits, many at a time.
func (s *lite) write() {
	defer close(s.gone)
	for {
		select {
		case u := <-s.updates:
			s.commit(s.group(u))
		case <-s.closing:
			for {
				select {
				case u := <-s.updates:
					s.commit(s.group(u))
				default:
					return
				}
			}
		}
	}
}

// group is an update and those that wait behind it.
func (s *lite) group(first *update) []*update {
	group := []*update{first}
	for len(group) < MaxGroup {
		select {
		case u := <-s.updates:
			group = append(group, u)
		default:
			return group
		}
	}
	return group
}

// commit runs a group in one transaction, each update in a savepoint, and tells every caller.
func (s *lite) commit(group []*update) {
	ctx := context.Background() // a caller that goes away must not undo its neighbours' work
	tx, err := s.writer.BeginTx(ctx, nil)
	if err == nil {
		for _, u := range group {
			if u.err = u.ctx.Err(); u.err == nil {
				u.err = inSavepoint(ctx, tx, u.f)
			}
		}
		err = tx.Commit()
	}
	if err != nil && tx != nil {
		tx.Rollback()
	}
	for _, u := range group {
		if err != nil && u.err == nil {
			u.err = liteError(err)
		}
		close(u.done)
	}
}

// inSavepoint runs f so that nothing of it is left if it fails.
func inSavepoint(ctx context.Context, tx *sql.Tx, f func(Tx) error) error {
	if _, err := tx.ExecContext(ctx, "SAVEPOINT one"); err != nil {
		return liteError(err)
	}
	err := guard(f, &sqlTx{ctx: ctx, q: tx})
	if err != nil {
		if _, undo := tx.ExecContext(ctx, "ROLLBACK TO one"); undo != nil {
			return liteError(undo)
		}
	}
	if _, release := tx.ExecContext(ctx, "RELEASE one"); release != nil {
		return liteError(release)
	}
	return liteError(err)
}

// guard turns a panic of a caller's function into an error: the writer serves others too.
func guard(f func(Tx) error, tx Tx) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("BUG: an update panicked: %v", p)
		}
	}()
	return f(tx)
}

// View implements [Store].
func (s *lite) View(ctx context.Context, f func(Tx) error) error {
	tx, err := s.reader.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return liteError(err)
	}
	defer tx.Rollback()
	return liteError(f(&sqlTx{ctx: ctx, q: tx}))
}

// Notify implements [Store]. One server has the file, so all watchers are here.
func (s *lite) Notify(_ context.Context, topic string) error {
	s.wake(topic)
	return nil
}

// Check implements [Store].
func (s *lite) Check(ctx context.Context) error { return tryWrite(ctx, s) }

// Stats implements [Store].
func (s *lite) Stats(context.Context) (Stats, error) {
	st := Stats{Kind: "sqlite", Schema: s.schema, Pending: int(s.pending.Load())}
	for _, name := range []string{s.file, s.file + "-wal"} {
		if fi, err := os.Stat(name); err == nil {
			st.Bytes += fi.Size()
		}
	}
	return st, nil
}

// Close implements [Store]: what waits is written first.
func (s *lite) Close() error {
	select {
	case <-s.closing:
		return nil
	default:
	}
	close(s.closing)
	<-s.gone
	return s.closeAll()
}

func (s *lite) closeAll() error {
	var errs []error
	for _, db := range []*sql.DB{s.reader, s.writer, s.lock} {
		if db != nil {
			errs = append(errs, db.Close())
		}
	}
	return errors.Join(errs...)
}
