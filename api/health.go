package api

import (
	"net/http"

	"github.com/labstack/echo/v4"
)

type health struct {
	Status string `json:"status"`
}

// getHealth answers GET /healthz: the process is alive.
func (s *Server) getHealth(c echo.Context) error {
	return writeJSON(c, http.StatusOK, "application/json", health{"ok"})
}

// getReadiness answers GET /readyz: the server takes work.
func (s *Server) getReadiness(c echo.Context) error {
	select {
	case <-s.closing:
		return problem(closingKind, "")
	default:
		return writeJSON(c, http.StatusOK, "application/json", health{"ok"})
	}
}
