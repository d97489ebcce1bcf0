package quiz

import (
	"fmt"
	"strings"

	"fourwave/fsm"
	"fourwave/internal/text"
	"fourwave/lab"
)

// Text is a sentence in both languages.
type Text = text.Text

// same is a text that reads alike in both languages: a state, an errno, a line of a script.
func same(s string) Text { return Text{En: s, Zh: s} }

// stateText is a state's name, which stays English in both languages.
func stateText(s fsm.State) Text { return same(string(s)) }

func fromLab(t lab.Text) Text { return t }

// say fills the holes of a sentence of the table words: pairs of a hole's name and a value, which
// is a Text, or anything that fmt prints.
func say(key string, holes ...any) Text {
	t, ok := words[key]
	if !ok {
		panic("BUG: quiz: no sentence " + key)
	}
	for i := 0; i+1 < len(holes); i += 2 {
		hole := fmt.Sprintf("{%v}", holes[i])
		value, ok := holes[i+1].(Text)
		if !ok {
			value = same(fmt.Sprint(holes[i+1]))
		}
		t.En = strings.ReplaceAll(t.En, hole, value.En)
		t.Zh = strings.ReplaceAll(t.Zh, hole, value.Zh)
	}
	if whole := strings.HasSuffix(t.En, ".") || strings.HasSuffix(t.En, "?"); whole && strings.HasPrefix(t.En, "the ") {
		t.En = "T" + t.En[1:] // a hole began the sentence
	}
	return t
}

// join puts sentences one behind the other: with a space between in English, without one in
// Chinese.
func join(sentences ...Text) Text {
	var en, zh []string
	for _, s := range sentences {
		if !s.IsZero() {
			en, zh = append(en, s.En), append(zh, s.Zh)
		}
	}
	return Text{En: strings.Join(en, " "), Zh: strings.Join(zh, "")}
}

// list joins words: "a, b" and 「a、b」.
func list(items []Text) Text {
	var en, zh []string
	for _, t := range items {
		en, zh = append(en, t.En), append(zh, t.Zh)
	}
	return Text{En: strings.Join(en, ", "), Zh: strings.Join(zh, "、")}
}

// glosses translate a state where a Chinese text names it first.
var glosses = []struct{ state, zh string }{
	{"SYN-SENT", "同步已发送"}, {"SYN-RECEIVED", "同步已收到"}, {"ESTABLISHED", "连接已建立"},
	{"FIN-WAIT-1", "终止等待 1"}, {"FIN-WAIT-2", "终止等待 2"}, {"CLOSE-WAIT", "关闭等待"}, {"CLOSING", "正在关闭"},
	{"LAST-ACK", "最后确认"}, {"TIME-WAIT", "时间等待"}, {"LISTEN", "监听"},
}

// gloss explains each state where a Chinese text first names it as a word of its own.
func gloss(s string) string {
	for _, g := range glosses {
		i := strings.Index(s, g.state)
		if i < 0 || strings.HasPrefix(s[i+len(g.state):], "（") {
			continue
		}
		s = s[:i+len(g.state)] + "（" + g.zh + "）" + s[i+len(g.state):]
	}
	return s
}
