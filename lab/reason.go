package lab

import (
	"cmp"
	"slices"
	"strings"

	"fourwave/fsm"
	"fourwave/internal/text"
	"fourwave/lab/script"
	"fourwave/lab/world"
)

// Unexplained is the rule of a verdict for which the catalogue of differences has no entry.
const Unexplained = "unexplained"

// ruleLineNotRun is the catalogue's entry for what follows from a line that one world could not run.
const ruleLineNotRun = "line-not-run"

// Finding is a difference between two worlds in what they went through, other than the results of
// steps.
type Finding struct {
	What   string // "state", "segment" or "time"
	Line   int    // of the script, in or after which it came about
	Host   string
	Socket string     // the script's name for it, if it has one
	Worlds [2]string  // that were compared
	Told   [2]string  // what each did; "" for nothing
	Why    *world.Why // of the catalogue, or Unexplained
}

// maxFindings bounds the list of findings that a snapshot carries. All are counted.
const maxFindings = 200

// maxLook bounds the work of laying the worlds of one lab side by side for the sake of a step, in entries,
// segments and steps looked at. Steps that differ later have only themselves to be recognised by.
const maxLook = 2_000_000

// roots are differences that the catalogue explains, by what they are about: what differs once goes on
// to differ.
type roots struct {
	at     map[rootKey]root
	states map[[2]string]root // the first between two worlds that is more than a segment or a time
	all    map[[2]string]root // the first line that one of two worlds could not run and that was about no socket
}

type rootKey struct {
	worlds [2]string
	about  string
}

type root struct {
	d    *Difference
	step int
}

// add notes that d explains f.
func (r *roots) add(f *finding, d *Difference) {
	for _, about := range f.about {
		key := rootKey{f.worlds, about}
		if old, ok := r.at[key]; !ok || f.step < old.step {
			r.at[key] = root{d, f.step}
		}
	}
	if old, ok := r.all[f.worlds]; f.alone && len(f.about) == 0 && (!ok || f.step < old.step) {
		r.all[f.worlds] = root{d, f.step}
	}
	if old, ok := r.states[f.worlds]; f.what != "sends" && f.what != "lasts" && (!ok || f.step < old.step) {
		r.states[f.worlds] = root{d, f.step}
	}
}

// of is the root that f follows from: at one of its sockets or connections. What binds a port, makes a
// connection or lets a segment go meets whatever changed before.
func (r *roots) of(f *finding) (first root, ok bool) {
	for _, about := range f.about {
		if g, found := r.at[rootKey{f.worlds, about}]; found && g.step <= f.step && (!ok || g.step < first.step) {
			first, ok = g, true
		}
	}
	if g, found := r.all[f.worlds]; found && !ok && g.step < f.step {
		return g, true
	}
	if g, found := r.states[f.worlds]; found && !ok && g.step < f.step && f.begins() {
		return g, true
	}
	return first, ok
}

// begins reports whether f is about a connection that is being made, or a port that is taken.
func (f *finding) begins() bool {
	switch f.what {
	case "bind", "listen", "connect", "deliver":
		return true
	}
	return slices.ContainsFunc(f.sides[:], func(s side) bool {
		switch fsm.Event(s.event) {
		case fsm.UserActiveOpen, fsm.RcvSYN, fsm.RcvSYNACK, fsm.RcvRSTRefuses:
			return s.state == fsm.Closed || s.state == fsm.Listen || s.state == fsm.SynSent
		}
		return false
	})
}

// explain gives every finding its reason: an entry of the catalogue, or the one from which it follows.
func explain(findings []finding, shared groups) {
	r := roots{map[rootKey]root{}, map[[2]string]root{}, map[[2]string]root{}}
	order := make([]*finding, len(findings))
	for i := range findings {
		f := &findings[i]
		order[i] = f
		if d, ok := FindDifference(ruleClock); ok && f.late {
			f.why = f.because(&d, false)
			if f.cut && d.between(f.infos) {
				r.add(f, &d)
			}
			continue
		}
		if f.known() == nil && f.alone {
			if d, ok := FindDifference(ruleLineNotRun); ok {
				f.entry = &d
			}
		}
		if f.known() != nil {
			f.why = f.because(f.entry, false)
			r.add(f, f.entry)
		} else {
			f.why = nil
		}
	}
	slices.SortStableFunc(order, func(a, b *finding) int { return cmp.Compare(a.step, b.step) })
	for _, f := range order {
		if f.why != nil {
			continue
		}
		g, ok := r.of(f)
		if d, known := FindDifference(ruleGroup); !ok && known && shared.concern(f.about) && d.between(f.infos) {
			f.why = f.because(&d, false)
			r.add(f, &d)
			continue
		}
		if !ok {
			f.why = f.unexplained()
			continue
		}
		f.why = f.because(g.d, true)
		r.add(f, g.d)
	}
}

