package api

import (
	"fmt"
	"io"
	"strconv"
	"time"

	"fourwave/api/doc"
	"fourwave/fsm"
	"fourwave/lab"
	"fourwave/lab/world"
)

// The types of this file are what the contract calls Lab, Step, Result and so on: lab's types in
// one language. Optional members are left out when they have nothing to say.

type labView struct {
	labEntry
	Script   string                  `json:"script"`
	Live     bool                    `json:"live"`
	Place    int                     `json:"place,omitempty"`
	Error    string                  `json:"error,omitempty"`
	Progress map[string]progressView `json:"progress"`
	Steps    []stepView              `json:"steps"`
	Differs  []findingView           `json:"differences"`
	Events   int                     `json:"events"`
	Dropped  int                     `json:"events_dropped,omitempty"`
}

// labEntry is a lab without its steps.
type labEntry struct {
	ID         string      `json:"id"`
	Status     lab.Status  `json:"status"`
	Experiment string      `json:"experiment,omitempty"`
	Question   string      `json:"question"`
	Worlds     []string    `json:"worlds"`
	Created    time.Time   `json:"created"`
	Ended      *time.Time  `json:"ended,omitempty"`
	Summary    summaryView `json:"summary"`
}

type summaryView struct {
	lab.Count
	Steps    lab.Count `json:"steps"`
	States   lab.Count `json:"states"`
	Segments lab.Count `json:"segments"`
}

type progressView struct {
	Status  lab.Status `json:"status"`
	Done    int        `json:"done"`
	Total   int        `json:"total"`
	Now     worldTime  `json:"now"`
	Waiting seconds    `json:"waiting"`
}

type stepView struct {
	Line     int                   `json:"line"`
	Phase    string                `json:"phase,omitempty"`
	Worlds   []string              `json:"worlds,omitempty"`
	Delay    seconds               `json:"delay"`
	Same     bool                  `json:"same,omitempty"`
	Actor    string                `json:"actor"`
	Text     string                `json:"text"`
	Expect   string                `json:"expect,omitempty"`
	Note     string                `json:"note,omitempty"`
	Results  map[string]resultView `json:"results"`
	Verdict  lab.Verdict           `json:"verdict,omitempty"`
	Why      *doc.Why              `json:"why,omitempty"`
	Expected *bool                 `json:"expected,omitempty"`
}

type resultView struct {
	Result string    `json:"result"`
	At     worldTime `json:"at"`
	Why    *doc.Why  `json:"why,omitempty"`
	Rows   []rowView `json:"rows,omitempty"`
	End    int       `json:"end,omitempty"`
}

type rowView struct {
	ID     int     `json:"id,omitempty"`
	Name   string  `json:"name"`
	End    int     `json:"end"`
	State  string  `json:"state"`
	Local  string  `json:"local"`
	Remote string  `json:"remote"`
	Open   bool    `json:"open"`
	Timer  string  `json:"timer"`
	Left   seconds `json:"left"`
	RecvQ  int     `json:"recv_q"`
	SendQ  int     `json:"send_q"`
}

type entryView struct {
	At      worldTime `json:"at"`
	Host    string    `json:"host"`
	Socket  string    `json:"socket"`
	End     int       `json:"end"`
	From    fsm.State `json:"from"`
	Event   string    `json:"event"`
	To      fsm.State `json:"to"`
	Sent    []string  `json:"sent"`
	Note    string    `json:"note,omitempty"`
	Rule    string    `json:"rule,omitempty"`
	Section string    `json:"section,omitempty"`
	Of      int       `json:"of,omitempty"`
	Flights []int     `json:"flights"`
}

type segmentView struct {
	ID      int        `json:"id"`
	From    string     `json:"from"`
	To      string     `json:"to"`
	Src     string     `json:"src"`
	Dst     string     `json:"dst"`
	Seq     uint32     `json:"seq"`
	Ack     *uint32    `json:"ack,omitempty"`
	Flags   []string   `json:"flags"`
	Len     uint32     `json:"len"`
	Text    string     `json:"text"`
	Departs worldTime  `json:"departs"`
	Arrives *worldTime `json:"arrives,omitempty"`
	Fate    fsm.Fate   `json:"fate"`
	Forged  bool       `json:"forged,omitempty"`
	Note    string     `json:"note,omitempty"`
}

// seconds is a duration as the contract writes it: "60s", "0.1s".
type seconds time.Duration

