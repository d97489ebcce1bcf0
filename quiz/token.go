package quiz

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
)

// A token is, in base64url: its version, the kind, the seed, and the first octets of a hash over
// these and over what the question asks. So a token that was changed is found out, and one whose
// seed has come to stand for another question, since the tables have grown, is too.
const (
	tokenVersion = 1
	tokenHead    = 1 + 1 + 8
	tokenLen     = tokenHead + 8
)

// kindCodes are the kinds in a token. A code is never used again for another kind.
var kindCodes = map[string]byte{NextState: 1, WillItBind: 2}

var tokenText = base64.RawURLEncoding.Strict()

func (p *problem) token() string {
	b := []byte{tokenVersion, kindCodes[p.kind]}
	b = binary.BigEndian.AppendUint64(b, uint64(p.seed))
	sum := sha256.Sum256(append(b[:tokenHead:tokenHead], p.facts...))
	return tokenText.EncodeToString(append(b, sum[:tokenLen-tokenHead]...))
}

// open makes the question again that a token stands for. The error is ErrToken, unless the model fails.
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
