package quiz

import "testing"

// TestSpellingsOfEveryInteraction: what people type for an answer is read as that answer, in both
// languages; what says nothing is not read at all.
func TestSpellingsOfEveryInteraction(t *testing.T) {
	option := func(id, text string, right bool, also ...string) Option {
		return Option{ID: id, Text: Text{En: text, Zh: text}, Right: right, Also: also}
	}
	states := &Part{
		Interaction: ByChoice,
		Domain:      OfStates,
		Options: []Option{
			option("a", "FIN-WAIT-1", false), option("b", "TIME-WAIT", true), option("c", "CLOSED", false),
		},
	}
	bind := &Part{
		Interaction: ByChoice, Domain: OfAnswers,
		Options: []Option{option("a", "Yes", true, "yes"), option("b", "No, EADDRINUSE", false, "no", "eaddrinuse")},
	}
	number := &Part{Interaction: ByNumber, Unit: "s", Key: 48, Tolerance: 1}
	count := &Part{Interaction: ByNumber, Key: 3}
	line := &Part{Interaction: ByLine, Options: []Option{option("1", "a()", false), option("12", "b()", true)}}
	choices := &Part{
		Interaction: ByChoices,
		Options:     []Option{option("a", "x", true), option("b", "y", false), option("c", "z", true)},
	}
	order := &Part{
		Interaction: ByOrder,
		Options:     []Option{option("s1", "FIN", true), option("s2", "ACK", true), option("s3", "RST", false)},
		Before:      [][2]string{{"s1", "s2"}},
	}
	fields := &Part{Interaction: ByFields, Fields: []Field{
		{ID: "f1", Label: same("ACK"), Kind: "number", Key: "101"},
		{ID: "f2", Label: same("flags"), Kind: "flags", Key: "FIN+ACK"},
		{ID: "f3", Label: same("state"), Kind: "state", Key: "LAST-ACK"}}}

	right, wrong, unread := 1.0, 0.0, -1.0
	for _, tt := range []struct {
		name   string
		part   *Part
		want   float64
		spelt  []string
		readAs string
	}{
		{"a state", states, right, []string{"TIME-WAIT", "TIMEWAIT", "time_wait", "TimeWait", "TIME-WAIT state", "TIME-WAIT 状态", "ＴＩＭＥ－ＷＡＩＴ", "tcp_time_wait",
			"b", "B.", "b)", "(b)", "b) TIME-WAIT", "选B", "答案：B", "答案是 b", "“TIME-WAIT”。", " time\u200b-wait "}, "b) TIME-WAIT"},
		{"another state that is offered", states, wrong, []string{"fin_wait1", "FinWait1", "FIN-WAIT-1", "a. FIN-WAIT-1", "A"}, "a) FIN-WAIT-1"},
		{"a state that is not offered", states, wrong, []string{"LAST-ACK", "last_ack", "LASTACK"}, "LAST-ACK"},
		{"no state", states, unread, []string{"x", "d", "no idea", "不知道", "?", "b or c"}, ""},
		{"yes", bind, right, []string{"yes", "Yes!", "y", "会", "会的", "是的", "可以", "能", "ok", "OK.", "ＹＥＳ", "It does.", "成功"}, "a) Yes"},
		{"no", bind, wrong, []string{"no", "No.", "不会", "不行", "不是", "不能", "EADDRINUSE", "address already in use", "Address already in use.", "fails", "失败"}, "b) No, EADDRINUSE"},
		{"neither", bind, unread, []string{"maybe", "也许", "EWHATEVER"}, ""},
		{"seconds", number, right, []string{"48", "48 s", "48s", "48秒", "４８", "0:48", "48.0", "48 seconds", "约 48 秒", "48.", "47.5", "~48", "48000 ms"}, ""},
		{"other seconds", number, wrong, []string{"12", "1 min", "1分钟", "0", "-48"}, ""},
		{"no seconds", number, unread, []string{"1,5", "soon", "48 apples", "四十八个苹果", "4 8", "1e"}, ""},
		{"a count", count, right, []string{"3", "three", "三", "3 sockets", "３", "3 个"}, "3"},
		{"a line", line, right, []string{"12", "line 12", "第 12 行", "第12行", "12.", "１２"}, "line 12"},
		{"a line that is not there", line, wrong, []string{"7", "line 99"}, ""},
		{"no line", line, unread, []string{"the last one", "-1", "1.5"}, ""},
		{"several", choices, right, []string{"a, c", "a c", "ac", "a和c", "A、C", "c,a", "a & c"}, "a, c"},
		{"none of several", choices, wrong, []string{"none", "无", "都没有"}, ""},
		{"an order", order, right, []string{"s1 s2", "s1, s2", "s1 → s2", "s1>s2", "S1、S2"}, "s1, s2"},
		{"no order", order, unread, []string{"s1 s1", "s9", "first s1"}, ""},
		{"fields", fields, right, []string{"f1: 101; f2: FIN,ACK; f3: last_ack", "f1=101; f2=[F.]; f3=LASTACK", "101; ack+fin; LAST-ACK state"}, ""},
		{"no fields", fields, unread, []string{"f9: 1; f1: 2", "f1: many; f2: FIN"}, ""},
	} {
		for _, given := range tt.spelt {
			v, err := tt.part.mark(PlainAnswer(given))
			switch {
			case tt.want == unread && err == nil:
				t.Errorf("%s: %q is read as %q, want an error", tt.name, given, v.readAs.En)
			case tt.want == unread:
			case err != nil:
				t.Errorf("%s: %q: %v", tt.name, given, err)
			case v.credit != tt.want || tt.readAs != "" && v.readAs.En != tt.readAs:
				t.Errorf(
					"%s: %q is read as %q and gets %v, want %q and %v", tt.name, given, v.readAs.En, v.credit,
					tt.readAs, tt.want,
				)
			}
		}
	}
}
