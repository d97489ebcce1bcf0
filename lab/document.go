package lab

import (
	"fourwave/api/doc"
	"fourwave/fsm"
	"fourwave/lab/world"
)

// The functions of this file make the contract's documents of what this package knows, in one
// language, "en" or "zh".

// languages are those that every text of the library and the catalogue exists in.
var languages = []string{"en", "zh"}

// WhyIn is the document of a reason; nil of nil.
func WhyIn(lang string, w *world.Why) *doc.Why {
	if w == nil {
		return nil
	}
	return &doc.Why{
		Rule: w.Rule, Text: w.Text.In(lang), Source: w.Source, Conflict: w.Conflict.In(lang), Remedy: w.Remedy.In(lang),
		Passes: w.Passes.In(lang),
	}
}

// Document is what GET /v1/labs/{lab_id} answers.
func (s *Snapshot) Document(lang string) *doc.Lab {
	v := &doc.Lab{
		LabEntry: s.Entry(), Script: s.Script, Live: s.Live, Place: s.Place, Error: s.Err,
		Events: s.Events, Dropped: s.Dropped,
		Progress:    make(map[string]doc.Progress, len(s.Progress)),
		Steps:       StepDocuments(s.Steps, lang),
		Differences: make([]doc.Finding, len(s.Differences)),
	}
	for i, f := range s.Differences {
		v.Differences[i] = f.document(lang)
	}
	for world, p := range s.Progress {
		v.Progress[world] = doc.Progress{
			Status: string(p.Status), Done: p.Done, Total: p.Total,
			Now: doc.WorldTime(p.Now), Waiting: doc.Duration(p.Waiting),
		}
	}
	return v
}

// Entry is the lab's line in GET /v1/labs.
func (s *Snapshot) Entry() doc.LabEntry {
	steps := doc.Count(s.Summary.Steps)
	e := doc.LabEntry{
		ID: s.ID, Status: string(s.Status), Experiment: s.Experiment, Question: s.Question,
		Worlds: s.Worlds, Created: s.Created.UTC(),
		Summary: doc.Summary{
			Count: steps, Steps: steps,
			States: doc.Count(s.Summary.States), Segments: doc.Count(s.Summary.Segments),
		},
	}
	if !s.Ended.IsZero() {
		ended := s.Ended.UTC()
		e.Ended = &ended
	}
	return e
}

// StepDocuments are the documents of steps; never nil.
func StepDocuments(steps []StepReport, lang string) []doc.Step {
	out := make([]doc.Step, len(steps))
	for i := range steps {
		out[i] = steps[i].document(lang)
	}
	return out
}

func (s *StepReport) document(lang string) doc.Step {
	v := doc.Step{
		Line: s.Line, Phase: s.Phase, Worlds: s.Step.Worlds, Delay: doc.Duration(s.Delay), Same: s.Same,
		Actor: s.Actor, Text: s.Text, Expect: s.Expect, Note: s.Step.Why,
		Verdict: string(s.Verdict), Why: WhyIn(lang, s.Why), Expected: s.Expected,
		Results: make(map[string]doc.Result, len(s.Results)),
	}
	for world, r := range s.Results {
		v.Results[world] = doc.Result{
			Result: r.Result, At: doc.WorldTime(r.At), Why: WhyIn(lang, r.Why), Rows: rowDocuments(r.Rows), End: r.End,
		}
	}
	return v
}

// rowDocuments keeps nil and empty apart: a host without sockets shows an empty table, and a verb
// other than sockets shows none.
func rowDocuments(rows []world.Row) []doc.SocketRow {
	if rows == nil {
		return nil
	}
	out := make([]doc.SocketRow, len(rows))
	for i, r := range rows {
		local, remote := r.Addrs()
		out[i] = doc.SocketRow{
			ID: r.ID, Name: r.Name, End: r.End, State: r.State, Local: local, Remote: remote, Open: r.Open,
			Timer: r.Timer, Left: doc.Duration(r.Left), RecvQ: r.RecvQ, SendQ: r.SendQ,
		}
	}
	return out
}

func (f *Finding) document(lang string) doc.Finding {
	v := doc.Finding{
		What: f.What, Line: f.Line, Host: f.Host, Socket: f.Socket,
		Told: make(map[string]string, len(f.Worlds)), Why: WhyIn(lang, f.Why),
	}
	for i, w := range f.Worlds {
		v.Told[w] = f.Told[i]
	}
	return v
}

// MaxWholeTable is how many rows a socket table may have for an event to write it whole.
const MaxWholeTable = 128

