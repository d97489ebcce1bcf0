package api

import (
	"net/http"
	"net/url"
	"time"

	"github.com/labstack/echo/v4"

	"fourwave/web"
)

// loginView is what the login's page is written from.
type loginView struct {
	Lang  string
	Wrong bool // the token that was sent is not the server's
	Open  bool // the server asks for none
}

// Say is a word of the page.
func (v loginView) Say(word string) string { return plainWords[word].in(v.Lang) }

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
	v := loginView{langOf(c), wrong, s.Token == ""}
	body, err := writePlain("login.html", v)
	if err != nil {
		return err
	}
	setLanguage(c)
	c.Response().Header().Set("Cache-Control", "no-store")
	page := web.Document{Lang: langOf(c), Title: v.Say("login") + " · fourwave 四次挥手", Body: body}
	web.Write(status, page).ServeHTTP(c.Response(), c.Request())
	return nil
}
