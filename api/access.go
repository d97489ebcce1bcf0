package api

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/binary"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"fourwave/lab"
)

// sessionCookie carries what a browser got for the token: an event stream cannot send headers.
const (
	sessionCookie = "fourwave_session"
	sessionTime   = 30 * 24 * time.Hour
)

// login is who sends a request to a server that asks for a token.
type login struct {
	operator bool   // holds the token, in a header or by a session
	session  string // which session; "" for the token itself, whose holder sees what all have made
}

const loginKey = "api.login"

// loginOf is who sends this request; the zero login where the server asks for no token.
func loginOf(c echo.Context) login {
	l, _ := c.Get(loginKey).(login)
	return l
}

// admit refuses what needs the operator's token to those who have none. Without a token everything
// is open.
func (s *Server) admit(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if s.Token == "" {
			return next(c)
		}
		l := s.whoIs(c)
		c.Set(loginKey, l)
		if !l.operator && !s.isFree(c.Request().Method, c.Request().URL.Path, bearer(c)) {
			return problem(loginKind, "")
		}
		return next(c)
	}
}

// freePaths are what anybody may fetch: the page's files, the texts, and whether the server lives.
// A path that ends in a slash stands for all below it.
var freePaths = []string{
	"/", "/favicon.ico", "/static/", "/login", "/experiments/", "/guide/", "/docs", "/docs/", "/openapi.yaml",
	"/problems/",
	"/healthz", "/readyz",
}

// isFree reports whether a call needs no token of the operator's. What a teacher's key and a
// student's secret are for is for package class to say.
func (s *Server) isFree(method, path, secret string) bool {
	if slices.ContainsFunc(freePaths, func(p string) bool {
		return path == p || p != "/" && strings.HasSuffix(p, "/") && strings.HasPrefix(path, p)
	}) {
		return true
	}
	if path == "/v1/quizzes" { // whose password is asked for there
		return s.TeacherPassword != "" && equal(secret, s.TeacherPassword)
	}
	ofClass := strings.HasPrefix(path, "/v1/quizzes/") || strings.HasPrefix(path, "/v1/attempts/")
	if ofClass && (strings.HasPrefix(secret, "fwt_") || strings.HasPrefix(secret, "fws_")) {
		return true
	}
	return method == http.MethodPost && strings.HasPrefix(path, "/v1/quizzes/") && strings.HasSuffix(path, "/attempts")
}

// bearer is the secret of the request (RFC 6750 §2.1), or "".
func bearer(c echo.Context) string {
	secret, _ := bearerOf(c)
	return secret
}

// bearerOf is bearer; sent is false if the request has no such header.
func bearerOf(c echo.Context) (secret string, sent bool) {
	scheme, secret, _ := strings.Cut(c.Request().Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return "", false
	}
	return strings.TrimSpace(secret), true
}

// whoIs reads the token of a request, or its session.
func (s *Server) whoIs(c echo.Context) login {
	if secret, sent := bearerOf(c); sent {
		return login{operator: equal(secret, s.Token)}
	}
	cookie, err := c.Request().Cookie(sessionCookie)
	if err != nil {
		return login{}
	}
	id, ok := s.readSession(cookie.Value, time.Now())
	return login{ok, id}
}

// equal compares secrets in a time that does not tell where they differ.
func equal(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

// A session is its random id and its end in seconds, with a code over both by the token: the server
// keeps nothing of it, it outlives a restart, and another token ends all of them.
const (
	sessionID   = 16 // octets
	sessionBody = sessionID + 8
)

func (s *Server) newSession(now time.Time) string {
	b := make([]byte, sessionBody, sessionBody+sha256.Size)
	rand.Read(b[:sessionID])
	binary.BigEndian.PutUint64(b[sessionID:], uint64(now.Add(sessionTime).Unix()))
	return base64.RawURLEncoding.EncodeToString(s.sign(b))
}

// sign appends the code to a session's id and end.
func (s *Server) sign(b []byte) []byte {
	mac := hmac.New(sha256.New, []byte("fourwave session "+s.Token))
	mac.Write(b)
	return mac.Sum(b)
}

// readSession gives the id of a session that this server has given out and that has not ended.
func (s *Server) readSession(value string, now time.Time) (id string, ok bool) {
	b, err := base64.RawURLEncoding.DecodeString(value)
	if err != nil || len(b) != sessionBody+sha256.Size {
		return "", false
	}
	body := b[:sessionBody:sessionBody]
	if !hmac.Equal(s.sign(body), b) || now.Unix() >= int64(binary.BigEndian.Uint64(body[sessionID:])) {
		return "", false
	}
	return base64.RawURLEncoding.EncodeToString(body[:sessionID]), true
}

// lab finds a lab that is the caller's to see; lab.ErrNotFound also for another login's.
func (s *Server) lab(c echo.Context) (*lab.Lab, error) {
	l, err := s.Labs.Get(c.Param("lab_id"))
	if err != nil {
		return nil, err
	}
	if who := loginOf(c); who.session != "" && who.session != l.Owner() {
		return nil, lab.ErrNotFound
	}
	return l, nil
}