// Document is an event as GET /v1/labs/{lab_id}/events sends it.
func (e *Event) Document(lang string) *doc.Event {
	v := &doc.Event{
		ID: e.ID, Kind: e.Kind, World: e.World, At: doc.WorldTime(e.At), Line: e.Line, InDelay: e.InDelay,
		Status: string(e.Status), Host: e.Host,
	}
	switch t := e.Table; {
	case t == nil:
	case t.Size <= MaxWholeTable:
		v.Rows = rowDocuments(t.Rows())
	default:
		v.Changes = &doc.TableChanges{
			Size: t.Size, Rows: append([]doc.SocketRow{}, rowDocuments(t.Changed.Rows)...),
			Gone: append([]int{}, t.Changed.Gone...),
		}
	}
	if e.Step != nil {
		step := e.Step.document(lang)
		v.Step = &step
	}
	if e.Entry != nil {
		entry := entryDocument(e.Entry)
		v.Entry = &entry
	}
	if e.Flight != nil {
		segment := flightDocument(e.Flight)
		v.Segment = &segment
	}
	return v
}

// TraceDocument is what GET /v1/labs/{lab_id}/trace answers for a world.
func TraceDocument(world string, t *fsm.Trace) *doc.Trace {
	v := &doc.Trace{
		World:    world,
		Entries:  make([]doc.Entry, len(t.Entries)),
		Segments: make([]doc.Segment, len(t.Flights)),
		Dropped:  t.Dropped,
	}
	for i := range t.Entries {
		v.Entries[i] = entryDocument(&t.Entries[i])
	}
	for i := range t.Flights {
		v.Segments[i] = flightDocument(&t.Flights[i])
	}
	return v
}

func entryDocument(e *fsm.Entry) doc.Entry {
	v := doc.Entry{
		At: doc.WorldTime(e.At), Host: e.Host, Socket: e.Socket, End: e.End,
		From: string(e.From), Event: e.Event, To: string(e.To), Sent: make([]string, len(e.Sent)),
		Note: e.Note, Rule: e.Rule, Section: e.Section, Of: e.Of, Flights: append([]int{}, e.Flights...),
	}
	for i, s := range e.Sent {
		v.Sent[i] = s.String()
	}
	return v
}

func flightDocument(f *fsm.Flight) doc.Segment {
	v := doc.Segment{
		ID: f.ID, From: f.From, To: f.To, Src: f.Src.String(), Dst: f.Dst.String(),
		Seq: f.Segment.Seq, Flags: f.Segment.Flags.Names(), Len: f.Segment.Len, Text: f.Segment.String(),
		Departs: doc.WorldTime(f.Departs), Fate: string(f.Fate), Forged: f.Forged, Note: f.Note,
	}
	if v.Flags == nil {
		v.Flags = []string{}
	}
	if f.Segment.Flags.Has(fsm.ACK) {
		ack := f.Segment.Ack
		v.Ack = &ack
	}
	if f.Fate == fsm.Arrived || f.Fate == fsm.UnderWay {
		arrives := doc.WorldTime(f.Arrives)
		v.Arrives = &arrives
	}
	return v
}

// Document is an experiment of the library with what it needs in each of the worlds.
func (e *Experiment) Document(worlds []world.Info, lang string) doc.Experiment {
	in := func(lang string) doc.ExperimentText {
		return doc.ExperimentText{
			Title: e.Title.In(lang), Question: e.Question.In(lang), Chapter: e.Chapter().In(lang), Explain: e.Explain.In(lang),
		}
	}
	v := doc.Experiment{
		ID: e.ID, ExperimentText: in(lang), Texts: make(map[string]doc.ExperimentText), Script: e.Script,
		Tags: append([]string{}, e.Tags...), Needs: make(map[string]doc.Duration),
	}
	for _, l := range languages {
		v.Texts[l] = in(l)
	}
	for _, w := range worlds {
		v.Needs[w.Name] = doc.Duration(e.Needs(w))
	}
	return v
}

// Document is an entry of the catalogue, its worlds by the names they have in known. A system that
// no world of known follows, as captures do before one is read, is told by the catalogue's own word.
func (d *Difference) Document(known *world.Registry, lang string) doc.Difference {
	v := doc.Difference{
		ID: d.ID, Kernel: d.Kernel, Text: d.Text.In(lang), Texts: make(map[string]string),
		Source: d.Source, Seen: append([]string{}, d.Seen...),
	}
	for _, group := range d.Worlds {
		var names []string
		for _, word := range group {
			called := known.Called(word)
			if len(called) == 0 {
				called = []string{word}
			}
			names = append(names, called...)
		}
		v.Worlds = append(v.Worlds, names)
	}
	for _, l := range languages {
		v.Texts[l] = d.Text.In(l)
	}
	return v
}
