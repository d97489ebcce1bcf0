package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"fourwave/internal/term"
	"fourwave/internal/text"
	"fourwave/lab/world"
	"fourwave/realsock/guest"
)

// kernelCommand is "fourwave kernel": other kernels, which run in virtual machines.
func kernelCommand(guests *guest.Store, worlds *world.Registry) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "kernel",
		Short: "list, add and remove the kernels that run in virtual machines",
		Long: "Kernels that were added are worlds: fourwave run EXPERIMENT --world model,kernel:6.1. They run in " +
			"qemu,\n" +
			"in virtual time, without root and without KVM. Without an argument this command lists them.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return listKernels(cmd.OutOrStdout(), guests) },
	}
	cmd.AddCommand(kernelAddCommand(guests), kernelRemoveCommand(guests), kernelDiffCommand(worlds))
	return cmd
}

func listKernels(w io.Writer, guests *guest.Store) error {
	kernels, err := guests.Kernels()
	if err != nil {
		return &statusError{exitCannot, oneLine{err}}
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, k := range kernels {
		fmt.Fprintf(t, "kernel:%s\t%s\t%s\n", k.Version, text.Clean(k.Release), text.Clean(k.Source))
	}
	if err := t.Flush(); err != nil {
		return err
	}
	if len(kernels) == 0 {
		fmt.Fprintln(w, "No kernel has been added.")
	}
	for _, k := range ownKernels() {
		fmt.Fprintf(w, "This machine has one: fourwave kernel add %s\n", text.Clean(k.image))
	}
	fmt.Fprintln(w, "Debian's and Ubuntu's come by: apt-get download linux-image-6.1.0-…-cloud-amd64,"+
		" then fourwave kernel add linux-image-….deb")
	if err := guests.Ready(); err != nil {
		fmt.Fprintln(w, "They cannot run here now:", text.Clean(err.Error()))
	}
	return nil
}

func kernelAddCommand(guests *guest.Store) *cobra.Command {
	var modules string
	cmd := &cobra.Command{
		Use:   "add [FILE.deb … | VMLINUZ]",
		Short: "add a kernel from packages or from an image, and boot it once",
		Long: "Adds the kernel in Debian packages, or a kernel image (bzImage) with a directory of its modules, " +
			"and boots\n" +
			"it once. The machine is saved when it is ready, and every later one starts from there in a moment.\n" +
			"Without FILE it is this machine's own kernel.",
		RunE: func(cmd *cobra.Command, args []string) error {
			return addKernel(cmd.Context(), guests, args, modules, cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	cmd.Flags().StringVar(&modules, "modules", "",
		"the `DIRECTORY` of an image's modules, such as /lib/modules/6.1.0-56-amd64")
	return cmd
}

func addKernel(ctx context.Context, guests *guest.Store, files []string, modules string, out,
	progress io.Writer) error {
	if err := guests.Ready(); err != nil {
		return &statusError{exitCannot, err}
	}
	if len(files) == 0 {
		own := ownKernels()
		if len(own) == 0 {
			return &statusError{exitCannot, fmt.Errorf("there is no kernel image at /boot/vmlinuz-… or " +
				"/usr/lib/modules/…/vmlinuz. Name one, or packages")}
		}
		files, modules = []string{own[0].image}, own[0].modules
	}
	began := time.Now()
	tell := teller(progress)
	k, err := guests.Add(files, modules, tell)
	if err != nil {
		return &statusError{exitCannot, oneLine{err}}
	}
	if err := guests.Prepare(ctx, k, tell); err != nil {
		if ctx.Err() != nil {
			return &statusError{exitInterrupted, nil}
		}
		return &statusError{exitCannot, oneLine{err}}
	}
	fmt.Fprintf(out, "kernel:%s is ready, after %.1f s (%s)\n", k.Version, time.Since(began).Seconds(),
		text.Clean(k.Release))
	return nil
}

// teller prints a line for each step of long work, on a terminal alone.
func teller(w io.Writer) func(string) {
	if !term.Of(w).Terminal {
		return func(string) {}
	}
	return func(line string) { fmt.Fprintln(w, text.Clean(line)) }
}

func kernelRemoveCommand(guests *guest.Store) *cobra.Command {
	return &cobra.Command{
		Use: "rm VERSION", Aliases: []string{"remove"}, Short: "remove a kernel and what was saved of it",
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			k, err := guests.Find(args[0])
			if err == nil {
				err = guests.Remove(k)
			}
			if err != nil {
				return &statusError{exitCannot, oneLine{err}}
			}
			return nil
		},
	}
}

// ownKernel is a kernel image of this machine.
type ownKernel struct{ image, modules string }

// ownKernels are those that are installed here, newest first; the images may be unreadable.
func ownKernels() (all []ownKernel) {
	for _, pattern := range []string{"/boot/vmlinuz-*", "/usr/lib/modules/*/vmlinuz"} {
		names, err := filepath.Glob(pattern)
		if err != nil {
			panic("BUG: " + err.Error())
		}
		for i := len(names) - 1; i >= 0; i-- {
			release := filepath.Base(filepath.Dir(names[i]))
			if filepath.Dir(names[i]) == "/boot" {
				release = filepath.Base(names[i])[len("vmlinuz-"):]
			}
			modules := filepath.Join("/lib/modules", release)
			if _, err := os.Stat(modules); err == nil {
				all = append(all, ownKernel{names[i], modules})
			}
		}
	}
	return all
}
