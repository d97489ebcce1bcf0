package doctor

import (
	"bytes"
	"debug/elf"
	"io"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"fourwave/internal/text"
)

// Bounds of what is read of one process.
const (
	maxParents   = 32
	maxLibraries = 64 // mapped files whose imports are read
)

// stat is what /proc/PID/stat says.
type stat struct {
	comm   string
	state  byte
	parent int
	tty    int
	ticks  int64 // when it began, in units of USER_HZ, which is 100 on every architecture that Go runs on
}

func readStat(pid int) (s stat, ok bool) {
	text, err := readSome("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return s, false
	}
	open, end := bytes.IndexByte(text, '('), bytes.LastIndexByte(text, ')')
	fields := bytes.Fields(text[end+1:])
	if open < 0 || end < open || len(fields) < 20 {
		return s, false
	}
	s.comm, s.state = string(text[open+1:end]), fields[0][0]
	s.parent, _ = strconv.Atoi(string(fields[1]))
	s.tty, _ = strconv.Atoi(string(fields[4]))
	s.ticks, err = strconv.ParseInt(string(fields[19]), 10, 64)
	return s, err == nil
}

// readFacts reads what keeps a process going, and when it began.
func readFacts(pid int) (f Facts, began time.Time) {
	s, ok := readStat(pid)
	if !ok {
		return f, began
	}
	f.Stopped, f.Traced, f.Terminal = s.state == 'T', s.state == 't', s.tty != 0
	f.Parents = parents(s.parent)
	dir := "/proc/" + strconv.Itoa(pid)
	if text, err := readSome(dir + "/cgroup"); err == nil {
		f.Unit, f.UserUnit, f.Container, f.Runtime = readCgroup(string(text))
	}
	f.readEnvironment(pid)
	f.First = pid == 1 || firstInside(dir)
	f.Own = s.comm == "fourwave"
	var up unix.Timespec
	if unix.ClockGettime(unix.CLOCK_BOOTTIME, &up) == nil {
		began = time.Now().Add(time.Duration(s.ticks)*10*time.Millisecond - time.Duration(up.Nano())).Round(time.Second)
	}
	return f, began
}

// parents is the chain that started a process, from its parent up.
func parents(pid int) (all []Parent) {
	for pid > 0 && len(all) < maxParents {
		s, ok := readStat(pid)
		if !ok {
			break
		}
		args, _ := readSome("/proc/" + strconv.Itoa(pid) + "/cmdline")
		all = append(all, Parent{pid, programName(s.comm, string(args)), loops(string(args))})
		pid = s.parent
	}
	return all
}

// loops reports whether a process is a shell with a loop on its command line.
func loops(args string) bool {
	argv := strings.Split(args, "\x00")
	shell := slices.Contains([]string{"sh", "bash", "dash", "zsh", "ash"},
		strings.TrimPrefix(argv[0][strings.LastIndexByte(argv[0], '/')+1:], "-"))
	return shell && len(argv) > 2 && (strings.Contains(argv[2], "while ") || strings.Contains(argv[2], "until "))
}

// readEnvironment keeps what a process's environment tells of its supervisor and of socket
// activation.
func (f *Facts) readEnvironment(pid int) {
	file, err := os.Open("/proc/" + strconv.Itoa(pid) + "/environ")
	if err != nil {
		return
	}
	defer file.Close()
	env, _ := io.ReadAll(io.LimitReader(file, 256<<10))
	f.Manager = make(map[string]string)
	for pair := range strings.SplitSeq(string(env), "\x00") {
		key, value, _ := strings.Cut(pair, "=")
		switch key {
		case "LISTEN_PID", "LISTEN_FDNAMES", "pm_id", "name", "SUPERVISOR_PROCESS_NAME", "SUPERVISOR_GROUP_NAME":
			f.Manager[key] = text.Clean(value)
		}
	}
	if f.Activated = f.Manager["LISTEN_PID"] == strconv.Itoa(pid); f.Activated {
		for name := range strings.SplitSeq(f.Manager["LISTEN_FDNAMES"], ":") {
			if strings.HasSuffix(name, ".socket") {
				f.SocketName = name
			}
		}
	}
}

// firstInside reports whether a process is number 1 in a pid namespace of its own: the main process
// of a container.
func firstInside(dir string) bool {
	text, err := readSome(dir + "/status")
	if err != nil {
		return false
	}
	_, rest, _ := bytes.Cut(text, []byte("\nNSpid:"))
	line, _, _ := bytes.Cut(rest, []byte("\n"))
	numbers := bytes.Fields(line)
	return len(numbers) > 1 && string(numbers[len(numbers)-1]) == "1"
}

