package doctor

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// keep lets the test binary be a program that keeps a port, by the words of FOURWAVE_TEST_KEEP: the
// name that it goes by, then what it does.
func keep(words string) {
	name, do, _ := strings.Cut(words, " ")
	if err := os.WriteFile("/proc/self/comm", []byte(name), 0); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	switch do {
	case "listen":
		listenAndWait("0.0.0.0:27865")
	case "hold": // what was inherited
	case "fork", "supervise": // start two that hold the same listener, or one that listens
		child := strings.Fields("nginx hold nginx hold")
		if do == "supervise" {
			child = strings.Fields("server listen")
		}
		for i := 0; i < len(child); i += 2 {
			cmd := exec.Command("/proc/self/exe")
			cmd.Env = append(os.Environ(), "FOURWAVE_TEST_KEEP="+child[i]+" "+child[i+1])
			cmd.Stdout = os.Stdout
			cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
			if do == "fork" {
				cmd.ExtraFiles = []*os.File{os.NewFile(3, "listener")}
			}
			if err := cmd.Start(); err != nil {
				fmt.Println(err)
				os.Exit(1)
			}
		}
		time.Sleep(time.Minute)
	}
	fmt.Println("listening")
	time.Sleep(time.Minute)
	os.Exit(0)
}

// keeper starts the test binary as a program that keeps the port, and waits until n processes say
// that they do.
func keeper(t *testing.T, words string, n int, inherit ...end) *exec.Cmd {
	t.Helper()
	cmd := child(t, 0, "FOURWAVE_TEST_KEEP="+words)
	for _, e := range inherit {
		fd, err := unix.Dup(e.fd)
		if err != nil {
			t.Fatal(err)
		}
		f := os.NewFile(uintptr(fd), "listener")
		defer f.Close()
		cmd.ExtraFiles = append(cmd.ExtraFiles, f)
	}
	started(t, cmd, n)
	return cmd
}

func started(t *testing.T, cmd *exec.Cmd, n int) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	cmd.Stdout = w
	err = cmd.Start()
	w.Close()
	if err != nil {
		skip(t, err.Error())
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	lines := bufio.NewReader(r)
	for range n {
		if line, err := lines.ReadString('\n'); line != "listening\n" {
			t.Fatalf("the keeper says %q, %v", line, err)
		}
	}
}

func pid(cmd *exec.Cmd) string { return strconv.Itoa(cmd.Process.Pid) }

