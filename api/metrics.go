package api

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"time"

	vm "github.com/VictoriaMetrics/metrics"
	"github.com/labstack/echo/v4"

	"fourwave/store"
)

// metrics counts what the server does. Its labels come from short lists, never from a request.
type metrics struct{ set *vm.Set }

func newMetrics(s *Server) *metrics {
	m := &metrics{vm.NewSet()}
	m.set.NewGauge("fourwave_event_streams", func() float64 { return float64(len(s.streams)) })
	m.set.NewGauge("fourwave_store_pending_writes", func() float64 { return float64(storeStats(s).Pending) })
	m.set.NewGauge("fourwave_store_bytes", func() float64 { return float64(storeStats(s).Bytes) })
	return m
}

// storeStats asks the store; while it does not answer, the counters stand at 0 and /readyz says why.
func storeStats(s *Server) store.Stats {
	ctx, cancel := context.WithTimeout(context.Background(), readyTime)
	defer cancel()
	stats, err := s.Store.Stats(ctx)
	if err != nil {
		s.Log.Debug("the store does not tell its size", "err", err)
	}
	return stats
}

var methods = []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodDelete, http.MethodOptions}

// observe counts every request and what it came to, and so has to see its error answered.
func (s *Server) observe(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		start := time.Now()
		if err := next(c); err != nil {
			c.Error(err)
		}
		method, route := c.Request().Method, c.Path()
		if !slices.Contains(methods, method) {
			method = "other"
		}
		if route == "" {
			route = "none"
		}
		s.metrics.set.GetOrCreateCounter(fmt.Sprintf("fourwave_http_requests_total{method=%q,route=%q,status=\"%d\"}",
			method, route, c.Response().Status)).Inc()
		s.metrics.set.GetOrCreateSummary(fmt.Sprintf("fourwave_http_request_seconds{route=%q}", route)).UpdateDuration(start)
		return nil
	}
}

// getMetrics answers GET /metrics.
func (s *Server) getMetrics(c echo.Context) error {
	if s.HideMetrics {
		return problem(notFoundKind, "metrics are served on --debug-listen")
	}
	s.Metrics().ServeHTTP(c.Response(), c.Request())
	return nil
}

// Metrics serves the counters in Prometheus' text format.
func (s *Server) Metrics() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
		s.metrics.set.WritePrometheus(w)
		vm.WriteProcessMetrics(w)
	})
}
