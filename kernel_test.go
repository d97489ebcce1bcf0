package main

import (
	"bytes"
	"strings"
	"testing"
)

// Without kernels the command says how to get one, and what names none is refused in the right way.
func TestKernelCommand(t *testing.T) {
	t.Setenv("XDG_DATA_HOME", t.TempDir())
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	for _, test := range []struct {
		args string
		code int
		want string
	}{
		{"kernel", exitOK, "fourwave kernel add linux-image-….deb"},
		{"kernel rm 6.1", exitCannot, "none has been added"},
		{"kernel diff six 6.1", exitUsage, `"six" is no version`},
		{"kernel diff 6.1 6.12", exitCannot, "kernel:6.1 does not run here"},
		{"run plain-restart --world kernel:6.1", exitCannot, "none has been added"},
		{"run plain-restart --phase 1", exitUsage, "no fraction of a second"},
	} {
		var out, errs bytes.Buffer
		got := execute(t.Context(), strings.Fields(test.args), strings.NewReader(""), &out, &errs)
		if said := out.String() + errs.String(); got != test.code || !strings.Contains(said, test.want) {
			t.Errorf("fourwave %s: got status %d, want %d, and %q in\n%s", test.args, got, test.code, test.want, said)
		}
	}
}
