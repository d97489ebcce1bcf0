package api

import (
	"cmp"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"fourwave/doctor"
	"fourwave/fsm"
	"fourwave/lab/script"
)

type portView struct {
	Port       int             `json:"port"`
	Protocol   doctor.Protocol `json:"protocol"`
	Host       string          `json:"host"`
	ReuseAddr  bool            `json:"reuseaddr"`
	ReusePort  bool            `json:"reuseport"`
	At         time.Time       `json:"at"`
	Verdict    doctor.Verdict  `json:"verdict"`
	Errno      string          `json:"errno,omitempty"`
	Case       doctor.Case     `json:"case"`
	Answer     string          `json:"answer"`
	Why        *portRule       `json:"why,omitempty"`
	Passes     *passingView    `json:"passes,omitempty"`
	Options    []optionView    `json:"options"`
	Addresses  []addressView   `json:"addresses"`
	Sockets    []portSocket    `json:"sockets"`
	More       int             `json:"more_sockets,omitempty"`
	Do         []string        `json:"do"`
	Nearby     int             `json:"nearby_port,omitempty"`
	Myths      []mythView      `json:"myths"`
	Settings   portSettings    `json:"settings"`
	Namespaces []namespaceView `json:"namespaces"`
	Hidden     []string        `json:"hidden"`
	Tried      *triedView      `json:"tried,omitempty"`
	Keeper     *keeperView     `json:"keeper,omitempty"`
	StartedBy  []string        `json:"started_by,omitempty"`
	UDP        []portSocket    `json:"udp,omitempty"`
}

type keeperView struct {
	Kind    doctor.KeeperKind `json:"kind"`
	Name    string            `json:"name,omitempty"`
	Command string            `json:"command,omitempty"`
	Text    string            `json:"text,omitempty"`
}

type portRule struct {
	Rule   string `json:"rule"`
	Text   string `json:"text"`
	Source string `json:"source"`
}

type passingView struct {
	After  seconds `json:"after,omitempty"`
	Least  seconds `json:"at_least,omitempty"`
	AtMost bool    `json:"at_most,omitempty"`
	Longer bool    `json:"longer,omitempty"`
	Text   string  `json:"text"`
}

type optionView struct {
	ReuseAddr bool      `json:"reuseaddr"`
	ReusePort bool      `json:"reuseport"`
	Result    string    `json:"result"`
	Why       *portRule `json:"why,omitempty"`
}

type addressView struct {
	Addr   string `json:"addr"`
	Result string `json:"result"`
}

type portSocket struct {
	State     string         `json:"state"`
	Case      doctor.Case    `json:"case,omitempty"`
	Local     string         `json:"local"`
	Remote    string         `json:"remote,omitempty"`
	Device    string         `json:"device,omitempty"`
	Count     int            `json:"count"`
	User      string         `json:"user,omitempty"`
	Orphan    bool           `json:"orphan,omitempty"`
	ReuseAddr doctor.Flag    `json:"reuseaddr"`
	ReusePort doctor.Flag    `json:"reuseport"`
	V6Only    doctor.Flag    `json:"v6only"`
	Processes []processView  `json:"processes"`
	More      int            `json:"more_processes,omitempty"`
	Hidden    bool           `json:"process_hidden,omitempty"`
	Verdict   doctor.Verdict `json:"verdict,omitempty"`
	Why       *portRule      `json:"why,omitempty"`
	Passes    *passingView   `json:"passes,omitempty"`
	RecvQ     int            `json:"recv_q"`
	SendQ     int            `json:"send_q"`
	Timer     doctor.Timer   `json:"timer"`
	Left      seconds        `json:"left,omitempty"`
	Retrans   int            `json:"retransmits"`
}

