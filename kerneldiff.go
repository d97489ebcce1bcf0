package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"fourwave/internal/term"
	"fourwave/internal/text"
	"fourwave/lab"
	"fourwave/lab/world"
	"fourwave/realsock/guest"
)

// kernelDiffCommand is "fourwave kernel diff": where two kernels differ in the library.
func kernelDiffCommand(worlds *world.Registry) *cobra.Command {
	return &cobra.Command{
		Use:   "diff VERSION VERSION [EXPERIMENT …]",
		Short: "run the library on two kernels and print where they differ",
		Long: "Runs the experiments named, or the whole library, on two kernels that were added and prints those " +
			"in which\n" +
			"a step, a state or a segment differs. Exit status: 0 nothing differs, 1 something does, 3 it cannot " +
			"run here.",
		Args: cobra.MinimumNArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			var pair []string
			for _, version := range args[:2] {
				m, ok := worlds.Find("kernel:" + version)
				if !ok || !guest.IsVersion(version) {
					return fmt.Errorf("%q is no version of a kernel, such as 6.1", text.Clean(version))
				}
				if i := m.Info(); !i.Runs {
					return &statusError{exitCannot, fmt.Errorf("%s %s", m.Name, able(i))}
				}
				pair = append(pair, m.Name)
			}
			ids := args[2:]
			if len(ids) == 0 {
				ids = experimentIDs()
			}
			defer worlds.Close()
			return diffKernels(cmd.Context(), worlds, pair, ids, cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
}

func diffKernels(ctx context.Context, worlds *world.Registry, pair, ids []string, out, progress io.Writer) error {
	labs := lab.NewLabs(lab.DefaultLimits, worlds)
	defer labs.Close()
	differing := 0
	for n, id := range ids {
		if term.Of(progress).Terminal {
			fmt.Fprintf(progress, "%s%d/%d %s", term.ClearLine, n+1, len(ids), text.Clean(id))
		}
		l, err := labs.Create(lab.Spec{Experiment: id, Worlds: pair})
		if err != nil {
			return fmt.Errorf("%s: %w", text.Clean(id), err)
		}
		if follow(ctx, l, io.Discard) {
			return &statusError{exitInterrupted, nil}
		}
		s := l.Snapshot()
		if s.Status == lab.Failed {
			return &statusError{exitCannot, errors.New(id + ": " + s.Err)}
		}
		if sum := s.Summary; sum.Steps.Differ+sum.States.Differ+sum.Segments.Differ == 0 {
			continue
		}
		differing++
		fmt.Fprintf(out, "== %s\n", id)
		if err := printLab(out, s, runOptions{worlds: pair, lang: "en"}); err != nil {
			return err
		}
	}
	if term.Of(progress).Terminal {
		fmt.Fprint(progress, term.ClearLine)
	}
	fmt.Fprintf(out, "%d of %d experiments differ\n", differing, len(ids))
	if differing > 0 {
		return &statusError{exitDiffers, nil}
	}
	return nil
}
