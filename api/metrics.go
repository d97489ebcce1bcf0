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
)

// metrics counts what the server does. Its labels come from short lists, never from a request.
type metrics struct{ set *vm.Set }

func newMetrics(s *Server) *metrics {
	m := &metrics{vm.NewSet()}
	m.set.NewGauge("fourwave_event_streams", func() float64 { return float64(s.streams.len()) })
	return m
}

// writeLabs writes how many labs there are and what they have come to: worlds by outcome, steps by
// verdict.
func (s *Server) writeLabs(w io.Writer) {
	stats := s.Labs.Stats()
	vm.WriteGaugeUint64(w, "fourwave_labs", uint64(stats.Kept))
	vm.WriteGaugeUint64(w, "fourwave_labs_running", uint64(stats.Running))
	vm.WriteGaugeUint64(w, "fourwave_labs_waiting", uint64(stats.Waiting))
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

// writeStore writes what the store says of itself; while it does not answer, the gauges stand at 0
// and /readyz says why.
func (s *Server) writeStore(w io.Writer) {
	ctx, cancel := context.WithTimeout(context.Background(), readyTime)
	defer cancel()
	stats, err := s.Store.Stats(ctx)
	if err != nil {
		s.Log.Debug("the store does not tell its size", "err", err)
	}
	vm.WriteGaugeUint64(w, "fourwave_store_pending_writes", uint64(stats.Pending))
	vm.WriteGaugeUint64(w, "fourwave_store_bytes", uint64(stats.Bytes))
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
		s.writeStore(w)
		vm.WriteProcessMetrics(w)
	})
}
