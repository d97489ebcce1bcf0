package realsock

import (
	"strings"
	"testing"
)

// A program of another version is told so, by a runner and by a process that makes trials.
func TestProgramOfAnotherVersion(t *testing.T) {
	if a := Able(); !a.OK {
		skip(t, "no kernel world: "+a.Why)
	}
	stream, end, err := start(startModes()[0], runnerName)
	if err != nil {
		t.Fatal(err)
	}
	send(t, stream, request{ID: 1, Hello: &hello{Version: protoVersion - 1}})
	var rep report
	receive(t, stream, &rep)
	if rep.Hello == nil || rep.Hello.Version != protoVersion || !strings.Contains(rep.Err, "program speaks version 2 of the protocol") {
		t.Errorf("got %+v, want both versions", rep)
	}
	if err := end(); err == nil || !strings.Contains(err.Error(), "version 2") {
		t.Errorf("got %v, want the runner's last words", err)
	}

	stream, end, err = start(startModes()[0], trialsName)
	if err != nil {
		t.Fatal(err)
	}
	send(t, stream, trialRequest{Version: protoVersion - 1})
	var outcomes trialReport
	receive(t, stream, &outcomes)
	if outcomes.Version != protoVersion || !strings.Contains(outcomes.Err, "version 2") {
		t.Errorf("got %+v, want both versions", outcomes)
	}
	if err := end(); err != nil {
		t.Error(err)
	}
}