type processView struct {
	PID       int        `json:"pid"`
	Name      string     `json:"name,omitempty"`
	Command   string     `json:"command"`
	User      string     `json:"user,omitempty"`
	Started   *time.Time `json:"started,omitempty"`
	Sockets   int        `json:"sockets"`
	Dir       string     `json:"dir,omitempty"`
	Unit      string     `json:"unit,omitempty"`
	Container string     `json:"container,omitempty"`
	Stopped   bool       `json:"stopped,omitempty"`
}

type mythView struct {
	Claim string `json:"claim"`
	Truth string `json:"truth"`
}

type portSettings struct {
	EphemeralLow      int     `json:"ephemeral_low"`
	EphemeralHigh     int     `json:"ephemeral_high"`
	Ephemeral         bool    `json:"ephemeral"`
	Reserved          bool    `json:"reserved"`
	ReservedPorts     string  `json:"reserved_ports"`
	UnprivilegedStart int     `json:"unprivileged_start"`
	MayBindPrivileged bool    `json:"may_bind_privileged"`
	FinTimeout        seconds `json:"fin_timeout"`
	Kernel            string  `json:"kernel"`
}

type namespaceView struct {
	Inode   uint64       `json:"inode"`
	PID     int          `json:"pid,omitempty"`
	Name    string       `json:"name,omitempty"`
	Command string       `json:"command"`
	Sockets []portSocket `json:"sockets"`
}

type triedView struct {
	Result string `json:"result"`
	Agrees bool   `json:"agrees"`
	Text   string `json:"text"`
}

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
	return writeJSON(c, http.StatusOK, "application/json", viewPort(r, langOf(c)))
}

// mayTell says whose command lines the caller may see: all of them with the operator's token or as root on
// this machine, otherwise those of his own user.
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

// portQuestion reads the parameters, which the contract has been held against already but for the address.
func portQuestion(c echo.Context) (q doctor.Question, err error) {
	port, err := strconv.ParseUint(c.Param("port"), 10, 16)
	if err != nil || port == 0 {
		return q, badRequest(mistake{Parameter: "port", Detail: "a number from 1 to 65535 is wanted"})
	}
	q = doctor.Question{Port: uint16(port), ReuseAddr: c.QueryParam("reuseaddr") == "true", ReusePort: c.QueryParam("reuseport") == "true",
		Protocol: doctor.Protocol(c.QueryParam("protocol"))}
	if host := c.QueryParam("host"); host != "" {
		if q.Host, err = script.ParseIP(host); err != nil {
			return q, badRequest(mistake{Parameter: "host", Detail: strconv.Quote(host) + " is no IPv4 or IPv6 address"})
		}
	}
	return q, nil
}

// WritePort writes a report as GET /v1/ports/{port} answers it.
func WritePort(w io.Writer, r *doctor.Report, lang string) error {
	body, err := encode(viewPort(r, lang))
	if err != nil {
		return err
	}
	_, err = w.Write(body)
	return err
}

// WritePorts writes several reports as an array.
func WritePorts(w io.Writer, reports []*doctor.Report, lang string) error {
	body, err := encode(viewAll(reports, func(r *doctor.Report) portView { return viewPort(r, lang) }))
	if err != nil {
		return err
	}
	_, err = w.Write(body)
	return err
}

