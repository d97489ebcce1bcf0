package api

import (
	"context"
	"crypto/sha256"
	"sync"
	"time"
)

// Bounds on the idempotency keys remembered.
const (
	maxKeys = 1000
	keyTime = time.Hour
)

// keys remembers which lab an Idempotency-Key made, so that a caller who never saw the answer
// may ask again.
type keys struct {
	mu    sync.Mutex
	byKey map[string]*keyed
	order []*keyed // oldest first
}

// keyed is what became of one key. lab is set before made is closed, and "" if nothing was made.
type keyed struct {
	key  string
	sum  [sha256.Size]byte // of the request
	at   time.Time
	made chan struct{}
	lab  string
}

func newKeys() *keys { return &keys{byKey: make(map[string]*keyed)} }

// once calls create for the first request with that key, and gives the others the id that it made.
// A create that fails leaves the key free. An empty key is never the same as another.
func (k *keys) once(ctx context.Context, key string, sum [sha256.Size]byte, create func() (string, error)) (id string, replayed bool, err error) {
	if key == "" {
		id, err = create()
		return id, false, err
	}
	for {
		e, first := k.claim(key, sum)
		if first {
			defer close(e.made)
			if id, err = create(); err != nil {
				k.free(e)
			}
			e.lab = id
			return id, false, err
		}
		if e.sum != sum {
			return "", false, problem(keyReusedKind, "")
		}
		select {
		case <-e.made:
		case <-ctx.Done():
			return "", false, ctx.Err()
		}
		if e.lab != "" {
			return e.lab, true, nil
		}
	}
}

// claim finds the entry of a key, or makes it; first says that the caller has to fill it.
func (k *keys) claim(key string, sum [sha256.Size]byte) (e *keyed, first bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	now := time.Now()
	for len(k.order) > 0 && now.Sub(k.order[0].at) >= keyTime {
		k.drop(k.order[0])
	}
	if e := k.byKey[key]; e != nil {
		return e, false
	}
	if len(k.order) >= maxKeys {
		k.drop(k.order[0])
	}
	e = &keyed{key: key, sum: sum, at: now, made: make(chan struct{})}
	k.byKey[key] = e
	k.order = append(k.order, e)
	return e, true
}

func (k *keys) free(e *keyed) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.drop(e)
}

// forget frees the key that made a lab, which is gone.
func (k *keys) forget(lab string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, e := range k.order {
		select {
		case <-e.made:
			if e.lab == lab {
				k.drop(e)
				return
			}
		default:
		}
	}
}

func (k *keys) drop(e *keyed) {
	if k.byKey[e.key] == e {
		delete(k.byKey, e.key)
	}
	for i, o := range k.order {
		if o == e {
			k.order = append(k.order[:i], k.order[i+1:]...)
			return
		}
	}
}
