package api

import (
	"bytes"
	"errors"
	"net/http"
	"strconv"

	"github.com/labstack/echo/v4"

	"fourwave/doctor"
	"fourwave/doctor/paste"
)

// readTable answers POST /v1/tables.
func (s *Server) readTable(c echo.Context) error {
	port, err := strconv.ParseUint(c.QueryParam("port"), 10, 16)
	if c.QueryParam("port") != "" && (err != nil || port == 0) {
		return badRequest(mistake{Parameter: "port", Detail: "a number from 1 to 65535 is wanted"})
	}
	t, err := doctor.ReadTable(bytes.NewReader(bodyOf(c)), paste.System(c.QueryParam("system")), uint16(port))
	if errors.Is(err, paste.ErrTooLarge) {
		return problem(tooLargeKind, err.Error())
	} else if err != nil {
		return err
	}
	return writeJSON(c, http.StatusOK, "application/json", t.Document(langOf(c)))
}

// listPorts answers GET /v1/ports.
func (s *Server) listPorts(c echo.Context) error {
	o, err := doctor.Machine(c.Request().Context())
	if err != nil {
		return err
	}
	f := doctor.Filter{Process: c.QueryParam("process"), State: c.QueryParam("state"), To: c.QueryParam("to")}
	return writeJSON(c, http.StatusOK, "application/json", o.Document(langOf(c), f))
}
