package api

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"time"

	"github.com/labstack/echo/v4"

	"fourwave/store"
)

// Store is what the interface keeps by itself: answers that an Idempotency-Key asks for again.
type Store interface {
	Update(ctx context.Context, f func(store.Tx) error) error
	View(ctx context.Context, f func(store.Tx) error) error
	Check(ctx context.Context) error
	Stats(ctx context.Context) (store.Stats, error)
}

const (
	onceTime  = 24 * time.Hour         // an answer is kept for
	onceStale = time.Minute            // after which a request that never ended is taken to be lost
	oncePoll  = 100 * time.Millisecond // while the first request is under way
)

// once makes a request with an Idempotency-Key have its effect once, also across restarts: the same
// key and body get the first answer again, another body is refused. What is kept is sealed with the
// key itself, which the server forgets, since an answer may have a secret in it.
func (s *Server) once(c echo.Context, do func() (status int, v any, err error)) error {
	key := c.Request().Header.Get("Idempotency-Key")
	if key == "" {
		status, v, err := do()
		if err != nil {
			return err
		}
		return private(c, status, v)
	}
	row := keyOf(c, key, c.Request().URL.RawQuery, string(bodyOf(c)))
	first, err := s.claim(c.Request().Context(), row)
	if err != nil {
		return err
	}
	if !first {
		return s.replay(c, key, row)
	}
	status, v, err := do()
	if err == nil {
		err = s.remember(c, key, row, status, v)
	}
	if err != nil {
		s.free(c.Request().Context(), row)
		return err
	}
	return private(c, status, v)
}

// keyOf is the row of an Idempotency-Key, which counts for a call and for who makes it, and of the
// request that it stands for.
func keyOf(c echo.Context, key string, request ...string) *store.Key {
	return &store.Key{Hash: digest(c.Path(), key, bearer(c), loginOf(c).session), Body: digest(request...)}
}

// free lets a key be used again. Where that cannot be written, the key is free when it is stale.
func (s *Server) free(ctx context.Context, row *store.Key) {
	err := s.Store.Update(context.WithoutCancel(ctx), func(tx store.Tx) error { return tx.DeleteKey(row.Hash) })
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		s.Log.Warn("an idempotency key is still taken", "err", err)
	}
}

func digest(parts ...string) string {
	h := sha256.New()
	for _, p := range parts {
		sum := sha256.Sum256([]byte(p))
		h.Write(sum[:])
	}
	return hex.EncodeToString(h.Sum(nil))
}

// claim says whether this is the first request with its key. If it is not, row gets what is kept.
func (s *Server) claim(ctx context.Context, row *store.Key) (first bool, err error) {
	want := row.Body
	for {
		err := s.Store.Update(ctx, func(tx store.Tx) error {
			now := time.Now()
			if _, err := tx.DeleteKeysBefore(now.Add(-onceTime)); err != nil {
				return err
			}
			row.At, row.Body, row.Status = now, want, 0
			err := tx.AddKey(row)
			first = err == nil
			if !errors.Is(err, store.ErrExists) {
				return err
			}
			kept, err := tx.Key(row.Hash)
			if err != nil {
				return err
			}
			if kept.Status == 0 && now.Sub(kept.At) > onceStale && kept.Body == want {
				first = true
				return tx.SetKey(row)
			}
			*row = *kept
			return nil
		})
		switch {
		case err != nil || first:
			return first, err
		case row.Body != want:
			return false, problem(keyReusedKind, "")
		case row.Status != 0:
			return false, nil
		}
		select {
		case <-time.After(oncePoll):
		case <-ctx.Done():
			return false, ctx.Err()
		}
	}
}

// sealed is an answer as it is kept.
type sealed struct {
	Header map[string]string
	Body   json.RawMessage
}

// keptHeaders are those that belong to an answer.
var keptHeaders = []string{"Location", "ETag"}

func (s *Server) remember(c echo.Context, key string, row *store.Key, status int, v any) error {
	body, err := encode(v)
	if err != nil {
		return err
	}
	kept := sealed{Header: map[string]string{}, Body: body}
	for _, name := range keptHeaders {
		if value := c.Response().Header().Get(name); value != "" {
			kept.Header[name] = value
		}
	}
	text, err := json.Marshal(kept)
	if err != nil {
		return err
	}
	row.Status, row.Answer = status, seal(key, text)
	return s.Store.Update(c.Request().Context(), func(tx store.Tx) error { return tx.SetKey(row) })
}

func (s *Server) replay(c echo.Context, key string, row *store.Key) error {
	text, err := unseal(key, row.Answer)
	if err != nil {
		return err
	}
	var kept sealed
	if err := json.Unmarshal(text, &kept); err != nil {
		return err
	}
	for name, value := range kept.Header {
		c.Response().Header().Set(name, value)
	}
	c.Response().Header().Set("Idempotent-Replayed", "true")
	c.Response().Header().Set("Cache-Control", "no-store")
	return c.Blob(row.Status, "application/json", append(kept.Body, '\n'))
}

// seal encrypts with AES-256-GCM under a key that only the caller knows.
func seal(key string, text []byte) []byte {
	gcm := sealer(key)
	nonce := make([]byte, gcm.NonceSize())
	rand.Read(nonce)
	return gcm.Seal(nonce, nonce, text, nil)
}

func unseal(key string, sealed []byte) ([]byte, error) {
	gcm := sealer(key)
	if len(sealed) < gcm.NonceSize() {
		return nil, errors.New("api: a kept answer is too short")
	}
	return gcm.Open(nil, sealed[:gcm.NonceSize()], sealed[gcm.NonceSize():], nil)
}

func sealer(key string) cipher.AEAD {
	sum := sha256.Sum256([]byte("fourwave answer\x00" + key))
	block, err := aes.NewCipher(sum[:])
	if err != nil {
		panic("BUG: " + err.Error())
	}
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		panic("BUG: " + err.Error())
	}
	return gcm
}

// isTeacher says whether the request may make quizzes.
func (s *Server) isTeacher(c echo.Context) bool {
	return s.TeacherPassword == "" || loginOf(c).operator || equal(bearer(c), s.TeacherPassword)
}
