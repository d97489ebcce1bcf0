package doc

import "encoding/json"

// QuestionRequest is the body of POST /v1/questions.
type QuestionRequest struct {
	Kind     string   `json:"kind,omitempty"`   // or any on the topics
	Seed     *int64   `json:"seed,omitempty"`   // the same seed asks the same; left out: a random one
	Lang     string   `json:"lang,omitempty"`   // en, zh; left out: what Accept-Language says
	Level    int      `json:"level,omitempty"`  // 1 to 3
	Topics   []string `json:"topics,omitempty"` // left out: all
	Count    int      `json:"count,omitempty"`  // left out: one question, not a list of one
	Stimulus string   `json:"stimulus,omitempty"`
}

// GradeRequest is the body of POST /v1/questions/grade.
type GradeRequest struct {
	Token  string          `json:"token"`  // the question's
	Answer json.RawMessage `json:"answer"` // as the question's interaction says
	Lang   string          `json:"lang,omitempty"`
}

// HintRequest is the body of POST /v1/questions/hints.
type HintRequest struct {
	Token string `json:"token"`
	N     int    `json:"n,omitempty"` // from 1, which it is if left out
	Lang  string `json:"lang,omitempty"`
}

// QuestionHint is one of a question's hints.
type QuestionHint struct {
	N    int    `json:"n"`
	Of   int    `json:"of"` // how many there are
	Text string `json:"text"`
}

// QuizEventList is a page of GET /v1/quizzes/{quiz_id}/events as JSON.
type QuizEventList struct {
	Events []QuizEvent `json:"events"`
	Next   int64       `json:"next_after"`
}
