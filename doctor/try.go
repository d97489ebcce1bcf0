package doctor

// Try makes a real bind as the question says and undoes it at once. It returns "ok" or the errno's
// name. It does not listen, so that no connection comes to it.
func Try(q Question) string {
	if err := tryBind(q); err != nil {
		return errnoName(err)
	}
	return "ok"
}

// Try makes a real bind and puts its result beside what the report foretold.
func (out *Report) Try() {
	t := &Trial{Result: Try(out.Question)}
	switch {
	case out.Verdict == Depends && t.Result == "ok":
		t.Agrees = true
		t.Text = Text{En: "A real bind succeeds: the old socket had the option.",
			Zh: "真的 bind 成功了：旧套接字有这个选项。"}
	case out.Verdict == Depends && t.Result == "EADDRINUSE":
		t.Agrees = true
		t.Text = Text{En: "A real bind fails with EADDRINUSE: the old socket lacked the option. Waiting is what helps.",
			Zh: "真的 bind 失败了（EADDRINUSE）：旧套接字没有这个选项。只能等待。"}
	case out.Verdict == Free && t.Result == "ok", out.Verdict == Taken && t.Result == out.Errno:
		t.Agrees = true
		t.Text = say("A real bind says %s, as foretold.", "真的 bind 返回 %s，与预测一致。", t.Result)
	default:
		t.Text = say("A real bind says %s: the prediction was wrong, or something changed meanwhile.",
			"真的 bind 返回 %s：预测错了，或者情况刚刚发生了变化。", t.Result)
	}
	out.Tried = t
	head := say("No: %s. %s", "不行：%s。%s", out.place(), t.Text)
	if t.Result == "ok" {
		head = say("Yes: %s. %s", "可以：%s。%s", out.place(), t.Text)
	}
	rest := out.about()
	if k := out.Keeper; k != nil {
		rest = say("%s %s", "%s%s", rest, k.Text)
	}
	out.Answer = say("%s %s", "%s%s", head, rest)
	if out.Verdict == Depends {
		out.Do = out.todoMeasured()
	}
}

// todoMeasured is what is left to do once a real bind has shown what could not be seen.
func (out *Report) todoMeasured() []Text {
	if out.Tried.Result == "ok" {
		return []Text{{En: "Bind it with the same options: it works now.", Zh: "用同样的选项 bind：现在就能成功。"}}
	}
	return append(out.todoWait(), out.Do...)
}
