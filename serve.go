package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"fourwave/api"
	"fourwave/class"
	"fourwave/internal/text"
	"fourwave/lab"
	"fourwave/lab/world"
	"fourwave/lab/world/replay"
	"fourwave/store"
	"fourwave/web"
)

// serving is what the flags of the server say.
type serving struct {
	listen   string
	hosts    []string
	data     string
	keep     retention
	password string // of those who make quizzes
	exam     bool
	access   access
	debug    string // where the metrics and profiles are served beside
	log      logging
	conns    connections
	grace    time.Duration // for answers under way when the server is told to end
	limits   lab.Limits    // of the labs
}

func serveCommand(worlds *world.Registry, captures *replay.Shelf) *cobra.Command {
	var f serving
	cmd := &cobra.Command{
		Use:   "fourwave",
		Short: "see how a TCP connection ends, on a model and on a real kernel",
		Long: "Without a command, fourwave serves its page and its HTTP interface.\n" +
			"Every flag can be given as an environment variable as well.",
		RunE: func(cmd *cobra.Command, _ []string) error { return serve(cmd, worlds, captures, &f) },
	}
	cmd.Flags().StringVar(&f.listen, "listen", "127.0.0.1:8080", "address to serve on; port 0 takes any free one")
	cmd.Flags().StringSliceVar(&f.hosts, "allow-host", nil, "further names by which this server may be addressed")
	cmd.Flags().StringVar(&f.password, "teacher-password", "", "what making a quiz requires (Authorization: Bearer)")
	cmd.Flags().BoolVar(&f.exam, "exam", false, "while an exam is open, close every call that can answer its questions")
	f.limits = lab.DefaultLimits
	cmd.Flags().Int64Var(&f.limits.Memory, "labs-bytes", f.limits.Memory,
		"memory that all labs may hold; the oldest make room")
	cmd.Flags().Int64Var(&f.limits.MemoryEach, "client-bytes", f.limits.MemoryEach,
		"memory that the labs of one login, or one address, may hold")
	cmd.Flags().StringVar(&f.debug, "debug-listen", "",
		"serve metrics and Go's profiles on this address, meant for loopback")
	accessFlags(cmd, &f.access)
	connectionFlags(cmd, &f.conns)
	cmd.Flags().DurationVar(&f.grace, "grace", 10*time.Second, "for answers under way when the server is told to end")
	f.log.flags(cmd)
	dataFlag(cmd, &f.data)
	retentionFlags(cmd, &f.keep)
	return cmd
}

// serve runs the server until the command's context ends, and then ends it cleanly.
func serve(cmd *cobra.Command, worlds *world.Registry, captures *replay.Shelf, f *serving) error {
	host, _, err := net.SplitHostPort(f.listen)
	if err != nil {
		return fmt.Errorf("--listen: %w", oneLine{err})
	}
	listener, err := listenOn(f.listen)
	if err != nil {
		return err
	}
	defer listener.Close()
	log, err := f.log.logger(cmd.ErrOrStderr())
	if err != nil {
		return err
	}
	token, made, err := f.access.token(listener.Addr(), f.data)
	if err != nil {
		return err
	}
	secure, err := f.access.tls()
	if err != nil {
		return err
	}
	at := address{listener.Addr(), secure != nil}
	kept, err := openStore(cmd.Context(), f.data, log)
	if err != nil {
		return err
	}
	defer kept.Close()
	defer worlds.Close()
	labs := lab.NewLabs(f.limits, worlds)
	defer labs.Close()
	keeps := keeper{kept}
	labs.KeepIn(keeps)
	go keeps.pruneLoop(cmd.Context(), f.keep, labs, log)
	handler, err := api.New(api.Config{
		Labs: labs, Limits: f.limits, LabsStored: f.keep.count, Captures: captures, Contract: contract,
		Page:  web.Handler(),
		Hosts: append(f.hosts, host), Version: version(), Log: log,
		Store: kept, TeacherPassword: f.password, Class: newClass(kept, labs, worlds, f.exam, at),
		Token: token, HideMetrics: !isLoopback(listener.Addr()),
	})
	if err != nil {
		return &statusError{exitCannot, err}
	}
	if err := serveDebug(cmd.Context(), f.debug, handler.Metrics(), log); err != nil {
		return err
	}
	shown := ""
	if made {
		shown = token
	}
	greet(cmd.OutOrStdout(), at, shown, worlds.Infos())
	if token != "" && secure == nil && !isLoopback(listener.Addr()) {
		log.Warn("without TLS the token can be read on the way: give --tls-cert and --tls-key, or put a proxy with " +
			"TLS in front")
	}
	listener = f.conns.limit(listener)
	if secure != nil {
		listener = tls.NewListener(listener, secure)
	}
	return f.serveUntil(cmd.Context(), listener, handler, log)
}

// newClass makes the class, whose questions are proved in the kernel world where that can run.
func newClass(kept store.Store, labs *lab.Labs, worlds *world.Registry, exam bool, at address) *class.Class {
	c := class.Config{Store: kept, Exam: exam, Link: at.String() + "/#quiz="}
	for _, w := range worlds.Infos() {
		if w.Default && !w.Calculated && w.Runs {
			c.Kernel = w.Release
			c.Run = func(ctx context.Context, script string) ([]string,
				error) {
				return labs.Results(ctx, script, w.Name)
			}
		}
	}
	return class.New(c)
}

// serveUntil answers requests until ctx ends and those under way are answered. A client that does
// not read its answer holds it up for the grace and no longer.
func (f *serving) serveUntil(ctx context.Context, listener net.Listener, handler *api.Server, log *slog.Logger) error {
	server := &http.Server{
		Handler: handler, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 64 << 10,
		ConnState: f.conns.stateChanged, ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
	server.RegisterOnShutdown(handler.Close) // streams never end by themselves
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	select {
	case err := <-failed:
		return &statusError{exitCannot, err}
	case <-ctx.Done():
	}
	grace, cancel := context.WithTimeout(context.Background(), f.grace)
	defer cancel()
	err := server.Shutdown(grace)
	if errors.Is(err, context.DeadlineExceeded) {
		log.Warn("not all answers were read within the grace", "grace", f.grace)
		return server.Close()
	}
	return err
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

// greet says where the server is, the token if it was made just now, and what the machine lets it
// do.
func greet(w io.Writer, at address, token string, worlds []world.Info) {
	fmt.Fprintf(w, "fourwave serves on %s/  (the HTTP interface: /docs)\n", at)
	if token != "" {
		fmt.Fprintf(w, "  log in with the token %s, which is shown this once and kept in the token's file\n", token)
	}
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

// address is where the server is.
type address struct {
	net.Addr
	secure bool
}

func (a address) String() string {
	if a.secure {
		return "https://" + browsable(a.Addr)
	}
	return "http://" + browsable(a.Addr)
}

// browsable is the address as a browser on this machine can reach it.
func browsable(addr net.Addr) string {
	tcp, ok := addr.(*net.TCPAddr)
	if ok && tcp.IP.IsUnspecified() {
		return fmt.Sprintf("localhost:%d", tcp.Port)
	}
	return addr.String()
}
