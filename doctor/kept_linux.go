package doctor

import (
	"bufio"
	"bytes"
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
	"time"

	"fourwave/internal/text"
)

// Bounds of what is asked of others.
const (
	askTime       = time.Second // each program or socket
	maxAnswer     = 4 << 20     // bytes of an answer
	maxUnitFiles  = 4096
	maxContainers = 4096
)

// findKept asks systemd and the container runtimes about the port, as far as what was read gives
// reason to.
func findKept(ctx context.Context, r *reading, q Question) (k kept) {
	if text, err := readSome("/proc/self/cgroup"); err == nil {
		k.ownUnit, _, k.ownContainer, _ = readCgroup(string(text))
	}
	_, err1 := os.Stat("/.dockerenv")
	_, err2 := os.Stat("/run/.containerenv")
	if k.InContainer = err1 == nil || err2 == nil || k.ownContainer != ""; k.InContainer {
		k.Hostname, _ = os.Hostname()
	}
	var hidden, activator, container bool
	for i := range r.sockets {
		s := &r.sockets[i]
		hidden = hidden || s.Hidden && len(s.Processes) == 0
		for _, p := range s.Processes {
			activator = activator || p.activator() || p.Activated
			container = container || p.proxyFor() != "" || p.Container != "" && p.Container != k.ownContainer
		}
	}
	for _, sp := range r.spaces {
		container = container || sp.Container != ""
	}
	if hidden {
		k.suspects = suspects(r, q.Port)
		container = container || r.sockets[0].UID != r.uid
	}
	if activator {
		k.unit, k.activates, k.userUnit = socketUnit(ctx, q.Port)
	}
	if container || len(r.sockets) == 0 {
		k.containers = containers(ctx, container)
		for i, c := range k.containers {
			if slices.Contains(c.Ports, q.Port) {
				k.published = &k.containers[i]
			}
		}
	}
	return k
}

// suspects are the processes whose command line says that they hold the port, where permissions
// hide their descriptors.
func suspects(r *reading, port uint16) (all []Process) {
	number := strconv.Itoa(int(port))
	var named []Process
	for _, pid := range processes() {
		dir := "/proc/" + strconv.Itoa(pid)
		args, err := readSome(dir + "/cmdline")
		if err != nil || len(args) == 0 || pid == os.Getpid() {
			continue
		}
		comm, _ := readSome(dir + "/comm")
		proxy := proxies[strings.TrimSpace(string(comm))] != ""
		if !proxy && !bytes.Contains(args, []byte(number)) {
			continue
		}
		p := process(pid)
		if !slices.ContainsFunc(r.sockets, func(s Socket) bool { return s.UID == p.UID }) || p.Own {
			continue
		}
		switch {
		case mentions(string(args), number):
			all = append(all, p)
		case proxy && argument(p.Command, "-host-port") == "":
			named = append(named, p)
		}
	}
	return append(all, named...)
}

// mentions reports whether an argument is the number, or ends in it after one of ":=".
func mentions(args, number string) bool {
	for a := range strings.SplitSeq(args, "\x00") {
		if rest, ok := strings.CutSuffix(a, number); ok &&
			(rest == "" || strings.HasSuffix(rest, ":") || strings.HasSuffix(rest, "=")) {
			return true
		}
	}
	return false
}

// run is the output of a program that is installed, "" if it is not or takes too long.
func run(ctx context.Context, name string, args ...string) string {
	ctx, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.WaitDelay = askTime
	out, err := cmd.Output()
	if err != nil && len(out) == 0 {
		return ""
	}
	return string(out[:min(len(out), maxAnswer)])
}

// socketUnit finds the systemd socket unit that listens on a port: by systemctl, or else in the
// unit files.
func socketUnit(ctx context.Context, port uint16) (unit, activates string, user bool) {
	for _, user := range []bool{false, true} {
		args := []string{"list-sockets", "--all", "--no-legend", "--no-pager", "--plain"}
		if user {
			args = append([]string{"--user"}, args...)
		}
		for line := range strings.Lines(run(ctx, "systemctl", args...)) {
			if f := strings.Fields(line); len(f) >= 2 && isPort(f[0], port) {
				if len(f) > 2 {
					activates = text.Clean(f[2])
				}
				return text.Clean(f[1]), activates, user
			}
		}
	}
	home, _ := os.UserConfigDir()
	for _, dir := range []string{"/etc/systemd/system", "/run/systemd/system", "/run/systemd/generator",
		"/usr/local/lib/systemd/system",
		"/usr/lib/systemd/system", "/lib/systemd/system", filepath.Join(home,
			"systemd/user"), "/etc/systemd/user", "/usr/lib/systemd/user"} {
		files, _ := filepath.Glob(dir + "/*.socket")
		for _, f := range files[:min(len(files), maxUnitFiles)] {
			if listensOn(f, port) {
				name := filepath.Base(f)
				return text.Clean(name), text.Clean(strings.TrimSuffix(name, ".socket") +
					".service"), strings.HasSuffix(dir, "/user")
			}
		}
	}
	return "", "", false
}

