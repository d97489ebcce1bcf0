package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"fourwave/api/doc"
	"fourwave/internal/term"
	"fourwave/internal/text"
	"fourwave/quiz"
)

// asker shows questions on a terminal and reads answers to them, a line each.
type asker struct {
	in   *bufio.Reader
	out  io.Writer
	to   term.Out
	lang string
}

func newAsker(cmd *cobra.Command, lang string) *asker {
	return &asker{
		bufio.NewReader(io.LimitReader(cmd.InOrStdin(), 16<<20)), cmd.OutOrStdout(), term.Of(cmd.OutOrStdout()), lang,
	}
}

// askerWords are what an asker says by itself.
var askerWords = map[string]text.Text{
	"part":    {En: "part", Zh: "部分"},
	"answer":  {En: "answer", Zh: "答案"},
	"script":  {En: "a line of script each, then a line with a dot", Zh: "逐行输入脚本，最后输入只有一个句点的一行"},
	"help":    {En: "an empty line leaves it blank, ? asks for a hint", Zh: "空行表示不作答，? 请求提示"},
	"nohint":  {En: "There is no further hint.", Zh: "没有更多提示。"},
	"saved":   {En: "saved", Zh: "已保存"},
	"readas":  {En: "read as", Zh: "理解为"},
	"submit":  {En: "Submit? This is final (y/n)", Zh: "提交？提交后不能修改（y/n）"},
	"kept":    {En: "Not submitted. Your answers are kept; go on with", Zh: "尚未提交。答案已保存，继续作答："},
	"result":  {En: "Result", Zh: "成绩"},
	"later":   {En: "Submitted. The result is shown later", Zh: "已提交。成绩稍后公布"},
	"pin":     {En: "Your PIN, to go on later", Zh: "你的 PIN（以后继续时需要）"},
	"due":     {En: "to review", Zh: "待复习"},
	"points":  {En: "points", Zh: "分"},
	"until":   {En: "until", Zh: "截止"},
	"summary": {En: "%d of %d right", Zh: "答对 %d / %d"},
}

func (a *asker) say(key string) string { return askerWords[key].In(a.lang) }

func (a *asker) print(s string) {
	for _, line := range strings.Split(strings.TrimRight(s, "\n"), "\n") {
		for _, l := range term.Wrap(text.Clean(line), max(20, min(a.to.Width, 100))) {
			fmt.Fprintln(a.out, l)
		}
	}
}

// verbatim prints lines whose white space counts.
func (a *asker) verbatim(s string) {
	for line := range strings.Lines(s) {
		fmt.Fprintln(a.out, "    "+text.Clean(strings.TrimRight(line, "\n")))
	}
}

func (a *asker) head(s string) {
	if a.to.Color {
		s = term.Paint(s, term.Bold)
	}
	fmt.Fprintln(a.out, s)
}

// show prints a question.
func (a *asker) show(q *quiz.Shown) {
	a.print(q.Text)
	for _, block := range []string{q.Stimulus, q.Script} {
		if block != "" {
			a.verbatim(block)
		}
	}
}

// showPart prints what a part offers.
func (a *asker) showPart(p *quiz.ShownPart) {
	if p.Text != "" {
		a.print(p.Text)
	}
	for _, g := range p.Goals {
		a.verbatim(g)
	}
	for _, c := range p.Choices {
		a.print("  " + c.ID + ") " + c.Text)
	}
}

var errHint = errors.New("a hint is asked for")

// line prompts and reads a line; errHint for "?", io.EOF at the end of the input.
func (a *asker) line(prompt string) (string, error) {
	fmt.Fprintf(a.out, "%s> ", text.Clean(prompt))
	s, err := a.in.ReadString('\n')
	if !a.to.Terminal {
		fmt.Fprintln(a.out) // nobody typed an end of line
	}
	if err != nil && s == "" {
		return "", err
	}
	if s = strings.TrimSpace(s); s == "?" || s == "？" {
		return "", errHint
	}
	return s, nil
}

