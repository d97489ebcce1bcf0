package main

import (
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

	"fourwave/class"
	"fourwave/internal/term"
	"fourwave/internal/text"
	"fourwave/quiz"
	"fourwave/quiz/export"
	"fourwave/store"
)

type exportOptions struct {
	remote
	format   string
	kinds    []string
	level    int
	count    int
	seed     int64
	quiz     string
	variants int
	out      string
}

func quizExportCommand() *cobra.Command {
	var o exportOptions
	cmd := &cobra.Command{
		Use:   "export --format FORMAT",
		Short: "write questions with their keys for another system",
		Long: "Writes questions as " + strings.Join(
			export.Formats(), ", ",
		) + " or json: newly drawn ones, or with --quiz\n" +
			"those of a quiz on a server. What the format cannot grade as this program does is left out and counted.",
		Example: "  fourwave quiz export --format moodle --kind who-waits,time-left --count 10 --out questions.xml\n" +
			"  fourwave quiz export --format qti21 --quiz 0197… --key fwt_… --variants 5 --out quiz.zip",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return exportQuestions(cmd, &o) },
	}
	f := cmd.Flags()
	serverFlag(cmd, &o.base)
	f.StringVar(&o.format, "format", "", strings.Join(export.Formats(), ", ")+" or json")
	f.StringSliceVar(&o.kinds, "kind", nil, "kinds of questions (default: all)")
	f.IntVar(&o.level, "level", 1, "1, 2 or 3")
	f.IntVar(&o.count, "count", 1, "how many questions of each kind")
	f.Int64Var(&o.seed, "seed", 1, "of the first question of each kind; the next ones follow")
	f.StringVar(&o.quiz, "quiz", "", "`ID` of a quiz on the server, instead of newly drawn questions")
	f.StringVar(&o.secret, "key", "", "the quiz's teacher key")
	f.IntVar(&o.variants, "variants", 1, "how many variants of each of the quiz's questions")
	f.StringVar(&o.out, "out", "", "`FILE` to write (default: standard output)")
	f.StringVar(&o.lang, "lang", systemLanguage(), "language, en or zh")
	return cmd
}

func exportQuestions(cmd *cobra.Command, o *exportOptions) error {
	if o.lang != "en" && o.lang != "zh" {
		return fmt.Errorf("--lang: %q is neither en nor zh", o.lang)
	}
	if o.format == "" {
		return fmt.Errorf("--format: say one of %s or json", strings.Join(export.Formats(), ", "))
	}
	if o.quiz != "" {
		var body []byte
		q := url.Values{"format": {o.format}, "lang": {o.lang}, "variants": {strconv.Itoa(o.variants)}}
		if err := o.call(cmd.Context(), http.MethodPost, "/v1/quizzes/"+pathSegment(o.quiz)+"/export?"+q.Encode(), nil,
			&body); err != nil {
			return outcome(err)
		}
		return o.write(cmd, body)
	}
	items, err := o.draw()
	if err != nil {
		return err
	}
	if o.format == "json" {
		b, err := json.MarshalIndent(items, "", "  ")
		if err != nil {
			return err
		}
		return o.write(cmd, append(b, '\n'))
	}
	f, err := export.Write(o.format, o.lang, items)
	if errors.Is(err, export.ErrFormat) {
		return fmt.Errorf("--format: %w", err)
	}
	if err != nil {
		return err
	}
	for _, k := range quiz.List() {
		if n := f.Left[k.ID]; n > 0 {
			fmt.Fprintf(cmd.ErrOrStderr(), "%s cannot carry %d parts of %s\n", o.format, n, k.ID)
		}
	}
	return o.write(cmd, f.Body)
}

func (o *exportOptions) draw() ([]*quiz.Item, error) {
	p := practiceOptions{kinds: o.kinds, level: o.level, count: o.count, lang: o.lang, deck: "-"}
	if err := p.check(); err != nil {
		return nil, err
	}
	kinds := o.kinds
	if len(kinds) == 0 {
		for _, k := range quiz.List() {
			kinds = append(kinds, k.ID)
		}
	}
	var items []*quiz.Item
	for _, kind := range kinds {
		for n := range o.count {
			it, err := quiz.New(kind, o.seed+int64(n), o.level)
			if err != nil {
				return nil, err
			}
			items = append(items, it)
		}
	}
	return items, nil
}

// write writes the file; what is binary not to a terminal.
func (o *exportOptions) write(cmd *cobra.Command, body []byte) error {
	if o.out != "" {
		if err := os.WriteFile(o.out, body, 0o600); err != nil { // it has the keys
			return &statusError{exitCannot, oneLine{err}}
		}
		return nil
	}
	if strings.HasPrefix(string(body), "PK") && term.Of(cmd.OutOrStdout()).Terminal {
		return errors.New("this is a zip file: say where with --out FILE")
	}
	_, err := cmd.OutOrStdout().Write(body)
	return err
}

