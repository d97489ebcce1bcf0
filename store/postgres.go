//go:build !js

package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
)

// Bounds of the PostgreSQL store.
const (
	pgConnections = 16
	pgTries       = 8 // of an update that others got in the way of
	pgReconnect   = 500 * time.Millisecond
)

// channel is what servers LISTEN on; the payload is the topic.
const channel = "fourwave"

// post is the store in PostgreSQL, which several servers may share.
type post struct {
	watchers
	pool    *pgxpool.Pool
	db      *sql.DB // the pool, by database/sql
	schema  int64
	pending atomic.Int64
	closed  atomic.Bool
	stop    context.CancelFunc
	gone    chan struct{}
}

func openPostgres(ctx context.Context, address string) (Store, error) {
	config, err := pgxpool.ParseConfig(address)
	if err != nil {
		return nil, errors.New("the address of PostgreSQL cannot be read") // pgx's text may hold the password
	}
	if config.MaxConns < 4 || config.MaxConns > pgConnections {
		config.MaxConns = pgConnections
	}
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	s := &post{pool: pool, db: stdlib.OpenDBFromPool(pool), gone: make(chan struct{})}
	if s.schema, err = s.migrate(ctx); err != nil {
		s.db.Close()
		pool.Close()
		return nil, err
	}
	background, stop := context.WithCancel(context.Background())
	s.stop = stop
	go s.listen(background)
	return s, nil
}

// migrateLock is the advisory lock that one server at a time holds while it brings the schema up to
// date.
const migrateLock = 0x6677_0001

func (s *post) migrate(ctx context.Context) (int64, error) {
	lock, err := s.db.Conn(ctx)
	if err != nil {
		return 0, pgError(err)
	}
	defer lock.Close()
	if _, err := lock.ExecContext(ctx, `SELECT pg_advisory_lock($1)`, migrateLock); err != nil {
		return 0, pgError(err)
	}
	defer lock.ExecContext(context.WithoutCancel(ctx), `SELECT pg_advisory_unlock($1)`, migrateLock)
	version, err := migrate(ctx, goose.DialectPostgres, s.db)
	return version, pgError(err)
}

// Classes of SQLSTATE (PostgreSQL manual, appendix A).
const (
	serializationFailure = "40001"
	deadlockDetected     = "40P01"
)

func again(err error) bool {
	e := (*pgconn.PgError)(nil)
	return errors.As(err, &e) && (e.Code == serializationFailure || e.Code == deadlockDetected)
}

// pgError marks what the database or the way to it is to blame for.
func pgError(err error) error {
	if err == nil || errors.Is(err, ErrNotFound) || errors.Is(err, ErrExists) || errors.Is(err, ErrNewer) {
		return err
	}
	e := (*pgconn.PgError)(nil)
	connect := (*pgconn.ConnectError)(nil)
	switch {
	case errors.As(err, &e):
		switch e.Code[:2] {
		case "08", "53", "57", "58", "25": // connection, resources, operator, system, read-only
			return fmt.Errorf("%w: %w", ErrUnavailable, err)
		}
		return err
	case errors.As(err, &connect), pgconn.SafeToRetry(err), pgconn.Timeout(err):
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	return err
}

// Update implements [Store]. Rows are locked where [Tx] says so, at READ COMMITTED.
func (s *post) Update(ctx context.Context, f func(Tx) error) error {
	s.pending.Add(1)
	defer s.pending.Add(-1)
	for try := 1; ; try++ {
		err := s.in(ctx, nil, f)
		if !again(err) || try == pgTries {
			return pgError(err)
		}
		select {
		case <-time.After(time.Duration(rand.Int64N(int64(time.Millisecond) << try))):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// View implements [Store].
func (s *post) View(ctx context.Context, f func(Tx) error) error {
	return pgError(s.in(ctx, &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true}, f))
}

// in runs f in one transaction; without options, in one that writes.
func (s *post) in(ctx context.Context, options *sql.TxOptions, f func(Tx) error) error {
	if s.closed.Load() {
		return fmt.Errorf("%w: closed", ErrUnavailable)
	}
	tx, err := s.db.BeginTx(ctx, options)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if err := f(&sqlTx{ctx: ctx, q: tx, pg: true, lock: options == nil}); err != nil {
		return err
	}
	return tx.Commit()
}

// Notify implements [Store]: every server that listens wakes its watchers, this one too.
func (s *post) Notify(ctx context.Context, topic string) error {
	_, err := s.pool.Exec(ctx, `SELECT pg_notify($1, $2)`, channel, topic)
	return pgError(err)
}

// listen wakes watchers as servers notify them. After a lost connection everyone is woken, since a
// notification may have been missed.
func (s *post) listen(ctx context.Context) {
	defer close(s.gone)
	for ctx.Err() == nil {
		s.listenOnce(ctx)
		s.wakeAll()
		select {
		case <-time.After(pgReconnect):
		case <-ctx.Done():
		}
	}
}

// listenOnce listens until the connection is lost.
func (s *post) listenOnce(ctx context.Context) {
	c, err := s.pool.Acquire(ctx)
	if err != nil {
		return
	}
	conn := c.Hijack() // it keeps listening, so it does not go back to the pool
	defer conn.Close(context.WithoutCancel(ctx))
	if _, err := conn.Exec(ctx, `LISTEN `+channel); err != nil {
		return
	}
	s.wakeAll()
	for {
		n, err := conn.WaitForNotification(ctx)
		if err != nil {
			return
		}
		s.wake(n.Payload)
	}
}

// Check implements [Store].
func (s *post) Check(ctx context.Context) error { return tryWrite(ctx, s) }

// Stats implements [Store].
func (s *post) Stats(ctx context.Context) (Stats, error) {
	st := Stats{Kind: "postgres", Schema: s.schema, Pending: int(s.pending.Load())}
	err := s.pool.QueryRow(ctx, `SELECT pg_database_size(current_database())`).Scan(&st.Bytes)
	return st, pgError(err)
}

// Close implements [Store].
func (s *post) Close() error {
	if s.closed.Swap(true) {
		return nil
	}
	s.stop()
	<-s.gone
	err := s.db.Close()
	s.pool.Close()
	return err
}
