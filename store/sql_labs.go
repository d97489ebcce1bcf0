//go:build !js

package store

import "time"

func (x *sqlTx) PutLab(l *Lab) error {
	_, err := x.exec(`INSERT INTO lab (id, owner, created, status, spec, seen, bytes) VALUES (?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (id) DO UPDATE SET owner = excluded.owner, created = excluded.created,
		status = excluded.status, spec = excluded.spec, seen = excluded.seen, bytes = excluded.bytes`,
		l.ID, l.Owner, micro(l.Created), l.Status, blob(l.Spec), l.Seen, l.Size())
	return err
}

func (x *sqlTx) Lab(id string) (*Lab, error) {
	return row(x, func(s scanner) (*Lab, error) {
		l := &Lab{}
		return l, s.Scan(&l.ID, &l.Owner, moment{&l.Created}, &l.Status, &l.Spec, &l.Seen)
	}, `SELECT id, owner, created, status, spec, seen FROM lab WHERE id = ?`, id)
}

func (x *sqlTx) DeleteLab(id string) error { return x.must(`DELETE FROM lab WHERE id = ?`, id) }

const labSummary = `SELECT id, owner, created, status, bytes FROM lab `

func scanLabSummary(s scanner) (l LabSummary, err error) {
	err = s.Scan(&l.ID, &l.Owner, moment{&l.Created}, &l.Status, &l.Bytes)
	return l, err
}

func (x *sqlTx) Labs(owner, before string, limit int) ([]LabSummary, error) {
	return rows(x, scanLabSummary, labSummary+`WHERE (? = '' OR owner = ?) AND (? = '' OR id < ?)
		ORDER BY id DESC LIMIT ?`, owner, owner, before, before, limit)
}

func (x *sqlTx) OldestLabs(limit int) ([]LabSummary, error) {
	return rows(x, scanLabSummary, labSummary+`WHERE status <> ? ORDER BY id LIMIT ?`, running, limit)
}

func (x *sqlTx) LabTotals(owner string) (n int, bytes int64, err error) {
	type totals struct {
		n     int
		bytes int64
	}
	t, err := row(x, func(s scanner) (t totals, err error) { return t, s.Scan(&t.n, &t.bytes) },
		`SELECT count(*), CAST(coalesce(sum(bytes), 0) AS BIGINT) FROM lab WHERE (? = '' OR owner = ?)`, owner, owner)
	return t.n, t.bytes, err
}

func (x *sqlTx) AddKey(k *Key) error {
	return x.insert(`INSERT INTO idem (key_hash, body_hash, status, answer, at) VALUES (?, ?, ?, ?, ?)`,
		k.Hash, k.Body, k.Status, k.Answer, micro(k.At))
}

func (x *sqlTx) SetKey(k *Key) error {
	return x.must(`UPDATE idem SET body_hash = ?, status = ?, answer = ?, at = ? WHERE key_hash = ?`,
		k.Body, k.Status, k.Answer, micro(k.At), k.Hash)
}

func (x *sqlTx) Key(hash string) (*Key, error) {
	return row(x, func(s scanner) (*Key, error) {
		k := &Key{}
		return k, s.Scan(&k.Hash, &k.Body, &k.Status, &k.Answer, moment{&k.At})
	}, `SELECT key_hash, body_hash, status, answer, at FROM idem WHERE key_hash = ?`, hash)
}

func (x *sqlTx) DeleteKey(hash string) error {
	return x.must(`DELETE FROM idem WHERE key_hash = ?`, hash)
}

func (x *sqlTx) DeleteKeysBefore(t time.Time) (int, error) {
	n, err := x.exec(`DELETE FROM idem WHERE at < ?`, micro(t))
	return int(n), err
}

func (x *sqlTx) TrimKeys(most int) (int, error) {
	n, err := x.exec(`DELETE FROM idem WHERE key_hash IN (
		SELECT key_hash FROM idem ORDER BY at DESC, key_hash LIMIT 1000000000 OFFSET ?)`, most)
	return int(n), err
}

func (x *sqlTx) AddSecret(s *Secret) error {
	return x.insert(`INSERT INTO secret (hash, kind, subject, created, expires) VALUES (?, ?, ?, ?, ?)`,
		s.Hash, s.Kind, s.Subject, micro(s.Created), micro(s.Expires))
}

func (x *sqlTx) Secret(hash string) (*Secret, error) {
	return row(x, func(s scanner) (*Secret, error) {
		r := &Secret{}
		return r, s.Scan(&r.Hash, &r.Kind, &r.Subject, moment{&r.Created}, moment{&r.Expires})
	}, `SELECT hash, kind, subject, created, expires FROM secret WHERE hash = ?`, hash)
}

func (x *sqlTx) DeleteSecret(hash string) error {
	return x.must(`DELETE FROM secret WHERE hash = ?`, hash)
}

func (x *sqlTx) DeleteSecretsExpiredBefore(t time.Time) (int, error) {
	n, err := x.exec(`DELETE FROM secret WHERE expires > 0 AND expires < ?`, micro(t))
	return int(n), err
}
