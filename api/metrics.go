package api

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	vm "github.com/VictoriaMetrics/metrics"
	"github.com/labstack/echo/v4"

	"fourwave/lab"
	"fourwave/store"
)

// metrics counts what the server does. Its labels come from short lists, never from a request.
type metrics struct{ set *vm.Set }

func newMetrics(s *Server) *metrics {
	m := &metrics{vm.NewSet()}
	m.set.NewGauge("fourwave_event_streams", func() float64 { return float64(s.streams.len()) })
	m.set.NewGauge("fourwave_store_pending_writes", func() float64 { return float64(storeStats(s).Pending) })
	m.set.NewGauge("fourwave_store_bytes", func() float64 { return float64(storeStats(s).Bytes) })
	m.set.NewGauge("fourwave_labs", func() float64 { return float64(s.Labs.Stats().Kept) })
	m.set.NewGauge("fourwave_labs_running", func() float64 { return float64(s.Labs.Stats().Running) })
	m.set.NewGauge("fourwave_labs_waiting", func() float64 { return float64(s.Labs.Stats().Waiting) })
	return m
}

// writeLabs writes what the labs have come to: worlds by outcome, steps by verdict.
func (s *Server) writeLabs(w io.Writer) {
	stats := s.Labs.Stats()
	for _, o := range slices.SortedFunc(maps.Keys(stats.Worlds), func(a, b lab.Outcome) int {
		return cmp.Or(strings.Compare(a.World, b.World), strings.Compare(string(a.Status), string(b.Status)))
	}) {
		vm.WriteCounterUint64(w, fmt.Sprintf("fourwave_lab_worlds_total{world=%q,outcome=%q}", o.World, o.Status),
			stats.Worlds[o])
	}
	for _, v := range slices.Sorted(maps.Keys(stats.Verdicts)) {
		vm.WriteCounterUint64(w, fmt.Sprintf("fourwave_lab_steps_total{verdict=%q}", v), stats.Verdicts[v])
	}
}

// storeStats asks the store; while it does not answer, the counters stand at 0 and /readyz says
// why.
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
		s.metrics.set.GetOrCreateSummary(fmt.Sprintf("fourwave_http_request_seconds{route=%q}", route)).UpdateDuration(
			start)
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
		s.writeLabs(w)
		vm.WriteProcessMetrics(w)
	})
}
