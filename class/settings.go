package class

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"
	"unicode/utf8"

	"fourwave/api/doc"
	"fourwave/quiz"
	"fourwave/store"
)

// The modes of a quiz.
const (
	Practice = "practice" // never rated
	Homework = "homework"
	Exam     = "exam"
	Live     = "live"
)

// When a student sees what was right.
const (
	AtOnce      = "at-once"
	AfterSubmit = "after-submit"
	AfterClose  = "after-close"
	Never       = "never"
)

// Who gets which questions.
const (
	OneForAll  = "one-for-all"
	PerStudent = "per-student"
	PerAttempt = "per-attempt"
)

// settings is what is kept of a quiz beside its row: the teacher's settings with their defaults
// filled in, and what happened since.
type settings struct {
	doc.QuizSettings
	Seeds     map[int]int    `json:"seeds,omitempty"`     // of one-for-all: how often question n was replaced
	Withdrawn map[int]string `json:"withdrawn,omitempty"` // question: policy
	Verified  map[int]string `json:"verified,omitempty"`  // question: release of the kernel that proved it
	Checked   int            `json:"checked,omitempty"`   // questions whose verification has ended
	ToCheck   int            `json:"to_check,omitempty"`
	LiveState *doc.LiveView  `json:"live_state,omitempty"`
	limit     time.Duration  // of time; 0 is none
	grace     time.Duration
}

// question is one question of a quiz: a slot of its own.
type question struct {
	n      int // from 1
	slot   int // from 0
	kind   string
	topics []string
	level  int
	points float64
}

// questions numbers the questions that the slots ask for.
func (s *settings) questions() []question {
	var out []question
	for i, slot := range s.Slots {
		for range slot.Count {
			out = append(
				out,
				question{
					n: len(out) + 1, slot: i, kind: slot.Kind, topics: slot.Topics, level: slot.Level,
					points: slot.Points,
				},
			)
		}
	}
	return out
}

// parseSettings reads what is kept of a quiz.
func parseSettings(q *store.Quiz) (*settings, error) {
	var s settings
	if err := json.Unmarshal(q.Settings, &s); err != nil {
		return nil, fmt.Errorf("class: settings of quiz %s: %w", q.ID, err)
	}
	s.readTimes()
	return &s, nil
}

// readTimes reads the durations, which checkTimes has found to be some; "" is none.
func (s *settings) readTimes() {
	s.limit, _ = time.ParseDuration(s.TimeLimit)
	s.grace, _ = time.ParseDuration(s.Grace)
}

// keep puts the settings into the quiz's row.
func (s *settings) keep(q *store.Quiz) error {
	b, err := json.Marshal(s)
	if err != nil {
		return err
	}
	q.Settings, q.Opens, q.Closes = b, *s.Opens, time.Time{}
	if s.Closes != nil {
		q.Closes = *s.Closes
	}
	return nil
}

// checkSettings fills in the defaults, or says what is wrong.
func (c *Class) checkSettings(s *doc.QuizSettings, now time.Time) error {
	fill(&s.Mode, Homework)
	fill(&s.Variants, PerStudent)
	fill(&s.Grace, "5s")
	fill(&s.Stimulus, quiz.InWords)
	fill(&s.Verify, "none")
	fill(
		&s.Feedback,
		map[string]string{Practice: AtOnce, Homework: AfterSubmit, Exam: AfterClose, Live: AfterSubmit}[s.Mode],
	)
	if s.Attempts == 0 {
		s.Attempts = 1
		if s.Mode == Practice {
			s.Attempts = maxTries
		}
	}
	if s.HintCost == 0 {
		s.HintCost = 0.1
	}
	if s.Opens == nil {
		s.Opens = &now
	}
	if len(s.Lang) == 0 {
		s.Lang = []string{"en", "zh"}
	}
	if s.Mode == Live {
		s.Variants = OneForAll // all look at the same question
	}
	if err := checkWords(s); err != nil {
		return err
	}
	if err := checkTimes(s); err != nil {
		return err
	}
	return c.checkSlots(s)
}

func fill(field *string, value string) {
	if *field == "" {
		*field = value
	}
}

