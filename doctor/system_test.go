package doctor

import (
	"context"
	"errors"
	"os/exec"
	"strings"
	"testing"

	"fourwave/doctor/paste"
)

// recorded are what a system's tools wrote.
type recorded map[string]string

func (r recorded) run(_ context.Context, name string, _ ...string) (string, error) {
	if text, ok := r[name]; ok {
		return text, nil
	}
	return "", exec.ErrNotFound
}

// TestOtherSystems asks by recorded output of macOS, FreeBSD and Windows.
func TestOtherSystems(t *testing.T) {
	for _, test := range []struct {
		name    string
		system  paste.System
		output  recorded
		port    uint16
		verdict Verdict
		want    Case
		says    []string
	}{
		{"macOS, a listener", paste.MacOS, recorded{
			"netstat": "Proto Recv-Q Send-Q  Local Address          Foreign Address        (state)\ntcp46      0  " +
				"    0  *.3000                 *.*                    LISTEN\n",
			"lsof": "COMMAND PID USER FD TYPE DEVICE SIZE/OFF NODE NAME\nnode 4711 anna 23u IPv6 " +
				"0x3c1a9f8b7d6e5f41 0t0 TCP *:3000 (LISTEN)\n",
		}, 3000, Taken, Listener, []string{"node (pid 4711)", "kill 4711"}},
		{"macOS, TIME-WAIT", paste.MacOS, recorded{
			"netstat": "tcp4       0      0  127.0.0.1.5432         127.0.0.1.52339        TIME_WAIT\n",
		}, 5432, Taken, InTimeWait, []string{"TIME-WAIT", "30 s"}},
		{"macOS, without lsof", paste.MacOS,
			recorded{"netstat": "tcp4       0      0  *.80         *.*        LISTEN\n"}, 80, Taken, Listener,
			[]string{"lsof"}},
		{"FreeBSD", paste.FreeBSD, recorded{
			"netstat":  "tcp4       0      0 *.80                   *.*                    LISTEN\n",
			"sockstat": "www nginx 1234 6 tcp4 *:80 *:*\nroot nginx 1233 6 tcp4 *:80 *:*\n",
		}, 80, Taken, Listener, []string{"nginx"}},
		{"Windows", paste.Windows, recorded{"netstat": "  TCP    0.0.0.0:8080   0.0.0.0:0   LISTENING   4242\n"}, 8080,
			Taken, Listener, []string{"taskkill /F /PID 4242"}},
		{"Windows in German", paste.Windows,
			recorded{"netstat": "  TCP    0.0.0.0:8080   0.0.0.0:0   ABHÖREN   4242\n"}, 8080, Taken, Listener,
			[]string{"pid 4242"}},
		{"Windows, nothing", paste.Windows,
			recorded{"netstat": "  TCP    0.0.0.0:8080   0.0.0.0:0   LISTENING   4242\n"}, 81, Free, NothingAtAll,
			[]string{"Yes"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			r, err := examineBy(t.Context(), test.system, Question{Port: test.port}, test.output.run)
			if err != nil {
				t.Fatal(err)
			}
			if r.Verdict != test.verdict || r.Case != test.want {
				t.Errorf("got %s %s, want %s %s", r.Verdict, r.Case, test.verdict, test.want)
			}
			var b strings.Builder
			if err := r.Write(&b, WriteOptions{Lang: "en", Verbose: true}); err != nil {
				t.Fatal(err)
			}
			for _, want := range test.says {
				if !strings.Contains(b.String(), want) {
					t.Errorf("got\n%s\nwant it to say %q", b.String(), want)
				}
			}
		})
	}
	if _, err := examineBy(t.Context(), paste.MacOS, Question{Port: 1}, recorded{}.run); !errors.Is(err, ErrCannotAsk) {
		t.Errorf("without netstat: got %v, want ErrCannotAsk", err)
	}
}
