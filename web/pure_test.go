package web

import (
	"os/exec"
	"strings"
	"testing"
)

// TestPureModules runs the tests of the modules that need no browser: story, beats, layout, axis, headers.
func TestPureModules(t *testing.T) {
	node, err := exec.LookPath("node")
	if err != nil {
		skip(t, "no node: %v", err)
	}
	// The page's files are modules without saying so in a package.json, which would be served.
	out, err := exec.Command(node, "--experimental-default-type=module", "--test", "--test-reporter=tap", "testdata/pure/").CombinedOutput()
	if err != nil || !strings.Contains(string(out), "\n# fail 0\n") {
		t.Errorf("%v:\n%s", err, out)
	}
}
