package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"

	"fourwave/api/doc"
	"fourwave/doctor"
	"fourwave/doctor/paste"
)

// whyMachine answers about all ports.
func whyMachine(cmd *cobra.Command, opts whyOptions) error {
	if opts.try || opts.near {
		return fmt.Errorf("PORT: --try and --near are about one port")
	}
	o, err := doctor.Machine(cmd.Context())
	if errors.Is(err, doctor.ErrCannotAsk) {
		return &statusError{exitCannot, err}
	} else if err != nil {
		return interruptedOr(cmd.Context(), err)
	}
	w := cmd.OutOrStdout()
	if opts.watch {
		return watchMachine(cmd.Context(), w, opts)
	}
	if opts.json {
		err = doc.Write(w, o.Document(opts.lang, doctor.Filter{}))
	} else {
		err = o.Write(w, writeOptions(w, opts))
	}
	if err != nil {
		return &statusError{exitCannot, err}
	}
	return freeOr(!o.Wrong())
}

// watchEvery is how often the whole machine is looked at.
const watchEvery = 2 * time.Second

// watchMachine writes an overview, and from then on the lines of it that are new or gone, until it
// is interrupted.
func watchMachine(ctx context.Context, w io.Writer, opts whyOptions) error {
	var before [][]byte
	tick := time.NewTicker(watchEvery)
	defer tick.Stop()
	for {
		o, err := doctor.Machine(ctx)
		if err != nil {
			return interruptedOr(ctx, err)
		}
		var b bytes.Buffer
		if err := o.Write(&b, writeOptions(w, opts)); err != nil {
			return &statusError{exitCannot, err}
		}
		now := bytes.Split(bytes.TrimSpace(b.Bytes()), []byte("\n"))
		writeChanges(w, before, now)
		before = now
		select {
		case <-ctx.Done():
			return &statusError{exitInterrupted, nil}
		case <-tick.C:
		}
	}
}

// writeChanges writes the lines that are gone with a minus, and those that are new with a plus; the
// first time all.
func writeChanges(w io.Writer, before, now [][]byte) {
	has := func(all [][]byte, one []byte) bool {
		for _, line := range all {
			if bytes.Equal(line, one) {
				return true
			}
		}
		return false
	}
	stamp := time.Now().Format(time.TimeOnly)
	for _, line := range before {
		if !has(now, line) {
			fmt.Fprintf(w, "%s - %s\n", stamp, line)
		}
	}
	for _, line := range now {
		switch {
		case before == nil:
			fmt.Fprintf(w, "%s\n", line)
		case !has(before, line):
			fmt.Fprintf(w, "%s + %s\n", stamp, line)
		}
	}
}

// whyRead answers about pasted output.
func whyRead(cmd *cobra.Command, targets []doctor.Target, opts whyOptions) error {
	var port uint16
	switch {
	case len(targets) > 1 || len(targets) == 1 && targets[0].Many():
		return fmt.Errorf("PORT: --read answers about one port, or about all")
	case len(targets) == 1:
		port = targets[0].Low
	}
	in := cmd.InOrStdin()
	if opts.read != "-" {
		f, err := os.Open(opts.read)
		if err != nil {
			return fmt.Errorf("--read: %w", err)
		}
		defer f.Close()
		in = f
	}
	t, err := doctor.ReadTable(in, paste.System(opts.system), port)
	if err != nil {
		return fmt.Errorf("--read: %w", err)
	}
	w := cmd.OutOrStdout()
	if opts.json {
		err = doc.Write(w, t.Document(opts.lang))
	} else {
		err = t.Write(w, writeOptions(w, opts))
	}
	if err != nil {
		return &statusError{exitCannot, err}
	}
	return freeOr(t.Bindable())
}
