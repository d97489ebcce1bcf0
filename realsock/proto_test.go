package realsock

import (
	"io"
	"net"
	"strings"
	"testing"
)

// receive reads one message.
func receive(t *testing.T, from io.Reader, v any) {
	t.Helper()
	var in inbox
	for {
		ok, err := in.next(v)
		if ok {
			return
		}
		n := 0
		if err == nil {
			n, err = from.Read(in.space())
		}
		if err != nil {
			t.Error(err)
			return
		}
		in.grown(n)
	}
}

func send(t *testing.T, to io.Writer, v any) {
	t.Helper()
	b, err := appendMessage(nil, v)
	if err == nil {
		_, err = to.Write(b)
	}
	if err != nil {
		t.Error(err)
	}
}

// A runner is whoever says hello at the other end of a stream. One of another version is refused, and both versions are named.
func TestRunnerOfAnotherVersion(t *testing.T) {
	for _, c := range []struct {
		name  string
		hello *hello
		want  string
	}{
		{"newer", &hello{Version: protoVersion + 1, Ability: Ability{OK: true}}, "runner speaks version 4 of the protocol, this program version 3"},
		{"silent", nil, "runner did not say hello"},
		{"same", &hello{Version: protoVersion, Ability: Ability{OK: true, Kernel: "far away"}}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			ours, theirs := net.Pipe()
			go func() {
				var q request
				receive(t, theirs, &q)
				if q.Hello == nil || q.Hello.Version != protoVersion {
					t.Errorf("got %+v, want a hello", q)
				}
				send(t, theirs, report{ID: 1, Hello: c.hello})
				_, _ = io.Copy(io.Discard, theirs)
			}()
			n, err := greet(t.Context(), ours, ours.Close)
			if c.want == "" {
				if err != nil || n.Ability().Kernel != "far away" {
					t.Errorf("got %v, want its ability", err)
				}
				_ = n.Close()
				return
			}
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}
