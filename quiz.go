package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"fourwave/api/doc"
	"fourwave/client"
	"fourwave/internal/text"
)

func quizCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "quiz",
		Short: "ask questions whose answers are calculated: for yourself, or for a class",
		Long: "Questions about how connections close, whose keys the model calculates and a kernel proves.\n" +
			"practice, export and grade need no server; new and take speak to one; purge works on its data.",
	}
	cmd.AddCommand(
		quizNewCommand(), quizTakeCommand(), quizPracticeCommand(), quizExportCommand(), quizGradeCommand(),
		quizPurgeCommand(),
	)
	return cmd
}

// Bounds of one call to a server.
const (
	answerTime = 30 * time.Second
	maxAnswer  = 64 << 20 // bytes
)

// remote is a server of this program, as its commands speak to it.
type remote struct {
	base   string // "http://127.0.0.1:8080", without a slash at its end
	secret string // of a teacher or a student; "" for neither
	lang   string
}

func serverFlag(cmd *cobra.Command, server *string) {
	cmd.Flags().StringVar(server, "server", "http://127.0.0.1:8080", "address of the server")
}

// refusal is an answer of the server that is not the one that was asked for.
type refusal struct {
	status int
	detail string
	when   string // of what is not shown yet
}

func (r *refusal) Error() string { return fmt.Sprintf("the server answers %d: %s", r.status, r.detail) }

// call sends a JSON document, or nothing, and reads one into out; with a *[]byte the body as it is.
func (r *remote) call(ctx context.Context, method, path string, in, out any) error {
	ctx, cancel := context.WithTimeout(ctx, answerTime)
	defer cancel()
	c := client.New(r.base)
	c.Token, c.Lang, c.Most = r.secret, r.lang, maxAnswer
	err := c.Call(ctx, method, path, in, out)
	var no *client.Error
	var transport *url.Error
	switch {
	case err == nil:
		return nil
	case errors.As(err, &no):
		return refused(no)
	case errors.As(err, &transport) && transport.Op == "parse":
		return fmt.Errorf("--server: %w", err)
	case errors.As(err, &transport):
		err = fmt.Errorf("%w\nstart a server with \"fourwave\", or name one with --server", err)
	}
	return &statusError{exitCannot, err}
}

// refused says what the server does not do, and each mistake that its detail leaves out.
func refused(no *client.Error) *refusal {
	p := &no.Problem
	r := &refusal{status: no.Status, detail: cmp.Or(p.Detail, p.Title, http.StatusText(no.Status))}
	if p.When != nil {
		r.when = p.When.Format(time.RFC3339Nano)
	}
	for _, e := range p.Errors {
		if !strings.Contains(r.detail, e.Detail) {
			r.detail += "\n" + strings.TrimSpace(e.Pointer+" "+e.Detail)
		}
	}
	return r
}

// outcome is an error of a call as the command's end.
func outcome(err error) error {
	var r *refusal
	if errors.As(err, &r) {
		return &statusError{exitCannot, err}
	}
	return err
}

type newOptions struct {
	remote
	title, titleZh string
	settings       doc.QuizSettings
	slots          []string
	file, roster   string
	verify, json   bool
}

func quizNewCommand() *cobra.Command {
	var o newOptions
	cmd := &cobra.Command{
		Use:   "new --slot KIND[:LEVEL[:COUNT[:POINTS]]] …",
		Short: "make a quiz on a server, and print its code and its teacher's key",
		Long: "Makes a quiz. Students join by the code; the teacher's key is shown once and is needed for\n" +
			"everything that a teacher does with the quiz.\n" +
			"A slot's KIND is one of GET /v1/question-kinds, or topic=TOPIC.",
		Example: "  fourwave quiz new --title Closing --slot who-waits:1:3 --slot time-left:2:2\n" +
			"  fourwave quiz new --file quiz.json --roster students.csv",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return newQuiz(cmd, &o) },
	}
	f := cmd.Flags()
	serverFlag(cmd, &o.base)
	f.StringVar(&o.title, "title", "", "the quiz's title in English")
	f.StringVar(&o.titleZh, "title-zh", "", "the quiz's title in Chinese")
	f.StringArrayVar(&o.slots, "slot", nil, "questions to ask; may be given again")
	f.StringVar(&o.settings.Mode, "mode", "homework", "practice, homework, exam or live")
	f.StringVar(&o.settings.Variants, "variants", "per-student", "one-for-all, per-student or per-attempt")
	f.StringVar(&o.settings.TimeLimit, "time-limit", "", "time for an attempt, such as 20m (default: none)")
	f.StringVar(
		&o.settings.Feedback, "feedback", "", "at-once, after-submit, after-close or never (default: by the mode)",
	)
	f.IntVar(&o.settings.Attempts, "attempts", 0, "attempts of each student (default 1, in practice 100)")
	f.IntVar(&o.settings.Hints, "hints", 0, "hints that may be taken for each question")
	f.BoolVar(&o.verify, "verify", false, "prove the questions on the server's kernel")
	f.StringVar(&o.roster, "roster", "", "`FILE` with a line student,name for each student who may join")
	f.StringVar(
		&o.file, "file", "",
		"`FILE` with the document of POST /v1/quizzes instead of the flags above, - for standard input",
	)
	f.StringVar(&o.secret, "teacher-password", "", "what the server requires of those who make quizzes")
	f.BoolVar(&o.json, "json", false, "print the server's document")
	f.StringVar(&o.lang, "lang", systemLanguage(), "language of errors, en or zh")
	return cmd
}