// because is the reason that an entry of the catalogue gives, to f itself or to what f follows from.
func (f *finding) because(d *Difference, follows bool) *world.Why {
	because := d.Text
	if follows {
		because = because.After("it follows from a difference before: ", "由之前的不同而来：")
	}
	return &world.Why{Rule: d.ID, Text: f.say().Plus(": "+because.En, "："+because.Zh), Source: d.Source}
}

func (f *finding) unexplained() *world.Why {
	return &world.Why{Rule: Unexplained, Text: f.say().Plus(": unexplained", "：原因不明")}
}

// say tells what each world did.
func (f *finding) say() Text {
	var ens, zhs [2]string
	for i, s := range f.sides {
		w := f.worlds[i]
		switch {
		case f.what != "enters" && f.what != "sends" && f.what != "lasts":
			ens[i], zhs[i] = w+" says "+s.text.En, w+" 的结果是 "+s.text.Zh
		case s.word == "":
			ens[i], zhs[i] = w+" does not", w+" 没有"
		case f.what == "enters":
			ens[i], zhs[i] = w+" goes to "+s.text.En, w+" 进入 "+s.text.Zh
		case f.what == "sends":
			ens[i], zhs[i] = w+" sends "+s.text.En, w+" 发送 "+s.text.Zh
		default:
			ens[i], zhs[i] = w+" waits "+s.text.En, w+" 等待 "+s.text.Zh
		}
	}
	if f.sides[0].word == "" { // who did nothing comes second
		slices.Reverse(ens[:])
		slices.Reverse(zhs[:])
	}
	return Text{En: strings.Join(ens[:], ", "), Zh: strings.Join(zhs[:], "，")}
}

// difference lays a step's results side by side: what differs between each world that ran it and the first
// that did, if anything.
func (s *StepReport) difference(i int, worlds []*world.Info, named ports) (found []finding) {
	ran := slices.DeleteFunc(slices.Clone(worlds), func(w *world.Info) bool { return len(s.ran([]string{w.Name})) == 0 })
	for _, w := range ran[min(1, len(ran)):] {
		infos := [2]*world.Info{ran[0], w}
		a, b := s.Results[ran[0].Name], s.Results[w.Name]
		if sameResult(s.Cmd.Verb, a, b, named) {
			continue
		}
		f := finding{what: s.Cmd.Verb, worlds: [2]string{ran[0].Name, w.Name}, infos: infos, step: i}
		f.host, f.socket, _ = s.Names()
		for j, r := range []world.Result{a, b} {
			f.sides[j] = side{word: r.Result, text: text.Same(say(s.Cmd.Verb, r)), at: r.At}
			if r.Why != nil {
				f.sides[j].rule = r.Why.Rule
			}
		}
		found = append(found, f)
	}
	return found
}

// oneSided are findings about a step that one world ran and another could not. They are no differences
// themselves, but what follows from them is no difference of its own.
func (s *StepReport) oneSided(i int, worlds []*world.Info) (found []finding) {
	first := slices.IndexFunc(worlds, func(w *world.Info) bool { return s.ranIn(w.Name) })
	if first < 0 {
		return nil
	}
	for j, w := range worlds {
		r, ok := s.Results[w.Name]
		if !ok || r.Result != script.NotRun || r.Why == nil || !slices.Contains(couldNot, r.Why.Rule) {
			continue
		}
		f := finding{what: s.Cmd.Verb, step: i, alone: true}
		f.infos = [2]*world.Info{worlds[min(first, j)], worlds[max(first, j)]}
		f.worlds = [2]string{f.infos[0].Name, f.infos[1].Name}
		f.host, f.socket, _ = s.Names()
		found = append(found, f)
	}
	return found
}

