package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestToken(t *testing.T) {
	dir := t.TempDir()
	everywhere, here := &net.TCPAddr{IP: net.IPv4zero, Port: 80}, &net.TCPAddr{IP: net.IPv6loopback, Port: 80}
	if token, _, err := new(access).token(here, dir); token != "" || err != nil {
		t.Errorf("on loopback the token is %q, %v, want none", token, err)
	}
	token, made, err := new(access).token(everywhere, dir)
	if err != nil || !made || len(token) < minToken {
		t.Fatalf("on all addresses the token is %q, made %v, %v", token, made, err)
	}
	again, made, err := (&access{tokenFile: filepath.Join(dir, "token")}).token(here, "")
	if err != nil || made || again != token {
		t.Errorf("the second time the token is %q, made %v, %v, want %q", again, made, err, token)
	}
	if info, err := os.Stat(filepath.Join(dir, "token")); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file has rights %v, %v", info.Mode(), err)
	}
	for _, data := range []string{":memory:", "postgres://db/fourwave"} {
		if _, _, err := new(access).token(everywhere, data); err == nil ||
			!strings.Contains(err.Error(), "--token-file") {
			t.Errorf("--data %s: got error %v", data, err)
		}
	}
	for name, text := range map[string]string{"short": "secret", "empty": "", "two": strings.Repeat("two words ", 4),
		"escape": strings.Repeat("\x1b[2J", 9)} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, _, err := readToken(path); err == nil {
			t.Errorf("a token that is %s is taken", name)
		}
	}
}

// TestOffLoopback starts the program on all addresses: it shows its token once, serves TLS, and
// answers nothing without the token.
func TestOffLoopback(t *testing.T) {
	dir := t.TempDir()
	cert, key, pool := certificate(t, dir)
	start := func() (*process, string) {
		p, first := startProcessOn(t, "0.0.0.0:0", filepath.Join(dir, "data"), "--tls-cert", cert, "--tls-key", key)
		t.Cleanup(p.kill)
		return p, first
	}
	p, said := start()
	token, err := os.ReadFile(filepath.Join(dir, "data", "token"))
	if err != nil || !strings.Contains(said, strings.TrimSpace(string(token))) {
		t.Fatalf("%v; the server says\n%s", err, said)
	}
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool,
		ServerName: "localhost"}}}
	defer client.CloseIdleConnections()
	for path, want := range map[string]int{"/healthz": 200, "/v1/labs": 401, "/v1/ports/1": 401, "/metrics": 401} {
		if status, _ := request(t.Context(), client, "GET", p.base+path, "", "", nil); status != want {
			t.Errorf("%s without the token: status %d, want %d", path, status, want)
		}
	}
	if status, err := request(t.Context(), client, "GET", p.base+"/v1/labs", strings.TrimSpace(string(token)), "",
		nil); status != 200 {
		t.Errorf("with the token: status %d, %v", status, err)
	}
	if status, _ := request(t.Context(), client, "GET", p.base+"/metrics", strings.TrimSpace(string(token)), "",
		nil); status != 404 {
		t.Errorf("/metrics off loopback: status %d", status)
	}
	p.kill()
	if _, said := start(); strings.Contains(said, strings.TrimSpace(string(token))) {
		t.Error("the token is shown a second time")
	}
}

// certificate makes a certificate for localhost that signs itself.
func certificate(t *testing.T, dir string) (cert, key string, pool *x509.CertPool) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{"localhost"},
		NotBefore: time.Now().Add(-time.Hour),
		NotAfter:  time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	cert, key, pool = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem"), x509.NewCertPool()
	for file, block := range map[string]*pem.Block{cert: {Type: "CERTIFICATE", Bytes: der},
		key: {Type: "PRIVATE KEY", Bytes: pkcs8}} {
		if err := os.WriteFile(file, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	made, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool.AddCert(made)
	return cert, key, pool
}
