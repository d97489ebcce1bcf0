package quiz

import (
	"maps"
	"math/bits"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"fourwave/fsm"
)

// lettered is an option's id with a text behind it: "b) CLOSING", "b CLOSING".
var lettered = regexp.MustCompile(`^\(?([a-z]|s\d{1,2})(\s*[).:、\]]\s*|\s+)(.+)$`)

// readChoice finds the option that an answer means; nil for one that makes sense and is not
// offered.
func (p *Part) readChoice(answer string) (o *Option, readAs Text, ok bool) {
	if len(answer) > maxAnswer {
		return nil, Text{}, false
	}
	g := plain(answer)
	for _, form := range []string{g, bare(g)} {
		if form == "" {
			return nil, Text{}, false
		}
		if o := p.option(form); o != nil {
			return o, o.Text, true
		}
		if o := p.byText(form); o != nil {
			return o, o.Text, true
		}
		if m := lettered.FindStringSubmatch(form); m != nil {
			mark, text := strings.TrimSpace(m[2]), m[3]
			if o := p.option(m[1]); o != nil &&
				(p.byText(text) == o || mark != "" && p.byText(text) == nil && !p.means(text)) {
				return o, o.Text, true
			}
		}
	}
	return nil, p.inDomain(bare(g)), !p.inDomain(bare(g)).IsZero()
}

// byText is the option with such a text, or another spelling of it; nil if there is none.
func (p *Part) byText(g string) *Option {
	state, isState := readState(g)
	errno, isErrno := readErrno(g)
	yes, no := slices.Contains(yesWords, g), slices.Contains(noWords, g)
	for i := range p.Options {
		o := &p.Options[i]
		switch {
		case g == plain(o.Text.En), g == plain(o.Text.Zh), slices.Contains(o.Also, g),
			isState && string(state) == o.Text.En,
			isErrno && (string(errno) == o.Text.En || slices.Contains(o.Also, strings.ToLower(string(errno)))),
			yes && slices.Contains(o.Also, "yes"), no && slices.Contains(o.Also, "no"):
			return o
		}
	}
	return nil
}

// means reports whether a text is an answer by itself, offered or not.
func (p *Part) means(g string) bool { return !p.inDomain(g).IsZero() }

// inDomain reads an answer that makes sense here without being offered.
func (p *Part) inDomain(g string) Text {
	if p.Domain == OfStates {
		if s, ok := readState(g); ok {
			return stateText(s)
		}
	}
	if p.Domain == OfErrnos || p.Domain == OfAnswers {
		if r, ok := readResult(g); ok {
			return same(r)
		}
	}
	return Text{}
}

// markFields marks each field by itself; what follows from a mistake in another field gets half.
func (p *Part) markFields(a Answer) (verdict, error) {
	given, member := map[string]string{}, "fields"
	switch {
	case p.Interaction == ByMatch:
		member = "match"
		maps.Copy(given, a.Match)
		fallthrough
	default:
		for k, v := range a.Fields {
			given[k] = string(v)
		}
		maps.Copy(given, a.Match)
	}
	if len(given) == 0 && (a.Match == nil && a.Fields == nil) {
		s, ok := a.single(nil)
		if !ok {
			return verdict{}, wrongMember(member)
		}
		given = p.splitFields(s)
	}
	for id := range given {
		if !slices.ContainsFunc(p.Fields, func(f Field) bool { return f.ID == id }) {
			return verdict{}, unreadable("/"+member, id, say("no.field", "fields", p.fieldIDs()))
		}
	}
	values := map[string]string{}
	for i := range p.Fields {
		f := &p.Fields[i]
		if g := given[f.ID]; plain(g) != "" || strings.TrimSpace(g) != "" {
			v, hint := p.readField(f, g)
			if v == "" {
				return verdict{}, unreadable("/"+member+"/"+f.ID, g, hint)
			}
			values[f.ID] = v
		}
	}
	return p.weigh(values), nil
}

