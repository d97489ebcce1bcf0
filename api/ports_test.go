package api

import (
	"net"
	"runtime"
	"strconv"
	"strings"
	"testing"
)

type portReply struct {
	Verdict, Errno, Case, Answer string
	Sockets                      []struct {
		State, Verdict string
		Processes      []struct{ PID int }
	}
	Do, Hidden []string
}

// TestPortWithListener asks about a port on which this very process listens.
func TestPortWithListener(t *testing.T) {
	if runtime.GOOS != "linux" {
		skip(t, "the socket table can be read only on Linux")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	ts := newServer(t, nil)
	path := "/v1/ports/" + strconv.Itoa(l.Addr().(*net.TCPAddr).Port)
	var got portReply
	answer := ts.do(t, call{path: path})
	answer.get(t, 200, &got)
	if err := ts.validate("GET /v1/ports/{port}", answer); err != nil {
		t.Error(err)
	}
	if got.Verdict != "taken" || got.Errno != "EADDRINUSE" || got.Case != "listener" {
		t.Errorf("got %s %s %s, want taken EADDRINUSE listener", got.Verdict, got.Errno, got.Case)
	}
	if len(got.Sockets) != 1 || got.Sockets[0].State != "LISTEN" || got.Sockets[0].Verdict != "taken" ||
		len(got.Do) == 0 {
		t.Errorf("got %+v, want one LISTEN in the way, and something to do", got)
	}
	ts.do(t, call{path: path + "?host=127.77.0.1"}).get(t, 200, &got)
	if got.Verdict != "free" || got.Case != "shared" {
		t.Errorf("another address: got %s %s, want free shared", got.Verdict, got.Case)
	}
	ts.do(t, call{path: path, header: header("Accept-Language", "zh")}).get(t, 200, &got)
	if !strings.Contains(got.Answer, "正在监听") {
		t.Errorf("in Chinese: got %q", got.Answer)
	}
}
