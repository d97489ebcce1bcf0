//go:build !linux

package guest

import (
	"context"
	"io"

	"fourwave/realsock"
)

type spawner struct{}

// Close has nothing to do.
func (s *Store) Close() {}

// Guest is one kernel as a launcher. It needs Linux.
type Guest struct {
	store  *Store
	kernel *Kernel
}

// Launch says that it cannot.
func (g *Guest) Launch(context.Context, realsock.Role) (io.ReadWriteCloser, func() error, error) {
	_, err := g.store.qemu()
	return nil, nil, err
}

// Prepare says that it cannot.
func (s *Store) Prepare(context.Context, *Kernel, func(string)) error {
	_, err := s.qemu()
	return err
}
