package api

import (
	"bytes"
	"errors"
	"net/http"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"fourwave/doctor"
	"fourwave/doctor/paste"
)

type tableView struct {
	Format        string         `json:"format"`
	System        paste.System   `json:"system"`
	Lines         int            `json:"lines"`
	Rows          []tableRowView `json:"rows"`
	NotUnderstood []lostView     `json:"not_understood"`
	MoreLost      int            `json:"more_not_understood,omitempty"`
	Ports         []portView     `json:"ports"`
	Overview      *overviewView  `json:"overview,omitempty"`
	Cannot        []string       `json:"cannot_tell"`
}

type tableRowView struct {
	Line     int     `json:"line"`
	Protocol string  `json:"protocol"`
	State    string  `json:"state,omitempty"`
	Local    string  `json:"local,omitempty"`
	Remote   string  `json:"remote,omitempty"`
	Process  string  `json:"process,omitempty"`
	PID      int     `json:"pid,omitempty"`
	User     string  `json:"user,omitempty"`
	Inode    string  `json:"inode,omitempty"`
	RecvQ    *int    `json:"recv_q,omitempty"`
	SendQ    *int    `json:"send_q,omitempty"`
	Timer    string  `json:"timer,omitempty"`
	Left     seconds `json:"left,omitempty"`
	Retrans  int     `json:"retransmits,omitempty"`
}

type lostView struct {
	Line   int    `json:"line"`
	Text   string `json:"text"`
	Detail string `json:"detail"`
}

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
	return writeJSON(c, http.StatusOK, "application/json", viewTable(t, langOf(c)))
}

func viewTable(t *doctor.Table, lang string) tableView {
	return tableView{
		Format: t.Format, System: t.System, Lines: t.Lines, Rows: viewAll(t.Rows, viewTableRow), MoreLost: t.MoreLost,
		NotUnderstood: viewAll(t.NotUnderstood, func(l paste.Lost) lostView { return lostView(l) }),
		Ports:         viewAll(t.Reports, func(r *doctor.Report) portView { return viewPort(r, lang) }),
		Overview:      viewOverview(t.Overview, lang, overviewFilter{}),
		Cannot:        viewAll(t.Cannot, func(x doctor.Text) string { return x.In(lang) }),
	}
}

func viewTableRow(r paste.Row) tableRowView {
	v := tableRowView{
		Line: r.Line, Protocol: r.Protocol, State: r.State, Process: r.Process, PID: r.PID, User: r.User, Inode: r.Inode,
		Timer: r.Timer, Left: seconds(r.Left), Retrans: r.Retrans,
	}
	if r.Local.Text != "" {
		v.Local = r.Local.String()
	}
	if !r.Remote.Wild() {
		v.Remote = r.Remote.String()
	}
	if r.RecvQ >= 0 {
		v.RecvQ, v.SendQ = &r.RecvQ, &r.SendQ
	}
	return v
}

type overviewView struct {
	Wrong      bool            `json:"wrong"`
	Findings   []findingOf     `json:"findings"`
	Listeners  []listeningView `json:"listeners"`
	CloseWait  []byProcessView `json:"close_wait"`
	FinWait2   []byPeerView    `json:"fin_wait_2"`
	TimeWait   []byPeerView    `json:"time_wait"`
	PortsLeft  []portsLeftView `json:"ports_left"`
	FullQueues []listeningView `json:"full_queues"`
	States     map[string]int  `json:"states"`
	Orphans    int             `json:"orphans"`
	MaxOrphans int             `json:"max_orphans,omitempty"`
	Hidden     []string        `json:"hidden"`
}

type findingOf struct {
	Kind string `json:"kind"`
	Text string `json:"text"`
	Do   string `json:"do"`
}

type listeningView struct {
	Local   string `json:"local"`
	Process string `json:"process,omitempty"`
	PID     int    `json:"pid,omitempty"`
	Queued  int    `json:"queued"`
	Backlog int    `json:"backlog,omitempty"`
}

