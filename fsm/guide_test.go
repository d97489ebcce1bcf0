package fsm

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
)

// guideWords are the texts around the tables of docs/rules.md.
var guideWords = map[string]map[string]string{
	"en": {
		"title": "The rules and their sources",
		"about": "Every answer that fourwave gives names its rule. These are all of them, made from the " +
			"tables that the model runs on: " +
			"`go test ./fsm -run Guide -update` makes this page again. " +
			"A section (§) without a number before it is of [RFC 9293](https://www.rfc-editor.org/rfc/rfc9293); " +
			"`name, file` is a function of the Linux kernel.",
		"machine": "The state machine of the RFCs", "event": "event", "to": "to", "does": "does", "source": "source",
		"machineAbout": "One row an arrow, by state. A row that does nothing is a decision too: the segment " +
			"is dropped, the call waits. " +
			"An event that is not in a state's rows cannot happen there.",
		"profile": "Where %s differs from the RFCs", "from": "from",
		"profileAbout": "These rows stand in place of those above. How they are known: %s (%s).",
		"rules":        "Who may have a port, and other refusals", "rule": "rule", "means": "means",
		"rulesAbout": "The rules that a refused or granted `bind`, `listen` or `connect` names, and others " +
			"that are no arrow of the machine.",
	},
	"zh": {
		"title": "规则及其出处",
		"about": "fourwave 的每个回答都会指出所依据的规则。本页列出全部规则，由模型运行所用的表生成：" +
			"用 `go test ./fsm -run Guide -update` 重新生成。" +
			"没有注明文件的章节号（§）属于 [RFC 9293](https://www.rfc-editor.org/rfc/rfc9293)；“函数名, 文件”指 Linux 内核的函数。",
		"machine": "RFC 的状态机", "event": "事件", "to": "到", "does": "动作", "source": "出处",
		"machineAbout": "按状态排列，一行一个箭头。没有动作的行也是决定：丢弃报文段，或让调用等待。某个状态下没有列出的事件在那里不会发生。",
		"profile":      "%s 与 RFC 的不同之处", "from": "从", "profileAbout": "这些行取代上面的对应行。依据：%s（%s）。",
		"rules": "谁可以占用端口，以及其他的拒绝", "rule": "规则", "means": "含义",
		"rulesAbout": "`bind`、`listen` 或 `connect` 被拒绝或允许时指出的规则，以及其他不属于状态机箭头的规则。",
	},
}

// rulesGuide is docs/rules.md in a language.
func rulesGuide(lang string) string {
	w := guideWords[lang]
	var b strings.Builder
	fmt.Fprintf(&b, "# %s\n\n%s\n\n## %s\n\n%s\n", w["title"], w["about"], w["machine"], w["machineAbout"])
	for _, state := range States {
		fmt.Fprintf(&b, "\n### %s\n\n| %s | %s | %s | %s |\n|---|---|---|---|\n", state, w["event"], w["to"],
			w["does"], w["source"])
		for _, r := range Table {
			if r.From == state {
				fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", r.Event, r.To, strings.Join(r.Do.Names(), ", "), r.Section)
			}
		}
	}
	for _, p := range Profiles {
		if len(p.Rows) == 0 {
			continue
		}
		fmt.Fprintf(&b, "\n## "+w["profile"]+"\n\n"+w["profileAbout"]+"\n\n", p.Name, p.Confidence, p.Source)
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s |\n|---|---|---|---|---|\n", w["from"], w["event"], w["to"],
			w["does"], w["source"])
		for _, r := range p.Rows {
			fmt.Fprintf(&b, "| %s | %s | %s | %s | %s |\n", r.From, r.Event, r.To,
				strings.Join(r.Do.Names(), ", "), r.Section)
		}
	}
	fmt.Fprintf(&b, "\n## %s\n\n%s\n\n| %s | %s | %s |\n|---|---|---|\n", w["rules"], w["rulesAbout"], w["rule"],
		w["means"], w["source"])
	for _, id := range slices.Sorted(maps.Keys(rules)) {
		r := rules[id]
		means := r.en
		if lang == "zh" {
			means = r.zh
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", id, strings.ReplaceAll(means, "|", `\|`),
			strings.ReplaceAll(r.source, "|", `\|`))
	}
	return b.String()
}

// TestGuideIsCurrent: docs/rules.md and docs/rules.zh.md say what the tables say.
func TestGuideIsCurrent(t *testing.T) {
	for lang, name := range map[string]string{"en": "../docs/rules.md", "zh": "../docs/rules.zh.md"} {
		want := rulesGuide(lang)
		if *update {
			if err := os.WriteFile(name, []byte(want), 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		got, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if string(got) != want {
			t.Errorf("%s is not what the tables say; go test ./fsm -run Guide -update", name)
		}
	}
}
