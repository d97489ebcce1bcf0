package realsock

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// TestPlainUser runs the others again as a user without any rights, few of each.
func TestPlainUser(t *testing.T) {
	if os.Geteuid() != 0 {
		skip(t, "this user is plain already")
	}
	exe := copyOfSelf(t)
	cmd := exec.CommandContext(t.Context(), exe, "-test.v",
		"-test.run", "^Test(CloseInTurn|CloseAtOnce|IPv6|Loopback|Options|Tables|Latency|Killed|ManyKilled|PartsKilled|Closed|Forge.*)$")
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	cmd.Dir = "/"
	cmd.Env = append(os.Environ(), "HOME=/", "TMPDIR=/tmp", "FOURWAVE_LONG=")
	out, err := cmd.CombinedOutput()
	if bytes.Contains(out, []byte("--- SKIP: TestCloseInTurn")) {
		skip(t, "no unprivileged user namespaces here")
	}
	if err != nil || !bytes.Contains(out, []byte("--- PASS: TestCloseInTurn")) {
		t.Errorf("as a plain user: %v\n%s", err, out)
	}
}

// copyOfSelf puts the test binary where any user may run it.
func copyOfSelf(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for d := dir; d != "/" && d != os.TempDir(); d = filepath.Dir(d) {
		if err := os.Chmod(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	src, err := os.Open("/proc/self/exe")
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	path := filepath.Join(dir, "test")
	dst, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY, 0o755)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(dst, src); err != nil {
		t.Fatal(err)
	}
	if err := dst.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestForbidden: where there can be no namespace, Able says so, why, and what would help.
func TestForbidden(t *testing.T) {
	cmd := exec.Command("/proc/self/exe")
	cmd.Env = append(os.Environ(), "FOURWAVE_TEST_HOLD=forbidden")
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  unix.CLONE_NEWUSER,
		UidMappings: []syscall.SysProcIDMap{{HostID: os.Geteuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{HostID: os.Getegid(), Size: 1}},
	}
	out, err := cmd.Output()
	if err != nil {
		skip(t, "no user namespace to forbid anything in: "+err.Error())
	}
	var a Ability
	if err := json.Unmarshal(out, &a); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if a.OK || !strings.Contains(a.Why, "no space left on device") || !strings.Contains(a.Remedy, "max_net_namespaces") {
		t.Errorf("got %+v, want it refused for want of namespaces", a)
	}
}
