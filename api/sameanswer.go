package api

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"sync"
	"time"

	"fourwave/api/doc"
	"fourwave/lab"
)

// sameAnswers are the documents of labs that came to the same as one before: all of it but the id
// and the two times is encoded once.
type sameAnswers struct {
	mu  sync.Mutex
	all map[sameKey]*sameAnswer
}

type sameKey struct{ lab, lang string }

// sameAnswer is a lab's document around what is a lab's own: the id, when it was made and when it
// ended.
type sameAnswer struct {
	parts [4][]byte
	sum   [sha256.Size]byte // of the parts
}

// maxSameAnswers bounds what is kept; any goes first.
const maxSameAnswers = 128

// labAnswer is a lab's document in a language, and its ETag.
func (s *Server) labAnswer(l *lab.Lab, lang string) (body []byte, tag string, err error) {
	if l.SameAs() == "" {
		if body, err = encode(labDocument(l, lang)); err != nil {
			return nil, "", err
		}
		return body, etag(body), nil
	}
	id, created, ended := l.ID(), l.Created(), l.Ended()
	a, err := s.same.find(l, lang)
	if err != nil {
		return nil, "", err
	}
	own := [3][]byte{[]byte(id)}
	for i, t := range []time.Time{created, ended} {
		if own[i+1], err = t.UTC().MarshalText(); err != nil {
			return nil, "", err
		}
	}
	hash := sha256.New()
	hash.Write(a.sum[:])
	body = make([]byte, 0, len(a.parts[0])+len(a.parts[1])+len(a.parts[2])+len(a.parts[3])+128)
	for i, part := range a.parts {
		body = append(body, part...)
		if i < len(own) {
			body = append(body, own[i]...)
			hash.Write(own[i])
		}
	}
	return body, `"` + base64.RawURLEncoding.EncodeToString(hash.Sum(nil)[:12]) + `"`, nil
}

// find gives the answer that a lab shares, and encodes it if nobody has yet.
func (s *sameAnswers) find(l *lab.Lab, lang string) (*sameAnswer, error) {
	key := sameKey{l.SameAs(), lang}
	s.mu.Lock()
	a := s.all[key]
	s.mu.Unlock()
	if a != nil {
		return a, nil
	}
	a, err := splitAnswer(labDocument(l, lang))
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.all == nil {
		s.all = map[sameKey]*sameAnswer{}
	}
	for other := range s.all {
		if len(s.all) < maxSameAnswers {
			break
		}
		delete(s.all, other)
	}
	s.all[key] = a
	return a, nil
}

// splitAnswer encodes a lab's document and cuts out what is its own.
func splitAnswer(v *doc.Lab) (*sameAnswer, error) {
	rest, err := encode(v)
	if err != nil {
		return nil, err
	}
	a := new(sameAnswer)
	for i, own := range []any{v.ID, v.Created, v.Ended} {
		text, err := json.Marshal(own)
		if err != nil {
			return nil, err
		}
		// In the order of the document, where each stands once before anything that a caller wrote
		// could.
		at := bytes.Index(rest, text) + 1 // behind the quotation mark
		a.parts[i], rest = rest[:at:at], rest[at+len(text)-2:]
	}
	a.parts[3] = rest
	hash := sha256.New()
	for _, p := range a.parts {
		hash.Write(p)
	}
	hash.Sum(a.sum[:0])
	return a, nil
}
