package trial

import (
	"fourwave/api/doc"
	"fourwave/lab"
	"fourwave/lab/world"
)

// Document is a trial's answer in a language, "en" or "zh".
func (a *Answer) Document(lang string) doc.TrialAnswer {
	v := doc.TrialAnswer{
		Port: world.TrialPort, Verdict: string(a.Verdict), Why: lab.WhyIn(lang, a.Why),
		Results: make(map[string]doc.TrialResult, len(a.Results)),
	}
	for w, r := range a.Results {
		out := doc.TrialResult{Bind: r.Bind, Listen: r.Listen, Why: lab.WhyIn(lang, r.Why)}
		if r.Port != world.TrialPort {
			out.Port = r.Port
		}
		v.Results[w] = out
	}
	return v
}

// Head is how the document of a matrix is laid out. It always names the sockets' role, which the
// spec may leave open.
func (m *Matrix) Head(spec MatrixSpec) doc.MatrixHead {
	head := doc.MatrixHead{
		Existing: spec.State, Role: m.Rows[0].Role, ListenerOpen: spec.ListenerOpen, Listen: spec.Listen,
		Worlds: spec.Worlds, Rows: make([]doc.TrialExisting, len(m.Rows)),
		Columns: make([]doc.TrialNew, len(m.Columns)),
	}
	if head.Role == "" {
		head.Role = Roles(spec.State)[0]
	}
	for i, e := range m.Rows {
		head.Rows[i] = doc.TrialExisting{
			State: e.State, Role: e.Role, Addr: e.Addr, Via: e.Via, ListenerOpen: e.ListenerOpen, Orphan: e.Orphan,
			SocketOptions: doc.SocketOptions(e.SocketOptions),
		}
	}
	for i, n := range m.Columns {
		head.Columns[i] = doc.TrialNew{
			Addr: n.Addr, SocketOptions: doc.SocketOptions(n.SocketOptions), Listen: n.Listen,
		}
	}
	return head
}

// Rules gathers the rules that the cells of a matrix name, in one language, so that a document has
// each rule's text once.
type Rules struct {
	Lang string
	Seen map[string]doc.MatrixRule // by id
	new  map[string]doc.MatrixRule // since Fresh
}

// Cell is the i-th trial of a matrix, whose rules are added to those seen.
func (b *Rules) Cell(m *Matrix, i int, a Answer) doc.MatrixCell {
	v := doc.MatrixCell{
		Row: i / len(m.Columns), Column: i % len(m.Columns),
		Results: make(map[string]doc.MatrixResult, len(a.Results)), Verdict: string(a.Verdict),
	}
	for w, r := range a.Results {
		out := doc.MatrixResult{Bind: r.Bind, Listen: r.Listen}
		if r.Why != nil {
			out.Rule = r.Why.Rule
			b.see(r.Why)
		}
		v.Results[w] = out
	}
	return v
}

func (b *Rules) see(why *world.Why) {
	if _, ok := b.Seen[why.Rule]; ok {
		return
	}
	rule := doc.MatrixRule{Text: why.Text.In(b.Lang), Source: why.Source}
	if b.Seen == nil {
		b.Seen = make(map[string]doc.MatrixRule)
	}
	if b.new == nil {
		b.new = make(map[string]doc.MatrixRule)
	}
	b.Seen[why.Rule], b.new[why.Rule] = rule, rule
}

// Fresh are the rules seen since it was last called, nil if there are none.
func (b *Rules) Fresh() map[string]doc.MatrixRule {
	rules := b.new
	b.new = nil
	return rules
}
