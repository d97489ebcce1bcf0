package doc

import (
	"encoding/json"
	"time"
)

// Text is a sentence in both languages.
type Text struct {
	En string `json:"en"`
	Zh string `json:"zh,omitempty"`
}

// Slot asks for Count questions: of a kind, or of any kind on the topics.
type Slot struct {
	Kind   string   `json:"kind,omitempty"`
	Topics []string `json:"topics,omitempty"`
	Level  int      `json:"level,omitempty"` // 1 to 3; 0: 2
	Count  int      `json:"count"`
	Points float64  `json:"points,omitempty"` // for each question; 0: 1
}

// QuizSettings is what a teacher decides. Zero values are the defaults that the comments name.
type QuizSettings struct {
	Title      Text       `json:"title"`
	Mode       string     `json:"mode,omitempty"` // practice, homework (default), exam, live
	Slots      []Slot     `json:"slots"`
	Variants   string     `json:"variants,omitempty"`   // one-for-all, per-student (default), per-attempt
	Opens      *time.Time `json:"opens,omitempty"`      // now
	Closes     *time.Time `json:"closes,omitempty"`     // never
	TimeLimit  string     `json:"time_limit,omitempty"` // none
	Grace      string     `json:"grace,omitempty"`      // 5s
	Attempts   int        `json:"attempts,omitempty"`   // 1; of practice 100
	Feedback   string     `json:"feedback,omitempty"`   // at-once, after-submit, after-close, never; by mode
	Stimulus   string     `json:"stimulus,omitempty"`   // words (default), script, table
	Hints      int        `json:"hints,omitempty"`      // how many a question; 0
	HintCost   float64    `json:"hint_cost,omitempty"`  // of a question's points; 0.1
	Verify     string     `json:"verify,omitempty"`     // none (default), kernel
	Roster     bool       `json:"roster,omitempty"`
	Lang       []string   `json:"lang,omitempty"` // en, zh
	FocusNoted bool       `json:"focus_noted,omitempty"`
	Speed      bool       `json:"speed,omitempty"`
}

// Quiz is a quiz as its teacher sees it.
type Quiz struct {
	ID         string    `json:"id"`
	Code       string    `json:"code"`
	TeacherKey string    `json:"teacher_key,omitempty"` // once, when it is made
	Status     string    `json:"status"`                // verifying, scheduled, open, closed
	Verified   string    `json:"verified"`              // "4 of 10"
	Questions  int       `json:"questions"`
	Points     float64   `json:"points"`
	Join       string    `json:"join"`
	Oracles    string    `json:"oracles,omitempty"` // of an exam: open, closed
	Live       *LiveView `json:"live,omitempty"`
	Withdrawn  []int     `json:"withdrawn,omitempty"`
	Created    time.Time `json:"created"`
	ServerTime time.Time `json:"server_time"`
	QuizSettings
}

// RosterStudent is a line of a roster. PIN is in the answer that makes it, and never again.
type RosterStudent struct {
	Student   string  `json:"student"`
	Name      string  `json:"name,omitempty"`
	ExtraTime float64 `json:"extra_time,omitempty"` // factor; 1
	PIN       string  `json:"pin,omitempty"`
}

// Attempt is an attempt as its student sees it.
type Attempt struct {
	ID         string            `json:"id"`
	Secret     string            `json:"secret,omitempty"` // once
	PIN        string            `json:"pin,omitempty"`    // once, without a roster
	Quiz       string            `json:"quiz"`             // its code
	Title      string            `json:"title"`
	Mode       string            `json:"mode"`
	Student    string            `json:"student"`
	No         int               `json:"no"`
	Lang       string            `json:"lang"`
	Status     string            `json:"status"` // open, submitted
	Started    time.Time         `json:"started"`
	Deadline   *time.Time        `json:"deadline,omitempty"`
	Submitted  *time.Time        `json:"submitted,omitempty"`
	ServerTime time.Time         `json:"server_time"`
	HintsLeft  int               `json:"hints"` // how many a question may be taken
	HintCost   float64           `json:"hint_cost,omitempty"`
	FocusNoted bool              `json:"focus_noted,omitempty"`
	Live       *LiveView         `json:"live,omitempty"`
	Questions  []AttemptQuestion `json:"questions"`
}

// AttemptQuestion is a question as one student sees it: no seed, no token, no facts, no key.
type AttemptQuestion struct {
	N          int             `json:"n"`
	Points     float64         `json:"points"`
	VerifiedOn string          `json:"verified_on,omitempty"` // a kernel's release
	Withdrawn  bool            `json:"withdrawn,omitempty"`
	Answer     json.RawMessage `json:"answer"` // the student's own; null for a blank
	Revision   int64           `json:"revision"`
	HintsTaken []string        `json:"hints_taken,omitempty"`
	Grade      json.RawMessage `json:"grade,omitempty"` // where the quiz gives feedback at once
	Shown      json.RawMessage `json:"-"`               // the question itself; its members stand beside these
}

