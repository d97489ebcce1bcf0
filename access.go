package main

import (
	"crypto/rand"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"fourwave/store"
)

// access says who gets in and over what.
type access struct {
	tokenFile string
	cert, key string // files, PEM
}

func accessFlags(cmd *cobra.Command, a *access) {
	cmd.Flags().StringVar(&a.tokenFile, "token-file", "",
		"the file that has the operator's token, without which nearly nothing is answered; made if it is not there "+
			"(default, on addresses other than loopback, token in the directory of --data; on loopback, no token)")
	cmd.Flags().StringVar(&a.cert, "tls-cert", "", "serve TLS with this certificate and the chain behind it (PEM)")
	cmd.Flags().StringVar(&a.key, "tls-key", "", "the certificate's key (PEM)")
}

// minToken is what a token must have at least, so that nobody finds it by trying.
const minToken = 20

// token gives the token that a server on addr asks for, "" for none, and whether it was made just
// now.
func (a *access) token(addr net.Addr, data string) (token string, made bool, err error) {
	path := a.tokenFile
	if path == "" {
		if isLoopback(addr) {
			return "", false, nil
		}
		dir, err := dataAddress(data)
		if err != nil || store.IsPostgres(dir) || dir == ":memory:" {
			return "", false, fmt.Errorf("--listen %s can be reached from other machines: say --token-file FILE", addr)
		}
		path = filepath.Join(dir, "token")
	}
	return readToken(path)
}

// readToken reads a token, or makes one where the file is not there.
func readToken(path string) (token string, made bool, err error) {
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		token, err = makeToken(path)
		return token, true, err
	}
	if err != nil {
		return "", false, fmt.Errorf("--token-file: %w", oneLine{err})
	}
	token = strings.TrimSpace(string(b))
	if len(token) < minToken || strings.ContainsFunc(token, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return "", false, fmt.Errorf("--token-file %s: a token is one word of at least %d ASCII characters; "+
			"remove the file and one is made", oneLine{errors.New(path)}, minToken)
	}
	return token, false, nil
}

func makeToken(path string) (string, error) {
	b := make([]byte, 24)
	rand.Read(b)
	token := "fwo_" + base64.RawURLEncoding.EncodeToString(b)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return "", fmt.Errorf("--token-file: %w", oneLine{err})
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return "", fmt.Errorf("--token-file: %w", oneLine{err})
	}
	_, err = io.WriteString(f, token+"\n")
	if err = errors.Join(err, f.Close()); err != nil {
		return "", fmt.Errorf("--token-file: %w", oneLine{err})
	}
	return token, nil
}

// isLoopback reports whether only this machine reaches an address.
func isLoopback(addr net.Addr) bool {
	tcp, ok := addr.(*net.TCPAddr)
	return !ok || tcp.IP.IsLoopback() // a socket of another family has the file system's rights
}

// tls gives the configuration of a server with a certificate; nil without one.
func (a *access) tls() (*tls.Config, error) {
	if a.cert == "" && a.key == "" {
		return nil, nil
	}
	if a.cert == "" || a.key == "" {
		return nil, errors.New("--tls-cert and --tls-key go together")
	}
	pair, err := tls.LoadX509KeyPair(a.cert, a.key)
	if err != nil {
		return nil, fmt.Errorf("--tls-cert, --tls-key: %w", oneLine{err})
	}
	return &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{pair},
		NextProtos: []string{"h2", "http/1.1"}}, nil
}
