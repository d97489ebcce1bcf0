package quiz

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"fourwave/api/doc"
)

// PartGrade is a part's mark.
type PartGrade struct {
	ID       string  `json:"id"`
	Max      float64 `json:"max"`
	Score    float64 `json:"score"`
	ReadAs   *string `json:"read_as"` // null for a blank
	Right    string  `json:"right"`
	Feedback string  `json:"feedback"`
	Myth     string  `json:"myth,omitempty"`
}

// verdict is what a marker finds in an answer to one part.
type verdict struct {
	credit   float64 // from 0 to 1
	readAs   Text
	feedback Text
	myth     string
}

// Mark marks an answer. The error is an *UnreadableError: whatever can be read has a score.
func (it *Item) Mark(a Answer, lang string) (Grade, error) {
	if a.size() > maxAnswerBytes {
		return Grade{}, unreadable("", "", Text{En: "it has more than 16 KiB", Zh: "超过 16 KiB"})
	}
	answers, err := it.distribute(a)
	if err != nil {
		return Grade{}, err
	}
	g := Grade{Experiment: it.Experiment}
	var reads, feedbacks []string
	for i := range it.Parts {
		p := &it.Parts[i]
		pg := PartGrade{ID: p.ID, Max: p.Max, Right: p.Right.In(lang)}
		if answers[i].blank() {
			pg.Feedback = say("blank", "right", p.Right).In(lang)
		} else {
			v, err := p.mark(answers[i])
			if err != nil {
				return Grade{}, within(err, it, p, a)
			}
			read := v.readAs.In(lang)
			pg.Score, pg.ReadAs, pg.Myth = p.Max*v.credit, &read, v.myth
			pg.Feedback = it.feedback(p, v).In(lang)
			reads = append(reads, read)
		}
		if !slices.Contains(feedbacks, pg.Feedback) {
			feedbacks = append(feedbacks, pg.Feedback)
		}
		if g.Myth == "" {
			g.Myth = pg.Myth
		}
		g.Score += pg.Score
		g.Parts = append(g.Parts, pg)
	}
	g.Score = math.Min(1, math.Round(g.Score*1e9)/1e9)
	g.Correct = g.Score > 1-1e-6
	g.Feedback = strings.Join(feedbacks, " ")
	if len(reads) > 0 {
		g.ReadAs = strings.Join(reads, "; ")
	}
	it.explain(&g, lang)
	return g, nil
}

// explain adds to a grade what is right, why, and the film.
func (it *Item) explain(g *Grade, lang string) {
	g.Right = Choice{Text: it.Right().In(lang)}
	if o := it.Parts[0].right(); o != nil && it.Parts[0].Interaction == ByChoice && len(it.Parts) == 1 {
		g.Right = Choice{o.ID, o.Text.In(lang)}
	}
	g.Why = &doc.Why{Rule: it.Rule, Text: it.Why.In(lang), Source: it.Source}
	if it.Film != "" {
		g.Film = &Film{Script: it.Film, Line: it.FilmLine}
	}
	if m, ok := MythByID(g.Myth); ok {
		g.Refuted = m.Refuted
	}
}

// Right is the whole key in words.
func (it *Item) Right() Text {
	if len(it.Parts) == 1 {
		return it.Parts[0].Right
	}
	var en, zh []string
	for _, p := range it.Parts {
		en, zh = append(en, p.Right.En), append(zh, p.Right.Zh)
	}
	return Text{En: strings.Join(en, "; "), Zh: strings.Join(zh, "；")}
}

// feedback is what to say to an answer: what would have to be true for it to be right and, with a
// misconception, what refutes it; for a right one the reason.
func (it *Item) feedback(p *Part, v verdict) Text {
	why := p.Why
	if why.IsZero() {
		why = it.Why
	}
	if v.credit == 1 {
		return join(say("right"), sentence(why))
	}
	t := v.feedback
	if t.IsZero() {
		t = say("would.none")
	}
	t = join(t, say("key.is", "right", p.Right))
	if m, ok := MythByID(v.myth); ok {
		return join(t, sentence(m.Truth), say("watch", "experiment", m.Refuted))
	}
	return join(t, sentence(why))
}

