package client

import (
	"context"
	"fmt"
	"iter"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"fourwave/api/doc"
)

func get(path string, query url.Values) request {
	return request{method: http.MethodGet, path: path, query: query}
}

func post(path string, body any) request {
	return request{method: http.MethodPost, path: path, body: body}
}

// waiting asks the server to hold its answer until there is nothing left to wait for (RFC 7240).
func (r request) waiting(d time.Duration) request {
	if d > 0 {
		if r.header == nil {
			r.header = http.Header{}
		}
		r.header.Set("Prefer", fmt.Sprintf("wait=%d", int(d.Seconds())))
	}
	return r
}

// Capabilities says what the server can do here: GET /v1/capabilities.
func (c *Client) Capabilities(ctx context.Context) (*doc.Capabilities, error) {
	v := new(doc.Capabilities)
	return v, c.do(ctx, get("/v1/capabilities", nil), v)
}

// Experiments lists the library: GET /v1/experiments.
func (c *Client) Experiments(ctx context.Context) ([]doc.Experiment, error) {
	var v doc.ExperimentList
	err := c.do(ctx, get("/v1/experiments", nil), &v)
	return v.Items, err
}

// CreateLab makes a lab: POST /v1/labs. With wait it comes back when the lab has ended or the time has
// passed, which the server bounds; see Lab.Status.
func (c *Client) CreateLab(ctx context.Context, lab *doc.LabRequest, wait time.Duration) (*doc.Lab, error) {
	v := new(doc.Lab)
	return v, c.do(ctx, post("/v1/labs", lab).waiting(wait), v)
}

// Lab reads a lab: GET /v1/labs/{lab_id}.
func (c *Client) Lab(ctx context.Context, id string) (*doc.Lab, error) {
	v := new(doc.Lab)
	return v, c.do(ctx, get(labPath(id), nil), v)
}

// Labs lists the labs, newest first, a page at a time: GET /v1/labs. The iteration ends with the first error.
func (c *Client) Labs(ctx context.Context) iter.Seq2[doc.LabEntry, error] {
	return func(yield func(doc.LabEntry, error) bool) {
		for token := ""; ; {
			query := url.Values{"page_size": {"100"}}
			if token != "" {
				query.Set("page_token", token)
			}
			var page doc.LabList
			if err := c.do(ctx, get("/v1/labs", query), &page); err != nil {
				yield(doc.LabEntry{}, err)
				return
			}
			for _, l := range page.Items {
				if !yield(l, nil) {
					return
				}
			}
			if token = page.Next; token == "" {
				return
			}
		}
	}
}

// Append adds lines to a live lab: POST /v1/labs/{lab_id}/steps. With wait it comes back when they have run.
func (c *Client) Append(ctx context.Context, id, script string, wait time.Duration) (*doc.Appended, error) {
	v := new(doc.Appended)
	return v, c.do(ctx, post(labPath(id)+"/steps", &doc.StepsRequest{Script: script}).waiting(wait), v)
}

// Fork makes a live lab of the first n steps of another one: POST /v1/labs/{lab_id}/forks.
func (c *Client) Fork(ctx context.Context, id string, n int) (*doc.Lab, error) {
	v := new(doc.Lab)
	return v, c.do(ctx, post(labPath(id)+"/forks", &doc.ForkRequest{AtStep: n}), v)
}

// Delete cancels a lab and forgets it: DELETE /v1/labs/{lab_id}.
func (c *Client) Delete(ctx context.Context, id string) error {
	return c.do(ctx, request{method: http.MethodDelete, path: labPath(id)}, nil)
}

// Events are a lab's events as they happen, until it ends: GET /v1/labs/{lab_id}/events. The iteration ends
// with the first error.
func (c *Client) Events(ctx context.Context, id string) iter.Seq2[doc.Event, error] {
	const patience = 30 * time.Second // of one call, for the next event
	return func(yield func(doc.Event, error) bool) {
		for after := 0; ; {
			var page doc.EventList
			query := url.Values{"after": {strconv.Itoa(after)}}
			if err := c.do(ctx, get(labPath(id)+"/events", query).waiting(patience), &page); err != nil {
				yield(doc.Event{}, err)
				return
			}
			for _, e := range page.Events {
				if !yield(e, nil) {
					return
				}
			}
			if page.Ended && len(page.Events) == 0 {
				return
			}
			after = page.Next
		}
	}
}

// Trace is what one world showed: GET /v1/labs/{lab_id}/trace.
func (c *Client) Trace(ctx context.Context, id, world string) (*doc.Trace, error) {
	v := new(doc.Trace)
	return v, c.do(ctx, get(labPath(id)+"/trace", url.Values{"world": {world}}), v)
}

// Pcapng is the same as a capture that Wireshark reads.
func (c *Client) Pcapng(ctx context.Context, id, world string) (file []byte, err error) {
	r := get(labPath(id)+"/trace", url.Values{"world": {world}, "format": {"pcapng"}})
	r.header = http.Header{"Accept": {"*/*"}}
	return file, c.do(ctx, r, &file)
}

// Port says who keeps a port of the server's machine and what would help: GET /v1/ports/{port}.
func (c *Client) Port(ctx context.Context, port uint16) (*doc.Port, error) {
	v := new(doc.Port)
	return v, c.do(ctx, get("/v1/ports/"+strconv.Itoa(int(port)), nil), v)
}

// Ports is the whole machine, worst first: GET /v1/ports.
func (c *Client) Ports(ctx context.Context) (*doc.Overview, error) {
	v := new(doc.Overview)
	return v, c.do(ctx, get("/v1/ports", nil), v)
}

// ReadTable reads what ss, netstat, lsof or another system's tool printed: POST /v1/tables.
func (c *Client) ReadTable(ctx context.Context, text string) (*doc.Table, error) {
	r := post("/v1/tables", []byte(text))
	r.header = http.Header{"Content-Type": {"text/plain; charset=utf-8"}}
	v := new(doc.Table)
	return v, c.do(ctx, r, v)
}

// ReadCapture reads a capture, pcap, pcapng or tcpdump's text: POST /v1/captures.
func (c *Client) ReadCapture(ctx context.Context, file []byte) (*doc.Capture, error) {
	r := post("/v1/captures", file)
	r.header = http.Header{"Content-Type": {"application/octet-stream"}}
	v := new(doc.Capture)
	return v, c.do(ctx, r, v)
}

// Population says when a client runs out of ports: POST /v1/populations.
func (c *Client) Population(ctx context.Context, p *doc.PopulationRequest) (*doc.Population, error) {
	v := new(doc.Population)
	return v, c.do(ctx, post("/v1/populations", p), v)
}

func labPath(id string) string { return "/v1/labs/" + url.PathEscape(id) }
