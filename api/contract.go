package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/labstack/echo/v4"
)

const (
	maxBody  = 1 << 20          // octets
	bodyTime = 30 * time.Second // to send it in
)

// contract is openapi.yaml, as text and as what it says.
type contract struct {
	doc  *openapi3.T
	text []byte
}

func loadContract(text []byte) (*contract, error) {
	loader := openapi3.NewLoader()
	doc, err := loader.LoadFromData(text)
	if err != nil {
		return nil, fmt.Errorf("openapi.yaml: %w", err)
	}
	if err := doc.Validate(loader.Context); err != nil {
		return nil, fmt.Errorf("openapi.yaml: %w", err)
	}
	return &contract{doc: doc, text: text}, nil
}

// route finds the operation of a path as the contract spells it.
func (c *contract) route(method, path string) (*routers.Route, error) {
	item := c.doc.Paths.Value(path)
	if item == nil || item.GetOperation(method) == nil {
		return nil, fmt.Errorf("openapi.yaml: no %s %s", method, path)
	}
	return &routers.Route{
		Spec: c.doc, Server: c.doc.Servers[0], Path: path, PathItem: item,
		Method: method, Operation: item.GetOperation(method),
	}, nil
}

// operations counts the operations of all paths.
func (c *contract) operations() int {
	n := 0
	for _, item := range c.doc.Paths.Map() {
		n += len(item.Operations())
	}
	return n
}

// largeBodies are the limits of calls whose body may be larger than others', by method and path.
func (c *contract) largeBodies() map[string]int {
	limits := make(map[string]int)
	for path, item := range c.doc.Paths.Map() {
		for method, op := range item.Operations() {
			if n, ok := op.Extensions[largeBody].(float64); ok {
				limits[method+" "+path] = int(n)
			}
		}
	}
	return limits
}

// hold is the middleware that lets a request through only if it keeps the contract's part on op.
func (s *Server) hold(op *routers.Route) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			query, wrong := checkQuery(c.Request(), op)
			body, err := readBody(c, op)
			if err != nil {
				return err
			}
			if wrong = append(wrong, checkContract(c, op, query)...); len(wrong) > 0 {
				return badRequest(wrong...)
			}
			c.Set(bodyKey, body)
			return next(c)
		}
	}
}

const bodyKey = "api.body"

// bodyOf is the request's body, which the contract's middleware has read.
func bodyOf(c echo.Context) []byte {
	b, _ := c.Get(bodyKey).([]byte)
	return b
}

// checkQuery finds parameters that the operation does not know, which the contract's own
// validation lets pass, and those given twice, of which a handler would see only one.
func checkQuery(r *http.Request, op *routers.Route) (query url.Values, wrong []mistake) {
	query, err := url.ParseQuery(r.URL.RawQuery)
	if op.Operation.Extensions[anyQuery] == true {
		return query, nil
	}
	if err != nil {
		return query, []mistake{{Detail: err.Error()}}
	}
	for name, values := range query {
		p := op.Operation.Parameters.GetByInAndName(openapi3.ParameterInQuery, name)
		switch {
		case p == nil:
			wrong = append(wrong, mistake{Parameter: name, Detail: "unknown parameter"})
		case len(values) > 1:
			wrong = append(wrong, mistake{Parameter: name, Detail: "given more than once"})
		}
	}
	slices.SortFunc(wrong, func(a, b mistake) int { return strings.Compare(a.Parameter, b.Parameter) })
	return query, wrong
}

// readBody reads the whole body, bounded in size and time, and puts it back for the validation.
func readBody(c echo.Context, op *routers.Route) ([]byte, error) {
	r, control := c.Request(), http.NewResponseController(c.Response())
	if op.Operation.Extensions[streamedBody] == true {
		return nil, checkMedia(r, op.Operation.RequestBody.Value.Content)
	}
	_ = control.SetReadDeadline(time.Now().Add(bodyTime)) // test recorders have no deadlines
	most := bodyLimit(op)
	body, err := io.ReadAll(http.MaxBytesReader(c.Response(), r.Body, most))
	_ = control.SetReadDeadline(time.Time{})
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return nil, problem(tooLargeKind, fmt.Sprintf("the body is larger than %d octets", most))
	case err != nil:
		return nil, badRequest(mistake{Detail: "body: " + err.Error()})
	}
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	if op.Operation.RequestBody == nil {
		if len(body) > 0 {
			return nil, badRequest(mistake{Detail: "body: this call takes none"})
		}
		return nil, nil
	}
	if len(body) == 0 {
		return nil, nil // what the contract says of a missing body is for the validation to tell
	}
	return body, checkBody(r, body, op.Operation.RequestBody.Value.Content)
}

