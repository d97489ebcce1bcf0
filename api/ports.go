package api

import (
	"net"
	"net/http"
	"net/netip"
	"strconv"

	"github.com/labstack/echo/v4"

	"fourwave/doctor"
	"fourwave/lab/script"
)

// getPort answers GET /v1/ports/{port}.
func (s *Server) getPort(c echo.Context) error {
	q, err := portQuestion(c)
	if err != nil {
		return err
	}
	r, err := doctor.Examine(c.Request().Context(), q)
	if err != nil {
		return err
	}
	if try := c.QueryParam("try"); try == "true" || try == "1" {
		r.Try()
	}
	r.Hide(mayTell(c))
	return writeJSON(c, http.StatusOK, "application/json", r.Document(langOf(c)))
}

// mayTell says whose command lines the caller may see: all of them with the operator's token or as
// root on this machine, otherwise those of his own user.
func mayTell(c echo.Context) func(uid int) bool {
	if loginOf(c).operator {
		return func(int) bool { return true }
	}
	r := c.Request()
	client, err := netip.ParseAddrPort(r.RemoteAddr)
	local, ok := r.Context().Value(http.LocalAddrContextKey).(*net.TCPAddr)
	if err != nil || !ok || !client.Addr().Unmap().IsLoopback() {
		return func(int) bool { return false }
	}
	user, ok := doctor.UserOf(client, local.AddrPort())
	return func(uid int) bool { return ok && (user == 0 || user == uid) }
}

// portQuestion reads the parameters, which the contract has been held against already but for the
// address.
func portQuestion(c echo.Context) (q doctor.Question, err error) {
	port, err := strconv.ParseUint(c.Param("port"), 10, 16)
	if err != nil || port == 0 {
		return q, badRequest(mistake{Parameter: "port", Detail: "a number from 1 to 65535 is wanted"})
	}
	q = doctor.Question{Port: uint16(port), ReuseAddr: c.QueryParam("reuseaddr") == "true",
		ReusePort: c.QueryParam("reuseport") == "true",
		Protocol:  doctor.Protocol(c.QueryParam("protocol"))}
	if host := c.QueryParam("host"); host != "" {
		if q.Host, err = script.ParseIP(host); err != nil {
			return q, badRequest(mistake{Parameter: "host", Detail: strconv.Quote(
				host) + " is no IPv4 or IPv6 address"})
		}
	}
	return q, nil
}
