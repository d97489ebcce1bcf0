// Package class lets a class sit quizzes: it keeps quizzes, rosters, attempts and answers, marks
// them, and counts what a class believes.
//
// A quiz has slots; an attempt has one item for each question, drawn from package quiz by a seed
// that nobody outside can compute, and kept with its key as it was shown: a later release of the
// generators cannot re-mark it. An answer is acknowledged after it is durable. Answers are
// appended with a revision; the highest counts.
//
// # Who may do what
//
// A teacher's key (fwt_…) and an attempt's secret (fws_…) are 256 random bits, shown once, kept as
// SHA-256 and compared in constant time. Whoever asks for what is not theirs gets [ErrNotFound],
// the same as for what does not exist; no secret at all is [ErrNoSecret]. The right secret at the
// wrong moment is [ErrNotYet] or one of the conflicts ([ErrLate], [ErrSubmitted], [ErrClosed]).
//
// # Time
//
// The server's clock decides. An attempt's deadline is the earlier of its start plus the time limit
// (times the student's extra time) and the quiz's end; answers count until the grace is over.
// Submission at the deadline happens when somebody next looks at the attempt, and by [Class.Sweep].
//
// # What it is not
//
// It knows no HTTP, and no rule of TCP: what is right is package quiz's business.
package class