// MarshalText implements encoding.TextMarshaler.
func (d seconds) MarshalText() ([]byte, error) {
	rounded := time.Duration(d).Round(time.Millisecond).Seconds()
	return append(strconv.AppendFloat(nil, rounded, 'f', -1, 64), 's'), nil
}

// worldTime is a moment in a world's time: "10.104s".
type worldTime time.Duration

// MarshalText implements encoding.TextMarshaler.
func (t worldTime) MarshalText() ([]byte, error) {
	return fmt.Appendf(nil, "%.3fs", time.Duration(t).Seconds()), nil
}

// WriteLab writes the document of GET /v1/labs/{lab_id}, in a language, "en" or "zh".
func WriteLab(w io.Writer, s lab.Snapshot, lang string) error {
	body, err := encode(viewLab(s, lang))
	if err != nil {
		return err
	}
	_, err = w.Write(body)
	return err
}

func viewLab(s lab.Snapshot, lang string) labView {
	v := labView{
		labEntry: viewEntry(s), Script: s.Script, Live: s.Live, Place: s.Place, Error: s.Err, Events: s.Events, Dropped: s.Dropped,
		Progress: make(map[string]progressView, len(s.Progress)),
		Steps:    viewAll(s.Steps, func(st lab.StepReport) stepView { return viewStep(st, lang) }),
		Differs:  viewAll(s.Differences, func(f lab.Finding) findingView { return viewFinding(f, lang) }),
	}
	for world, p := range s.Progress {
		v.Progress[world] = progressView{p.Status, p.Done, p.Total, worldTime(p.Now), seconds(p.Waiting)}
	}
	return v
}

func viewEntry(s lab.Snapshot) labEntry {
	e := labEntry{
		ID: s.ID, Status: s.Status, Experiment: s.Experiment, Question: s.Question, Worlds: s.Worlds, Created: s.Created.UTC(),
		Summary: summaryView{s.Summary.Steps, s.Summary.Steps, s.Summary.States, s.Summary.Segments},
	}
	if !s.Ended.IsZero() {
		ended := s.Ended.UTC()
		e.Ended = &ended
	}
	return e
}

func viewStep(s lab.StepReport, lang string) stepView {
	v := stepView{
		Line: s.Line, Phase: s.Phase, Worlds: s.Step.Worlds, Delay: seconds(s.Delay), Same: s.Same, Actor: s.Actor, Text: s.Text,
		Expect: s.Expect, Note: s.Step.Why, Verdict: s.Verdict, Why: lab.WhyIn(lang, s.Why), Expected: s.Expected,
		Results: make(map[string]resultView, len(s.Results)),
	}
	for world, r := range s.Results {
		v.Results[world] = resultView{r.Result, worldTime(r.At), lab.WhyIn(lang, r.Why), viewRows(r.Rows), r.End}
	}
	return v
}

func viewRows(rows []world.Row) []rowView {
	if rows == nil {
		return nil
	}
	return viewAll(rows, viewSocket)
}

func viewSocket(r world.Row) rowView {
	local, remote := r.Addrs()
	return rowView{r.ID, r.Name, r.End, r.State, local, remote, r.Open, r.Timer, seconds(r.Left), r.RecvQ, r.SendQ}
}

func viewTraceEntry(e fsm.Entry) entryView {
	return entryView{
		worldTime(e.At), e.Host, e.Socket, e.End, e.From, e.Event, e.To, viewAll(e.Sent, fsm.Segment.String), e.Note, e.Rule, e.Section,
		e.Of, append([]int{}, e.Flights...),
	}
}

func viewFlight(f fsm.Flight) segmentView {
	v := segmentView{
		ID: f.ID, From: f.From, To: f.To, Src: f.Src.String(), Dst: f.Dst.String(), Seq: f.Segment.Seq,
		Flags: f.Segment.Flags.Names(), Len: f.Segment.Len, Text: f.Segment.String(),
		Departs: worldTime(f.Departs), Fate: f.Fate, Forged: f.Forged, Note: f.Note,
	}
	if v.Flags == nil {
		v.Flags = []string{}
	}
	if f.Segment.Flags.Has(fsm.ACK) {
		v.Ack = &f.Segment.Ack
	}
	if f.Fate == fsm.Arrived || f.Fate == fsm.UnderWay {
		arrives := worldTime(f.Arrives)
		v.Arrives = &arrives
	}
	return v
}

// viewAll views each element; the answer is never null.
func viewAll[T, V any](all []T, view func(T) V) []V {
	out := make([]V, len(all))
	for i, x := range all {
		out[i] = view(x)
	}
	return out
}
