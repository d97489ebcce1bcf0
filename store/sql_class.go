//go:build !js

package store

import "time"

func (x *sqlTx) AddQuiz(q *Quiz) error {
	return x.insert(`INSERT INTO quiz (id, code, key_hash, settings, secret, status, revision, created, opens, closes)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`, q.ID, q.Code, q.KeyHash, blob(q.Settings), blob(q.Secret), q.Status,
		q.Revision, micro(q.Created), micro(q.Opens), micro(q.Closes))
}

func (x *sqlTx) SetQuiz(q *Quiz) error {
	return x.must(`UPDATE quiz SET code = ?, key_hash = ?, settings = ?, secret = ?, status = ?, revision = ?,
		created = ?, opens = ?, closes = ? WHERE id = ?`, q.Code, q.KeyHash, blob(q.Settings), blob(q.Secret), q.Status,
		q.Revision, micro(q.Created), micro(q.Opens), micro(q.Closes), q.ID)
}

const quizRows = `SELECT id, code, key_hash, settings, secret, status, revision, created, opens, closes FROM quiz `

func scanQuiz(s scanner) (*Quiz, error) {
	q := &Quiz{}
	return q, s.Scan(&q.ID, &q.Code, &q.KeyHash, &q.Settings, &q.Secret, &q.Status, &q.Revision,
		moment{&q.Created}, moment{&q.Opens}, moment{&q.Closes})
}

func (x *sqlTx) Quiz(id string) (*Quiz, error) { return row(x, scanQuiz, quizRows+`WHERE id = ?`, id) }

func (x *sqlTx) LockQuiz(id string) (*Quiz, error) {
	return row(x, scanQuiz, x.locked(quizRows+`WHERE id = ?`), id)
}

func (x *sqlTx) QuizByCode(code string) (*Quiz, error) {
	return row(x, scanQuiz, quizRows+`WHERE code = ?`, code)
}

func (x *sqlTx) Quizzes(after string, limit int) ([]*Quiz, error) {
	return rows(x, scanQuiz, quizRows+`WHERE id > ? ORDER BY id LIMIT ?`, after, limit)
}

func (x *sqlTx) DeleteQuiz(id string) error { return x.must(`DELETE FROM quiz WHERE id = ?`, id) }

func (x *sqlTx) PutStudent(s *Student) error {
	if err := x.exists("quiz", s.Quiz); err != nil {
		return err
	}
	_, err := x.exec(`INSERT INTO roster (quiz, student, name, pin_hash, extra_time) VALUES (?, ?, ?, ?, ?)
		ON CONFLICT (quiz, student) DO UPDATE SET name = excluded.name, pin_hash = excluded.pin_hash,
		extra_time = excluded.extra_time`, s.Quiz, s.Student, s.Name, s.PINHash, s.ExtraTime)
	return err
}

const rosterRows = `SELECT quiz, student, name, pin_hash, extra_time FROM roster `

func scanStudent(s scanner) (*Student, error) {
	r := &Student{}
	return r, s.Scan(&r.Quiz, &r.Student, &r.Name, &r.PINHash, &r.ExtraTime)
}

func (x *sqlTx) Student(quiz, student string) (*Student, error) {
	return row(x, scanStudent, rosterRows+`WHERE quiz = ? AND student = ?`, quiz, student)
}

func (x *sqlTx) Roster(quiz string) ([]*Student, error) {
	return rows(x, scanStudent, rosterRows+`WHERE quiz = ? ORDER BY `+x.binary("student"), quiz)
}

// binary is a text column as bytes sort it, whatever the database's locale.
func (x *sqlTx) binary(column string) string {
	if x.pg {
		return column + ` COLLATE "C"`
	}
	return column
}

// exists gives ErrNotFound unless the table has a row with that id.
func (x *sqlTx) exists(table, id string) error {
	_, err := row(x, func(s scanner) (n int, err error) { return n, s.Scan(&n) },
		`SELECT 1 FROM `+table+` WHERE id = ?`, id)
	return err
}