// sentence ends a reason with a full stop, and begins it with a capital letter.
func sentence(t Text) Text {
	if t.IsZero() {
		return t
	}
	t.En = strings.TrimRight(t.En, ".")
	if t.En != "" && t.En[0] >= 'a' && t.En[0] <= 'z' && !strings.HasPrefix(t.En, "tcp_") && !strings.HasPrefix(t.En, "close(") &&
		!strings.HasPrefix(t.En, "bind(") &&
		!strings.HasPrefix(t.En, "listen(") {
		t.En = strings.ToUpper(t.En[:1]) + t.En[1:]
	}
	return Text{En: t.En + ".", Zh: strings.TrimRight(t.Zh, "。") + "。"}
}

// distribute gives each part its answer.
func (it *Item) distribute(a Answer) ([]Answer, error) {
	out := make([]Answer, len(it.Parts))
	if a.Parts == nil {
		out[0] = a
		if a.Plain == nil || len(out) == 1 {
			return out, nil
		}
		split := strings.FieldsFunc(*a.Plain, func(r rune) bool { return strings.ContainsRune(";；\n", r) })
		if len(split) == len(out) {
			for i := range split {
				out[i] = PlainAnswer(split[i])
			}
		}
		return out, nil
	}
	for id, sub := range a.Parts {
		i := int(0)
		for i < len(it.Parts) && it.Parts[i].ID != id {
			i++
		}
		if i == len(it.Parts) {
			return nil, unreadable("/parts", id, Text{En: "the question has no such part", Zh: "题目没有这一部分"})
		}
		out[i] = sub
	}
	return out, nil
}

// within puts a part before an error's pointer.
func within(err error, it *Item, p *Part, a Answer) error {
	if u, ok := err.(*UnreadableError); ok && a.Parts != nil {
		return &UnreadableError{"/parts/" + p.ID + u.Pointer, u.Detail}
	}
	return err
}

// mark is the one marker of an interaction; no kind has its own.
func (p *Part) mark(a Answer) (verdict, error) {
	switch p.Interaction {
	case ByChoice:
		return p.markChoice(a)
	case ByLine:
		return p.markLine(a)
	case ByChoices:
		return p.markChoices(a)
	case ByNumber:
		return p.markNumber(a)
	case ByMatch, ByFields:
		return p.markFields(a)
	case ByOrder:
		return p.markOrder(a)
	case ByScript:
		return p.markScript(a)
	case BySteps:
		return p.markSteps(a)
	}
	panic("BUG: quiz: no such interaction: " + string(p.Interaction))
}

func (p *Part) markChoice(a Answer) (verdict, error) {
	given, ok := a.single(a.Choice)
	if !ok {
		return verdict{}, wrongMember("choice")
	}
	o, readAs, ok := p.readChoice(given)
	if !ok {
		return verdict{}, unreadable("/choice", given, p.offers())
	}
	if o == nil {
		return verdict{readAs: readAs, feedback: say("not.offered", "given", readAs)}, nil
	}
	return o.verdict(Text{En: o.ID + ") " + o.Text.En, Zh: o.ID + ") " + o.Text.Zh}), nil
}

func (o *Option) verdict(readAs Text) verdict {
	v := verdict{readAs: readAs, feedback: o.Feedback, myth: o.Myth}
	if o.Right {
		v = verdict{credit: 1, readAs: readAs}
	}
	return v
}

func wrongMember(want string) error {
	return &UnreadableError{"", Text{
		En: "this question is answered as {\"" + want + "\": …} or as a string", Zh: "本题的答案应写作 {\"" + want + "\": …} 或一个字符串"}}
}

// offers lists what may be answered.
func (p *Part) offers() Text {
	var all []Text
	for _, o := range p.Options {
		all = append(all, Text{En: o.ID + " (" + o.Text.En + ")", Zh: o.ID + "（" + o.Text.Zh + "）"})
	}
	l := list(all)
	return Text{En: "it is none of " + l.En, Zh: "它不是以下任何一项：" + l.Zh}
}