// weigh marks fields that were read.
func (p *Part) weigh(values map[string]string) verdict {
	var v verdict
	var reads, notes []Text
	for i := range p.Fields {
		f := &p.Fields[i]
		got := values[f.ID]
		if got != "" {
			reads = append(
				reads,
				Text{En: f.Label.En + " = " + p.valueText(f, got).En, Zh: f.Label.Zh + " = " + p.valueText(f, got).Zh},
			)
		}
		if got == f.Key {
			v.credit++
			continue
		}
		note := say("field.wrong", "field", f.Label, "right", p.valueText(f, f.Key))
		if f.follows(got, values) {
			v.credit += .5
			note = join(note, say("field.follows"))
		}
		for _, w := range f.Wrong {
			if w.Value == got {
				note = join(note, w.Feedback)
				if v.myth == "" {
					v.myth = w.Myth
				}
				break
			}
		}
		notes = append(notes, note)
	}
	v.credit /= float64(len(p.Fields))
	v.readAs = list(reads)
	if len(reads) == 0 {
		v.readAs = say("none.chosen")
	}
	v.feedback = join(notes...)
	return v
}

// follows reports whether a wrong value follows from a wrong value of the field that it depends on.
func (f *Field) follows(got string, values map[string]string) bool {
	if f.Follows == "" {
		return false
	}
	base, err1 := strconv.ParseInt(values[f.Follows], 10, 64)
	x, err2 := strconv.ParseInt(got, 10, 64)
	return err1 == nil && err2 == nil && x == base+f.FollowBy
}

// valueText is a field's value in words: of a match the option's text.
func (p *Part) valueText(f *Field, v string) Text {
	if f.Kind == "option" {
		if o := p.option(v); o != nil {
			return o.Text
		}
	}
	return same(v)
}

// readField normalises a field's value; "" and a hint if it cannot be read.
func (p *Part) readField(f *Field, given string) (string, Text) {
	g := bare(plain(given))
	switch f.Kind {
	case "number":
		x, hint, ok := readNumber(given, "")
		if ok {
			return strconv.FormatFloat(x, 'f', -1, 64), Text{}
		}
		if hint.IsZero() {
			hint = say("number.form", "unit", "")
		}
		return "", hint
	case "state":
		s, ok := readState(g)
		if !ok {
			return "", say("state.form")
		}
		return string(s), Text{}
	case "flags":
		if v, ok := readFlags(strings.ToLower(strings.TrimSpace(given))); ok { // with tcpdump's dot
			return v, Text{}
		}
		if v, ok := readFlags(g); ok {
			return v, Text{}
		}
		return "", say("flags.form")
	case "result":
		if v, ok := readResult(g); ok {
			return v, Text{}
		}
		return "", say("result.form")
	}
	o, readAs, ok := p.readChoice(given)
	switch {
	case !ok:
		return "", p.offers()
	case o == nil:
		return readAs.En, Text{}
	}
	return o.ID, Text{}
}

func (p *Part) fieldIDs() string {
	var ids []string
	for _, f := range p.Fields {
		ids = append(ids, f.ID)
	}
	return strings.Join(ids, ", ")
}

// splitFields reads "server: TIME-WAIT, client = CLOSED", or as many values as there are fields, in
// order.
func (p *Part) splitFields(s string) map[string]string {
	out := map[string]string{}
	items := strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune(";；\n", r) })
	if len(items) == 1 && strings.ContainsAny(s, "=:：,，") {
		items = strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune(",，", r) })
	}
	named := false
	for _, item := range items {
		if i := strings.IndexAny(item, "=:："); i > 0 {
			named = true
			out[strings.TrimSpace(item[:i])] = strings.TrimSpace(strings.TrimLeft(item[i:], "=:： "))
		}
	}
	if !named && len(items) <= len(p.Fields) {
		for i, item := range items {
			out[p.Fields[i].ID] = strings.TrimSpace(item)
		}
	} else if !named {
		out[s] = s
	}
	return out
}

