package api

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"fourwave/api/doc"
	"fourwave/store"
)

// getHealth answers GET /healthz: the process is alive.
func (s *Server) getHealth(c echo.Context) error {
	return writeJSON(c, http.StatusOK, "application/json", doc.Health{Status: "ok"})
}

// readyTime bounds the write by which the store shows that it takes some.
const readyTime = 2 * time.Second

// getReadiness answers GET /readyz: the server takes work, and what it acknowledges is kept.
func (s *Server) getReadiness(c echo.Context) error {
	select {
	case <-s.closing:
		return problem(closingKind, "")
	default:
	}
	ctx, cancel := context.WithTimeout(c.Request().Context(), readyTime)
	defer cancel()
	if err := s.Store.Check(ctx); err != nil {
		return fmt.Errorf("%w: %w", store.ErrUnavailable, err)
	}
	return writeJSON(c, http.StatusOK, "application/json", doc.Health{Status: "ok"})
}