func (p *Part) markLine(a Answer) (verdict, error) {
	given, ok := a.single((*string)(a.Line))
	if !ok {
		return verdict{}, wrongMember("line")
	}
	g := strings.TrimSpace(strings.TrimSuffix(strings.TrimPrefix(bare(plain(given)), "第"), "行"))
	g = strings.TrimSpace(strings.TrimPrefix(g, "line"))
	if o, _, ok := p.readChoice(g); ok && o != nil {
		return o.verdict(say("line", "n", o.ID)), nil
	}
	if n, _, ok := readNumber(g, ""); ok && n == math.Trunc(n) && n >= 0 && n < 1000 {
		return verdict{readAs: say("line", "n", int(n)), feedback: say("no.line", "n", int(n))}, nil
	}
	return verdict{}, unreadable("/line", given, Text{En: "write the number of a line", Zh: "请写行号"})
}

// markChoices is net-correct: what is rightly chosen less what is wrongly chosen, over what is
// right, never below 0.
func (p *Part) markChoices(a Answer) (verdict, error) {
	var given []string
	switch {
	case a.Choices != nil:
		given = *a.Choices
	default:
		s, ok := a.single(nil)
		if !ok {
			return verdict{}, wrongMember("choices")
		}
		given = p.splitChoices(s)
	}
	chosen := map[string]bool{}
	for i, s := range given {
		o, _, ok := p.readChoice(s)
		if !ok || o == nil {
			return verdict{}, unreadable("/choices/"+strconv.Itoa(i), s, p.offers())
		}
		chosen[o.ID] = true
	}
	var v verdict
	var reads, notes []Text
	right, net := 0, 0
	for i := range p.Options {
		o := &p.Options[i]
		if o.Right {
			right++
		}
		if chosen[o.ID] {
			reads = append(reads, same(o.ID))
			if net--; o.Right {
				net += 2
			}
		}
		if chosen[o.ID] != o.Right {
			notes = append(notes, Text{En: o.ID + ") " + o.Feedback.En, Zh: o.ID + ") " + o.Feedback.Zh})
			if v.myth == "" {
				v.myth = o.Myth
			}
		}
	}
	v.readAs = list(reads)
	if len(reads) == 0 {
		v.readAs = say("none.chosen")
	}
	v.credit = max(0, float64(net)/float64(right))
	v.feedback = join(notes...)
	return v, nil
}

// splitChoices reads "a, c", "a和c", "ac" and "none" as ids.
func (p *Part) splitChoices(s string) []string {
	g := bare(plain(s))
	if g == "none" || g == "none of them" || g == "都不" || g == "无" || g == "都没有" {
		return nil
	}
	parts := strings.FieldsFunc(g, func(r rune) bool { return strings.ContainsRune(" ,;/&+、，；和与及", r) })
	var out []string
	for _, w := range parts {
		if w == "and" {
			continue
		}
		if len(w) > 1 && strings.Trim(w, "abcdefgh") == "" {
			out = append(out, strings.Split(w, "")...)
			continue
		}
		out = append(out, w)
	}
	return out
}

func (p *Part) markNumber(a Answer) (verdict, error) {
	given, ok := a.single((*string)(a.Number))
	if !ok {
		return verdict{}, wrongMember("number")
	}
	x, hint, ok := readNumber(given, p.Unit)
	if !ok {
		if hint.IsZero() {
			hint = say("number.form", "unit", p.Unit)
		}
		return verdict{}, unreadable("/number", given, hint)
	}
	v := verdict{readAs: same(formatNumber(x, p.Unit))}
	if math.Abs(x-p.Key) <= p.Tolerance+1e-9 {
		v.credit = 1
		return v, nil
	}
	for _, w := range p.Wrong {
		if math.Abs(x-w.Value) <= p.Tolerance+1e-9 {
			v.credit, v.myth, v.feedback = w.Credit, w.Myth, w.Feedback
			return v, nil
		}
	}
	return v, nil
}
