package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"fourwave/store"
)

// TestMain is the program itself where a test starts it as a process.
func TestMain(m *testing.M) {
	if os.Getenv("FOURWAVE_TEST_MAIN") != "" {
		os.Unsetenv("FOURWAVE_TEST_MAIN")
		main()
	}
	os.Setenv("FOURWAVE_DATA", ":memory:") // tests, and what they start, keep out of the user's data
	os.Exit(m.Run())
}

// TestSocketActivation starts the server as systemd does: descriptor 3 listens already.
func TestSocketActivation(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	f, err := l.(*net.TCPListener).File()
	if err != nil {
		t.Skipf("descriptors cannot be passed on this system: %v", err)
	}
	addr := l.Addr().String()
	l.Close() // the descriptor in f keeps the socket
	cmd := exec.Command("sh", "-c", `LISTEN_PID=$$ exec "$0" --listen 127.0.0.1:0`, self)
	cmd.Env = append(os.Environ(), "FOURWAVE_TEST_MAIN=1", "LISTEN_FDS=1")
	cmd.ExtraFiles = []*os.File{f}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	f.Close()
	t.Cleanup(func() { cmd.Wait() })
	t.Cleanup(func() { cmd.Process.Signal(os.Interrupt) })
	if line, _ := bufio.NewReader(out).ReadString('\n'); !strings.Contains(line, addr) {
		t.Fatalf("it says %q, want the address of the socket it was given, %s", line, addr)
	}
	go io.Copy(io.Discard, out)
	answer, err := http.Get("http://" + addr + "/healthz")
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		t.Errorf("got %s", answer.Status)
	}
}

func TestBackupAndRestore(t *testing.T) {
	dir, file := filepath.Join(t.TempDir(), "data"), filepath.Join(t.TempDir(), "backup.db")
	s, err := store.Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	put := func(id string) {
		t.Helper()
		if err := s.Update(t.Context(), func(tx store.Tx) error { return tx.PutLab(&store.Lab{ID: id}) }); err != nil {
			t.Fatal(err)
		}
	}
	put("before")
	run := func(want int, args ...string) string {
		t.Helper()
		status, _, stderr := command(t, "", append(args, "--data", dir)...)
		if status != want {
			t.Errorf("%s: status %d, want %d: %s", args[0], status, want, stderr)
		}
		return stderr
	}
	run(exitOK, "backup", file)
	put("after")
	if got := run(exitCannot, "restore", file); !strings.Contains(got, "in use by another server: end it first") {
		t.Errorf("restore beside a running server says %q", got)
	}
	s.Close()
	run(exitOK, "restore", file)
	run(exitCannot, "backup", file) // a file is not overwritten
	if s, err = store.Open(t.Context(), dir); err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.View(t.Context(), func(tx store.Tx) error {
		if _, err := tx.Lab("after"); !errors.Is(err, store.ErrNotFound) {
			return fmt.Errorf("what came after the backup: %v", err)
		}
		_, err := tx.Lab("before")
		return err
	}); err != nil {
		t.Error(err)
	}
}

// TestManualPages: every command has a page, from the words of --help, with all its flags.
func TestManualPages(t *testing.T) {
	dir := t.TempDir()
	if status, _, stderr := command(t, "", "man", dir); status != exitOK {
		t.Fatal(stderr)
	}
	for _, cmd := range append(rootCommand().Commands(), rootCommand()) {
		name := strings.ReplaceAll(cmd.CommandPath(), " ", "-") + ".1"
		page, err := os.ReadFile(filepath.Join(dir, name))
		if cmd.Hidden {
			continue
		}
		if err != nil {
			t.Error(err)
		} else if !strings.Contains(strings.ReplaceAll(string(page), `\-`, "-"), cmd.Short) {
			t.Errorf("%s does not say %q", name, cmd.Short)
		}
	}
}

// TestUnitIsConfined: systemd itself calls the service's exposure OK or better.
func TestUnitIsConfined(t *testing.T) {
	analyze, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Skip("there is no systemd-analyze")
	}
	out, err := exec.Command(analyze, "security", "--offline=true", "--no-pager",
		"packaging/fourwave.service").CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if !regexp.MustCompile(`Overall exposure level for fourwave\.service: \d\.\d (OK|SAFE|PERFECT)`).Match(out) {
		t.Errorf("%s", out)
	}
	if out, err := exec.Command(analyze, "verify", "--man=no",
		"packaging/fourwave.socket").CombinedOutput(); err != nil &&
		!strings.Contains(string(out), "/usr/bin/fourwave is not executable") {
		t.Errorf("verify: %v\n%s", err, out)
	}
}
