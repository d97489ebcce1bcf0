package trial

import (
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"fourwave/lab/script"
	"fourwave/lab/world"
	"fourwave/lab/world/kernel"
	"fourwave/realsock"
)

// forbidden says that this test binary runs where no namespace can be made.
const forbidden = "FOURWAVE_TEST_FORBIDDEN"

// TestTrialsWithoutNamespaces: where no namespace can be made trials are made on the host's own
// loopback, and come to what the model says; what needs a namespace is not run, with the reason.
// The test runs itself in a user namespace that allows none below it, with the network of this
// machine, over which it has no rights.
func TestTrialsWithoutNamespaces(t *testing.T) {
	if os.Getenv(forbidden) != "" {
		trialsWithoutNamespaces(t)
		return
	}
	cmd := exec.CommandContext(t.Context(), "/proc/self/exe", "-test.v", "-test.run", "^TestTrialsWithoutNamespaces$")
	cmd.Env = append(os.Environ(), forbidden+"=1")
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER,
		UidMappings: []syscall.SysProcIDMap{{HostID: os.Geteuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{HostID: os.Getegid(), Size: 1}},
	}
	out, err := cmd.CombinedOutput()
	if err != nil && cmd.ProcessState == nil {
		skipOrFail(t, "no user namespace to forbid anything in: "+err.Error())
	}
	if err != nil || !strings.Contains(string(out), "--- PASS") {
		t.Errorf("without namespaces: %v\n%s", err, out)
	}
}

func trialsWithoutNamespaces(t *testing.T) {
	for _, kind := range []string{"user", "net"} {
		if err := os.WriteFile("/proc/sys/user/max_"+kind+"_namespaces", []byte("0"), 0); err != nil {
			t.Fatal(err)
		}
	}
	if able := realsock.Able(); able.OK || !able.Loopback {
		t.Fatalf("got %+v, want trials on the loopback alone", able)
	}
	if k := kernel.New().Worlds()[0].Info(); k.Runs || k.Remedy == "" || k.Details["trials"] == "" {
		t.Errorf("got %+v, want trials and no labs", k)
	}
	matrix := WholeMatrix([]string{"model", "kernel"}, true)
	r := rand.New(rand.NewPCG(7865, 0))
	r.Shuffle(len(matrix), func(i, j int) { matrix[i], matrix[j] = matrix[j], matrix[i] })
	all := matrix[:1000]
	for len(all) < 1600 {
		all = append(all, randomTrial(r, true))
	}
	made := 0
	for i, a := range tried(t, all) {
		k := a.Results["kernel"]
		if why := wantNotRun(&all[i]); why != "" {
			if k.Bind != script.NotRun || !strings.Contains(k.Why.Text.En, why) {
				t.Fatalf("%+v: got %+v, want it not run: %s", all[i], k, why)
			}
			continue
		}
		if k.Bind != script.NotRun {
			made++
		}
		if !fits(a) {
			a = tried(t, all[i:i+1])[0] // somebody else may have come in between, once
		}
		if !fits(a) {
			m, k := a.Results["model"], a.Results["kernel"]
			t.Fatalf("%+v\nmodel: %s, kernel: %s; %s", all[i], sentence(m, "then"), sentence(k, "then"), a.Why.Text)
		}
	}
	if made < 1000 {
		t.Errorf("only %d of %d trials were made", made, len(all))
	}
	t.Logf("%d of %d trials were made", made, len(all))
}

// wantNotRun is a part of the reason for which a trial cannot be made on a host's own loopback.
func wantNotRun(trial *Trial) (why string) {
	look := func(addr string, o *world.SocketOptions) {
		if o.Device != "" || o.UID != 0 || strings.Contains(addr, "10.0.0.1") || strings.Contains(addr, "fd00::1") {
			why = "namespace"
		}
	}
	for i := range trial.Existing {
		e := &trial.Existing[i]
		look(e.Addr+e.Via, &e.SocketOptions)
	}
	look(trial.New.Addr, &trial.New.SocketOptions)
	return why
}