// read reads the answer to a question: one line a part or a blank. nil is a blank.
func (a *asker) read(q *quiz.Shown) (*quiz.Answer, error) {
	parts := map[string]quiz.Answer{}
	for i := range q.Parts {
		p := &q.Parts[i]
		a.showPart(p)
		one, err := a.readPart(p)
		if err != nil {
			return nil, err
		}
		if one != nil {
			parts[p.ID] = *one
		}
	}
	if len(parts) == 0 {
		return nil, nil
	}
	return &quiz.Answer{Parts: parts}, nil
}

func (a *asker) readPart(p *quiz.ShownPart) (*quiz.Answer, error) {
	switch p.Interaction {
	case quiz.ByMatch, quiz.ByFields:
		fields := map[string]quiz.Loose{}
		for _, f := range p.Fields {
			s, err := a.line(f.Label)
			if err != nil {
				return nil, err
			}
			if s != "" {
				fields[f.ID] = quiz.Loose(s)
			}
		}
		if len(fields) == 0 {
			return nil, nil
		}
		return &quiz.Answer{Fields: fields}, nil
	case quiz.ByScript:
		fmt.Fprintln(a.out, a.say("script"))
		var lines []string
		for {
			s, err := a.line("")
			if err != nil {
				return nil, err
			}
			if s == "." {
				break
			}
			lines = append(lines, s)
		}
		script := strings.Join(lines, "\n")
		return &quiz.Answer{Script: &script}, nil
	}
	prompt := a.say("answer")
	if p.Unit != "" {
		prompt += " (" + p.Unit + ")"
	}
	s, err := a.line(prompt)
	if err != nil || s == "" {
		return nil, err
	}
	answer := quiz.PlainAnswer(s)
	return &answer, nil
}

type takeOptions struct {
	remote
	student, pin string
}

func quizTakeCommand() *cobra.Command {
	var o takeOptions
	cmd := &cobra.Command{
		Use:   "take CODE|LINK --student NAME",
		Short: "sit a quiz in the terminal",
		Long: "Joins a quiz by its code or its link, asks its questions one after the other, and keeps every answer " +
			"on\n" +
			"the server as it is given. What was begun is gone on with by --pin.",
		Example: "  fourwave quiz take 7K2M-QX4D --student s-17",
		Args:    cobra.ExactArgs(1),
		RunE:    func(cmd *cobra.Command, args []string) error { return takeQuiz(cmd, args[0], &o) },
	}
	serverFlag(cmd, &o.base)
	cmd.Flags().StringVar(&o.student, "student", "", "your name in the quiz")
	cmd.Flags().StringVar(&o.pin, "pin", "", "the PIN of the roster, or of the attempt to go on with")
	cmd.Flags().StringVar(&o.lang, "lang", systemLanguage(), "language, en or zh")
	return cmd
}

// sitting is an attempt as the command takes it.
type sitting struct {
	doc.Attempt
	Questions []askedQuestion `json:"questions"`
}

type askedQuestion struct {
	doc.AttemptQuestion
	quiz.Shown
}

func takeQuiz(cmd *cobra.Command, code string, o *takeOptions) error {
	if o.student == "" {
		return errors.New("say who you are with --student NAME")
	}
	if base, c := joinLink(code); base != "" {
		o.base, code = base, c
	}
	a := newAsker(cmd, o.lang)
	var sit sitting
	err := o.call(cmd.Context(), http.MethodPost, "/v1/quizzes/"+pathSegment(code)+"/attempts", map[string]string{
		"student": o.student, "pin": o.pin, "lang": o.lang}, &sit)
	if err != nil {
		return outcome(err)
	}
	if sit.Live != nil {
		return &statusError{
			exitCannot,
			errors.New("a live quiz is taken on the page: its questions come when the teacher opens them"),
		}
	}
	o.secret = sit.Secret
	a.head(text.Clean(sit.Title))
	if sit.PIN != "" {
		fmt.Fprintf(a.out, "%s: %s\n", a.say("pin"), sit.PIN)
		o.pin = sit.PIN
	}
	if sit.Deadline != nil {
		fmt.Fprintf(a.out, "%s %s\n", a.say("until"), sit.Deadline.Local().Format(time.TimeOnly))
	}
	fmt.Fprintf(a.out, "(%s)\n", a.say("help"))
	for i := range sit.Questions {
		if err := o.ask(cmd, a, &sit, &sit.Questions[i]); err != nil {
			if errors.Is(err, io.EOF) {
				break
			}
			return outcome(err)
		}
	}
	return o.submit(cmd, a, &sit, code)
}