func viewPort(r *doctor.Report, lang string) portView {
	in := func(t doctor.Text) string { return t.In(lang) }
	set := r.Settings
	v := portView{
		Port: int(r.Port), Protocol: cmp.Or(r.Protocol, doctor.TCP), Host: r.Address().String(), ReuseAddr: r.ReuseAddr, ReusePort: r.ReusePort, At: r.At.UTC(),
		Verdict: r.Verdict, Errno: r.Errno, Case: r.Case, Answer: in(r.Answer), Why: viewRule(r.Why, lang), Passes: viewPassing(r.Passes, lang),
		Options: viewAll(r.Options, func(p doctor.Prediction) optionView {
			return optionView{p.ReuseAddr, p.ReusePort, p.Result, viewRule(p.Why, lang)}
		}),
		Addresses: viewAll(r.Others, func(p doctor.AddrPrediction) addressView { return addressView{p.Addr.String(), p.Result} }),
		Sockets:   viewSockets(r.Sockets, lang), More: r.MoreSock,
		Do: viewAll(r.Do, in), Nearby: r.Nearby, Hidden: viewAll(r.Hidden, in),
		Myths: viewAll(r.Myths, func(m doctor.Myth) mythView { return mythView{in(m.Claim), in(m.Truth)} }),
		Settings: portSettings{set.EphemeralLow, set.EphemeralHigh, set.Ephemeral, set.Reserved, set.ReservedPorts,
			set.UnprivilegedStart, set.MayBindPrivileged, seconds(set.FinTimeout), set.Kernel},
		Namespaces: viewAll(r.Spaces, func(n doctor.Namespace) namespaceView {
			return namespaceView{n.Inode, n.PID, n.Name, n.Command, viewSockets(n.Sockets, lang)}
		}),
	}
	if k := r.Keeper; k != nil && k.Kind != "" {
		v.Keeper = &keeperView{k.Kind, k.Name, k.Command, in(k.Text)}
	}
	v.StartedBy, v.UDP = r.Started, viewSockets(r.UDP, lang)
	if t := r.Tried; t != nil {
		v.Tried = &triedView{t.Result, t.Agrees, in(t.Text)}
	}
	return v
}

func viewSockets(sockets []doctor.Socket, lang string) []portSocket {
	return viewAll(sockets, func(s doctor.Socket) portSocket {
		v := portSocket{
			State: s.State, Case: s.Case, Local: s.Local.String(), Device: s.Device, Count: s.Count, User: s.User, Orphan: s.Orphan,
			ReuseAddr: s.ReuseAddr, ReusePort: s.ReusePort, V6Only: s.V6Only, More: s.More, Hidden: s.Hidden,
			Verdict: s.Verdict, Why: viewRule(s.Why, lang), Passes: viewPassing(s.Passes, lang),
			Processes: viewAll(s.Processes, viewProcess),
			RecvQ:     s.RecvQ, SendQ: s.SendQ, Timer: s.Timer, Left: seconds(s.Left), Retrans: s.Retrans,
		}
		if v.Timer == "" {
			v.Timer = doctor.NoTimer
		}
		if s.Remote.IsValid() {
			v.Remote = s.Remote.String()
		}
		return v
	})
}

func viewProcess(p doctor.Process) processView {
	v := processView{PID: p.PID, Name: p.Name, Command: p.Command, User: p.User, Sockets: p.Sockets,
		Dir: p.Dir, Unit: p.Unit, Container: p.Container, Stopped: p.Stopped}
	if !p.Started.IsZero() {
		at := p.Started.UTC()
		v.Started = &at
	}
	return v
}

func viewRule(w *fsm.Why, lang string) *portRule {
	if w == nil {
		return nil
	}
	return &portRule{w.Rule, w.Text.In(lang), w.Source}
}

func viewPassing(p *doctor.Passing, lang string) *passingView {
	if p == nil {
		return nil
	}
	v := &passingView{AtMost: p.AtMost, Longer: p.Longer, Text: p.Text.In(lang)}
	if p.Timed {
		v.After, v.Least = seconds(p.After), seconds(p.Least)
	}
	return v
}

// WriteTable writes a pasted table as POST /v1/tables answers it.
func WriteTable(w io.Writer, t *doctor.Table, lang string) error {
	return writeDocument(w, viewTable(t, lang))
}

// WriteOverview writes the whole machine as GET /v1/ports answers it.
func WriteOverview(w io.Writer, o *doctor.Overview, lang string) error {
	return writeDocument(w, viewOverview(o, lang, overviewFilter{}))
}

func writeDocument(w io.Writer, v any) error {
	body, err := encode(v)
	if err != nil {
		return err
	}
	_, err = w.Write(body)
	return err
}
