package api

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"fourwave/api/doc"
	"fourwave/lab"
)

// encode is the JSON of a document.
func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	err := doc.Write(&b, v)
	return b.Bytes(), err
}

// decode reads the request's body, which the contract has been held against already.
func decode(c echo.Context, v any) error {
	dec := json.NewDecoder(bytes.NewReader(bodyOf(c)))
	dec.DisallowUnknownFields()
	if err := dec.Decode(v); err != nil {
		return badRequest(mistake{Detail: "body: " + jsonReason(err)})
	}
	return nil
}

// writeJSON answers with v, in the request's language.
func writeJSON(c echo.Context, status int, media string, v any) error {
	body, err := encode(v)
	if err != nil {
		return err
	}
	setLanguage(c)
	return c.Blob(status, media, body)
}

// answer is writeJSON with an ETag that changes when the answer does.
func answer(c echo.Context, status int, v any) error {
	body, err := encode(v)
	if err != nil {
		return err
	}
	setLanguage(c)
	return tagged(c, status, "application/json", body)
}

// answerLab answers with a lab's document.
func (s *Server) answerLab(c echo.Context, status int, l *lab.Lab) error {
	body, tag, err := s.labAnswer(l, langOf(c))
	if err != nil {
		return err
	}
	setLanguage(c)
	return taggedAs(c, status, "application/json", body, tag)
}

// tagged answers with an ETag, or with 304 where the caller has that answer already.
func tagged(c echo.Context, status int, media string, body []byte) error {
	return taggedAs(c, status, media, body, etag(body))
}

func taggedAs(c echo.Context, status int, media string, body []byte, tag string) error {
	c.Response().Header().Set("ETag", tag)
	if status == http.StatusOK && sameTag(c.Request().Header.Get("If-None-Match"), tag) {
		return c.NoContent(http.StatusNotModified)
	}
	return c.Blob(status, media, body)
}

func etag(body []byte) string {
	sum := sha256.Sum256(body)
	return `"` + base64.RawURLEncoding.EncodeToString(sum[:12]) + `"`
}

// sameTag is the weak comparison of RFC 9110 §13.1.2 over an If-None-Match list.
func sameTag(list, tag string) bool {
	for t := range strings.SplitSeq(list, ",") {
		if t = strings.TrimSpace(t); t == "*" || strings.TrimPrefix(t, "W/") == tag {
			return true
		}
	}
	return false
}
