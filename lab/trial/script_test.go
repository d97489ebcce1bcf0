package trial

import (
	"os"
	"strings"
	"testing"

	"fourwave/lab"
	"fourwave/lab/script"
	"fourwave/realsock"
)

// TestTrialScriptIsTheTrial runs the scripts of trials from all over the matrix on the model: every
// line ends as the script says, and the script says what the trial says. In a long run it is a
// third of the matrix.
func TestTrialScriptIsTheTrial(t *testing.T) {
	all := WholeMatrix([]string{"model"}, true)
	step := 131
	if os.Getenv("FOURWAVE_LONG") != "" {
		step = 3
	}
	for i := 0; i < len(all); i += step {
		runTrialScript(t, all[i])
	}
}

// A kernel does in a script what it does in a trial: every state in every role, once.
func TestTrialScriptOnTheKernel(t *testing.T) {
	if a := realsock.Able(); !a.OK {
		skipOrFail(t, "no kernel world: "+a.Why+" "+a.Remedy)
	}
	for n, state := range States {
		for _, role := range Roles(state) {
			all := NewMatrix(MatrixSpec{State: state, Role: role, Listen: true,
				Worlds: []string{"model", "kernel"}}).Trials()
			runTrialScript(t, all[(n*131+len(role)*17)%len(all)])
		}
	}
}

// runTrialScript runs the script of a trial in the trial's worlds.
func runTrialScript(t *testing.T, trial Trial) {
	t.Helper()
	linux, _ := allWorlds(t).Find("model:linux")
	parsed, err := trial.Script(t.Context(), linux.Trials(t.Context()))
	if err != nil {
		t.Fatal(err)
	}
	if tried(t, []Trial{{Existing: trial.Existing, New: trial.New,
		Worlds: []string{"model"}}})[0].Results["model"].Bind == script.NotRun {
		return
	}
	ls := lab.NewLabs(lab.Limits{}, allWorlds(t))
	defer ls.Close()
	l, err := ls.Create(lab.Spec{Script: parsed, Worlds: trial.Worlds})
	if err != nil {
		t.Fatal(err)
	}
	<-l.Done()
	s := l.Snapshot()
	if s.Status != lab.Done || s.Summary.Steps.Differ+s.Summary.Steps.Unexpected+s.Summary.Steps.NotRun > 0 {
		var b strings.Builder
		if err := lab.WriteReport(&b, s, lab.ReportOptions{Lang: "en"}); err != nil {
			t.Fatal(err)
		}
		t.Errorf("%s\n%s", parsed, b.String())
	}
	if last := s.Steps[len(s.Steps)-1]; !strings.HasPrefix(last.Text, "bind n ") &&
		!strings.HasPrefix(last.Text, "listen n ") {
		t.Errorf("the last line is %q", last.Text)
	}
}