func quizGradeCommand() *cobra.Command {
	var asJSON bool
	var lang string
	cmd := &cobra.Command{
		Use:   "grade TOKEN [ANSWER]",
		Short: "mark an answer to a practice question",
		Long: "Marks an answer to the question that a token of POST /v1/questions stands for: a word, a number, an\n" +
			"option's letter, or JSON as in POST /v1/questions/grade. Without ANSWER it is read from standard " +
			"input.\n\n" +
			"Exit status: 0 right, 1 not or not wholly right, 2 it cannot be read.",
		Example: "  fourwave quiz grade \"$token\" TIME-WAIT",
		Args:    cobra.RangeArgs(1, 2),
		RunE: func(cmd *cobra.Command, args []string) error {
			if lang != "en" && lang != "zh" {
				return fmt.Errorf("--lang: %q is neither en nor zh", lang)
			}
			given := ""
			if len(args) == 2 {
				given = args[1]
			} else {
				b, err := readInput(cmd, "-")
				if err != nil {
					return err
				}
				given = strings.TrimSpace(string(b))
			}
			return gradeAnswer(cmd, args[0], given, lang, asJSON)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the document of POST /v1/questions/grade")
	cmd.Flags().StringVar(&lang, "lang", systemLanguage(), "language, en or zh")
	return cmd
}

func gradeAnswer(cmd *cobra.Command, token, given, lang string, asJSON bool) error {
	it, err := quiz.Open(token)
	if err != nil {
		return err
	}
	answer := quiz.PlainAnswer(given)
	if strings.HasPrefix(given, "{") {
		if err := json.Unmarshal([]byte(given), &answer); err != nil {
			return fmt.Errorf("the answer: %w", err)
		}
	}
	g, err := it.Mark(answer, lang)
	var unread *quiz.UnreadableError
	if errors.As(err, &unread) {
		return errors.New(unread.Detail.In(lang))
	}
	if err != nil {
		return err
	}
	if asJSON {
		enc := json.NewEncoder(cmd.OutOrStdout())
		enc.SetEscapeHTML(false)
		err = enc.Encode(g)
	} else {
		a := newAsker(cmd, lang)
		a.print(fmt.Sprintf("%s (%s: %s)", strconv.FormatFloat(g.Score, 'f', -1, 64), a.say("readas"), g.ReadAs))
		a.print(g.Feedback)
	}
	switch {
	case err != nil:
		return &statusError{exitCannot, err}
	case !g.Correct:
		return &statusError{exitDiffers, nil}
	}
	return nil
}

func quizPurgeCommand() *cobra.Command {
	var data, older string
	cmd := &cobra.Command{
		Use:   "purge --older AGE",
		Short: "delete old quizzes with all that students gave to them",
		Long: "Deletes every quiz that closed before AGE, or, if it never closes, was made before it, with its " +
			"roster,\n" +
			"attempts, answers and events. The server must not run, unless its data are in PostgreSQL.",
		Example: "  fourwave quiz purge --older 180d",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			age, err := parseAge(older)
			if err != nil {
				return fmt.Errorf("--older: %w", err)
			}
			return purgeQuizzes(cmd, data, time.Now().Add(-age))
		},
	}
	cmd.Flags().StringVar(&older, "older", "", "age, such as 180d or 36h")
	dataFlag(cmd, &data)
	return cmd
}

// purgeQuizzes opens the data that are there. Unlike the server it never takes memory instead: that
// would delete nothing and say so as if all were well.
func purgeQuizzes(cmd *cobra.Command, data string, before time.Time) error {
	address, err := dataAddress(data)
	if err != nil {
		return err
	}
	if !store.IsPostgres(address) {
		if address, err = dataHome(data); err != nil {
			return err
		}
		if _, err := os.Stat(address); err != nil {
			return &statusError{exitCannot, oneLine{err}}
		}
	}
	kept, err := store.Open(cmd.Context(), address)
	if err != nil {
		return dataError(err)
	}
	n, err := class.New(class.Config{Store: kept}).Purge(cmd.Context(), before)
	if err := errors.Join(err, kept.Close()); err != nil {
		return &statusError{exitCannot, err}
	}
	_, err = io.WriteString(
		cmd.OutOrStdout(),
		fmt.Sprintf("%d quizzes deleted that ended before %s\n", n, before.UTC().Format(time.DateOnly)),
	)
	return err
}

// parseAge reads a duration of at least an hour, also in days: "180d".
func parseAge(s string) (time.Duration, error) {
	d, err := time.ParseDuration(s)
	if days, ok := strings.CutSuffix(s, "d"); ok {
		var n int
		if n, err = strconv.Atoi(days); err == nil && n < 100_000 {
			d = time.Duration(n) * 24 * time.Hour
		}
	}
	if err != nil || d < time.Hour {
		return 0, fmt.Errorf("%s is not an age of an hour or more, such as 180d or 36h", text.Clean(strconv.Quote(s)))
	}
	return d, nil
}
