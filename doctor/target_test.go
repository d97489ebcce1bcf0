package doctor

import "testing"

func TestParseTargets(t *testing.T) {
	for typed, want := range map[string]string{
		"8080": "invalid IP 8080-8080 tcp", ":8080": "invalid IP 8080-8080 tcp", "*:8080": "invalid IP 8080-8080 tcp",
		"localhost:8080": "127.0.0.1 8080-8080 tcp", "LOCALHOST:8080": "127.0.0.1 8080-8080 tcp",
		"127.0.0.1:8080": "127.0.0.1 8080-8080 tcp",
		"[::1]:8080":     "::1 8080-8080 tcp", ":::8080": ":: 8080-8080 tcp", "0.0.0.0:80": "0.0.0.0 80-80 tcp",
		"8080/tcp": "invalid IP 8080-8080 tcp", "53/udp": "invalid IP 53-53 udp", "53/UDP": "invalid IP 53-53 udp",
		"udp:53":           "invalid IP 53-53 udp",
		"127.0.0.1:53/udp": "127.0.0.1 53-53 udp", "http": "invalid IP 80-80 tcp", "domain/udp": "invalid IP 53-53 udp",
		"localhost:http":            "127.0.0.1 80-80 tcp",
		"http://localhost:8080/a:b": "127.0.0.1 8080-8080 tcp", "https://127.0.0.1": "127.0.0.1 443-443 tcp",
		"tcp://0.0.0.0:2375": "0.0.0.0 2375-2375 tcp",
		"8000-8010":          "invalid IP 8000-8010 tcp", "127.0.0.1:8000-8010/udp": "127.0.0.1 8000-8010 udp",
		" 80 ": "invalid IP 80-80 tcp",
	} {
		got, err := ParseTargets(typed)
		if err != nil || len(got) != 1 {
			t.Errorf("%q: got %v, %v", typed, got, err)
			continue
		}
		g := got[0]
		if have := g.Host.String() + " " + itoa(g.Low) + "-" + itoa(g.High) + " " + string(g.Protocol); have != want {
			t.Errorf("%q: got %s, want %s", typed, have, want)
		}
	}
	if got, err := ParseTargets("80,443/tcp,53/udp"); err != nil || len(got) != 3 {
		t.Errorf("got %v, %v, want three", got, err)
	}
	for _, typed := range []string{"", "0", "65536", "-1", "8010-8000", "nosuchservice", "host.example:80", "::1",
		"80-", "80/sctp", "[::1:80", "1e3", "ftp:/"} {
		if got, err := ParseTargets(typed); err == nil {
			t.Errorf("%q: got %v, want an error", typed, got)
		}
	}
}

func itoa(p uint16) string { return Range{p, p, TCP}.String() }

func FuzzParseTargets(f *testing.F) {
	for _, s := range []string{"8080", "[::1]:8080", "53/udp", "http://localhost:1/", "8000-8010,http"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, err := ParseTargets(s)
		for _, g := range got {
			if err == nil && (g.Low == 0 || g.High < g.Low) {
				t.Errorf("%q: got %+v", s, g)
			}
		}
	})
}
