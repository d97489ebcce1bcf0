package api

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"
)

// maxWait is the longest that Prefer: wait=N holds an answer.
const maxWait = 120 * time.Second

// preferredWait reads "Prefer: wait=N" (RFC 7240 §4.3). ok is false when the caller has no such
// wish or says it wrongly: the RFC wants a preference that is not understood to be ignored.
func preferredWait(h http.Header) (d time.Duration, ok bool) {
	for _, line := range h.Values("Prefer") {
		for wish := range strings.SplitSeq(line, ",") {
			name, value, _ := strings.Cut(wish, "=")
			if !strings.EqualFold(strings.TrimSpace(name), "wait") {
				continue
			}
			n, err := strconv.ParseUint(strings.Trim(strings.TrimSpace(value), `"`), 10, 32)
			if err != nil {
				return 0, false
			}
			return min(time.Duration(n)*time.Second, maxWait), true
		}
	}
	return 0, false
}

// awaitAll holds the answer, if the caller prefers so, until nothing is left to wait for, the time
// has passed or nobody listens any more. next gives the channel to wait on, which is closed when it
// is time to ask again, and nil when the answer is complete. Call it before the answer's first
// octet.
func (s *Server) awaitAll(c echo.Context, next func() <-chan struct{}) {
	d, ok := preferredWait(c.Request().Header)
	if !ok {
		return
	}
	c.Response().Header().Set("Preference-Applied", fmt.Sprintf("wait=%d", int(d.Seconds())))
	timer := time.NewTimer(d)
	defer timer.Stop()
	for ready := next(); ready != nil; ready = next() {
		select {
		case <-ready:
		case <-timer.C:
			return
		case <-c.Request().Context().Done():
			return
		case <-s.closing:
			return
		}
	}
}