// ranIn reports whether a world ran the step.
func (s *StepReport) ranIn(world string) bool {
	r, ok := s.Results[world]
	return ok && r.Result != script.NotRun
}

// couldNot are the rules by which a world says that it cannot run a line.
var couldNot = []string{"model-not-run", "kernel-not-run", "capture-not-run"}

// place says which sockets and connections the finding of a step is about, once the tales have been read.
func (f *finding) place(s *StepReport, tales []*tale) {
	host, sock, as := s.Names()
	for i, w := range f.worlds {
		t, other := taleOf(tales, w), s.Results[f.worlds[1-i]].Rows
		f.about = append(f.about, append(t.about(host, sock), t.about(host, as)...)...)
		for _, r := range s.Results[w].Rows {
			if !slices.ContainsFunc(other, func(o world.Row) bool { return o.Name == r.Name && rowKey(o, t.named) == rowKey(r, t.named) }) {
				f.about = append(append(f.about, t.about(s.Actor, r.Name)...), t.wires[wirePair(r.Addrs())])
			}
		}
	}
}

// placeAll does so for the findings of steps that are new.
func (l *Lab) placeAll(tales []*tale) {
	for ; l.placed < len(l.found); l.placed++ {
		f := &l.found[l.placed]
		f.place(&l.steps[f.step], tales)
	}
}

func taleOf(tales []*tale, world string) *tale {
	return tales[slices.IndexFunc(tales, func(t *tale) bool { return t.world == world })]
}

// infos are what the lab's worlds are.
func (l *Lab) infos() []*world.Info {
	out := make([]*world.Info, len(l.runs))
	for i, r := range l.runs {
		out[i] = &r.of.info
	}
	return out
}

// explainStep gives the verdict of a step its reason: that of the first world that differs, or of one
// that nobody can explain. The worlds' stories are looked into where the results alone do not tell. The
// lab's mutex is held.
func (l *Lab) explainStep(i int) *world.Why {
	s := &l.steps[i]
	found := s.difference(i, l.infos(), l.named)
	tales := l.tales(i)
	for _, t := range tales {
		if n := len(t.marks); n > 0 {
			t.now = t.marks[n-1].at // a world may have gone on, or come to rest, since
		}
	}
	alone := true
	for j := range found {
		f := &found[j]
		for k, w := range f.worlds {
			f.sides[k].state = taleOf(tales, w).stateAt(f.host, f.socket, i)
		}
		alone = alone && f.known() != nil
	}
	l.found = append(l.found, found...)
	if !alone && l.looked < maxLook {
		l.read(tales)
		l.placeAll(tales)
		for _, t := range tales {
			l.looked += len(t.trace.Entries) + len(t.trace.Flights) + len(t.marks)
		}
		all := append(compare(tales).findings, l.found...)
		explain(all, l.groups)
		found = all[len(all)-len(found):]
	} else {
		explain(found, l.groups)
	}
	for j := range found {
		if found[j].why.Rule == Unexplained {
			return found[j].why
		}
	}
	return found[0].why
}

// list is how the worlds differ in states, times and segments, up to a bound.
func (c *comparison) list(steps []StepReport) []Finding {
	var out []Finding
	for i := range c.findings {
		f := &c.findings[i]
		if len(out) == maxFindings {
			break
		}
		what := map[string]string{"enters": "state", "sends": "segment", "lasts": "time"}[f.what]
		line := 0
		if f.step < len(steps) {
			line = steps[f.step].Line
		}
		out = append(out, Finding{What: what, Line: line, Host: f.host, Socket: f.socket, Worlds: f.worlds,
			Told: [2]string{f.sides[0].text.En, f.sides[1].text.En}, Why: f.why})
	}
	return out
}

// Said is what one world answers to a call.
type Said struct {
	World world.Info
	Word  string // the result
	Rule  string // by which it came to it, if it says
	Text  Text   // in full
}

// Because says why two worlds answer a call differently, by the catalogue of differences; the rule
// is Unexplained where it has no entry.
func Because(verb string, said [2]Said) *world.Why {
	f := finding{what: verb}
	for i := range said {
		s := &said[i]
		f.worlds[i], f.infos[i] = s.World.Name, &s.World
		f.sides[i] = side{word: s.Word, rule: s.Rule, text: s.Text}
	}
	if f.known() != nil {
		return f.because(f.entry, false)
	}
	return f.unexplained()
}
