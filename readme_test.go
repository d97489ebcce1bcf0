package main

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestDocumentsWork runs what README and the guides show, as a reader would: all ```sh blocks of
// one document in their order, in one shell, in a directory of its own, against a server of its
// own.
func TestDocumentsWork(t *testing.T) {
	for _, program := range []string{"curl", "ss"} {
		if _, err := exec.LookPath(program); err != nil {
			skip(t, "no "+program)
		}
	}
	guides, err := filepath.Glob("docs/*.md")
	if err != nil || len(guides) == 0 {
		t.Fatalf("no guides: %v", err)
	}
	for _, name := range append(guides, "README.md", "README.zh.md") {
		source, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		blocks := shellBlocks(string(source))
		if len(blocks) == 0 {
			continue // generated from a table, without commands
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			runDocument(t, blocks)
		})
	}
}

// shellBlocks are the contents of a document's ```sh blocks.
func shellBlocks(source string) (blocks []string) {
	for i, part := range strings.Split(source, "\n```") {
		if script, ok := strings.CutPrefix(part, "sh\n"); ok && i > 0 {
			blocks = append(blocks, script)
		}
	}
	return blocks
}

// runDocument runs blocks with a program named fourwave, and curl that fails where a server
// refuses.
func runDocument(t *testing.T, blocks []string) {
	dir, data := t.TempDir(), t.TempDir()
	server := startProcess(t, data)
	t.Cleanup(server.kill)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	curl, err := exec.LookPath("curl")
	if err != nil {
		t.Fatal(err)
	}
	// Status 1 says that worlds differ, a port is taken, ports run out: the documents show that
	// too.
	write(t, filepath.Join(dir, "bin", "fourwave"),
		"#!/bin/sh\nFOURWAVE_TEST_MAIN=1 '"+self+"' \"$@\"\nstatus=$?\n[ $status -eq 1 ] || exit $status\n")
	write(t, filepath.Join(dir, "bin", "curl"), "#!/bin/sh\nexec '"+curl+"' -S --fail-with-body --max-time 60 \"$@\"\n")
	script := strings.Join(blocks, "\n")
	script = strings.ReplaceAll(script, "go run .", "fourwave")
	script = strings.ReplaceAll(script, "http://127.0.0.1:8080", server.base)
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "sh", "-e", "-x")
	cmd.Stdin = strings.NewReader(withoutServer(script))
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "PATH="+filepath.Join(dir, "bin")+":"+os.Getenv("PATH"), "FOURWAVE_DATA="+data)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		said := errs.String()
		t.Errorf("%v\n%s\n%.2000s", err, said[max(0, len(said)-3000):], out.String())
	}
	if out.Len() == 0 {
		t.Error("the commands print nothing")
	}
}

// withoutServer leaves out the line that starts the server, which runs already.
func withoutServer(script string) string {
	var b strings.Builder
	for line := range strings.Lines(script) {
		command, _, _ := strings.Cut(line, "#")
		if strings.TrimSpace(command) != "fourwave" {
			b.WriteString(line)
		}
	}
	return b.String()
}

func write(t *testing.T, name, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(content), 0o755); err != nil {
		t.Fatal(err)
	}
}
