package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"fourwave/quiz"
	"fourwave/quiz/fsrs"
)

type practiceOptions struct {
	kinds []string
	level int
	count int
	seed  int64
	deck  string
	lang  string
}

func quizPracticeCommand() *cobra.Command {
	var o practiceOptions
	cmd := &cobra.Command{
		Use:   "practice",
		Short: "practise in the terminal, what you got wrong first",
		Long: "Asks questions and explains the answers. What is remembered is a kind of question with the rule that\n" +
			"decides and the misconception that you fell for; it comes back when it is due (FSRS), always as\n" +
			"another question. The deck is a file that the page exports and imports, too. No server is needed.",
		Example: "  fourwave quiz practice\n" +
			"  fourwave quiz practice --kind who-waits --level 2 --count 5",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if !cmd.Flags().Changed("seed") {
				o.seed = rand.Int64N(1 << 50)
			}
			return practise(cmd, &o)
		},
	}
	f := cmd.Flags()
	f.StringSliceVar(&o.kinds, "kind", nil, "kinds of questions (default: what is due, then all)")
	f.IntVar(&o.level, "level", 1, "1, 2 or 3")
	f.IntVar(&o.count, "count", 10, "how many questions")
	f.Int64Var(&o.seed, "seed", 0, "the first question's seed (default: by chance)")
	f.StringVar(
		&o.deck, "deck", "",
		"`FILE` of the cards (default "+filepath.Join(shownDataDir(), "practice.json")+"); - keeps none",
	)
	f.StringVar(&o.lang, "lang", systemLanguage(), "language, en or zh")
	return cmd
}

// deck is the file of the page: what is remembered, by what a question is about.
type deck struct {
	Fourwave string                 `json:"fourwave"` // "practice"
	Version  int                    `json:"version"`  // 1
	Cards    map[string]memorisable `json:"cards"`
}

// memorisable is what one card is about. Its key is the kind, the rule and the misconception, with
// " / " between.
type memorisable struct {
	Kind  string    `json:"kind"`
	Level int       `json:"level"`
	Rule  string    `json:"rule"`
	Myth  string    `json:"myth"`
	Card  fsrs.Card `json:"card"`
}

const maxDeck = 4 << 20

// openDeck reads a deck; a file that is not there is an empty one.
func openDeck(name string) (*deck, error) {
	d := &deck{Fourwave: "practice", Version: 1, Cards: map[string]memorisable{}}
	if name == "-" {
		return d, nil
	}
	file, err := os.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return d, nil
	}
	if err != nil {
		return nil, oneLine{err}
	}
	defer file.Close()
	b, err := io.ReadAll(io.LimitReader(file, maxDeck))
	if err != nil {
		return nil, oneLine{err}
	}
	if err := json.Unmarshal(b, d); err != nil || d.Fourwave != "practice" || d.Version != 1 {
		return nil, fmt.Errorf("--deck: %s is no deck of practice, or a newer one", oneLine{errors.New(name)})
	}
	if d.Cards == nil {
		d.Cards = map[string]memorisable{}
	}
	return d, nil
}

// save writes the deck beside its file and moves it there, so that a deck is never half written.
func (d *deck) save(name string) error {
	if name == "-" {
		return nil
	}
	b, err := json.MarshalIndent(d, "", " ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		return oneLine{err}
	}
	part := name + ".part"
	if err := os.WriteFile(part, append(b, '\n'), 0o600); err != nil {
		return oneLine{err}
	}
	if err := os.Rename(part, name); err != nil {
		return oneLine{err}
	}
	return nil
}

// due are the keys of the cards to review, the longest overdue first.
func (d *deck) due(now time.Time) []string {
	keys := slices.DeleteFunc(
		slices.Sorted(maps.Keys(d.Cards)), func(k string) bool { return d.Cards[k].Card.Due.After(now) },
	)
	slices.SortStableFunc(keys, func(a, b string) int { return d.Cards[a].Card.Due.Compare(d.Cards[b].Card.Due) })
	return keys
}

