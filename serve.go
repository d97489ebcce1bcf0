package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/net/netutil"

	"fourwave/api"
	"fourwave/class"
	"fourwave/internal/text"
	"fourwave/lab"
	"fourwave/lab/world"
	"fourwave/store"
	"fourwave/web"
)

const (
	maxConnections = 1024
	graceTime      = 10 * time.Second // for answers under way when the server is told to end
)

// serving is what the flags of the server say.
type serving struct {
	listen   string
	hosts    []string
	data     string
	keep     retention
	password string // of those who make quizzes
	exam     bool
}

func serveCommand(worlds *world.Registry) *cobra.Command {
	var f serving
	cmd := &cobra.Command{
		Use:   "fourwave",
		Short: "see how a TCP connection ends, on a model and on a real kernel",
		Long: "Without a command, fourwave serves its page and its HTTP interface.\n" +
			"Every flag can be given as an environment variable as well.",
		RunE: func(cmd *cobra.Command, _ []string) error { return serve(cmd, worlds, &f) },
	}
	cmd.Flags().StringVar(&f.listen, "listen", "127.0.0.1:8080", "address to serve on; port 0 takes any free one")
	cmd.Flags().StringSliceVar(&f.hosts, "allow-host", nil, "further names by which this server may be addressed")
	cmd.Flags().StringVar(&f.password, "teacher-password", "", "what making a quiz requires (Authorization: Bearer)")
	cmd.Flags().BoolVar(&f.exam, "exam", false, "while an exam is open, close every call that can answer its questions")
	dataFlag(cmd, &f.data)
	retentionFlags(cmd, &f.keep)
	return cmd
}

// serve runs the server until the command's context ends, and then ends it cleanly.
func serve(cmd *cobra.Command, worlds *world.Registry, f *serving) error {
	host, _, err := net.SplitHostPort(f.listen)
	if err != nil {
		return fmt.Errorf("--listen: %w", oneLine{err})
	}
	listener, err := listenOn(f.listen)
	if err != nil {
		return err
	}
	defer listener.Close()
	log := newLog(cmd.ErrOrStderr())
	kept, err := openStore(cmd.Context(), f.data, log)
	if err != nil {
		return err
	}
	defer kept.Close()
	defer worlds.Close()
	labs := lab.NewLabs(lab.DefaultLimits, worlds)
	defer labs.Close()
	keeps := keeper{kept}
	labs.KeepIn(keeps)
	go keeps.pruneLoop(cmd.Context(), f.keep, labs, log)
	handler, err := api.New(api.Config{
		Labs: labs, Limits: lab.DefaultLimits, Contract: contract, Page: web.Handler(),
		Hosts: append(f.hosts, host), Version: version(), Log: log,
		Store: kept, TeacherPassword: f.password, Class: newClass(kept, labs, worlds, f.exam, listener.Addr()),
	})
	if err != nil {
		return &statusError{exitCannot, err}
	}
	greet(cmd.OutOrStdout(), listener.Addr(), worlds.Infos())
	return serveUntil(cmd.Context(), netutil.LimitListener(listener, maxConnections), handler, log)
}

// newLog writes a line for each record. What came from outside (a route, an error that quotes a
// request, an address) is cleaned, so that it cannot end the line or act on a terminal.
func newLog(w io.Writer) *slog.Logger {
	clean := func(_ []string, a slog.Attr) slog.Attr {
		switch v := a.Value.Any().(type) {
		case string:
			a.Value = slog.StringValue(text.Clean(v))
		case error:
			a.Value = slog.StringValue(text.Clean(v.Error()))
		}
		return a
	}
	return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{ReplaceAttr: clean}))
}

// newClass makes the class, whose questions are proved in the kernel world where that can run.
func newClass(kept store.Store, labs *lab.Labs, worlds *world.Registry, exam bool, addr net.Addr) *class.Class {
	c := class.Config{Store: kept, Exam: exam, Link: "http://" + browsable(addr) + "/#quiz="}
	for _, w := range worlds.Infos() {
		if w.Default && !w.Calculated && w.Runs {
			c.Kernel = w.Release
			c.Run = func(ctx context.Context, script string) ([]string, error) { return labs.Results(ctx, script, w.Name) }
		}
	}
	return class.New(c)
}

// serveUntil answers requests until ctx ends and those under way are answered.
func serveUntil(ctx context.Context, listener net.Listener, handler *api.Server, log *slog.Logger) error {
	server := &http.Server{
		Handler: handler, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 64 << 10,
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
	server.RegisterOnShutdown(handler.Close) // streams never end by themselves
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	select {
	case err := <-failed:
		return &statusError{exitCannot, err}
	case <-ctx.Done():
	}
	grace, cancel := context.WithTimeout(context.Background(), graceTime)
	defer cancel()
	if err := server.Shutdown(grace); err != nil {
		return errors.Join(err, server.Close())
	}
	return nil
}

// listenOn gives the socket that systemd passed, or else makes one.
func listenOn(listen string) (net.Listener, error) {
	listener, err := inheritedListener()
	if err != nil {
		return nil, &statusError{exitCannot, err}
	}
	if listener != nil {
		return listener, nil
	}
	if listener, err = net.Listen("tcp", listen); err != nil {
		return nil, &statusError{exitCannot, cannotListen(listen, oneLine{err})}
	}
	return listener, nil
}

// cannotListen says what to do about an address that cannot be had.
func cannotListen(listen string, err error) error {
	host, port, _ := net.SplitHostPort(listen)
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return fmt.Errorf("port %s is taken: %w\ntake another with --listen %s, or any free one with --listen %s%s",
			port, err, net.JoinHostPort(host, "8081"), net.JoinHostPort(host, "0"), diagnosis(err))
	case errors.Is(err, syscall.EACCES):
		return fmt.Errorf("port %s needs more rights: %w%s", port, err, diagnosis(err))
	}
	return err
}

// greet says where the server is and what the machine lets it do.
func greet(w io.Writer, addr net.Addr, worlds []world.Info) {
	fmt.Fprintf(w, "fourwave serves on http://%s/  (the HTTP interface: /docs)\n", browsable(addr))
	for _, i := range worlds {
		fmt.Fprintf(w, "  %-14s  %s\n", i.Name, text.Clean(able(i)))
	}
}

// able says in a line whether a world can run here.
func able(w world.Info) string {
	switch {
	case w.Runs && w.Details["release"] != "":
		return fmt.Sprintf("runs (%s)", w.Details["release"])
	case w.Runs:
		return "runs"
	case w.Remedy != "":
		return fmt.Sprintf("does not run here: %s; %s", w.Why, w.Remedy)
	}
	return "does not run here: " + w.Why
}

// browsable is the address as a browser on this machine can reach it.
func browsable(addr net.Addr) string {
	tcp, ok := addr.(*net.TCPAddr)
	if ok && tcp.IP.IsUnspecified() {
		return fmt.Sprintf("localhost:%d", tcp.Port)
	}
	return addr.String()
}
