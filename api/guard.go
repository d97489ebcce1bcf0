package api

import (
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/labstack/echo/v4"
)

// secure sets the headers that every answer has. The page and the reader bring a policy of their
// own.
func secure(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		h := c.Response().Header()
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cache-Control", "no-cache")
		return next(c)
	}
}

// hurry bounds the time in which an answer must have been read, so that a caller who reads nothing
// holds nothing up. Streams move the bound with every write.
func hurry(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		// test recorders have none
		_ = http.NewResponseController(c.Response()).SetWriteDeadline(time.Now().Add(waiting + soon))
		return next(c)
	}
}

// guard refuses what another site's page can make a browser send: requests that change something
// and come from elsewhere, and requests to a foreign name that resolves to this machine.
func (s *Server) guard(next echo.HandlerFunc) echo.HandlerFunc {
	crossSite := http.NewCrossOriginProtection()
	return func(c echo.Context) error {
		if !s.isOurs(c.Request()) {
			return problem(misdirectedKind, fmt.Sprintf("%.100q is not a name of this server", c.Request().Host))
		}
		if err := crossSite.Check(c.Request()); err != nil {
			return problem(crossSiteKind, err.Error())
		}
		if !sameScheme(c.Request()) {
			return problem(crossSiteKind, fmt.Sprintf("%.100q has another scheme than this server",
				c.Request().Header.Get("Origin")))
		}
		return next(c)
	}
}

// sameScheme reports whether a request comes from a page of this server's own scheme: http://host
// and https://host are two origins, which http.CrossOriginProtection does not tell apart where the
// browser sends an Origin alone.
func sameScheme(r *http.Request) bool {
	scheme, _, ok := strings.Cut(r.Header.Get("Origin"), "://")
	if !ok || r.Header.Get("Sec-Fetch-Site") != "" || r.Method == http.MethodGet || r.Method == http.MethodHead {
		return true
	}
	return strings.EqualFold(scheme, "https") == (r.TLS != nil)
}

// isOurs reports whether the request's Host is a name of this server. A literal address is one if
// the connection was made to it: rebinding needs a name.
func (s *Server) isOurs(r *http.Request) bool {
	host := r.Host
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	host = strings.ToLower(strings.TrimSuffix(strings.Trim(host, "[]"), "."))
	if addr, err := netip.ParseAddr(host); err == nil {
		local, _ := r.Context().Value(http.LocalAddrContextKey).(*net.TCPAddr)
		if addr.IsLoopback() || local != nil && addr.Unmap() == local.AddrPort().Addr().Unmap() {
			return true
		}
	}
	return host == "localhost" || slices.ContainsFunc(s.Hosts, func(h string) bool {
		return strings.EqualFold(h,
			host)
	})
}

// recoverPanic turns a panic into an error, so that one request cannot end the server.
func (s *Server) recoverPanic(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) (err error) {
		defer func() {
			if p := recover(); p == http.ErrAbortHandler { //nolint:errorlint // compared as net/http does
				panic(p)
			} else if p != nil {
				err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
			}
		}()
		return next(c)
	}
}
