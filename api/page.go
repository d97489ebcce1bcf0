package api

import (
	"net/http"

	"github.com/labstack/echo/v4"
)

// getPage answers for the page and its files. A file that does not exist is a problem like any
// other.
func (s *Server) getPage(c echo.Context) error {
	w := &noNotFound{ResponseWriter: c.Response()}
	s.Page.ServeHTTP(w, c.Request())
	if w.missing {
		c.Response().Header().Del("Content-Type")
		return echo.ErrNotFound
	}
	return nil
}

// noNotFound keeps back an answer of 404.
type noNotFound struct {
	http.ResponseWriter
	missing bool
}

// WriteHeader implements http.ResponseWriter.
func (w *noNotFound) WriteHeader(status int) {
	if status == http.StatusNotFound {
		w.missing = true
		return
	}
	w.ResponseWriter.WriteHeader(status)
}

// Write implements http.ResponseWriter.
func (w *noNotFound) Write(b []byte) (int, error) {
	if w.missing {
		return len(b), nil
	}
	return w.ResponseWriter.Write(b)
}