// MarshalJSON writes the members of Shown beside the others.
func (q AttemptQuestion) MarshalJSON() ([]byte, error) {
	type plain AttemptQuestion
	own, err := json.Marshal(plain(q))
	if err != nil || len(q.Shown) < 3 {
		return own, err
	}
	return append(append(own[:len(own)-1:len(own)-1], ','), q.Shown[1:]...), nil
}

// SavedAnswer acknowledges an answer: it is kept, whatever happens.
type SavedAnswer struct {
	N        int             `json:"n"`
	Revision int64           `json:"revision"`
	SavedAt  time.Time       `json:"saved_at"`
	ReadAs   *string         `json:"read_as"` // null for a blank
	Unsaved  int             `json:"unsaved"`
	Answer   json.RawMessage `json:"answer,omitempty"`
	Grade    json.RawMessage `json:"grade,omitempty"`
}

// Hint is one hint that was taken.
type Hint struct {
	N    int     `json:"n"`
	K    int     `json:"k"`
	Text string  `json:"text"`
	Cost float64 `json:"cost"` // of the question's points
	Left int     `json:"left"`
}

// AttemptResult is what a student gets in the end.
type AttemptResult struct {
	ID        string           `json:"id"`
	Score     float64          `json:"score"`
	Max       float64          `json:"max"`
	Percent   float64          `json:"percent"`
	Started   time.Time        `json:"started"`
	Submitted *time.Time       `json:"submitted,omitempty"`
	Questions []QuestionResult `json:"questions"`
}

// QuestionResult shows the sum that is counted: score = max × (marked − hint costs), never below 0.
type QuestionResult struct {
	N         int             `json:"n"`
	Kind      string          `json:"kind"`
	Score     float64         `json:"score"`
	Max       float64         `json:"max"`
	HintCost  float64         `json:"hint_cost,omitempty"`
	Withdrawn string          `json:"withdrawn,omitempty"` // full, drop
	Answer    json.RawMessage `json:"answer"`
	Grade     json.RawMessage `json:"grade,omitempty"`
	Question  json.RawMessage `json:"question"`
}

// AttemptSummary is an attempt as the teacher sees it in the list.
type AttemptSummary struct {
	ID        string     `json:"id"`
	Student   string     `json:"student"`
	Name      string     `json:"name,omitempty"`
	No        int        `json:"no"`
	Status    string     `json:"status"` // absent, open, submitted, void
	Started   *time.Time `json:"started,omitempty"`
	Deadline  *time.Time `json:"deadline,omitempty"`
	Submitted *time.Time `json:"submitted,omitempty"`
	Score     *float64   `json:"score,omitempty"`
	Max       float64    `json:"max"`
	Saved     []int      `json:"saved"` // questions that have an answer
}

// QuestionStatistics is item analysis in Moodle's words, each with the number of answers.
type QuestionStatistics struct {
	N              int              `json:"n"`
	Kind           string           `json:"kind"`
	NAnswers       int              `json:"n_answers"`
	Facility       *float64         `json:"facility"` // mean score / max
	SD             *float64         `json:"sd"`       // of score / max
	Guess          *float64         `json:"guess"`    // what guessing scores
	Discrimination *float64         `json:"discrimination"`
	Efficiency     *float64         `json:"efficiency"`
	Myths          []MythStatistics `json:"myths"`
	Variants       int              `json:"variants"` // distinct facts that were asked
	FacilityLow    *float64         `json:"facility_low,omitempty"`
	FacilityHigh   *float64         `json:"facility_high,omitempty"`
	Few            bool             `json:"few,omitempty"` // under ten answers
	Flags          []string         `json:"flags"`
}

// MythStatistics counts a misconception.
type MythStatistics struct {
	Myth      string   `json:"myth"`
	Offered   int      `json:"offered"`
	Chosen    int      `json:"chosen"`
	Students  int      `json:"students"`
	MeanTotal *float64 `json:"mean_total"` // share of the points, of those who chose it
}

// QuizStatistics is the whole quiz's item analysis. Only rated attempts that were submitted count.
type QuizStatistics struct {
	Attempts  int                  `json:"n"`
	Mean      *float64             `json:"mean"`
	SD        *float64             `json:"sd"`
	Alpha     *float64             `json:"alpha"`          // Cronbach's
	Error     *float64             `json:"standard_error"` // of measurement, in points
	Questions []QuestionStatistics `json:"questions"`
	Myths     []MythStatistics     `json:"myths"`
}

// LiveView is where a live quiz stands.
type LiveView struct {
	Phase    string `json:"phase"` // lobby, open, closed, revealed, done
	Question int    `json:"question"`
}

// QuizEvent is a line of a quiz's log.
type QuizEvent struct {
	ID   int64           `json:"id"`
	At   time.Time       `json:"at"`
	Kind string          `json:"kind"`
	Body json.RawMessage `json:"body"`
}
