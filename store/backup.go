//go:build !js

package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/pressly/goose/v3"
)

// Backup writes a consistent copy of the database in a directory to a new file, also while a
// server has it open. os.ErrExist if the file is there, os.ErrNotExist if there is no database.
func Backup(ctx context.Context, dir, file string) error {
	source := filepath.Join(dir, File)
	if _, err := os.Stat(source); err != nil {
		return err
	}
	made, err := os.OpenFile(file, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	made.Close() // VACUUM INTO takes an empty file
	db, err := openFile(source, 1, "mode=rw")
	if err != nil {
		return errors.Join(err, os.Remove(file))
	}
	defer db.Close()
	if _, err := db.ExecContext(ctx, `VACUUM INTO ?`, file); err != nil {
		return errors.Join(liteError(err), os.Remove(file))
	}
	return syncFile(file)
}

// Restore replaces the database in a directory by a backup, which is checked first. ErrInUse while
// a server has the directory open, ErrNewer for a backup of a later version.
func Restore(ctx context.Context, file, dir string) error {
	if err := checkBackup(ctx, file); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	lock, err := lockDir(ctx, dir)
	if err != nil {
		return err
	}
	defer lock.Close()
	// VACUUM INTO again: the copy beside the old database is whole before it takes its place.
	target := filepath.Join(dir, File)
	next := target + ".restoring"
	if err := os.Remove(next); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	from, err := openPlain(file)
	if err != nil {
		return err
	}
	defer from.Close()
	if _, err := from.ExecContext(ctx, `VACUUM INTO ?`, next); err != nil {
		return liteError(err)
	}
	if err := syncFile(next); err != nil {
		return err
	}
	for _, old := range []string{target + "-wal", target + "-shm"} { // of the database that goes
		if err := os.Remove(old); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	return os.Rename(next, target)
}

// openPlain opens a file that is not to be changed, not even its journal mode.
func openPlain(file string) (*sql.DB, error) {
	if _, err := os.Stat(file); err != nil {
		return nil, err
	}
	return sql.Open("sqlite", fileURL(file, "mode=ro"))
}

// checkBackup says whether a file is a whole database of ours, of a version that this program
// knows.
func checkBackup(ctx context.Context, file string) error {
	db, err := openPlain(file)
	if err != nil {
		return err
	}
	defer db.Close()
	var verdict string
	if err := db.QueryRowContext(ctx, `PRAGMA integrity_check(1)`).Scan(&verdict); err != nil {
		return liteError(err)
	}
	if verdict != "ok" {
		return fmt.Errorf("the file is damaged: %s", verdict)
	}
	p, err := provider(goose.DialectSQLite3, db)
	if err != nil {
		return err
	}
	// a file without a table of versions is not ours, and mode=ro keeps it from being made
	_, want, err := p.GetVersions(ctx)
	if err != nil {
		return errors.New("not a backup of this program")
	}
	have, err := p.GetDBVersion(ctx)
	if err != nil {
		return err
	}
	return known(have, want)
}

// syncFile makes a file durable.
func syncFile(name string) error {
	f, err := os.OpenFile(name, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