// remember rates what a question was about: again if it was answered wrongly, hard if with a hint,
// else good.
func (d *deck) remember(it *quiz.Item, g *quiz.Grade, hints int, now time.Time) {
	rating := fsrs.Good
	switch {
	case !g.Correct:
		rating = fsrs.Again
	case hints > 0:
		rating = fsrs.Hard
	}
	key := strings.Join([]string{it.Kind, it.Rule, g.Myth}, " / ")
	card, ok := d.Cards[key]
	if !ok {
		card = memorisable{Kind: it.Kind, Rule: it.Rule, Myth: g.Myth, Card: fsrs.NewCard(now)}
	}
	card.Level, card.Card = it.Level, card.Card.Next(now, rating)
	d.Cards[key] = card
}

func practise(cmd *cobra.Command, o *practiceOptions) error {
	if err := o.check(); err != nil {
		return err
	}
	d, err := openDeck(o.deck)
	if err != nil {
		return err
	}
	a := newAsker(cmd, o.lang)
	fmt.Fprintf(a.out, "%d %s (%s)\n", len(d.due(time.Now())), a.say("due"), a.say("help"))
	right, asked := 0, 0
	for n := range o.count {
		it, err := o.next(d, int64(n))
		if err != nil {
			return err
		}
		correct, err := o.ask(a, d, it, n+1)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		if asked++; correct {
			right++
		}
		if err := d.save(o.deck); err != nil {
			return &statusError{exitCannot, err}
		}
	}
	fmt.Fprintf(a.out, "\n"+a.say("summary")+"\n", right, asked)
	return nil
}

func (o *practiceOptions) check() error {
	known := quiz.List()
	for _, k := range o.kinds {
		if !slices.ContainsFunc(known, func(q quiz.Kind) bool { return q.ID == k }) {
			return fmt.Errorf("--kind: %.40q is none of %s", k, kindNames())
		}
	}
	if o.level < 1 || o.level > 3 {
		return fmt.Errorf("--level: %d is not 1, 2 or 3", o.level)
	}
	if o.count < 1 || o.count > 1000 {
		return fmt.Errorf("--count: %d is not from 1 to 1000", o.count)
	}
	if o.lang != "en" && o.lang != "zh" {
		return fmt.Errorf("--lang: %q is neither en nor zh", o.lang)
	}
	if o.deck == "" {
		dir, err := dataDir()
		if err != nil {
			return fmt.Errorf("there is no home for the deck (%w): say --deck FILE, or --deck - to keep none", err)
		}
		o.deck = filepath.Join(dir, "practice.json")
	}
	return nil
}

func kindNames() string {
	var names []string
	for _, k := range quiz.List() {
		names = append(names, k.ID)
	}
	return strings.Join(names, ", ")
}

// next is the question after n others: on what is due first, unless kinds were chosen.
func (o *practiceOptions) next(d *deck, n int64) (*quiz.Item, error) {
	kinds, level := o.kinds, o.level
	if len(kinds) == 0 {
		for _, k := range quiz.List() {
			kinds = append(kinds, k.ID)
		}
	}
	seed := o.seed + n
	kind := kinds[int(uint64(seed)%uint64(len(kinds)))]
	if due := d.due(time.Now()); len(o.kinds) == 0 && len(due) > 0 {
		kind, level = d.Cards[due[0]].Kind, d.Cards[due[0]].Level
	}
	return quiz.New(kind, seed, level)
}

// ask asks a question until an answer can be read, and explains it. A blank counts as wrong and is
// not remembered.
func (o *practiceOptions) ask(a *asker, d *deck, it *quiz.Item, n int) (correct bool, err error) {
	fmt.Fprintln(a.out)
	a.head(fmt.Sprintf("%d  %s, %d", n, it.Kind, it.Level))
	shown := it.Show(o.lang, quiz.InWords)
	a.show(&shown)
	hints := 0
	for {
		answer, err := a.read(&shown)
		if errors.Is(err, errHint) {
			if hints < len(it.Hints) {
				a.print(it.Hints[hints].In(o.lang))
				hints++
			} else {
				a.print(a.say("nohint"))
			}
			continue
		}
		if err != nil {
			return false, err
		}
		if answer == nil {
			answer = &quiz.Answer{}
		}
		g, err := it.Mark(*answer, o.lang)
		var unread *quiz.UnreadableError
		if errors.As(err, &unread) {
			a.print(unread.Detail.In(o.lang))
			continue
		}
		if err != nil {
			return false, err
		}
		if g.ReadAs != "" {
			a.print(a.say("readas") + ": " + g.ReadAs)
			d.remember(it, &g, hints, time.Now())
		}
		a.print(g.Feedback)
		return g.Correct, nil
	}
}
