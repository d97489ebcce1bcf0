package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"fourwave/api/doc"
	"fourwave/doctor"
	"fourwave/internal/term"
)

type whyOptions struct {
	host                 string
	reuseAddr, reusePort bool
	json, watch, try     bool
	verbose, near        bool
	read, system         string
	lang                 string
}

func whyCommand() *cobra.Command {
	var opts whyOptions
	cmd := &cobra.Command{
		Use:   "why [PORT...]",
		Short: "say why a port of this machine can or cannot be bound, and when",
		Long: "Reads this machine's sockets and says whether PORT can be bound, who keeps it and what frees it, in\n" +
			"a few lines; with -v also which options would help, every socket, and common misconceptions. It ends\n" +
			"nothing and changes nothing.\n\n" +
			"Without PORT it looks at the whole machine, worst first; --watch shows changes. With --read it reads\n" +
			"pasted output instead.\n\n" +
			"PORT is understood as typed: 8080, :8080, localhost:8080, [::1]:8080, 8080/tcp, 53/udp, http,\n" +
			"8000-8010, or several.\n\n" +
			"Exit status: 0 free, or nothing wrong; 1 not; 2 wrong usage, 3 cannot ask here, 130 interrupted.",
		RunE: func(cmd *cobra.Command, args []string) error { return why(cmd, args, opts) },
	}
	cmd.Flags().StringVar(&opts.host, "host", "", "address to bind; without it every address, IPv4 and IPv6")
	cmd.Flags().BoolVar(&opts.reuseAddr, "reuseaddr", false, "the new socket has SO_REUSEADDR")
	cmd.Flags().BoolVar(&opts.reusePort, "reuseport", false, "the new socket has SO_REUSEPORT")
	cmd.Flags().BoolVar(&opts.json, "json", false,
		"print the document of GET /v1/ports/{port}; of several ports, an array of them")
	cmd.Flags().BoolVar(&opts.watch, "watch", false, "wait until the port is free")
	cmd.Flags().BoolVar(&opts.try, "try", false, "make a real bind, undo it at once, and compare")
	cmd.Flags().BoolVar(&opts.near, "near", false, "name the nearest port that can be bound")
	cmd.Flags().StringVar(&opts.read, "read", "",
		"read pasted output of ss, netstat, lsof and the like from a file, - for stdin")
	cmd.Flags().StringVar(&opts.system, "system", "",
		"whose output --read reads: linux, macos, freebsd or windows; without it, it is recognised")
	cmd.Flags().BoolVarP(&opts.verbose, "verbose", "v", false, "say all that is known, not the answer alone")
	cmd.Flags().StringVar(&opts.lang, "lang", systemLanguage(), "language, en or zh")
	return cmd
}

// question reads the command line: what is asked of every port, and the ports.
func question(args []string, opts whyOptions) (q doctor.Question, targets []doctor.Target, err error) {
	q = doctor.Question{ReuseAddr: opts.reuseAddr, ReusePort: opts.reusePort}
	for _, arg := range args {
		t, err := doctor.ParseTargets(arg)
		if err != nil {
			return q, nil, fmt.Errorf("PORT: %w", err)
		}
		targets = append(targets, t...)
	}
	if opts.host != "" {
		if q.Host, err = netip.ParseAddr(opts.host); err != nil {
			return q, nil, fmt.Errorf("--host: %q is no address; names are not looked up", opts.host)
		}
	}
	if opts.lang != "en" && opts.lang != "zh" {
		return q, nil, fmt.Errorf("--lang: %q is neither en nor zh", opts.lang)
	}
	return q, targets, nil
}

func why(cmd *cobra.Command, args []string, opts whyOptions) error {
	q, targets, err := question(args, opts)
	switch {
	case err != nil:
		return err
	case opts.read != "":
		return whyRead(cmd, targets, opts)
	case len(targets) == 0:
		return whyMachine(cmd, opts)
	case len(targets) > 1 || targets[0].Many():
		if opts.watch || opts.try || opts.near {
			return fmt.Errorf("PORT: --watch, --try and --near are about one port")
		}
		return whyMany(cmd, targets, q, opts)
	}
	q = targets[0].Question(q)
	r, err := doctor.Examine(cmd.Context(), q)
	if errors.Is(err, doctor.ErrCannotAsk) {
		return cannotAsk(q, err)
	} else if err != nil {
		return interruptedOr(cmd.Context(), err)
	}
	if opts.near {
		return near(cmd, r, opts)
	}
	if opts.watch && r.Verdict != doctor.Free {
		if r, err = watch(cmd.Context(), r, opts.lang, cmd.ErrOrStderr()); err != nil {
			return interruptedOr(cmd.Context(), err)
		}
	}
	if opts.try {
		r.Try()
	}
	if err := printReport(cmd.OutOrStdout(), r, opts); err != nil {
		return &statusError{exitCannot, err}
	}
	return freeOr(r.Bindable())
}

