package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"

	"fourwave/api/doc"
	"fourwave/internal/text"
	"fourwave/lab"
	"fourwave/lab/capture"
	"fourwave/lab/world"
	"fourwave/lab/world/replay"
)

type readOptions struct {
	json, script, verbose bool
	connection            int
	worlds                []string
	lang                  string
}

func readCommand(worlds *world.Registry, captures *replay.Shelf) *cobra.Command {
	var opts readOptions
	cmd := &cobra.Command{
		Use:   "read FILE",
		Short: "say what a packet capture tells of its TCP connections",
		Long: "Reads a pcap or pcapng file, or the text of tcpdump -n; - is stdin. For every connection it says\n" +
			"each end's state as far as a capture can tell, who closed first, why a RST came and what is left\n" +
			"behind; with -v the trace too. --script writes the experiment that reproduces the ending, for\n" +
			"fourwave run. --world runs it in those worlds and lays them beside what was captured.\n\n" +
			"Exit status: 0 read, 1 a world differs from the capture, 2 wrong usage, 3 the file cannot be read or a\n" +
			"world cannot run here, 130 interrupted.",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			f, err := readCapture(cmd, args[0], opts.connection)
			switch {
			case err != nil:
				return err
			case len(opts.worlds) > 0:
				return compareCapture(cmd, f, worlds, captures, opts)
			}
			if err := writeCapture(cmd.OutOrStdout(), f, opts); err != nil {
				return &statusError{exitCannot, err}
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&opts.json, "json", false, "print the document of POST /v1/captures")
	cmd.Flags().BoolVar(&opts.script, "script", false,
		"write the experiment that reproduces the ending of a connection")
	cmd.Flags().StringSliceVar(&opts.worlds, "world", nil,
		"run the experiment of a connection, the first or --connection, in these `WORLDS`, and compare")
	cmd.Flags().IntVar(&opts.connection, "connection", 0, "only this connection, by its number")
	cmd.Flags().BoolVarP(&opts.verbose, "verbose", "v", false, "print the traces too")
	cmd.Flags().StringVar(&opts.lang, "lang", systemLanguage(), "language, en or zh")
	return cmd
}

// readCapture reads a file, "-" for stdin. Of its connections it leaves the one of a number, or all
// if that is 0.
func readCapture(cmd *cobra.Command, name string, connection int) (*capture.File, error) {
	in := cmd.InOrStdin()
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return nil, &statusError{exitCannot, oneLine{err}}
		}
		defer f.Close()
		in = f
	}
	f, err := capture.Read(in)
	if err != nil {
		return nil, &statusError{exitCannot, fmt.Errorf("%s: %w", text.Clean(name), err)}
	}
	if connection != 0 {
		if connection < 1 || connection > len(f.Connections) {
			return nil, fmt.Errorf("--connection: the capture has %d", len(f.Connections))
		}
		f.Connections = f.Connections[connection-1 : connection]
	}
	return f, nil
}

// compareCapture runs the experiment of the first connection in worlds, and lays them beside it.
func compareCapture(
	cmd *cobra.Command, f *capture.File, worlds *world.Registry, captures *replay.Shelf, opts readOptions,
) error {
	if len(f.Connections) == 0 {
		return &statusError{exitCannot, errNoConnection}
	}
	c := f.Connections[0]
	const id = "file"
	captures.Put(id, f)
	defer worlds.Close()
	labs := lab.NewLabs(lab.DefaultLimits, worlds)
	defer labs.Close()
	spec := lab.Spec{Script: c.Script(), Worlds: append([]string{replay.Name(id, c.N)}, opts.worlds...)}
	l, err := labs.Create(spec)
	if err != nil {
		return cannotCreate(err, "the capture's experiment", worlds)
	}
	interrupted := follow(cmd.Context(), l, cmd.ErrOrStderr())
	snap := l.Snapshot()
	if err := printLab(cmd.OutOrStdout(), snap, runOptions{json: opts.json, lang: opts.lang}); err != nil {
		return &statusError{exitCannot, err}
	}
	if interrupted {
		return &statusError{exitInterrupted, nil}
	}
	if err := verdict(cmd, worlds, snap); err != nil {
		return err
	}
	if sum := snap.Summary; sum.States.Unexplained+sum.Segments.Unexplained > 0 {
		return &statusError{exitDiffers, nil}
	}
	return nil
}

var errNoConnection = errors.New("the capture has no connection")

func writeCapture(w io.Writer, f *capture.File, opts readOptions) error {
	switch {
	case opts.json:
		return doc.Write(w, f.Document("", opts.lang))
	case opts.script && len(f.Connections) == 0:
		return errNoConnection
	case opts.script:
		_, err := io.WriteString(w, f.Connections[0].Script())
		return err
	}
	out := bufio.NewWriter(w)
	for _, c := range f.Connections {
		why := c.Why.In(opts.lang)
		fmt.Fprintf(out, "%d  %s → %s  %d packets  %s\n", c.N, c.A, c.B, c.Packets, why)
		mark := map[bool]string{true: " (inferred)"}
		fmt.Fprintf(out, "   a %s%s  b %s%s", c.Ends[0].State, mark[c.Ends[0].Inferred], c.Ends[1].State,
			mark[c.Ends[1].Inferred])
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
