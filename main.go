// Command fourwave shows how a TCP connection ends, and when its port can be had again: it runs
// one script on a state machine and on a real kernel and lays the results side by side.
//
// Without a command it serves a page and an HTTP interface; "fourwave run" runs one script.
package main

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"fourwave/internal/text"
	"fourwave/lab/world/kernel"
	"fourwave/lab/world/replay"
	"fourwave/realsock/guest"
)

//go:embed openapi.yaml
var contract []byte

// Exit statuses.
const (
	exitOK          = 0
	exitDiffers     = 1 // it ran, and an expectation was not met or the worlds differ
	exitUsage       = 2 // the command line or the script is wrong
	exitCannot      = 3 // it cannot run here
	exitInterrupted = 130
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the program at once
	os.Exit(execute(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// execute carries out a command line and returns the exit status.
func execute(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	root := rootCommand()
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return exitOK
	}
	code := exitUsage // what cobra itself finds wrong
	var status *statusError
	if errors.As(err, &status) {
		code, err = status.code, status.err
	}
	if err != nil {
		fmt.Fprintln(stderr, "fourwave:", text.CleanLines(strings.TrimRight(err.Error(), "\n")))
	}
	return code
}

// statusError ends the program with a status other than that of a wrong command line. A nil err
// has nothing more to say.
type statusError struct {
	code int
	err  error
}

func (e *statusError) Error() string { return fmt.Sprintf("exit status %d: %v", e.code, e.err) }
func (e *statusError) Unwrap() error { return e.err }

// oneLine is an error that quotes a name from outside as it is, as those of package os do. A name
// may have newlines in it, and then the error would have lines that are not ours.
type oneLine struct{ error }

func (e oneLine) Error() string { return text.Clean(e.error.Error()) }
func (e oneLine) Unwrap() error { return e.error }

func rootCommand() *cobra.Command {
	guests := guest.NewStore(guest.Options{Init: os.Getenv("FOURWAVE_GUEST_INIT")})
	kernels := kernel.WithGuests(guests)
	captures := replay.NewShelf()
	worlds := worldsOf(kernels, captures)
	root := serveCommand(worlds, captures)
	root.SilenceErrors, root.SilenceUsage = true, true
	root.PersistentPreRunE = func(cmd *cobra.Command, _ []string) error { return flagsFromEnv(cmd) }
	root.Version = version()
	root.SetVersionTemplate(versionLine() + "\n")
	root.AddCommand(runCommand(worlds, kernels), experimentsCommand(), kernelCommand(guests, worlds), whyCommand(),
		readCommand(worlds, captures),
		populationCommand(), quizCommand(), backupCommand(), restoreCommand(),
		manualCommand(), versionCommand())
	nameEnv(root)
	return root
}

// nameEnv adds to each flag of a command and of those below it the variable that stands for it.
func nameEnv(cmd *cobra.Command) {
	cmd.Flags().VisitAll(func(f *pflag.Flag) { f.Usage += " [$" + envName(f) + "]" })
	for _, sub := range cmd.Commands() {
		nameEnv(sub)
	}
}

// envName is the environment variable that stands for a flag that is not given.
func envName(f *pflag.Flag) string {
	return "FOURWAVE_" + strings.ToUpper(strings.ReplaceAll(f.Name, "-", "_"))
}

// flagsFromEnv sets the flags that the command line leaves out from the environment.
func flagsFromEnv(cmd *cobra.Command) error {
	var errs []error
	cmd.LocalNonPersistentFlags().VisitAll(func(f *pflag.Flag) {
		value, ok := os.LookupEnv(envName(f))
		if f.Changed || !ok || f.Name == "help" {
			return
		}
		if err := cmd.Flags().Set(f.Name, value); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", envName(f), err))
		}
	})
	return errors.Join(errs...)
}

func versionCommand() *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "print the version", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, err := fmt.Fprintln(cmd.OutOrStdout(), versionLine())
			return err
		},
	}
}

func versionLine() string {
	return fmt.Sprintf("fourwave %s %s %s/%s", version(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
}

// release is set when a package is built (-X main.release=…).
var release string

// version is the package's version, the module's, the commit it was built from, or "(devel)".
func version() string {
	if release != "" {
		return release
	}
	build, ok := debug.ReadBuildInfo()
	if !ok {
		return "(unknown)"
	}
	return build.Main.Version
}