// freeOr is the exit status: 0 if all that was asked about can be bound.
func freeOr(bindable bool) error {
	if bindable {
		return nil
	}
	return &statusError{exitDiffers, nil}
}

// whyMany answers about several ports.
func whyMany(cmd *cobra.Command, targets []doctor.Target, q doctor.Question, opts whyOptions) error {
	s, err := doctor.ExamineAll(cmd.Context(), targets, q)
	if errors.Is(err, doctor.ErrCannotAsk) {
		return &statusError{exitCannot, err}
	} else if err != nil {
		return interruptedOr(cmd.Context(), err)
	}
	w := cmd.OutOrStdout()
	if opts.json {
		err = doc.Write(w, doctor.PortDocuments(s.Reports, opts.lang))
	} else {
		err = s.Write(w, writeOptions(w, opts))
	}
	if err != nil {
		return &statusError{exitCannot, err}
	}
	return freeOr(s.Bindable())
}

// near prints the nearest port that can be bound, and why it is not the one that was asked for.
func near(cmd *cobra.Command, r *doctor.Report, opts whyOptions) error {
	n, err := doctor.Near(cmd.Context(), r)
	switch {
	case err != nil:
		return interruptedOr(cmd.Context(), err)
	case n == 0:
		return &statusError{exitDiffers, fmt.Errorf("no port can be bound near %d", r.Port)}
	}
	r.Nearby = n
	if opts.json {
		return doc.Write(cmd.OutOrStdout(), r.Document(opts.lang))
	}
	_, err = fmt.Fprintln(cmd.OutOrStdout(), r.NearText(n).In(opts.lang))
	return err
}

func interruptedOr(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return &statusError{exitInterrupted, nil}
	}
	return &statusError{exitCannot, err}
}

// cannotAsk is the answer where there is no socket table to read: a real bind, which knows no
// reasons.
func cannotAsk(q doctor.Question, err error) error {
	return &statusError{exitCannot, fmt.Errorf("%w; a real bind says %s", err, doctor.Try(q))}
}

func printReport(w io.Writer, r *doctor.Report, opts whyOptions) error {
	if opts.json {
		return doc.Write(w, r.Document(opts.lang))
	}
	return r.Write(w, writeOptions(w, opts))
}

func writeOptions(w io.Writer, opts whyOptions) doctor.WriteOptions {
	return doctor.WriteOptions{Lang: opts.lang, Color: term.Of(w).Color, Verbose: opts.verbose}
}

// watch waits until the port is free and says on stderr what it waits for.
func watch(ctx context.Context, r *doctor.Report, lang string, stderr io.Writer) (*doctor.Report, error) {
	tty := term.Of(stderr).Terminal
	if tty {
		defer fmt.Fprint(stderr, term.ClearLine)
	}
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	said := ""
	for {
		line := r.Waiting().In(lang)
		if tty {
			fmt.Fprint(stderr, term.ClearLine, line)
		} else if what := string(r.Case); what != said {
			fmt.Fprintln(stderr, line)
			said = what
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-tick.C:
		}
		next, err := doctor.Examine(ctx, r.Question)
		if err != nil {
			return nil, err
		}
		if next.Verdict == doctor.Free {
			return next, nil
		}
		r = next
	}
}

// diagnosis is what the doctor says of an address that this server could not listen on; "" if it
// cannot be asked.
func diagnosis(err error) string {
	var op *net.OpError
	if !errors.As(err, &op) {
		return ""
	}
	at, ok := op.Addr.(*net.TCPAddr)
	if !ok || at.Port == 0 {
		return ""
	}
	q := doctor.Question{Port: uint16(at.Port), ReuseAddr: true} // as the standard library listens
	if !at.IP.IsUnspecified() && at.IP != nil {
		q.Host = at.AddrPort().Addr().Unmap()
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	r, err := doctor.Examine(ctx, q)
	if err != nil || r.Verdict == doctor.Free {
		return "" // it has passed meanwhile
	}
	var text strings.Builder
	text.WriteString("\n\n")
	_ = r.Write(&text, doctor.WriteOptions{Lang: systemLanguage(), Verbose: true}) // a Builder takes everything
	return text.String()
}
