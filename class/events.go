package class

import (
	"context"
	"encoding/json"
	"errors"
	"slices"

	"fourwave/api/doc"
	"fourwave/store"
)

// shownToStudents are the kinds of events that a student gets; those that name an attempt, only of
// their own.
var shownToStudents = []string{"live", "time", "withdrawn"}

// ID finds a quiz's id by its id or its code. ErrNotFound.
func (c *Class) ID(ctx context.Context, name string) (id string, err error) {
	err = c.Store.View(ctx, func(tx store.Tx) error {
		q, err := tx.Quiz(name)
		if errors.Is(err, store.ErrNotFound) {
			q, err = tx.QuizByCode(readCode(name))
		}
		if err == nil {
			id = q.ID
		}
		return err
	})
	return id, found(err)
}

// Events lists a quiz's log after an event, to its teacher or to the bearer of the secret of one of
// its attempts, who sees less of it. At most 1,000 at once.
func (c *Class) Events(ctx context.Context, id, secret string, after int64) (out []doc.QuizEvent, err error) {
	out = []doc.QuizEvent{}
	err = c.Store.View(ctx, func(tx store.Tx) error {
		attempt, err := c.listener(tx, id, secret)
		if err != nil {
			return err
		}
		events, err := tx.Events(id, after, maxEvents)
		if err != nil {
			return err
		}
		for _, e := range events {
			if attempt == "" || concerns(e, attempt) {
				out = append(out, doc.QuizEvent{ID: e.Seq, At: e.At, Kind: e.Kind, Body: e.Body})
			}
		}
		return nil
	})
	return out, err
}

// listener says whose secret it is: "" for the teacher, else the attempt's id.
func (c *Class) listener(tx store.Tx, id, secret string) (attempt string, err error) {
	if len(secret) >= len(studentPrefix) && secret[:len(studentPrefix)] == studentPrefix {
		attempts, err := tx.Attempts(id)
		if err != nil {
			return "", err
		}
		for _, a := range attempts {
			if matches(secret, a.SecretHash) {
				return a.ID, nil
			}
		}
		return "", ErrNotFound
	}
	_, _, err = c.teach(tx, id, secret, false)
	return "", err
}

func concerns(e *store.Event, attempt string) bool {
	if !slices.Contains(shownToStudents, e.Kind) {
		return false
	}
	var body struct {
		Attempt string `json:"attempt"`
	}
	return json.Unmarshal(e.Body, &body) == nil && (body.Attempt == "" || body.Attempt == attempt)
}

// Follow gives a channel that receives whenever the quiz's log may have grown, until stop is
// called.
func (c *Class) Follow(id string) (wake <-chan struct{}, stop func()) {
	return c.Store.Watch(topic(id))
}

// Focus notes that a student left the page, in a quiz whose students were told so.
func (c *Class) Focus(ctx context.Context, id, secret string) error {
	return c.Store.Update(ctx, func(tx store.Tx) error {
		q, s, a, err := c.sit(tx, id, secret)
		if err != nil || !s.FocusNoted {
			return err
		}
		return c.event(tx, q.ID, "focus lost", map[string]any{"attempt": a.ID})
	})
}