// largeBody is the mark in the contract of a call whose body may be larger than others', and which
// holds its body's elements against the contract itself.
const largeBody = "x-body-octets"

// streamedBody is the mark of a call that reads its body as it comes, with a limit of its own.
const streamedBody = "x-body-streamed"

// anyQuery is the mark of a page: whatever stands behind its address, it answers.
const anyQuery = "x-query-ignored"

// bodyLimit is how many octets the body of a call may have.
func bodyLimit(op *routers.Route) int64 {
	if n, ok := op.Operation.Extensions[largeBody].(float64); ok {
		return int64(n)
	}
	return maxBody
}

// checkBody checks what the contract's own validation leaves open: the media type, which gets a
// status of its own, the encoding, and that a JSON document is the only one.
func checkBody(r *http.Request, body []byte, content openapi3.Content) error {
	if err := checkMedia(r, content); err != nil {
		return err
	}
	media, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if !anyBytes(content[media]) && !utf8.Valid(body) {
		return badRequest(mistake{Detail: "body: not UTF-8"})
	}
	if media == "application/json" {
		return checkJSON(body)
	}
	return nil
}

// checkMedia checks the media type and the encoding of a body.
func checkMedia(r *http.Request, content openapi3.Content) error {
	media, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	charset := params["charset"]
	if err != nil || content[media] == nil || (charset != "" && !strings.EqualFold(charset, "utf-8") &&
		!anyBytes(content[media])) {
		return unsupported(r.Header.Get("Content-Type"), content)
	}
	if enc := r.Header.Get("Content-Encoding"); enc != "" && enc != "identity" {
		return unsupported(enc, content)
	}
	return nil
}

// anyBytes reports whether a body may be anything, as a file is.
func anyBytes(m *openapi3.MediaType) bool {
	return m.Schema != nil && m.Schema.Value != nil && m.Schema.Value.Format == "binary"
}

func unsupported(got string, content openapi3.Content) error {
	types := slices.Sorted(func(yield func(string) bool) {
		for t := range content {
			if !yield(t) {
				return
			}
		}
	})
	p := problem(mediaTypeKind, fmt.Sprintf("%q is not understood, but %s is", got, strings.Join(types, " or ")))
	p.header = http.Header{"Accept-Post": {strings.Join(types, ", ")}}
	return p
}

// checkJSON says where a document stops being JSON, and refuses a second one behind it.
func checkJSON(body []byte) error {
	dec := json.NewDecoder(bytes.NewReader(body))
	var doc json.RawMessage
	if err := dec.Decode(&doc); err != nil {
		return badRequest(mistake{Detail: fmt.Sprintf("body: octet %d: %s", jsonOffset(body, err), jsonReason(err))})
	}
	if rest := bytes.TrimSpace(body[dec.InputOffset():]); len(rest) > 0 {
		return badRequest(mistake{Detail: fmt.Sprintf("body: octet %d: something follows the JSON document",
			dec.InputOffset())})
	}
	return nil
}

func jsonOffset(body []byte, err error) int64 {
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		return syntax.Offset
	}
	return int64(len(body))
}

func jsonReason(err error) string {
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		return "the JSON document ends too soon"
	}
	return strings.TrimPrefix(err.Error(), "json: ")
}

// checkContract lets kin-openapi judge parameters, headers and body.
func checkContract(c echo.Context, op *routers.Route, query url.Values) []mistake {
	params := make(map[string]string)
	for i, name := range c.ParamNames() {
		if name == "*" {
			name = "file"
		}
		params[name] = c.ParamValues()[i]
	}
	err := openapi3filter.ValidateRequest(c.Request().Context(), &openapi3filter.RequestValidationInput{
		Request: c.Request(), PathParams: params, QueryParams: query, Route: op,
		Options: &openapi3filter.Options{
			MultiError: true, SkipSettingDefaults: true, ExcludeRequestBody: bodyLimit(op) != maxBody ||
				op.Operation.Extensions[streamedBody] == true,
			AuthenticationFunc: openapi3filter.NoopAuthenticationFunc, // secrets are package class's business
		},
	})
	if err == nil {
		return nil
	}
	return mistakes(err, mistake{})
}