func checkWords(s *doc.QuizSettings) error {
	for _, w := range []struct {
		pointer, value string
		known          []string
	}{
		{"/mode", s.Mode, []string{Practice, Homework, Exam, Live}},
		{"/variants", s.Variants, []string{OneForAll, PerStudent, PerAttempt}},
		{"/feedback", s.Feedback, []string{AtOnce, AfterSubmit, AfterClose, Never}},
		{"/stimulus", s.Stimulus, []string{quiz.InWords, quiz.AsScript, "table"}},
		{"/verify", s.Verify, []string{"none", "kernel"}},
	} {
		if !slices.Contains(w.known, w.value) {
			return &FieldError{w.pointer, fmt.Sprintf("%.40q is none of %v", w.value, w.known)}
		}
	}
	for i, l := range s.Lang {
		if l != "en" && l != "zh" {
			return &FieldError{fmt.Sprintf("/lang/%d", i), fmt.Sprintf("%.20q is neither en nor zh", l)}
		}
	}
	if utf8.RuneCountInString(s.Title.En) > maxTitle || utf8.RuneCountInString(s.Title.Zh) > maxTitle {
		return &FieldError{"/title", fmt.Sprintf("longer than %d characters", maxTitle)}
	}
	if s.Feedback == AfterClose && s.Closes == nil && s.Mode != Exam {
		return &FieldError{"/feedback", "after-close needs closes"}
	}
	return nil
}

func checkTimes(s *doc.QuizSettings) error {
	for _, d := range []struct {
		pointer, value string
		most           time.Duration
	}{{"/time_limit", s.TimeLimit, 30 * 24 * time.Hour}, {"/grace", s.Grace, 10 * time.Minute}} {
		if d.value == "" {
			continue
		}
		v, err := time.ParseDuration(d.value)
		if err != nil || v < 0 || v > d.most {
			return &FieldError{d.pointer, fmt.Sprintf("%.20q is not a duration up to %s, such as 20m", d.value, d.most)}
		}
	}
	if s.Closes != nil && !s.Closes.After(*s.Opens) {
		return &FieldError{"/closes", "not after opens"}
	}
	switch {
	case s.Attempts < 1 || s.Attempts > maxTries:
		return &FieldError{"/attempts", fmt.Sprintf("not from 1 to %d", maxTries)}
	case s.Hints < 0 || s.Hints > 3:
		return &FieldError{"/hints", "not from 0 to 3"}
	case s.HintCost < 0 || s.HintCost > 1:
		return &FieldError{"/hint_cost", "not from 0 to 1"}
	}
	return nil
}

func (c *Class) checkSlots(s *doc.QuizSettings) error {
	if len(s.Slots) == 0 || len(s.Slots) > maxSlots {
		return &FieldError{"/slots", fmt.Sprintf("not from 1 to %d slots", maxSlots)}
	}
	total := 0
	for i := range s.Slots {
		slot := &s.Slots[i]
		at := func(member, format string, args ...any) error {
			return &FieldError{fmt.Sprintf("/slots/%d%s", i, member), fmt.Sprintf(format, args...)}
		}
		if slot.Level == 0 {
			slot.Level = 2
		}
		if slot.Points == 0 {
			slot.Points = 1
		}
		switch total += slot.Count; {
		case (slot.Kind == "") == (len(slot.Topics) == 0):
			return at("", "one of kind and topics")
		case slot.Kind != "" && !slices.ContainsFunc(quiz.List(), func(k quiz.Kind) bool { return k.ID == slot.Kind }):
			return at("/kind", "%.40q is no kind of question", slot.Kind)
		case slot.Kind == "" && len(kindsOn(slot.Topics)) == 0:
			return at("/topics", "no kind of question is on %v", slot.Topics)
		case slot.Level < 1 || slot.Level > 3:
			return at("/level", "not 1, 2 or 3")
		case slot.Count < 1:
			return at("/count", "not at least 1")
		case slot.Points < 0 || slot.Points > 1000:
			return at("/points", "not from 0 to 1000")
		case total > c.Limits.Questions:
			return at("/count", "more than %d questions in all", c.Limits.Questions)
		}
	}
	return nil
}

// kindsOn lists the kinds that are on one of the topics.
func kindsOn(topics []string) []string {
	var out []string
	for _, k := range quiz.List() {
		if slices.ContainsFunc(k.Topics, func(t string) bool { return slices.Contains(topics, t) }) {
			out = append(out, k.ID)
		}
	}
	return out
}
