package program_test

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"fourwave/lab"
	"fourwave/lab/program"
	"fourwave/lab/script"
)

// inside is set for the child that runs a program in a network namespace of its own.
const inside = "FOURWAVE_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(inside) != "" {
		fmt.Fprintln(os.Stderr, runInside(os.Args[1:]))
		os.Exit(125)
	}
	flag.Parse()
	if err := flag.Set("test.parallel", "24"); err != nil { // programs that sleep, not processors that work
		panic(err)
	}
	os.Exit(m.Run())
}

// runInside brings the namespace's loopback up and becomes the program.
func runInside(argv []string) error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	lo, err := unix.NewIfreq("lo")
	if err != nil {
		return err
	}
	lo.SetUint16(unix.IFF_UP)
	if err := unix.IoctlIfreq(fd, unix.SIOCSIFFLAGS, lo); err != nil {
		return os.NewSyscallError("SIOCSIFFLAGS", err)
	}
	path, err := exec.LookPath(argv[0])
	if err != nil {
		return err
	}
	return unix.Exec(path, argv, os.Environ())
}

// run runs a command in a namespace of its own and returns what it printed.
func run(t *testing.T, path string, argv ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "/proc/self/exe", argv...)
	cmd.Env = append(os.Environ(), inside+"=1", "PATH="+path+":"+os.Getenv("PATH"))
	var out, complaints bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &complaints
	cmd.WaitDelay = 5 * time.Second
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  unix.CLONE_NEWUSER | unix.CLONE_NEWNET,
		UidMappings: []syscall.SysProcIDMap{{HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{HostID: os.Getgid(), Size: 1}},
	}
	err := cmd.Run()
	if errors.Is(err, syscall.EPERM) || errors.Is(err, syscall.ENOSPC) {
		skip(t, "no network namespace: %v", err)
	}
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) || exit != nil && exit.ExitCode() == 125 {
		t.Fatalf("%v: %v\n%s", argv, err, complaints.Bytes())
	}
	return out.String()
}

// skip leaves a test out, with the reason, unless nothing may be left out.
func skip(t *testing.T, format string, args ...any) {
	t.Helper()
	if os.Getenv("FOURWAVE_NOSKIP") != "" {
		t.Fatalf(format, args...)
	}
	t.Skipf(format, args...)
}

func long() bool { return os.Getenv("FOURWAVE_LONG") != "" }

// experiments are those of the library that loopback can show: the quick ones, or in make test all
// of them.
func experiments(t *testing.T) []lab.Experiment {
	t.Helper()
	var all []lab.Experiment
	for _, e := range lab.Library() {
		s := source(t, e)
		_, err := program.Write(program.C, s)
		if r := (*program.Refusal)(nil); errors.As(err, &r) {
			continue
		} else if err != nil {
			t.Fatal(err)
		}
		if wait := script.Total(s.Steps, []string{"kernel"}, ""); long() || wait < time.Second {
			all = append(all, e)
		}
	}
	if len(all) < 15 {
		t.Fatalf("only %d experiments of the library run on loopback", len(all))
	}
	return all
}

// TestProgramsDoWhatTheExperimentSays compiles the programs and runs each in a network namespace of
// its own. What a program prints is what the experiment says of the kernel.
func TestProgramsDoWhatTheExperimentSays(t *testing.T) {
	all := experiments(t)
	path := fourwave(t)
	for _, l := range program.Languages {
		t.Run(string(l), func(t *testing.T) {
			t.Parallel()
			list := all
			switch {
			case !long():
				list = all[:2]
			case l == program.Go && os.Getenv("FOURWAVE_SOAK") == "":
				list = all[:4] // linking one takes half a second of processor
			}
			dir := write(t, l, list)
			argv := map[program.Language]func(*testing.T, string, string) []string{
				program.C: compileC, program.Go: compileGo, program.Python: python,
			}[l]
			var once sync.Mutex // compilers one at a time, programs all at once: they mostly sleep
			for _, e := range list {
				t.Run(e.ID, func(t *testing.T) {
					t.Parallel()
					once.Lock()
					cmd := argv(t, dir, e.ID)
					once.Unlock()
					compare(t, e, run(t, path, cmd...))
				})
			}
		})
	}
}

// fourwave is a directory with the program that the programs end by calling; an empty one where
// time is short.
func fourwave(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if long() {
		if out, err := exec.Command("go", "build", "-o", dir, "fourwave").CombinedOutput(); err != nil {
			t.Fatalf("go build: %v\n%s", err, out)
		}
	}
	return dir
}

// write puts the programs into a directory.
func write(t *testing.T, l program.Language, list []lab.Experiment) string {
	t.Helper()
	dir := t.TempDir()
	for _, e := range list {
		code, err := program.Write(l, source(t, e))
		if err != nil {
			t.Fatalf("%s: %v", e.ID, err)
		}
		if err := os.WriteFile(filepath.Join(dir, l.File(e.ID)), []byte(code), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func compileC(t *testing.T, dir, id string) []string {
	t.Helper()
	if _, err := exec.LookPath("cc"); err != nil {
		skip(t, "no C compiler: %v", err)
	}
	bin := filepath.Join(dir, id)
	out, err := exec.Command("cc", "-Wall", "-Wextra", "-Werror", "-o", bin, bin+".c").CombinedOutput()
	if err != nil {
		t.Fatalf("cc: %v\n%s", err, out)
	}
	return []string{bin}
}

func compileGo(t *testing.T, dir, id string) []string {
	t.Helper()
	bin := filepath.Join(dir, id)
	cmd := exec.Command("go", "build", "-o", bin, bin+".go")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=-trimpath")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	return []string{bin}
}

func python(t *testing.T, dir, id string) []string {
	t.Helper()
	if _, err := exec.LookPath("python3"); err != nil {
		skip(t, "no Python: %v", err)
	}
	return []string{"python3", filepath.Join(dir, id+".py")}
}

// looks are the lines that become comments, or make nothing that could be printed.
var looks = []string{"state", "timer", "sockets", "host", "socket"}

// compare holds what a program printed against the experiment's own expectations.
func compare(t *testing.T, e lab.Experiment, out string) {
	t.Helper()
	lines := strings.Split(out, "\n")
	n := 0
	for _, step := range source(t, e).Steps {
		if !step.RunsIn([]string{"kernel"}, "") || slices.Contains(looks, step.Cmd.Verb) {
			continue
		}
		label := step.Actor + " " + step.Text + " = "
		for n < len(lines) && long() && !strings.HasPrefix(lines[n], label) {
			n++ // what fourwave why says, where the script looks at a state
		}
		if n >= len(lines) || !strings.HasPrefix(lines[n], label) {
			t.Fatalf("line %d: want %q in\n%s", n+1, label, out)
		}
		if got := strings.TrimPrefix(lines[n], label); step.Expect != "" && !same(got, step.Expect) {
			t.Errorf("%s: got %q, want %q", label, got, step.Expect)
		}
		n++
	}
	if long() && e.ID == "plain-restart" && !strings.Contains(strings.Join(lines[n:], "\n"), "TIME-WAIT") {
		t.Errorf("fourwave why says nothing of TIME-WAIT:\n%s", out)
	}
}

// same reports whether a program's word for a result is the script's: C and Go print an error's text.
func same(got, want string) bool {
	if got == want {
		return true
	}
	for n := syscall.Errno(1); n < 134; n++ {
		if unix.ErrnoName(n) == want {
			return strings.EqualFold(got, n.Error())
		}
	}
	return false
}
