// Package client calls fourwave's HTTP interface, with the documents of package doc.
//
//	c := client.New("http://127.0.0.1:8080")
//	lab, err := c.CreateLab(ctx, &doc.LabRequest{Experiment: "plain-restart", Worlds: []string{"model"}}, time.Minute)
//
// What the server refuses is an *[Error], which has its problem details (RFC 9457). A call that may be
// repeated without harm is, when the server says that it is busy, for as long as its context lasts.
package client

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"fourwave/api/doc"
)

// Client calls one server. Its methods may be called from any goroutine; set its fields before.
type Client struct {
	Base  string       // the server: http://127.0.0.1:8080
	Token string       // the operator's token, a teacher's key or an attempt's secret; "" for none
	Lang  string       // of texts: "en" or "zh"; "" for the server's choice
	Most  int64        // bytes of one answer; 0: 256 MiB
	HTTP  *http.Client // nil: http.DefaultClient
}

// New makes a client of a server.
func New(base string) *Client { return &Client{Base: strings.TrimSuffix(base, "/")} }

// Error is an answer that is none of the good ones.
type Error struct {
	Status  int
	Problem doc.Problem // empty where the answer was no problem details, a proxy's for instance
}

func (e *Error) Error() string {
	if p := e.Problem; p.Detail != "" {
		return fmt.Sprintf("fourwave: %d %s: %s", e.Status, p.Title, p.Detail)
	}
	return fmt.Sprintf("fourwave: %d %s", e.Status, http.StatusText(e.Status))
}

// maxAnswer bounds one answer, in bytes, where the client says nothing: that of a lab with 10,000
// steps is some ten million.
const maxAnswer = 256 << 20

// ErrTooLarge is an answer that is larger than any of this interface's should be.
var ErrTooLarge = errors.New("fourwave: the answer is too large")

// request is one call.
type request struct {
	method string
	path   string
	query  url.Values
	header http.Header
	body   any // a document, or []byte with the media type in header
}

// Call makes a call for which there is no method, once: path is what follows the server's address,
// in the document that is sent, nil for none, and out what the answer is read into, or a *[]byte for
// an answer as it is.
func (c *Client) Call(ctx context.Context, method, path string, in, out any) error {
	r := request{method: method, path: path, body: in}
	if _, raw := out.(*[]byte); raw {
		r.header = http.Header{"Accept": {"*/*"}}
	}
	body, err := r.encode()
	if err != nil {
		return err
	}
	answer, err := c.send(ctx, r, body)
	if err != nil {
		return err
	}
	_, err = c.read(answer, out)
	return err
}

// do makes a call and reads its answer into v, which may be nil, or *[]byte for what is no JSON.
func (c *Client) do(ctx context.Context, r request, v any) error {
	body, err := r.encode()
	if err != nil {
		return err
	}
	for {
		answer, err := c.send(ctx, r, body)
		if err != nil {
			return err
		}
		wait, err := c.read(answer, v)
		if wait == 0 || r.method != http.MethodGet {
			return err
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return errors.Join(err, ctx.Err())
		}
	}
}

func (r *request) encode() ([]byte, error) {
	switch b := r.body.(type) {
	case nil:
		return nil, nil
	case []byte:
		return b, nil
	}
	if r.header == nil {
		r.header = http.Header{}
	}
	r.header.Set("Content-Type", "application/json")
	return json.Marshal(r.body)
}

func (c *Client) send(ctx context.Context, r request, body []byte) (*http.Response, error) {
	at := c.Base + r.path
	if len(r.query) > 0 {
		at += "?" + r.query.Encode()
	}
	q, err := http.NewRequestWithContext(ctx, r.method, at, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	q.Header.Set("Accept", "application/json")
	for name, values := range r.header {
		q.Header[name] = values
	}
	if c.Token != "" {
		q.Header.Set("Authorization", "Bearer "+c.Token)
	}
	if c.Lang != "" {
		q.Header.Set("Accept-Language", c.Lang)
	}
	if c.HTTP != nil {
		return c.HTTP.Do(q)
	}
	return http.DefaultClient.Do(q)
}

// read reads an answer. wait is more than 0 where the server says when to ask again.
func (c *Client) read(answer *http.Response, v any) (wait time.Duration, err error) {
	defer answer.Body.Close()
	most := cmp.Or(c.Most, maxAnswer)
	body, err := io.ReadAll(io.LimitReader(answer.Body, most+1))
	switch {
	case err != nil:
		return 0, err
	case int64(len(body)) > most:
		return 0, ErrTooLarge
	case answer.StatusCode >= 300:
		e := &Error{Status: answer.StatusCode}
		if media, _, _ := mime.ParseMediaType(answer.Header.Get("Content-Type")); media == "application/problem+json" {
			_ = json.Unmarshal(body, &e.Problem) // without it there is the status
		}
		if s, err := strconv.Atoi(answer.Header.Get("Retry-After")); err == nil && s > 0 {
			wait = time.Duration(min(s, 60)) * time.Second
		}
		return wait, e
	}
	switch v := v.(type) {
	case nil:
		return 0, nil
	case *[]byte:
		*v = body
		return 0, nil
	}
	if err := json.Unmarshal(body, v); err != nil {
		return 0, fmt.Errorf("the server's answer: %w", err)
	}
	return 0, nil
}