func newQuiz(cmd *cobra.Command, o *newOptions) error {
	roster, err := o.fill(cmd)
	if err != nil {
		return err
	}
	var q doc.Quiz
	if err := o.call(cmd.Context(), http.MethodPost, "/v1/quizzes", o.settings, &q); err != nil {
		return outcome(err)
	}
	var pins struct {
		Items []doc.RosterStudent `json:"items"`
	}
	if len(roster) > 0 {
		teacher := o.remote
		teacher.secret = q.TeacherKey
		if err := teacher.call(cmd.Context(), http.MethodPut, "/v1/quizzes/"+q.ID+"/roster", roster,
			&pins); err != nil {
			return outcome(fmt.Errorf("the quiz %s is made, its roster is not: %w", q.ID, err))
		}
	}
	out := cmd.OutOrStdout()
	if o.json {
		return json.NewEncoder(out).Encode(struct {
			doc.Quiz
			Students []doc.RosterStudent `json:"students,omitempty"`
		}{q, pins.Items})
	}
	fmt.Fprintf(
		out, "code  %s\nlink  %s\nid    %s\nkey   %s  (the teacher's; nobody sees it again)\n", q.Code,
		text.Clean(q.Join), q.ID, q.TeacherKey,
	)
	fmt.Fprintf(out, "%d questions, %s points, %s\n", q.Questions, strconv.FormatFloat(q.Points, 'f', -1, 64), q.Status)
	for _, s := range pins.Items {
		fmt.Fprintf(out, "PIN   %s  %s\n", s.PIN, text.Clean(s.Student))
	}
	return nil
}

// fill makes the settings from the flags or the file, and reads the roster.
func (o *newOptions) fill(cmd *cobra.Command) (roster []doc.RosterStudent, err error) {
	o.settings.Title = doc.Text{En: o.title, Zh: o.titleZh}
	if o.verify {
		o.settings.Verify = "kernel"
	}
	if o.file != "" {
		b, err := readInput(cmd, o.file)
		if err != nil {
			return nil, err
		}
		o.settings = doc.QuizSettings{}
		dec := json.NewDecoder(bytes.NewReader(b))
		dec.DisallowUnknownFields()
		if err := dec.Decode(&o.settings); err != nil {
			return nil, fmt.Errorf("--file: %w", oneLine{err})
		}
	}
	for _, s := range o.slots {
		slot, err := parseSlot(s)
		if err != nil {
			return nil, fmt.Errorf("--slot: %w", err)
		}
		o.settings.Slots = append(o.settings.Slots, slot)
	}
	if len(o.settings.Slots) == 0 {
		return nil, errors.New("no questions: say --slot KIND:LEVEL:COUNT, or --file FILE")
	}
	if o.roster == "" {
		return nil, nil
	}
	o.settings.Roster = true
	b, err := readInput(cmd, o.roster)
	if err != nil {
		return nil, err
	}
	for line := range strings.Lines(string(b)) {
		student, name, _ := strings.Cut(strings.TrimSpace(strings.TrimPrefix(line, "\ufeff")), ",")
		if student = strings.TrimSpace(student); student != "" && student != "student" {
			roster = append(roster, doc.RosterStudent{Student: student, Name: strings.TrimSpace(name)})
		}
	}
	if len(roster) == 0 {
		return nil, errors.New("--roster: there is no student in the file")
	}
	return roster, nil
}

// parseSlot reads KIND[:LEVEL[:COUNT[:POINTS]]].
func parseSlot(s string) (doc.Slot, error) {
	f := strings.Split(s, ":")
	slot := doc.Slot{Kind: f[0], Count: 1}
	if topic, ok := strings.CutPrefix(f[0], "topic="); ok {
		slot.Kind, slot.Topics = "", []string{topic}
	}
	if len(f) > 4 || f[0] == "" {
		return slot, fmt.Errorf("%q is not KIND:LEVEL:COUNT:POINTS", s)
	}
	var err error
	if len(f) > 1 {
		if slot.Level, err = strconv.Atoi(f[1]); err != nil {
			return slot, fmt.Errorf("the level %q is no number", f[1])
		}
	}
	if len(f) > 2 {
		if slot.Count, err = strconv.Atoi(f[2]); err != nil {
			return slot, fmt.Errorf("the count %q is no number", f[2])
		}
	}
	if len(f) > 3 {
		if slot.Points, err = strconv.ParseFloat(f[3], 64); err != nil {
			return slot, fmt.Errorf("the points %q are no number", f[3])
		}
	}
	return slot, nil
}

const maxInput = 4 << 20

// readInput reads a file, or standard input for "-".
func readInput(cmd *cobra.Command, name string) ([]byte, error) {
	in := cmd.InOrStdin()
	if name != "-" {
		file, err := os.Open(name)
		if err != nil {
			return nil, oneLine{err}
		}
		defer file.Close()
		in = file
	}
	b, err := io.ReadAll(io.LimitReader(in, maxInput+1))
	if err == nil && len(b) > maxInput {
		err = fmt.Errorf("%s: more than %d bytes", text.Clean(name), maxInput)
	}
	return b, err
}

// joinLink reads a code, or a link that has one behind "#quiz=", which also says which server.
func joinLink(s string) (base, code string) {
	u, err := url.Parse(s)
	if err != nil || u.Scheme == "" || u.Host == "" {
		return "", s
	}
	code, _, _ = strings.Cut(strings.TrimPrefix(u.Fragment, "quiz="), "&")
	return u.Scheme + "://" + u.Host, code
}
