package api

import (
	"net/http"
	"net/url"
	"time"

	"github.com/labstack/echo/v4"
)

// plainLogin is what the template of the login's page shows.
type plainLogin struct {
	plainFrame
	Wrong bool // the token that was sent is not the server's
	Open  bool // the server asks for none
}

// getLogin answers GET /login: where a browser gets a session for the token.
func (s *Server) getLogin(c echo.Context) error { return s.sendLogin(c, http.StatusOK, false) }

// logIn answers POST /login, the form's.
func (s *Server) logIn(c echo.Context) error {
	form, err := url.ParseQuery(string(bodyOf(c)))
	if err != nil {
		return badRequest(mistake{Detail: "body: " + err.Error()})
	}
	if s.Token == "" || !equal(form.Get("token"), s.Token) {
		return s.sendLogin(c, http.StatusUnauthorized, true)
	}
	s.setSession(c, s.newSession(time.Now()), int(sessionTime.Seconds()))
	return c.Redirect(http.StatusSeeOther, "/")
}

// logOut answers POST /logout: the browser forgets its session.
func (s *Server) logOut(c echo.Context) error {
	s.setSession(c, "", -1)
	return c.Redirect(http.StatusSeeOther, "/login")
}

func (s *Server) setSession(c echo.Context, value string, age int) {
	c.SetCookie(&http.Cookie{
		Name: sessionCookie, Value: value, Path: "/", MaxAge: age,
		HttpOnly: true, SameSite: http.SameSiteStrictMode, Secure: c.Request().TLS != nil,
	})
}

func (s *Server) sendLogin(c echo.Context, status int, wrong bool) error {
	chooseByQuery(c)
	frame := plainFrame{Lang: langOf(c)}
	c.Response().Header().Set("Cache-Control", "no-store")
	return sendPage(c, status, "login.html", frame.Say("login"), plainLogin{frame, wrong, s.Token == ""})
}
