package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"fourwave/api"
	"fourwave/doctor"
	"fourwave/internal/term"
)

type whyOptions struct {
	host                 string
	reuseAddr, reusePort bool
	json, watch, try     bool
	verbose              bool
	lang                 string
}

func whyCommand() *cobra.Command {
	var opts whyOptions
	cmd := &cobra.Command{
		Use:   "why PORT",
		Short: "say why a port of this machine can or cannot be bound, and when",
		Long: "Reads this machine's sockets and says whether PORT can be bound, with which options, what stands in the way,\n" +
			"what can be done and what must not be believed. It ends nothing and changes nothing.\n\n" +
			"Exit status: 0 free, 1 not, 2 wrong usage, 3 cannot ask here, 130 interrupted.",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return fmt.Errorf("PORT: one port is wanted, got %d", len(args))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error { return why(cmd, args[0], opts) },
	}
	cmd.Flags().StringVar(&opts.host, "host", "", "address to bind; without it every address, IPv4 and IPv6")
	cmd.Flags().BoolVar(&opts.reuseAddr, "reuseaddr", false, "the new socket has SO_REUSEADDR")
	cmd.Flags().BoolVar(&opts.reusePort, "reuseport", false, "the new socket has SO_REUSEPORT")
	cmd.Flags().BoolVar(&opts.json, "json", false, "print the document of GET /v1/ports/{port}")
	cmd.Flags().BoolVar(&opts.watch, "watch", false, "wait until the port is free")
	cmd.Flags().BoolVar(&opts.try, "try", false, "make a real bind, undo it at once, and compare")
	cmd.Flags().BoolVarP(&opts.verbose, "verbose", "v", false, "say all that is known, not the answer alone")
	cmd.Flags().StringVar(&opts.lang, "lang", systemLanguage(), "language, en or zh")
	return cmd
}

// question reads the command line.
func question(port string, opts whyOptions) (q doctor.Question, err error) {
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil || n == 0 {
		return q, fmt.Errorf("PORT: %q is no port; a port is a number from 1 to 65535", port)
	}
	q = doctor.Question{Port: uint16(n), ReuseAddr: opts.reuseAddr, ReusePort: opts.reusePort}
	if opts.host != "" {
		if q.Host, err = netip.ParseAddr(opts.host); err != nil {
			return q, fmt.Errorf("--host: %q is no address; names are not looked up", opts.host)
		}
	}
	if opts.lang != "en" && opts.lang != "zh" {
		return q, fmt.Errorf("--lang: %q is neither en nor zh", opts.lang)
	}
	return q, nil
}

func why(cmd *cobra.Command, port string, opts whyOptions) error {
	q, err := question(port, opts)
	if err != nil {
		return err
	}
	r, err := doctor.Examine(cmd.Context(), q)
	if errors.Is(err, doctor.ErrCannotAsk) {
		return cannotAsk(q, err)
	} else if err != nil {
		return interruptedOr(cmd.Context(), err)
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
	if r.Bindable() {
		return nil
	}
	return &statusError{exitDiffers, nil}
}

func interruptedOr(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return &statusError{exitInterrupted, nil}
	}
	return &statusError{exitCannot, err}
}

// cannotAsk is the answer where there is no socket table to read: a real bind, which knows no reasons.
func cannotAsk(q doctor.Question, err error) error {
	return &statusError{exitCannot, fmt.Errorf("%w; a real bind says %s", err, doctor.Try(q))}
}

func printReport(w io.Writer, r *doctor.Report, opts whyOptions) error {
	if opts.json {
		return api.WritePort(w, r, opts.lang)
	}
	return r.Write(w, doctor.WriteOptions{Lang: opts.lang, Color: term.Of(w).Color, Verbose: opts.verbose})
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

// diagnosis is what the doctor says of an address that this server could not listen on; "" if it cannot be asked.
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