// TestKeepers builds each keeper for real and reads the first lines: they name the keeper, its
// kind, and what ends it.
func TestKeepers(t *testing.T) {
	for _, test := range []struct {
		name string
		make func(t *testing.T) (command string)
		ask  Question
		want KeeperKind
		says []string
	}{
		{"a child that inherited the listener", func(t *testing.T) string {
			l := listen(t, "127.0.0.1:27865")
			cmd := exec.Command("sleep", "60")
			fd, _ := unix.Dup(l.fd)
			f := os.NewFile(uintptr(fd), "listener")
			cmd.ExtraFiles = []*os.File{f}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			f.Close()
			l.close()
			t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
			waitName(t, cmd.Process.Pid, "sleep")
			return "kill " + pid(cmd)
		}, Question{}, Inherited, []string{"sleep (pid ", "inherited", "close-on-exec"}},
		{"a parent and its child", func(t *testing.T) string {
			l := listen(t, "127.0.0.1:27865").leave()
			return fmt.Sprintf("kill %d %s", os.Getpid(), pid(keeper(t, "helper hold", 1, l)))
		}, Question{}, Inherited, []string{"2 processes have the same socket open", "helper"}},
		{"a master and its workers", func(t *testing.T) string {
			l := listen(t, "127.0.0.1:27865")
			cmd := keeper(t, "nginx fork", 2, l)
			l.close()
			return "kill " + pid(cmd)
		}, Question{}, Workers, []string{"nginx", "3 processes share the socket", "Stop the parent"}},
		{"workers whose master has closed", func(t *testing.T) string {
			l := listen(t, "127.0.0.1:27865")
			a, b := keeper(t, "nginx hold", 1, l), keeper(t, "nginx hold", 1, l)
			l.close()
			return "kill " + pid(a) + " " + pid(b)
		}, Question{}, Workers, []string{"2 processes share the socket"}},
		{"SO_REUSEPORT", func(t *testing.T) string {
			a, b := keeper(t, "one listen", 1), keeper(t, "two listen", 1)
			return "kill " + pid(a) + " " + pid(b)
		}, Question{}, SharedPort, []string{"SO_REUSEPORT", "requests are split"}},
		{"SO_REUSEPORT on both", func(t *testing.T) string { return "kill " + pid(keeper(t, "one listen", 1)) },
			Question{ReusePort: true}, SharedPort, []string{"Yes", "requests will be split with pid "}},
		{"itself", func(t *testing.T) string {
			c := bind(t, "127.0.0.1:27865").leave()
			if err := unix.Connect(c.fd, &unix.SockaddrInet4{Port: port, Addr: [4]byte{127, 0, 0, 1}}); err != nil {
				t.Fatal(err)
			}
			return fmt.Sprintf("kill %d", os.Getpid())
		}, Question{}, Itself, []string{"connected with itself"}},
		{"stopped", func(t *testing.T) string {
			cmd := keeper(t, "server listen", 1)
			if err := cmd.Process.Signal(syscall.SIGSTOP); err != nil {
				t.Fatal(err)
			}
			waitStopped(t, cmd.Process.Pid)
			return fmt.Sprintf("kill %s; kill -CONT %s", pid(cmd), pid(cmd))
		}, Question{}, StoppedProcess, []string{"is stopped (Ctrl-Z", "fg"}},
		{"supervised", func(t *testing.T) string {
			keeper(t, "supervisord supervise",
				1)
			return "supervisorctl stop NAME"
		},
			Question{}, Supervised, []string{"server (pid ", "would start it again", "supervisord → server"}},
		{"docker-proxy", func(t *testing.T) string { keeper(t, "docker-proxy listen", 1); return "docker stop web" },
			Question{}, InContainer, []string{"docker-proxy", "the container web (nginx:1.27)", "not the proxy"}},
		{"a socket activator", func(t *testing.T) string {
			return "kill " +
				pid(keeper(t, "systemd-socket- listen", 1))
		},
			Question{}, SocketUnit, []string{"socket activator"}},
		{"systemd", func(t *testing.T) string {
			cmd := child(t, 0, "FOURWAVE_TEST_KEEP=systemd listen")
			cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWPID}
			started(t, cmd, 1)
			return "systemctl stop knxd.socket knxd.service"
		}, Question{}, SocketUnit, []string{"systemd itself", "knxd.socket"}},
		{"a client", func(t *testing.T) string {
			setSysctl(t, "ip_local_port_range", "27865 27865")
			listen(t, "127.0.0.1:9000").leave()
			connect(t, "127.0.0.1:9000").leave()
			return fmt.Sprintf("kill %d", os.Getpid())
		}, Question{}, OutgoingClient, []string{"outgoing connection to 127.0.0.1:9000"}},
		{"reserved", func(t *testing.T) string { setSysctl(t, "ip_local_reserved_ports", "27865"); return "" },
			Question{}, ReservedPort, []string{"Yes", "ip_local_reserved_ports"}},
		{"another namespace", func(t *testing.T) string {
			cmd := keeper(t, "server listen", 1)
			enter(t)
			return "kill " + pid(cmd)
		}, Question{}, InNamespace, []string{"Yes", "In the network namespace", "server (pid "}},
		{"fourwave", func(t *testing.T) string { return "kill " + pid(keeper(t, "fourwave listen", 1)) },
			Question{}, Fourwave, []string{"fourwave server"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			enter(t)
			others(t)
			want := test.make(t)
			q := test.ask
			q.Port = port
			got, err := Examine(t.Context(), q)
			if err != nil {
				t.Fatal(err)
			}
			var text strings.Builder
			if err := got.Write(&text, WriteOptions{Lang: "en"}); err != nil {
				t.Fatal(err)
			}
			if got.Keeper == nil || got.Keeper.Kind != test.want || got.Keeper.Command != want {
				t.Errorf("got keeper %+v, want %s and %q; the answer:\n%s", got.Keeper, test.want, want, text.String())
			}
			for _, says := range test.says {
				if !strings.Contains(text.String(), says) {
					t.Errorf("got\n%s\nwant it to say %q", text.String(), says)
				}
			}
			if strings.Contains(text.String(), "kill 1\n") || strings.Count(text.String(), "\n") > 5 {
				t.Errorf("the answer is too long, or ends process 1:\n%s", text.String())
			}
			checkAdds(t, got, text.String())
		})
	}
}

// checkAdds: -v says all that is said without it, in the same order, and more.
func checkAdds(t *testing.T, r *Report, short string) {
	t.Helper()
	if long := written(r); !strings.HasPrefix(long, short) {
		t.Errorf("-v does not only add; without:\n%s\nwith:\n%s", short, long)
	}
}

// others gives the test a container runtime and a systemctl of its own.
func others(t *testing.T) {
	t.Helper()
	dir := t.TempDir()
	at := filepath.Join(dir, "docker.sock")
	l, err := net.Listen("unix", at)
	if err != nil {
		t.Fatal(err)
	}
	srv := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = json.NewEncoder(w).Encode([]map[string]any{{
			"Id": strings.Repeat("ab", 32), "Names": []string{"/web"}, "Image": "nginx:1.27",
			"Ports": []map[string]any{{"PrivatePort": 80, "Type": "tcp"},
				{"PrivatePort": 80, "PublicPort": published(t), "Type": "tcp"}},
		}})
	})}
	go func() { _ = srv.Serve(l) }()
	t.Cleanup(func() { srv.Close() })
	script := "#!/bin/sh\ncase \"$*\" in *--user*) ;; *) echo '0.0.0.0:27865 knxd.socket knxd.service';; esac\n"
	if err := os.WriteFile(filepath.Join(dir, "systemctl"), []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("DOCKER_HOST", "unix://"+at)
	t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
}

