package store

import (
	"context"
	"errors"
	"fmt"
)

// errBrowser is why a browser keeps nothing: the databases need files or sockets.
var errBrowser = errors.New("a browser has only :memory:")

func openSQLite(context.Context, string) (Store, error) {
	return nil, fmt.Errorf("%w: %w", ErrUnavailable, errBrowser)
}

func openPostgres(context.Context, string) (Store, error) {
	return nil, fmt.Errorf("%w: %w", ErrUnavailable, errBrowser)
}