// isPort reads an address as systemd writes it: "0.0.0.0:80", "[::]:80", "80".
func isPort(at string, port uint16) bool {
	return at[strings.LastIndexByte(at, ':')+1:] == strconv.Itoa(int(port))
}

func listensOn(file string, port uint16) bool {
	text, err := readSome(file)
	if err != nil {
		return false
	}
	for line := range strings.Lines(string(text)) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), "=")
		key = strings.TrimSpace(key)
		if (key == "ListenStream" || key == "ListenDatagram") && isPort(strings.TrimSpace(value), port) {
			return true
		}
	}
	return false
}

// containers asks the runtimes for what runs: through their sockets, or else, if there is reason
// to, by their commands.
func containers(ctx context.Context, reason bool) (all []Container) {
	for _, at := range runtimeSockets() {
		if st, err := os.Stat(at); err == nil && st.Mode()&os.ModeSocket != 0 {
			all = append(all, askRuntime(ctx, at)...)
		}
	}
	if len(all) > 0 || !reason {
		return all
	}
	for _, name := range []string{"docker", "podman", "nerdctl"} {
		if _, err := exec.LookPath(name); err == nil {
			all = append(all, readPS(run(ctx, name, "ps", "--no-trunc", "--format",
				"{{.ID}}\t{{.Names}}\t{{.Image}}\t{{.Ports}}"), name)...)
		}
	}
	return all
}

func runtimeSockets() (all []string) {
	if at, ok := strings.CutPrefix(os.Getenv("DOCKER_HOST"), "unix://"); ok {
		all = append(all, at)
	}
	run := os.Getenv("XDG_RUNTIME_DIR")
	if run == "" {
		run = "/run/user/" + strconv.Itoa(os.Getuid())
	}
	for _, at := range []string{"/run/docker.sock", "/var/run/docker.sock", run + "/docker.sock",
		"/run/podman/podman.sock", run + "/podman/podman.sock"} {
		same := func(other string) bool { return other == at || sameFile(other, at) }
		if !slices.ContainsFunc(all, same) {
			all = append(all, at)
		}
	}
	return all
}

// askRuntime asks Docker's API, which Podman speaks too, for the running containers.
func askRuntime(ctx context.Context, at string) (all []Container) {
	ctx, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	var d net.Dialer
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return d.DialContext(ctx, "unix", at)
		}}}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://localhost/containers/json", nil)
	if err != nil {
		return nil
	}
	resp, err := client.Do(req)
	if err != nil {
		return nil
	}
	defer resp.Body.Close()
	var list []struct {
		ID    string `json:"Id"`
		Names []string
		Image string
		Ports []struct{ PublicPort uint16 }
	}
	if resp.StatusCode != http.StatusOK ||
		json.NewDecoder(http.MaxBytesReader(nil, resp.Body, maxAnswer)).Decode(&list) != nil {
		return nil
	}
	for _, c := range list[:min(len(list), maxContainers)] {
		one := Container{ID: text.Clean(c.ID), Image: text.Clean(c.Image), Runtime: "docker"}
		if strings.Contains(at, "podman") {
			one.Runtime = "podman"
		}
		if len(c.Names) > 0 {
			one.Name = text.Clean(strings.TrimPrefix(c.Names[0], "/"))
		}
		for _, p := range c.Ports {
			if p.PublicPort != 0 {
				one.Ports = append(one.Ports, p.PublicPort)
			}
		}
		all = append(all, one)
	}
	return all
}

// readPS reads the lines of docker ps: id, names, image and ports, of the form
// "0.0.0.0:8080->80/tcp, :::9000-9001->9000-9001/tcp".
func readPS(out, runtime string) (all []Container) {
	lines := bufio.NewScanner(strings.NewReader(out))
	for lines.Scan() && len(all) < maxContainers {
		f := strings.Split(lines.Text(), "\t")
		if len(f) != 4 {
			continue
		}
		c := Container{ID: text.Clean(f[0]), Name: text.Clean(f[1]), Image: text.Clean(f[2]), Runtime: runtime}
		for one := range strings.SplitSeq(f[3], ", ") {
			public, _, ok := strings.Cut(one, "->")
			if !ok {
				continue
			}
			var low, high int
			ports := public[strings.LastIndexByte(public, ':')+1:]
			if n, _ := fmt.Sscanf(ports, "%d-%d", &low, &high); n == 1 {
				high = low
			}
			for p := low; p > 0 && p <= high && p < 65536; p++ {
				c.Ports = append(c.Ports, uint16(p))
			}
		}
		all = append(all, c)
	}
	return all
}
