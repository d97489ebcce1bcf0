package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"

	"fourwave/api"
	"fourwave/lab/capture"
)

type readOptions struct {
	json, script, verbose bool
	connection            int
	lang                  string
}

func readCommand() *cobra.Command {
	var opts readOptions
	cmd := &cobra.Command{
		Use:   "read FILE",
		Short: "say what a packet capture tells of its TCP connections",
		Long: "Reads a pcap or pcapng file, or the text of tcpdump -n; - is stdin. For every connection it says each end's state as far as\n" +
			"a capture can tell, who closed first, why a RST came and what is left behind; with -v the trace too. --script writes the\n" +
			"experiment that reproduces the ending, for fourwave run.\n\n" +
			"Exit status: 0 read, 2 wrong usage, 3 the file cannot be read.",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return readCapture(cmd, args[0], opts) },
	}
	cmd.Flags().BoolVar(&opts.json, "json", false, "print the document of POST /v1/captures")
	cmd.Flags().BoolVar(&opts.script, "script", false, "write the experiment that reproduces the ending of a connection")
	cmd.Flags().IntVar(&opts.connection, "connection", 0, "only this connection, by its number")
	cmd.Flags().BoolVarP(&opts.verbose, "verbose", "v", false, "print the traces too")
	cmd.Flags().StringVar(&opts.lang, "lang", systemLanguage(), "language, en or zh")
	return cmd
}

func readCapture(cmd *cobra.Command, name string, opts readOptions) error {
	in := cmd.InOrStdin()
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return &statusError{exitCannot, err}
		}
		defer f.Close()
		in = f
	}
	f, err := capture.Read(in)
	if err != nil {
		return &statusError{exitCannot, fmt.Errorf("%s: %w", name, err)}
	}
	if n := opts.connection; n != 0 {
		if n < 1 || n > len(f.Connections) {
			return fmt.Errorf("--connection: the capture has %d", len(f.Connections))
		}
		f.Connections = f.Connections[n-1 : n]
	}
	if err := writeCapture(cmd.OutOrStdout(), f, opts); err != nil {
		return &statusError{exitCannot, err}
	}
	return nil
}

func writeCapture(w io.Writer, f *capture.File, opts readOptions) error {
	switch {
	case opts.json:
		return api.WriteCapture(w, f, opts.lang)
	case opts.script && len(f.Connections) == 0:
		return errors.New("the capture has no connection")
	case opts.script:
		_, err := io.WriteString(w, f.Connections[0].Script())
		return err
	}
	out := bufio.NewWriter(w)
	for _, c := range f.Connections {
		why := c.Why.En
		if opts.lang == "zh" {
			why = c.Why.Zh
		}
		fmt.Fprintf(out, "%d  %s → %s  %d packets  %s\n", c.N, c.A, c.B, c.Packets, why)
		mark := map[bool]string{true: " (inferred)"}
		fmt.Fprintf(out, "   a %s%s  b %s%s", c.Ends[0].State, mark[c.Ends[0].Inferred], c.Ends[1].State, mark[c.Ends[1].Inferred])
		if c.Retransmissions > 0 {
			fmt.Fprintf(out, "  %d retransmissions", c.Retransmissions)
		}
		fmt.Fprintln(out)
		for _, l := range c.LeftBehind {
			until := ""
			if !l.Until.IsZero() {
				until = " until " + l.Until.Format(time.TimeOnly) + " (60 s, if it is Linux)"
			}
			at := c.A
			if l.End == "b" {
				at = c.B
			}
			fmt.Fprintf(out, "   left behind: %s in %s from %s%s\n", at, l.State, l.From.Format(time.TimeOnly), until)
		}
		if opts.verbose {
			if err := c.Trace.WriteText(out); err != nil {
				return err
			}
		}
	}
	if f.Other > 0 {
		fmt.Fprintf(out, "%d others are no segments of TCP\n", f.Other)
	}
	return out.Flush()
}
