// Package api serves fourwave over HTTP: openapi.yaml is its contract, and every request is held
// to it before a handler sees it. It is the only package that knows echo.
//
// It decides nothing about TCP. It renders what packages lab, fsm and quiz say, in English or
// Chinese, and turns their errors into problem details (RFC 9457) in one place, errors.go.
//
// # What one can rely on
//
// Everything is bounded: the octets of a body, the time of a request, the streams open at once, the
// idempotency keys remembered. A request whose Host is not a name of this server is refused (a
// foreign name that resolves to the loopback address must not drive real sockets), and so is one
// that another site's page sends.
package api