func sameFile(a, b string) bool {
	x, err1 := os.Stat(a)
	y, err2 := os.Stat(b)
	return err1 == nil && err2 == nil && os.SameFile(x, y)
}

// containerIDs finds the id of a container in the path of a cgroup, and the runtime that named it.
var containerIDs = regexp.MustCompile(
	`(docker|libpod|crio|cri-containerd|containerd|lxc|nerdctl|kubepods|buildkit|garden)?[-/.:a-z0-9]*?([0-9a-f]{64})`)

// readCgroup finds a systemd unit and a container in what /proc/PID/cgroup says: lines of the form
// "0::/system.slice/nginx.service" or "0::/system.slice/docker-<64 hex digits>.scope".
func readCgroup(cgroup string) (unit string, user bool, container, runtime string) {
	for line := range strings.Lines(cgroup) {
		fields := strings.SplitN(strings.TrimSpace(line), ":", 3)
		if len(fields) != 3 {
			continue
		}
		at := text.Clean(fields[2])
		if m := containerIDs.FindStringSubmatch(at); m != nil && container == "" {
			container, runtime = m[2], runtimeOf(at)
		}
		for _, part := range strings.Split(at, "/") {
			switch {
			case !strings.HasSuffix(part, ".service"):
			case strings.HasPrefix(part, "user@"):
				user = true // what follows is the user's own
			default:
				unit = part
			}
		}
	}
	return unit, user && unit != "", container, runtime
}

// runtimeOf names whose container a cgroup is.
func runtimeOf(path string) string {
	for _, known := range [][2]string{
		{"libpod", "podman"}, {"docker", "docker"}, {"crio", "cri-o"}, {"kubepods", "kubernetes"}, {"nerdctl",
			"nerdctl"},
		{"containerd", "containerd"}, {"lxc", "lxc"},
	} {
		if strings.Contains(path, known[0]) {
			return known[1]
		}
	}
	return "container"
}

// seeKept looks at the descriptors of the socket: is one open because FD_CLOEXEC was missing, in a
// program that never calls listen?
func (s *Socket) seeKept(all *owners) {
	if s.State != "LISTEN" || len(s.inodes) == 0 {
		return
	}
	of := dedupe(all.found[s.inodes[0]])
	for i := range s.Processes {
		p := &s.Processes[i]
		n := slices.IndexFunc(of, func(o owner) bool { return o.pid == p.PID })
		if n < 0 {
			continue
		}
		p.Keeps = !closeOnExec(of[n])
		p.Heir = p.Keeps && !p.Own && neverListens(p.PID)
	}
}

func closeOnExec(o owner) bool {
	text, err := readSome("/proc/" + strconv.Itoa(o.pid) + "/fdinfo/" + strconv.Itoa(o.fd))
	if err != nil {
		return true
	}
	_, rest, _ := bytes.Cut(text, []byte("flags:"))
	line, _, _ := bytes.Cut(rest, []byte("\n"))
	flags, err := strconv.ParseUint(string(bytes.TrimSpace(line)), 8, 64)
	return err != nil || flags&unix.O_CLOEXEC != 0
}

// neverListens reports whether nothing that a process has mapped imports listen(2): then another
// program made its listener. A program that is linked statically tells nothing.
func neverListens(pid int) bool {
	exe := "/proc/" + strconv.Itoa(pid) + "/exe"
	dynamic, imports := importsListen(exe)
	if !dynamic || imports {
		return false
	}
	files := mapped(pid)
	if len(files) == 0 || len(files) > maxLibraries {
		return false
	}
	for _, f := range files {
		// Inside a container the path is the container's.
		if _, imports := importsListen("/proc/" + strconv.Itoa(pid) + "/root" + f); imports {
			return false
		}
	}
	return true
}

// mapped lists the files whose code a process has mapped.
func mapped(pid int) (files []string) {
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/maps")
	if err != nil {
		return nil
	}
	for line := range strings.Lines(string(text)) {
		f := strings.Fields(line)
		if len(f) >= 6 && strings.Contains(f[1], "x") && strings.HasPrefix(f[5], "/") && !slices.Contains(files, f[5]) {
			files = append(files, f[5])
		}
	}
	return files
}

// importsListen reports whether an ELF file is linked dynamically, and whether it can call
// listen(2).
func importsListen(name string) (dynamic, imports bool) {
	f, err := elf.Open(name)
	if err != nil {
		return false, false
	}
	defer f.Close()
	symbols, err := f.ImportedSymbols()
	if err != nil {
		return false, false
	}
	if f.Section(".go.buildinfo") != nil {
		return true, true // Go makes system calls itself
	}
	return true, slices.ContainsFunc(symbols,
		func(s elf.ImportedSymbol) bool { return s.Name == "listen" || s.Name == "syscall" })
}
