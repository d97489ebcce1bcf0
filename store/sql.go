//go:build !js

package store

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"strings"
	"time"

	"github.com/pressly/goose/v3"
)

//go:embed migrations/*.sql
var migrations embed.FS

// migrate brings the schema up to date and says which version it is. ErrNewer if the data are
// from a later program.
func migrate(ctx context.Context, dialect goose.Dialect, db *sql.DB) (int64, error) {
	p, err := provider(dialect, db)
	if err != nil {
		return 0, err
	}
	have, want, err := p.GetVersions(ctx)
	if err != nil {
		return 0, err
	}
	if err := known(have, want); err != nil {
		return have, err
	}
	_, err = p.Up(ctx)
	return want, err
}

func provider(dialect goose.Dialect, db *sql.DB) (*goose.Provider, error) {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, err
	}
	return goose.NewProvider(dialect, db, files)
}

// known refuses a schema that is newer than the newest of this program.
func known(have, newest int64) error {
	if have > newest {
		return fmt.Errorf("%w: its schema is version %d, this program knows up to %d", ErrNewer, have, newest)
	}
	return nil
}

// checkBytes is what a check writes, so that a disk that is almost full counts as full.
const checkBytes = 64 << 10

// tryWrite rewrites a row that is there for nothing else.
func tryWrite(ctx context.Context, s Store) error {
	return s.Update(ctx, func(tx Tx) error {
		return tx.PutVerification(&Verification{Facts: "check", Found: strings.Repeat("x", checkBytes)})
	})
}

// querier is a transaction of database/sql.
type querier interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// sqlTx is a transaction on SQLite or PostgreSQL. Queries are written with ? for parameters.
type sqlTx struct {
	ctx  context.Context
	q    querier
	pg   bool // PostgreSQL: parameters are $1, $2, …, and rows can be locked
	lock bool // lock the rows that say so: an Update on PostgreSQL
}

// text is the query in the dialect's own spelling.
func (x *sqlTx) text(query string) string {
	if !x.pg {
		return query
	}
	var b strings.Builder
	n := 0
	for _, r := range query {
		if r == '?' {
			n++
			b.WriteString("$" + strconv.Itoa(n))
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// exec runs a statement and says how many rows it changed.
func (x *sqlTx) exec(query string, args ...any) (int64, error) {
	res, err := x.q.ExecContext(x.ctx, x.text(query), args...)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

// insert adds a row that must be new. ErrExists if its key is there; the transaction goes on, as it
// would not after an error of PostgreSQL's.
func (x *sqlTx) insert(query string, args ...any) error {
	n, err := x.exec(query+" ON CONFLICT DO NOTHING", args...)
	if err == nil && n == 0 {
		return ErrExists
	}
	return err
}

// must runs a statement that has to change a row. ErrNotFound if it changed none.
func (x *sqlTx) must(query string, args ...any) error {
	n, err := x.exec(query, args...)
	if err == nil && n == 0 {
		return ErrNotFound
	}
	return err
}

// locked adds what locks the rows of a query until the transaction ends. SQLite has one writer.
func (x *sqlTx) locked(query string) string {
	if x.lock {
		return query + " FOR UPDATE"
	}
	return query
}

type scanner interface{ Scan(...any) error }

// row reads one row. ErrNotFound if there is none.
func row[R any](x *sqlTx, scan func(scanner) (R, error), query string, args ...any) (R, error) {
	r, err := scan(x.q.QueryRowContext(x.ctx, x.text(query), args...))
	if errors.Is(err, sql.ErrNoRows) {
		err = ErrNotFound
	}
	return r, err
}

// rows reads all rows of a query.
func rows[R any](x *sqlTx, scan func(scanner) (R, error), query string, args ...any) ([]R, error) {
	found, err := x.q.QueryContext(x.ctx, x.text(query), args...)
	if err != nil {
		return nil, err
	}
	defer found.Close()
	var out []R
	for found.Next() {
		r, err := scan(found)
		if err != nil {
			return nil, err
		}
		out = append(out, r)
	}
	return out, found.Err()
}

// micro is a time as it is kept; 0 is the zero time.
func micro(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

// moment reads a time as it is kept.
type moment struct{ t *time.Time }

// Scan implements [sql.Scanner].
func (m moment) Scan(v any) error {
	us, ok := v.(int64)
	if !ok {
		return fmt.Errorf("a time is kept as %T", v)
	}
	*m.t = time.Time{}
	if us != 0 {
		*m.t = time.UnixMicro(us).UTC()
	}
	return nil
}

// flag reads a bool that is kept as 0 or 1.
type flag struct{ b *bool }

// Scan implements [sql.Scanner].
func (f flag) Scan(v any) error {
	n, ok := v.(int64)
	if !ok {
		return fmt.Errorf("a bool is kept as %T", v)
	}
	*f.b = n != 0
	return nil
}

func bit(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// blob is never nil, for columns that are NOT NULL.
func blob(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}