// ask asks one question until its answer is kept.
func (o *takeOptions) ask(cmd *cobra.Command, a *asker, sit *sitting, q *askedQuestion) error {
	fmt.Fprintln(a.out)
	a.head(
		fmt.Sprintf(
			"%d/%d  (%s %s)", q.N, len(sit.Questions), strconv.FormatFloat(q.Points, 'f', -1, 64), a.say("points"),
		),
	)
	a.show(&q.Shown)
	at := "/v1/attempts/" + sit.ID + "/answers/" + strconv.Itoa(q.N)
	for {
		answer, err := a.read(&q.Shown)
		if errors.Is(err, errHint) {
			if err := o.hint(cmd, a, at); err != nil {
				return err
			}
			continue
		}
		if err != nil || answer == nil {
			return err
		}
		q.Revision++
		var saved doc.SavedAnswer
		err = o.call(
			cmd.Context(), http.MethodPut, at, map[string]any{"answer": answer, "revision": q.Revision}, &saved,
		)
		var no *refusal
		if errors.As(err, &no) && no.status == http.StatusUnprocessableEntity {
			a.print(no.detail) // it cannot be read: ask again
			continue
		}
		if err != nil {
			return err
		}
		if saved.ReadAs != nil {
			a.print(a.say("saved") + "; " + a.say("readas") + ": " + *saved.ReadAs)
		}
		var g quiz.Grade
		if json.Unmarshal(saved.Grade, &g) == nil && g.Feedback != "" {
			a.print(g.Feedback)
		}
		return nil
	}
}

func (o *takeOptions) hint(cmd *cobra.Command, a *asker, at string) error {
	var h doc.Hint
	err := o.call(cmd.Context(), http.MethodPost, at+"/hints", nil, &h)
	var no *refusal
	if errors.As(err, &no) && no.status == http.StatusConflict {
		a.print(a.say("nohint"))
		return nil
	}
	if err == nil {
		a.print(h.Text)
	}
	return err
}

func (o *takeOptions) submit(cmd *cobra.Command, a *asker, sit *sitting, code string) error {
	fmt.Fprintln(a.out)
	if s, err := a.line(a.say("submit")); err != nil ||
		!strings.HasPrefix(strings.ToLower(s), "y") && !strings.HasPrefix(s, "是") {
		fmt.Fprintf(
			a.out, "%s\n  fourwave quiz take %s --student %s --pin %s\n", a.say("kept"), text.Clean(code),
			text.Clean(o.student), o.pin,
		)
		return nil
	}
	var ended doc.Attempt
	if err := o.call(cmd.Context(), http.MethodPut, "/v1/attempts/"+sit.ID+"/submission", nil, &ended); err != nil {
		return outcome(err)
	}
	var r doc.AttemptResult
	err := o.call(cmd.Context(), http.MethodGet, "/v1/attempts/"+sit.ID+"/result", nil, &r)
	var no *refusal
	if errors.As(err, &no) && no.status == http.StatusForbidden {
		a.print(a.say("later") + " " + no.when)
		return nil
	}
	if err != nil {
		return outcome(err)
	}
	a.head(
		fmt.Sprintf(
			"%s: %s / %s", a.say("result"), strconv.FormatFloat(r.Score, 'f', -1, 64),
			strconv.FormatFloat(r.Max, 'f', -1, 64),
		),
	)
	for _, q := range r.Questions {
		fmt.Fprintf(
			a.out, "  %d  %s / %s  %s\n", q.N, strconv.FormatFloat(q.Score, 'f', -1, 64),
			strconv.FormatFloat(q.Max, 'f', -1, 64), q.Kind,
		)
	}
	return nil
}

// pathSegment is a code in a path: letters and digits, with what people type between them.
func pathSegment(code string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z' || r == '-' {
			return r
		}
		return -1
	}, code)
}