func (x *sqlTx) AddAttempt(a *Attempt) error {
	if err := x.exists("quiz", a.Quiz); err != nil {
		return err
	}
	return x.insert(`INSERT INTO attempt (id, quiz, student, no, secret_hash, pin_hash, lang, started, deadline,
		submitted, score, max, rated, void) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		a.ID, a.Quiz, a.Student, a.No,
		a.SecretHash, a.PINHash, a.Lang, micro(a.Started), micro(a.Deadline), micro(a.Submitted), a.Score, a.Max,
		bit(a.Rated), bit(a.Void))
}

func (x *sqlTx) SetAttempt(a *Attempt) error {
	return x.must(`UPDATE attempt SET secret_hash = ?, pin_hash = ?, lang = ?, started = ?, deadline = ?,
		submitted = ?, score = ?, max = ?, rated = ?, void = ? WHERE id = ?`, a.SecretHash, a.PINHash, a.Lang,
		micro(a.Started), micro(a.Deadline), micro(a.Submitted), a.Score, a.Max, bit(a.Rated), bit(a.Void), a.ID)
}

const attemptRows = `SELECT id, quiz, student, no, secret_hash, pin_hash, lang, started, deadline, submitted, score,
	max, rated, void FROM attempt `

func scanAttempt(s scanner) (*Attempt, error) {
	a := &Attempt{}
	return a, s.Scan(&a.ID, &a.Quiz, &a.Student, &a.No, &a.SecretHash, &a.PINHash, &a.Lang, moment{&a.Started},
		moment{&a.Deadline}, moment{&a.Submitted}, &a.Score, &a.Max, flag{&a.Rated}, flag{&a.Void})
}

func (x *sqlTx) Attempt(id string) (*Attempt, error) {
	return row(x, scanAttempt, x.locked(attemptRows+`WHERE id = ?`), id)
}

func (x *sqlTx) Attempts(quiz string) ([]*Attempt, error) {
	return rows(x, scanAttempt, attemptRows+`WHERE quiz = ? ORDER BY `+x.binary("student")+`, no`, quiz)
}

func (x *sqlTx) AttemptsOf(quiz, student string) ([]*Attempt, error) {
	return rows(x, scanAttempt, attemptRows+`WHERE quiz = ? AND student = ? ORDER BY no`, quiz, student)
}

func (x *sqlTx) DueAttempts(t time.Time, limit int) ([]*Attempt, error) {
	return rows(x, scanAttempt, attemptRows+`WHERE submitted = 0 AND deadline > 0 AND deadline <= ?
		ORDER BY deadline, id LIMIT ?`, micro(t), limit)
}

func (x *sqlTx) AddItems(items []*Item) error {
	for _, i := range items {
		if err := x.exists("attempt", i.Attempt); err != nil {
			return err
		}
		err := x.insert(`INSERT INTO item (attempt, n, kind, gen_version, seed, level, facts, shown, key)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`, i.Attempt, i.N, i.Kind, i.GenVersion, int64(i.Seed), i.Level, i.Facts,
			blob(i.Shown), blob(i.Key))
		if err != nil {
			return err
		}
	}
	return nil
}

func (x *sqlTx) SetItem(i *Item) error {
	return x.must(`UPDATE item SET kind = ?, gen_version = ?, seed = ?, level = ?, facts = ?, shown = ?, key = ?
		WHERE attempt = ? AND n = ?`, i.Kind, i.GenVersion, int64(i.Seed), i.Level, i.Facts, blob(i.Shown), blob(i.Key),
		i.Attempt, i.N)
}

const itemRows = `SELECT attempt, n, kind, gen_version, seed, level, facts, shown, key FROM item `

func scanItem(s scanner) (*Item, error) {
	i := &Item{}
	var seed int64
	err := s.Scan(&i.Attempt, &i.N, &i.Kind, &i.GenVersion, &seed, &i.Level, &i.Facts, &i.Shown, &i.Key)
	i.Seed = uint64(seed)
	return i, err
}

// ofAttempts is where an attempt's column belongs to a quiz.
const ofAttempts = `WHERE attempt IN (SELECT id FROM attempt WHERE quiz = ?) `

func (x *sqlTx) Items(attempt string) ([]*Item, error) {
	return rows(x, scanItem, itemRows+`WHERE attempt = ? ORDER BY n`, attempt)
}

func (x *sqlTx) Item(attempt string, n int) (*Item, error) {
	return row(x, scanItem, itemRows+`WHERE attempt = ? AND n = ?`, attempt, n)
}

func (x *sqlTx) ItemsOf(quiz string) ([]*Item, error) {
	return rows(x, scanItem, itemRows+ofAttempts+`ORDER BY attempt, n`, quiz)
}

func (x *sqlTx) AddAnswer(a *Answer) error {
	if err := x.exists("attempt", a.Attempt); err != nil {
		return err
	}
	return x.insert(`INSERT INTO answer (attempt, n, revision, at, body, score, parts, myth)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
		a.Attempt, a.N, a.Revision, micro(a.At), blob(a.Body), a.Score, a.Parts, a.Myth)
}

// answerRows selects the answers that count: no later revision is there.
const answerRows = `SELECT attempt, n, revision, at, body, score, parts, myth FROM answer AS a
	WHERE revision = (SELECT max(revision) FROM answer AS b WHERE b.attempt = a.attempt AND b.n = a.n) `

func scanAnswer(s scanner) (*Answer, error) {
	a := &Answer{}
	return a, s.Scan(&a.Attempt, &a.N, &a.Revision, moment{&a.At}, &a.Body, &a.Score, &a.Parts, &a.Myth)
}