// published is the port that the container publishes: only the test of docker-proxy is about it.
func published(t *testing.T) int {
	if strings.HasSuffix(t.Name(), "/docker-proxy") {
		return port
	}
	return 1
}

func waitName(t *testing.T, pid int, name string) {
	t.Helper()
	wait(t, func() bool { s, ok := readStat(pid); return ok && s.comm == name })
}

func waitStopped(t *testing.T, pid int) {
	t.Helper()
	wait(t, func() bool { s, ok := readStat(pid); return ok && s.state == 'T' })
}

// wait polls until something holds.
func wait(t *testing.T, holds func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	for !holds() {
		select {
		case <-ctx.Done():
			t.Fatal("it does not come to pass")
		case <-time.After(time.Millisecond):
		}
	}
}

func TestCgroup(t *testing.T) {
	id := strings.Repeat("0123456789abcdef", 4)
	for _, test := range []struct {
		text, unit  string
		user        bool
		id, runtime string
	}{
		{"0::/", "", false, "", ""},
		{"0::/system.slice/nginx.service\n", "nginx.service", false, "", ""},
		{"0::/user.slice/user-1000.slice/user@1000.service/app.slice/web.service\n", "web.service", true, "", ""},
		{"0::/user.slice/user-1000.slice/session-3.scope\n", "", false, "", ""},
		{"0::/system.slice/docker-" + id + ".scope\n", "", false, id, "docker"},
		{"12:pids:/docker/" + id + "\n0::/\n", "", false, id, "docker"},
		{"0::/machine.slice/libpod-" + id + ".scope/container\n", "", false, id, "podman"},
		{"0::/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod1.slice/cri-containerd-" + id +
			".scope\n", "", false, id, "kubernetes"},
	} {
		unit, user, gotID, runtime := readCgroup(test.text)
		if unit != test.unit || user != test.user || gotID != test.id || runtime != test.runtime {
			t.Errorf("%q: got %q %t %q %q, want %q %t %q %q", test.text, unit, user, gotID, runtime, test.unit,
				test.user, test.id, test.runtime)
		}
	}
}

func TestProgramName(t *testing.T) {
	for _, test := range []struct{ comm, args, want string }{
		{"nginx", "nginx: master process /usr/sbin/nginx -g daemon off;", "nginx"},
		{"python3", "/usr/bin/python3\x00-u\x00/srv/app/server.py\x008080\x00", "python3 server.py"},
		{"python3", "python3\x00-m\x00http.server\x008000\x00", "python3 -m http.server"},
		{"node", "/usr/bin/node\x00--require\x00x.js\x00/srv/a.js\x00", "node a.js"},
		{"MainThread", "node\x00a.js\x00", "node a.js"},
		{"java", "java\x00-cp\x00a.jar\x00-Xmx1g\x00-jar\x00/opt/b.jar\x00", "java -jar b.jar"},
		{"docker-proxy", "python3\x00x.py\x00", "docker-proxy"},
		{"bash", "-bash\x00", "bash"},
		{"kthreadd", "", "kthreadd"},
		{"evil", "\x1b[31m/evil\x07\x00", `evil\x07`},
		{"sleep", "sleep\x0060\x00", "sleep"},
		{"sh", "sh\x00-c\x00while :; do nc -l 1; done\x00", "sh -c"},
		{"averyveryverylo", "/bin/averyveryverylongname\x00", "averyveryverylongname"},
	} {
		if got := programName(test.comm, test.args); got != test.want {
			t.Errorf("%q %q: got %q, want %q", test.comm, test.args, got, test.want)
		}
	}
}

func TestReadPS(t *testing.T) {
	got := readPS("abc\tweb\tnginx\t0.0.0.0:8080->80/tcp, :::8080->80/tcp, "+
		"443/tcp\nx\ty\tz\t0.0.0.0:9000-9002->9000-9002/tcp\nbroken\n", "docker")
	if len(got) != 2 || !slices.Contains(got[0].Ports, 8080) || slices.Contains(got[0].Ports, 443) ||
		!slices.Contains(got[1].Ports, 9001) {
		t.Errorf("got %+v", got)
	}
}

func says(t *testing.T, text, want string) {
	t.Helper()
	if !strings.Contains(text, want) {
		t.Errorf("got %q, want it to say %q", text, want)
	}
}