type byProcessView struct {
	Process string  `json:"process"`
	PID     int     `json:"pid,omitempty"`
	Count   int     `json:"count"`
	Oldest  seconds `json:"oldest,omitempty"`
	Recent  int     `json:"within_a_minute"`
	Unread  int     `json:"unread,omitempty"`
	Queued  int     `json:"in_accept_queues,omitempty"`
}

type byPeerView struct {
	Peer    string `json:"peer"`
	Count   int    `json:"count"`
	Held    int    `json:"held,omitempty"`
	Process string `json:"process,omitempty"`
	PID     int    `json:"pid,omitempty"`
}

type portsLeftView struct {
	To       string  `json:"to"`
	Left     int     `json:"left"`
	Used     int     `json:"used"`
	TimeWait int     `json:"time_wait"`
	NextFree seconds `json:"next_free,omitempty"`
}

// overviewFilter leaves out what the caller did not ask for.
type overviewFilter struct{ process, state, to string }

func viewOverview(o *doctor.Overview, lang string, f overviewFilter) *overviewView {
	if o == nil {
		return nil
	}
	ofProcess := func(name string, pid int) bool {
		return f.process == "" || strings.Contains(name, f.process) || strconv.Itoa(pid) == f.process
	}
	ofState := func(s string) bool { return f.state == "" || strings.EqualFold(f.state, s) }
	listening := func(l doctor.Listening) (listeningView, bool) {
		v := listeningView{l.Local.String(), l.Process, l.PID, l.Queued, l.Backlog}
		if v.Backlog >= 1<<30 {
			v.Backlog = 0 // not told
		}
		return v, ofProcess(l.Process, l.PID) && ofState("LISTEN")
	}
	peer := func(state string) func(doctor.ByPeer) (byPeerView, bool) {
		return func(p doctor.ByPeer) (byPeerView, bool) {
			return byPeerView{p.Peer.String(), p.Count, p.Held, p.Process, p.PID}, ofState(state) && (f.to == "" || strings.HasPrefix(p.Peer.String(), f.to)) && (f.process == "" || ofProcess(p.Process, p.PID))
		}
	}
	return &overviewView{
		Wrong: o.Wrong(), States: o.Counts, Orphans: o.Orphans, MaxOrphans: o.MaxOrphans,
		Findings:  viewAll(o.Findings, func(x doctor.Finding) findingOf { return findingOf{x.Kind, x.Text.In(lang), x.Do.In(lang)} }),
		Listeners: viewSome(o.Listeners, listening), FullQueues: viewSome(o.FullQueues, listening),
		CloseWait: viewSome(o.CloseWait, func(p doctor.ByProcess) (byProcessView, bool) {
			return byProcessView{p.Process, p.PID, p.Count, seconds(p.Oldest), p.Recent, max(p.Unread, 0), p.Queued}, ofProcess(p.Process, p.PID) && ofState("CLOSE-WAIT")
		}),
		FinWait2: viewSome(o.FinWait2, peer("FIN-WAIT-2")), TimeWait: viewSome(o.TimeWait, peer("TIME-WAIT")),
		PortsLeft: viewSome(o.PortsLeft, func(p doctor.PortsLeft) (portsLeftView, bool) {
			return portsLeftView{p.To.String(), p.Left, p.Used, p.TimeWait, seconds(p.NextFree)}, f.to == "" || strings.HasPrefix(p.To.String(), f.to)
		}),
		Hidden: viewAll(o.Hidden, func(x doctor.Text) string { return x.In(lang) }),
	}
}

// viewSome is viewAll for those that view says true of.
func viewSome[A, B any](all []A, view func(A) (B, bool)) []B {
	out := []B{}
	for _, a := range all {
		if v, ok := view(a); ok {
			out = append(out, v)
		}
	}
	return out
}

// listPorts answers GET /v1/ports.
func (s *Server) listPorts(c echo.Context) error {
	o, err := doctor.Machine(c.Request().Context())
	if err != nil {
		return err
	}
	f := overviewFilter{c.QueryParam("process"), c.QueryParam("state"), c.QueryParam("to")}
	return writeJSON(c, http.StatusOK, "application/json", viewOverview(o, langOf(c), f))
}
