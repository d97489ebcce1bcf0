package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestTypeScriptClient builds the client from the contract, with all types checked, and runs its example
// against a server.
func TestTypeScriptClient(t *testing.T) {
	if os.Getenv("FOURWAVE_LONG") == "" {
		t.Skip("it builds with npm: set FOURWAVE_LONG=1")
	}
	if _, err := os.Stat(filepath.Join("clients", "ts", "node_modules")); err != nil {
		skip(t, "no packages: make tools")
	}
	url, _ := startServer(t)
	for _, args := range [][]string{{"npm", "run", "--silent", "build"}, {"node", "dist/example.js", strings.TrimSuffix(url, "/")}} {
		cmd := exec.CommandContext(t.Context(), args[0], args[1:]...)
		cmd.Dir = filepath.Join("clients", "ts")
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %v\n%s", args, err, out)
		}
		if args[0] != "node" {
			continue
		}
		for _, want := range []string{"bind l2 :7865 = EADDRINUSE", "state a = TIME-WAIT", `refused: 422 unknown verb "bnid"`} {
			if !strings.Contains(string(out), want) {
				t.Errorf("the example does not say %q:\n%s", want, out)
			}
		}
	}
}
