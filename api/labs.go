package api

import (
	"context"
	"encoding/base64"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"fourwave/api/doc"
	"fourwave/lab"
	"fourwave/store"
)

const defaultPage = 20 // labs

// createLab answers POST /v1/labs.
func (s *Server) createLab(c echo.Context) error {
	spec, err := labSpec(c)
	if err != nil {
		return err
	}
	l, replayed, err := s.makeLab(c, spec)
	if err != nil {
		return s.locate(err, spec, isPlain(c))
	}
	if replayed {
		c.Response().Header().Set("Idempotent-Replayed", "true")
	}
	s.awaitLab(c, l)
	c.Response().Header().Set("Location", "/v1/labs/"+l.ID())
	return s.answerLab(c, http.StatusCreated, l)
}

// labSpec reads what lab to make from either kind of body.
func labSpec(c echo.Context) (lab.Spec, error) {
	worlds := c.QueryParam("worlds")
	if isPlain(c) {
		spec := lab.Spec{Script: string(bodyOf(c)), Owner: loginOf(c).session, Client: labClient(c)}
		if worlds != "" {
			spec.Worlds = strings.Split(worlds, ",")
		}
		return spec, nil
	}
	if worlds != "" {
		return lab.Spec{}, wrongAt(unprocessableKind, mistake{Parameter: "worlds",
			Detail: "a JSON body says its worlds itself"})
	}
	var in doc.LabRequest
	err := decode(c, &in)
	return lab.Spec{Experiment: in.Experiment, Script: in.Script, Worlds: in.Worlds, Live: in.Live,
		Owner: loginOf(c).session, Client: labClient(c)}, err
}

func isPlain(c echo.Context) bool {
	return strings.HasPrefix(strings.ToLower(c.Request().Header.Get("Content-Type")), "text/plain")
}

// makeLab makes the lab, or finds the one that the same Idempotency-Key made before.
func (s *Server) makeLab(c echo.Context, spec lab.Spec) (l *lab.Lab, replayed bool, err error) {
	r := c.Request()
	key := r.Header.Get("Idempotency-Key")
	if key == "" {
		l, err = s.Labs.Create(spec)
		return l, false, err
	}
	row := keyOf(c, key, r.URL.RawQuery, strconv.FormatBool(isPlain(c)), string(bodyOf(c)))
	for {
		first, err := s.claim(r.Context(), row)
		if err != nil {
			return nil, false, err
		}
		if first {
			l, err = s.firstLab(r.Context(), row, spec)
			return l, false, err
		}
		if l, err = s.Labs.Get(string(row.Answer)); !errors.Is(err, lab.ErrNotFound) {
			return l, true, err
		}
		s.free(r.Context(), row) // the lab is gone, so the key may make another
	}
}

// firstLab makes the lab of a key that is used for the first time.
func (s *Server) firstLab(ctx context.Context, row *store.Key, spec lab.Spec) (*lab.Lab, error) {
	l, err := s.Labs.Create(spec)
	if err != nil {
		s.free(ctx, row)
		return nil, err
	}
	row.Status, row.Answer = http.StatusCreated, []byte(l.ID())
	if err := s.Store.Update(ctx, func(tx store.Tx) error { return tx.SetKey(row) }); err != nil {
		_ = s.Labs.Delete(l.ID()) // nobody hears of it
		s.free(ctx, row)
		return nil, err
	}
	return l, nil
}

// locate adds to an error of lab the place in the request that it is about.
func (s *Server) locate(err error, spec lab.Spec, plain bool) error {
	switch {
	case errors.Is(err, lab.ErrSpec):
		return wrongAt(unprocessableKind, mistake{Pointer: "/script", Detail: err.Error()})
	case errors.Is(err, lab.ErrExperiment):
		return wrongAt(unknownExperimentKind, mistake{Pointer: "/experiment", Detail: err.Error()})
	case errors.Is(err, lab.ErrWorld) && plain:
		return wrongAt(unknownWorldKind, mistake{Parameter: "worlds", Detail: err.Error()})
	case errors.Is(err, lab.ErrWorld):
		return wrongAt(unknownWorldKind, mistake{Pointer: "/worlds" + s.unknownWorld(spec.Worlds), Detail: err.Error()})
	}
	return err
}

// unknownWorld points to the first world that is none of those known.
func (s *Server) unknownWorld(names []string) string {
	i := slices.IndexFunc(names, func(name string) bool {
		_, ok := s.Labs.Registry().Find(name)
		return !ok
	})
	if i < 0 {
		return ""
	}
	return pointer(strconv.Itoa(i))
}

// listLabs answers GET /v1/labs.
func (s *Server) listLabs(c echo.Context) error {
	after, err := pageToken(c)
	if err != nil {
		return err
	}
	n := defaultPage
	if size := c.QueryParam("page_size"); size != "" {
		n, _ = strconv.Atoi(size) // the contract has it between 1 and 100
	}
	labs := s.Labs.List(loginOf(c).session, after, n+1)
	page := doc.LabList{Items: doc.Each(labs[:min(n, len(labs))], labEntry)}
	if len(labs) > n {
		page.Next = base64.RawURLEncoding.EncodeToString([]byte(labs[n-1].ID()))
	}
	return writeJSON(c, http.StatusOK, "application/json", page)
}

func labEntry(l *lab.Lab) doc.LabEntry {
	snap := l.Snapshot()
	return snap.Entry()
}

func labDocument(l *lab.Lab, lang string) *doc.Lab {
	snap := l.Snapshot()
	return snap.Document(lang)
}

// pageToken is the id of the last lab of the page before, "" on the first.
func pageToken(c echo.Context) (string, error) {
	token := c.QueryParam("page_token")
	id, err := base64.RawURLEncoding.DecodeString(token)
	if err == nil && token != "" {
		_, err = uuid.ParseBytes(id)
	}
	if err != nil {
		return "", badRequest(mistake{Parameter: "page_token", Detail: "not a token that this server gave"})
	}
	return string(id), nil
}

// getLab answers GET /v1/labs/{lab_id}.
func (s *Server) getLab(c echo.Context) error {
	l, err := s.lab(c)
	if err != nil {
		return err
	}
	return s.answerLab(c, http.StatusOK, l)
}

// deleteLab answers DELETE /v1/labs/{lab_id}.
func (s *Server) deleteLab(c echo.Context) error {
	l, err := s.lab(c)
	if err != nil {
		return err
	}
	if err := s.ifMatch(c, l); err != nil {
		return err
	}
	if err := s.Labs.Delete(l.ID()); err != nil {
		return err
	}
	return c.NoContent(http.StatusNoContent)
}

// ifMatch refuses to change a lab that is no longer as the caller saw it, if he says how that was.
func (s *Server) ifMatch(c echo.Context, l *lab.Lab) error {
	seen := c.Request().Header.Get("If-Match")
	if seen == "" {
		return nil
	}
	_, tag, err := s.labAnswer(l, langOf(c))
	if err == nil && !sameTag(seen, tag) {
		err = problem(changedKind, "")
	}
	return err
}
