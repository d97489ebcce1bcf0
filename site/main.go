package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

func main() {
	log.SetFlags(0)
	var s site
	flag.StringVar(&s.out, "out", "dist/site", "directory to write the site into; it must be new or empty")
	only := flag.String("experiments", "", "ids of the experiments to record, apart by commas; empty: all")
	flag.DurationVar(&s.longest, "longest", 7*time.Minute, "leave out experiments that wait for longer in the kernel")
	flag.StringVar(&s.program, "program", "", "the fourwave program to ask; empty: build it")
	flag.Parse()
	if *only != "" {
		s.only = strings.Split(*only, ",")
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := s.write(ctx); err != nil {
		log.Fatal(err)
	}
}

// site is what is to be written, and the server that it is taken from.
type site struct {
	out     string
	only    []string
	longest time.Duration
	program string

	base string // of the server: http://127.0.0.1:8080
	http http.Client
}

func (s *site) write(ctx context.Context) error {
	if entries, err := os.ReadDir(s.out); err == nil && len(entries) > 0 {
		return fmt.Errorf("%s is not empty", s.out)
	}
	root, err := output(ctx, nil, "go", "list", "-m", "-f", "{{.Dir}}")
	if err != nil {
		return err
	}
	tmp, err := os.MkdirTemp("", "fourwave-site")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	if s.program == "" {
		s.program = filepath.Join(tmp, "fourwave")
		if _, err := output(ctx, nil, "go", "build", "-C", root, "-o", s.program, "."); err != nil {
			return err
		}
	}
	if err := s.writeModel(ctx, root, tmp); err != nil {
		return err
	}
	if err := s.writeFiles(root); err != nil {
		return err
	}
	stop, err := s.serve(ctx, filepath.Join(tmp, "data"))
	if err != nil {
		return err
	}
	defer stop()
	library, err := s.library(ctx)
	if err != nil {
		return err
	}
	if err := s.writePages(ctx, library); err != nil {
		return err
	}
	return s.record(ctx, library)
}

// output runs a command and returns the first line of what it prints.
func output(ctx context.Context, env []string, name string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Env = append(os.Environ(), env...)
	var complaints bytes.Buffer
	cmd.Stderr = &complaints
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("%s %s: %w\n%s", name, strings.Join(args, " "), err, complaints.Bytes())
	}
	line, _, _ := strings.Cut(string(out), "\n")
	return line, nil
}

var address = regexp.MustCompile(`http://[^/ ]+`)

// serve runs the program on a free port until stop is called.
func (s *site) serve(ctx context.Context, data string) (stop func(), err error) {
	cmd := exec.CommandContext(ctx, s.program, "--listen", "127.0.0.1:0", "--data", data)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 15 * time.Second
	var complaints bytes.Buffer
	cmd.Stderr = &complaints
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	stop = func() {
		_ = cmd.Process.Signal(os.Interrupt)
		_ = cmd.Wait() // it was told to end
	}
	lines := bufio.NewScanner(stdout)
	for lines.Scan() {
		if s.base = address.FindString(lines.Text()); s.base != "" {
			go func() {
				for lines.Scan() { // so that the program never blocks
				}
			}()
			return stop, nil
		}
	}
	stop()
	return nil, errors.New("fourwave ended without saying where it serves: " + complaints.String())
}
