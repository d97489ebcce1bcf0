package main

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"fourwave/api/doc"
	"fourwave/client"
)

// TestTypeScriptClient builds the client from the contract, with all types checked, and runs its
// example against a server.
func TestTypeScriptClient(t *testing.T) {
	if os.Getenv("FOURWAVE_LONG") == "" {
		t.Skip("it builds with npm: set FOURWAVE_LONG=1")
	}
	if _, err := os.Stat(filepath.Join("clients", "ts", "node_modules")); err != nil {
		skip(t, "no packages: make tools")
	}
	url, _ := startServer(t)
	for _, args := range [][]string{
		{"npm", "run", "--silent", "build"},
		{"node", "dist/example.js", strings.TrimSuffix(url, "/")},
	} {
		cmd := exec.CommandContext(t.Context(), args[0], args[1:]...)
		cmd.Dir = filepath.Join("clients", "ts")
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %v\n%s", args, err, out)
		}
		if args[0] != "node" {
			continue
		}
		for _, want := range []string{"bind l2 :7865 = EADDRINUSE", "state a = TIME-WAIT",
			`refused: 422 unknown verb "bnid"`} {
			if !strings.Contains(string(out), want) {
				t.Errorf("the example does not say %q:\n%s", want, out)
			}
		}
	}
}

// TestGoClient runs the Go client's example against a server, and each of its calls once.
func TestGoClient(t *testing.T) {
	url, _ := startServer(t)
	base := strings.TrimSuffix(url, "/")
	out, err := exec.CommandContext(t.Context(), "go", "run", "./client/example", base).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, want := range []string{"bind l2 :7865 = EADDRINUSE", "state a = TIME-WAIT", "changes of state",
		`refused: 422 unknown verb "bnid"`} {
		if !strings.Contains(string(out), want) {
			t.Errorf("the example does not say %q:\n%s", want, out)
		}
	}
	ctx, c := t.Context(), client.New(base)
	c.Lang = "zh"
	must := func(what string, err error) {
		t.Helper()
		if err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
	able, err := c.Capabilities(ctx)
	must("Capabilities", err)
	if able.Version == "" || len(able.Worlds) == 0 {
		t.Errorf("got capabilities %+v", able)
	}
	library, err := c.Experiments(ctx)
	must("Experiments", err)
	if len(library) < 70 {
		t.Errorf("the library has %d experiments", len(library))
	}
	lab, err := c.CreateLab(ctx, &doc.LabRequest{Worlds: []string{"model"}}, 0)
	must("CreateLab", err)
	_, err = c.Append(ctx, lab.ID,
		"+0 server bind l :7865\n+0 server listen l\n+0 client connect c server:7865\n", 10*time.Second)
	must("Append", err)
	fork, err := c.Fork(ctx, lab.ID, 2)
	must("Fork", err)
	if lab, err = c.Lab(ctx, lab.ID); err != nil || len(lab.Steps) != 3 || len(fork.Steps) != 2 {
		t.Errorf("the lab has %d steps, its fork %d, %v; want 3 and 2", len(lab.Steps), len(fork.Steps), err)
	}
	seen := 0
	for l, err := range c.Labs(ctx) {
		must("Labs", err)
		if l.ID == lab.ID || l.ID == fork.ID {
			seen++
		}
	}
	if seen != 2 {
		t.Errorf("the list has %d of 2 labs", seen)
	}
	trace, err := c.Trace(ctx, lab.ID, "model")
	must("Trace", err)
	if len(trace.Entries) == 0 {
		t.Error("the trace is empty")
	}
	table, err := c.ReadTable(ctx, "LISTEN 0 5 127.0.0.1:7865 0.0.0.0:*\n")
	must("ReadTable", err)
	if len(table.Rows) != 1 {
		t.Errorf("the table has %d rows", len(table.Rows))
	}
	file, err := c.Pcapng(ctx, lab.ID, "model")
	must("Pcapng", err)
	capture, err := c.ReadCapture(ctx, file)
	must("ReadCapture", err)
	if len(capture.Connections) != 1 {
		t.Errorf("the capture has %d connections", len(capture.Connections))
	}
	_, err = c.Population(ctx, &doc.PopulationRequest{Profile: "linux", Rate: 500})
	must("Population", err)
	must("Delete", c.Delete(ctx, fork.ID))
	_, err = c.Lab(ctx, fork.ID)
	var refused *client.Error
	if !errors.As(err, &refused) || refused.Status != 404 || refused.Problem.Type != "/problems/not-found" {
		t.Errorf("a deleted lab: %v", err)
	}
}
