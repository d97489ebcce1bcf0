package quiz

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
)

// A token of version 1 is, in base64url: its version, the kind, the seed, and the first octets of a
// hash over these and over what the question asks. So a token that was changed is found out, and
// one whose seed has come to stand for another question, since the tables have grown, is too.
//
// One of version 2 has the level between kind and seed, and the item's facts and options are
// hashed. A token has the seed in clear: whoever runs the program can work out the key. It is good
// for practice, not for marks; a quiz of package class gives its students none.
const (
	tokenVersion = 1
	tokenHead    = 1 + 1 + 8
	tokenLen     = tokenHead + 8
	levelHead    = 1 + 1 + 1 + 8
	levelLen     = levelHead + 8
)

// kindCodes are the kinds in a token of version 1. A code is never used again for another kind.
var kindCodes = map[string]byte{NextState: 1, WillItBind: 2}

var tokenText = base64.RawURLEncoding.Strict()

func (p *problem) token() string {
	b := []byte{tokenVersion, kindCodes[p.kind]}
	b = binary.BigEndian.AppendUint64(b, uint64(p.seed))
	sum := sha256.Sum256(append(b[:tokenHead:tokenHead], p.facts...))
	return tokenText.EncodeToString(append(b, sum[:tokenLen-tokenHead]...))
}

// open makes the question again that a token stands for. The error is ErrToken, unless the model
// fails.
func open(token string) (*problem, error) {
	if len(token) != tokenText.EncodedLen(tokenLen) {
		return nil, fmt.Errorf("%w: it has %d characters, not %d", ErrToken, len(token), tokenText.EncodedLen(tokenLen))
	}
	b, err := tokenText.DecodeString(token)
	if err != nil {
		return nil, fmt.Errorf("%w: it is not base64url", ErrToken)
	}
	if b[0] != tokenVersion {
		return nil, fmt.Errorf("%w: it is of version %d, not %d", ErrToken, b[0], tokenVersion)
	}
	for kind, code := range kindCodes {
		if code != b[1] {
			continue
		}
		p, err := pose(kind, int64(binary.BigEndian.Uint64(b[2:])))
		if err != nil {
			return nil, err
		}
		if p.token() != token {
			return nil, fmt.Errorf("%w: it was changed, or its question has changed since it was asked", ErrToken)
		}
		return p, nil
	}
	return nil, fmt.Errorf("%w: it is of an unknown kind", ErrToken)
}

// Token stands for the item: see [Open].
func (it *Item) Token() string {
	if it.Version == 1 {
		return it.about // see firstVersion
	}
	k, _ := newest(it.Kind)
	b := []byte{Version, k.code, byte(it.Level)}
	b = binary.BigEndian.AppendUint64(b, uint64(it.Seed))
	h := sha256.New()
	h.Write(b)
	fmt.Fprintln(h, it.Facts)
	for _, p := range it.Parts {
		for _, o := range p.Options {
			fmt.Fprintln(h, o.ID, o.Text.En)
		}
	}
	return tokenText.EncodeToString(append(b, h.Sum(nil)[:levelLen-levelHead]...))
}

// Open makes the question again that a token of any version stands for. The error is ErrToken,
// unless the model fails.
func Open(token string) (*Item, error) {
	if len(token) != tokenText.EncodedLen(levelLen) {
		p, err := open(token)
		if err != nil {
			return nil, err
		}
		return firstVersion(p), nil
	}
	b, err := tokenText.DecodeString(token)
	if err != nil {
		return nil, fmt.Errorf("%w: it is not base64url", ErrToken)
	}
	if b[0] != Version {
		return nil, fmt.Errorf("%w: it is of version %d, not %d", ErrToken, b[0], Version)
	}
	for i := range registry {
		if registry[i].code != b[1] {
			continue
		}
		it, err := New(registry[i].ID, int64(binary.BigEndian.Uint64(b[3:])), int(b[2]))
		if err != nil || it.Token() != token {
			return nil, fmt.Errorf("%w: it was changed, or its question has changed since it was asked", ErrToken)
		}
		return it, nil
	}
	return nil, fmt.Errorf("%w: it is of an unknown kind", ErrToken)
}