// markOrder gives what is in order of the best of the orders that are right, less the decoys used.
func (p *Part) markOrder(a Answer) (verdict, error) {
	var given []string
	if a.Order != nil {
		given = *a.Order
	} else if s, ok := a.single(nil); ok {
		given = strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune(" ,;>、，；→\n-", r) })
	} else {
		return verdict{}, wrongMember("order")
	}
	var ids []string
	var reads []Text
	for i, s := range given {
		o, _, ok := p.readChoice(s)
		if !ok || o == nil || slices.Contains(ids, o.ID) {
			return verdict{}, unreadable("/order/"+strconv.Itoa(i), s, say("order.form"))
		}
		ids, reads = append(ids, o.ID), append(reads, same(o.ID))
	}
	v := verdict{readAs: list(reads)}
	if len(reads) == 0 {
		v.readAs = say("none.chosen")
	}
	if p.Goal != nil {
		return p.markScriptOrder(ids, v)
	}
	p.orderCredit(ids, &v)
	return v, nil
}

func (p *Part) orderCredit(ids []string, v *verdict) {
	var placed []string
	var notes []Text
	decoys, n := 0, 0
	for i := range p.Options {
		if p.Options[i].Right {
			n++
		}
	}
	for _, id := range ids {
		if o := p.option(id); o.Right {
			placed = append(placed, id)
		} else {
			decoys++
			notes = append(notes, Text{En: o.ID + ") " + o.Feedback.En, Zh: o.ID + ") " + o.Feedback.Zh})
			if v.myth == "" {
				v.myth = o.Myth
			}
		}
	}
	inOrder := p.longestInOrder(placed)
	v.credit = max(0, float64(inOrder-decoys)/float64(n))
	if inOrder < n {
		notes = append(notes, say("order.score", "in", inOrder, "n", n))
	}
	v.feedback = join(notes...)
}

// longestInOrder is the size of the largest part of an order in which no two stand the wrong way
// round. Before is transitive, so every such part can be completed to an order that is right.
func (p *Part) longestInOrder(ids []string) int {
	best := 0
	for set := range 1 << len(ids) {
		if n := bits.OnesCount(uint(set)); n > best && p.consistent(ids, set) {
			best = n
		}
	}
	return best
}

func (p *Part) consistent(ids []string, set int) bool {
	for _, b := range p.Before {
		first, second := slices.Index(ids, b[0]), slices.Index(ids, b[1])
		if first >= 0 && second >= 0 && first > second && set>>first&1 == 1 && set>>second&1 == 1 {
			return false
		}
	}
	return true
}

// inWords is a part's key as a sentence's object.
func (p *Part) inWords() Text {
	switch p.Interaction {
	case ByChoice:
		if o := p.right(); o != nil {
			return Text{En: o.ID + ") " + o.Text.En, Zh: o.ID + ") " + o.Text.Zh}
		}
	case ByLine:
		if o := p.right(); o != nil {
			return say("line", "n", o.ID)
		}
	case ByNumber:
		return same(formatNumber(p.Key, p.Unit))
	case ByMatch, ByFields:
		var all []Text
		for i := range p.Fields {
			f := &p.Fields[i]
			v := p.valueText(f, f.Key)
			all = append(all, Text{En: f.Label.En + " = " + v.En, Zh: f.Label.Zh + " = " + v.Zh})
		}
		return list(all)
	case ByChoices, ByOrder:
		var ids []Text
		for _, o := range p.Options {
			if o.Right {
				ids = append(ids, same(o.ID))
			}
		}
		return list(ids)
	}
	return Text{}
}

// valid reports whether a name is one of RFC 9293's states.
func valid(s string) bool { return slices.Contains(fsm.States, fsm.State(s)) }