func (x *sqlTx) Answers(attempt string) ([]*Answer, error) {
	return rows(x, scanAnswer, answerRows+`AND attempt = ? ORDER BY n`, attempt)
}

func (x *sqlTx) Answer(attempt string, n int) (*Answer, error) {
	return row(x, scanAnswer, answerRows+`AND attempt = ? AND n = ?`, attempt, n)
}

func (x *sqlTx) AnswersOf(quiz string) ([]*Answer, error) {
	return rows(x, scanAnswer, answerRows+`AND attempt IN (SELECT id FROM attempt WHERE quiz = ?) ORDER BY attempt, n`,
		quiz)
}

func (x *sqlTx) SetMark(a *Answer) error {
	return x.must(`UPDATE answer SET score = ?, parts = ?, myth = ? WHERE attempt = ? AND n = ? AND revision = ?`,
		a.Score, a.Parts, a.Myth, a.Attempt, a.N, a.Revision)
}

func (x *sqlTx) AddHint(h *Hint) error {
	if err := x.exists("attempt", h.Attempt); err != nil {
		return err
	}
	return x.insert(`INSERT INTO hint (attempt, n, k, at, cost) VALUES (?, ?, ?, ?, ?)`, h.Attempt, h.N, h.K,
		micro(h.At), h.Cost)
}

func (x *sqlTx) Hints(attempt string) ([]*Hint, error) {
	return rows(x, func(s scanner) (*Hint, error) {
		h := &Hint{}
		return h, s.Scan(&h.Attempt, &h.N, &h.K, moment{&h.At}, &h.Cost)
	}, `SELECT attempt, n, k, at, cost FROM hint WHERE attempt = ? ORDER BY n, k`, attempt)
}

// next counts one of a quiz's own counters up and gives its new value. The quiz's row is locked
// until the transaction ends, so numbers have no gaps and are visible in their order.
func (x *sqlTx) next(counter, quiz string) (int64, error) {
	return row(x, func(s scanner) (n int64, err error) { return n, s.Scan(&n) },
		`UPDATE quiz SET `+counter+` = `+counter+` + 1 WHERE id = ? RETURNING `+counter, quiz)
}

func (x *sqlTx) AddEvent(e *Event) (err error) {
	if e.Seq, err = x.next("events", e.Quiz); err != nil {
		return err
	}
	_, err = x.exec(`INSERT INTO event (quiz, seq, at, kind, body) VALUES (?, ?, ?, ?, ?)`,
		e.Quiz, e.Seq, micro(e.At), e.Kind, blob(e.Body))
	return err
}

func (x *sqlTx) Events(quiz string, after int64, limit int) ([]*Event, error) {
	return rows(x, func(s scanner) (*Event, error) {
		e := &Event{}
		return e, s.Scan(&e.Quiz, &e.Seq, moment{&e.At}, &e.Kind, &e.Body)
	}, `SELECT quiz, seq, at, kind, body FROM event WHERE quiz = ? AND seq > ? ORDER BY seq LIMIT ?`, quiz, after,
		limit)
}

func (x *sqlTx) PutVerification(v *Verification) error {
	_, err := x.exec(`INSERT INTO verification (facts, kernel, at, agrees, script, model, found)
		VALUES (?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (facts, kernel) DO UPDATE SET at = excluded.at, agrees = excluded.agrees, script = excluded.script,
		model = excluded.model, found = excluded.found`,
		v.Facts, v.Kernel, micro(v.At), bit(v.Agrees), v.Script, v.Model, v.Found)
	return err
}

func (x *sqlTx) Verification(facts, kernel string) (*Verification, error) {
	return row(x, func(s scanner) (*Verification, error) {
		v := &Verification{}
		return v, s.Scan(&v.Facts, &v.Kernel, moment{&v.At}, flag{&v.Agrees}, &v.Script, &v.Model, &v.Found)
	}, `SELECT facts, kernel, at, agrees, script, model, found FROM verification WHERE facts = ? AND kernel = ?`, facts,
		kernel)
}

func (x *sqlTx) AddAudit(a *Audit) (err error) {
	if a.Seq, err = x.next("audits", a.Quiz); err != nil {
		return err
	}
	_, err = x.exec(`INSERT INTO audit (quiz, seq, at, who, what) VALUES (?, ?, ?, ?, ?)`, a.Quiz, a.Seq, micro(a.At),
		a.Who, a.What)
	return err
}

func (x *sqlTx) Audits(quiz string) ([]*Audit, error) {
	return rows(x, func(s scanner) (*Audit, error) {
		a := &Audit{}
		return a, s.Scan(&a.Quiz, &a.Seq, moment{&a.At}, &a.Who, &a.What)
	}, `SELECT quiz, seq, at, who, what FROM audit WHERE quiz = ? ORDER BY seq`, quiz)
}
