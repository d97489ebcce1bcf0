package main

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/spf13/cobra"

	"fourwave/lab"
	"fourwave/store"
)

// keepTime bounds one access to what is kept; behind it the store says that it is unavailable.
const keepTime = 10 * time.Second

// keeper keeps labs in a store.
type keeper struct{ store store.Store }

func (k keeper) update(f func(store.Tx) error) error {
	ctx, cancel := context.WithTimeout(context.Background(), keepTime)
	defer cancel()
	return k.store.Update(ctx, f)
}

func (k keeper) view(f func(store.Tx) error) error {
	ctx, cancel := context.WithTimeout(context.Background(), keepTime)
	defer cancel()
	return k.store.View(ctx, f)
}

// Keep implements [lab.Keeper].
func (k keeper) Keep(l *lab.Kept) error {
	row := &store.Lab{ID: l.ID, Owner: l.Owner, Created: l.Created, Status: string(l.Status), Spec: l.Spec,
		Seen: l.Seen}
	return k.update(func(tx store.Tx) error { return tx.PutLab(row) })
}

// Kept implements [lab.Keeper].
func (k keeper) Kept(id string) (l *lab.Kept, err error) {
	err = k.view(func(tx store.Tx) error {
		row, err := tx.Lab(id)
		if err == nil {
			l = &lab.Kept{ID: row.ID, Owner: row.Owner, Created: row.Created, Status: lab.Status(row.Status),
				Spec: row.Spec, Seen: row.Seen}
		}
		return err
	})
	return l, noLab(err)
}

// noLab turns the store's ErrNotFound into lab's.
func noLab(err error) error {
	if errors.Is(err, store.ErrNotFound) {
		return lab.ErrNotFound
	}
	return err
}

// Forget implements [lab.Keeper].
func (k keeper) Forget(id string) error {
	return noLab(k.update(func(tx store.Tx) error { return tx.DeleteLab(id) }))
}

// Page implements [lab.Keeper].
func (k keeper) Page(owner, after string, n int) (ids []string, err error) {
	err = k.view(func(tx store.Tx) error {
		labs, err := tx.Labs(owner, after, n)
		for _, l := range labs {
			ids = append(ids, l.ID)
		}
		return err
	})
	return ids, err
}

// retention says which labs are removed: the oldest that have ended, until none is too old and
// there are neither too many nor too large ones.
type retention struct {
	age   time.Duration
	count int
	bytes int64
}

func retentionFlags(cmd *cobra.Command, r *retention) {
	cmd.Flags().DurationVar(&r.age, "keep-age", 30*24*time.Hour, "remove labs older than this")
	cmd.Flags().IntVar(&r.count, "keep-labs", 100_000, "remove the oldest labs when there are more")
	cmd.Flags().Int64Var(&r.bytes, "keep-bytes", 2<<30, "remove the oldest labs when all take more bytes")
}

// pruneEvery is how often labs are removed, and pruneMost how many at once.
const (
	pruneEvery = time.Minute
	pruneMost  = 1000
	maxKeys    = 100_000 // idempotency keys; they are forgotten after a day anyway
)

// pruneLoop removes labs until ctx ends.
func (k keeper) pruneLoop(ctx context.Context, r retention, labs *lab.Labs, log *slog.Logger) {
	tick := time.NewTicker(pruneEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
		if _, err := k.prune(r, labs, time.Now()); err != nil {
			log.Warn("old labs are not removed", "err", err)
		}
	}
}

// prune removes labs once and says how many.
func (k keeper) prune(r retention, labs *lab.Labs, now time.Time) (removed int, err error) {
	err = k.update(func(tx store.Tx) error {
		if _, err := tx.DeleteSecretsExpiredBefore(now); err != nil {
			return err
		}
		_, err := tx.TrimKeys(maxKeys)
		return err
	})
	if err != nil {
		return 0, err
	}
	var doomed []string
	err = k.view(func(tx store.Tx) error {
		n, bytes, err := tx.LabTotals("")
		if err != nil {
			return err
		}
		oldest, err := tx.OldestLabs(pruneMost)
		for _, l := range oldest {
			if now.Sub(l.Created) <= r.age && n <= r.count && bytes <= r.bytes {
				break
			}
			doomed = append(doomed, l.ID)
			n, bytes = n-1, bytes-l.Bytes
		}
		return err
	})
	for _, id := range doomed {
		if err := labs.Delete(id); err != nil && !errors.Is(err, lab.ErrNotFound) {
			return removed, err
		}
		removed++
	}
	return removed, err
}
