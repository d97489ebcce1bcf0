package lab

import (
	"testing"

	"fourwave/lab/script"
)

// TestReferenceExamplesRun: every example of docs/script.md comes to what it says, on the model.
func TestReferenceExamplesRun(t *testing.T) {
	ls := NewLabs(DefaultLimits, allWorlds(t))
	t.Cleanup(ls.Close)
	for name, text := range script.Examples() {
		l, err := ls.Create(Spec{Script: text, Worlds: []string{"model"}})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		<-l.Done()
		s := l.Snapshot()
		for _, st := range s.Steps {
			if st.Actor == "host" {
				continue // a declaration comes to nothing
			}
			if st.Expected == nil || !*st.Expected {
				t.Errorf("%s: line %d, %s: got %q, want %q", name, st.Line, st.Text, st.Results["model"].Result, st.Expect)
			}
		}
	}
}
