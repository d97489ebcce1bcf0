package doctor

import (
	"strings"
	"testing"
	"time"

	"fourwave/doctor/paste"
)

// TestTables: what is answered of pasted output, under the rules of its system.
func TestTables(t *testing.T) {
	for _, test := range []struct {
		name, text string
		port       uint16
		system     paste.System
		verdict    Verdict
		want       Case
		says       string
	}{
		{"the seed's TIME-WAIT", "tcp 0 0 127.0.0.1:7865 127.0.0.1:40000 TIME_WAIT -\n", 7865, paste.Linux, Taken,
			InTimeWait, "60 s after it began"},
		{"its timer", "TIME-WAIT 0 0 127.0.0.1:7865 127.0.0.1:40000 timer:(timewait,12sec,0)\n", 7865, paste.Linux,
			Taken, InTimeWait, "for 12.0 s more"},
		{"a listener", "LISTEN 0 5 127.0.0.1:7865 0.0.0.0:* users:((\"node\",pid=7,fd=3))\n", 7865, paste.Linux, Taken,
			Listener, "kill 7"},
		{"nothing", "LISTEN 0 5 127.0.0.1:7865 0.0.0.0:*\n", 80, paste.Linux, Free, NothingAtAll, "has nothing on it"},
		{"macOS, TIME-WAIT", "tcp4       0      0  127.0.0.1.7865  127.0.0.1.50000  TIME_WAIT\n", 7865, paste.MacOS,
			Taken, InTimeWait, "30 s"},
		{"Windows, http.sys", "  TCP    0.0.0.0:80    0.0.0.0:0   LISTENING   4\n", 80, paste.Windows, Taken, Listener,
			"http.sys"},
		{"Windows, a leak", "  TCP  127.0.0.1:8080  127.0.0.1:50001  CLOSE_WAIT  4242\n", 8080, paste.Windows, Taken,
			CloseWaitLeak, "taskkill /F /PID 4242"},
		{"docker-proxy", "LISTEN 0 5 0.0.0.0:8080 0.0.0.0:* users:((\"docker-proxy\",pid=7,fd=4))\n", 8080, paste.Linux,
			Taken, Listener, "docker stop"},
		{"systemd", "systemd 1 root 45u IPv4 12345 0t0 TCP *:26720 (LISTEN)\n", 26720, paste.Linux, Taken, Listener,
			"systemd itself"},
		{"a full queue", "LISTEN 6 5 127.0.0.1:7865 0.0.0.0:*\n", 7865, paste.Linux, Taken, Listener,
			"accept queue is full"},
		{"itself", "ESTAB 0 0 127.0.0.1:40000 127.0.0.1:40000 users:((\"x\",pid=7,fd=3))\n", 40000, paste.Linux, Taken,
			Client, "connected with itself"},
		{"workers", "nginx 8 root 6u IPv4 23 0t0 TCP *:80 (LISTEN)\nnginx 9 www 6u IPv4 23 0t0 TCP *:80 (LISTEN)\n", 80,
			paste.Linux, Taken, Listener, "2 processes share the socket"},
		{"UDP beside", "udp 0 0 0.0.0.0:53 0.0.0.0:* 12/dnsmasq\n", 53, paste.Linux, Free, NothingAtAll,
			"dnsmasq (pid 12) has 0.0.0.0:53/udp"},
	} {
		t.Run(test.name, func(t *testing.T) {
			table, err := ReadTable(strings.NewReader(test.text), test.system, test.port)
			if err != nil {
				t.Fatal(err)
			}
			if len(table.NotUnderstood) != 0 || len(table.Reports) != 1 {
				t.Fatalf("got %d reports, and not understood: %v", len(table.Reports), table.NotUnderstood)
			}
			r := table.Reports[0]
			if r.Verdict != test.verdict || r.Case != test.want {
				t.Errorf("got %s %s, want %s %s", r.Verdict, r.Case, test.verdict, test.want)
			}
			var short strings.Builder
			if err := r.Write(&short, WriteOptions{Lang: "en", Verbose: true}); err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(short.String(), test.says) {
				t.Errorf("got\n%s\nwant it to say %q", short.String(), test.says)
			}
			for _, never := range []string{"--watch", "--try", "kill 1\n", "%!"} {
				if strings.Contains(short.String(), never) {
					t.Errorf("got\n%s\nwhich says %q", short.String(), never)
				}
			}
		})
	}
}

// TestTableOverview finds what is wrong on the whole.
func TestTableOverview(t *testing.T) {
	var b strings.Builder
	b.WriteString("State Recv-Q Send-Q Local Address:Port Peer Address:Port Process\nLISTEN 129 128 0.0.0.0:80 " +
		"0.0.0.0:* users:((\"web\",pid=7,fd=3))\n")
	for p := 32768; p <= 60999; p++ {
		b.WriteString("TIME-WAIT 0 0 10.0.0.5:" + itoa(uint16(p)) + " 10.0.0.9:443 timer:(timewait,30sec,0)\n")
	}
	for p := range 120 {
		b.WriteString("CLOSE-WAIT 33 0 10.0.0.5:8080 10.0.0.9:" + itoa(uint16(40000+p)) +
			" users:((\"java\",pid=9,fd=3))\n")
	}
	table, err := ReadTable(strings.NewReader(b.String()), "", 0)
	if err != nil {
		t.Fatal(err)
	}
	o := table.Overview
	var kinds []string
	for _, f := range o.Findings {
		kinds = append(kinds, f.Kind)
	}
	if strings.Join(kinds, " ") != "ports full-queue close-wait" {
		t.Errorf("got %v, want ports, full-queue, close-wait: worst first", kinds)
	}
	if p := o.PortsLeft[0]; p.Left != 0 || p.NextFree != 30*time.Second {
		t.Errorf("got %+v, want no port left for 30 s", p)
	}
	says := o.Findings[2].Text.En
	if !strings.Contains(says, "java (pid 9) has 120 connections in CLOSE-WAIT") ||
		!strings.Contains(says, "32 bytes are unread") {
		t.Errorf("got %q", says)
	}
}
