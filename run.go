package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"fourwave/api/doc"
	"fourwave/internal/term"
	"fourwave/internal/text"
	"fourwave/lab"
	"fourwave/lab/script"
	"fourwave/lab/world"
	"fourwave/lab/world/kernel"
)

type runOptions struct {
	worlds []string
	json   bool
	lang   string
	pcapng string
	strict bool
	phase  float64
}

func runCommand(worlds *world.Registry, kernels *kernel.Kernel) *cobra.Command {
	var opts runOptions
	cmd := &cobra.Command{
		Use:   "run FILE | EXPERIMENT | -",
		Short: "run a script in several worlds and compare",
		Long: "Runs the script in FILE, in the library's EXPERIMENT or on standard input (-) and prints what each\n" +
			"line came to in each world.\n\n" +
			"Exit status: 0 all as expected, 1 the result of a step differs (--strict: or a state, or a segment),\n" +
			"2 wrong usage or script, 3 cannot run here, 130 interrupted.",
		Args: cobra.ExactArgs(1),
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return experimentIDs(), cobra.ShellCompDirectiveDefault
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if cmd.Flags().Changed("phase") {
				if !(opts.phase >= 0 && opts.phase < 1) {
					return fmt.Errorf("--phase: %v is no fraction of a second, from 0 to less than 1", opts.phase)
				}
				kernels.StartAt(time.Duration(opts.phase * float64(time.Second)))
			}
			return run(cmd, worlds, args[0], opts)
		},
	}
	usage := "worlds to run in: " + strings.Join(worlds.Names(), ", ")
	cmd.Flags().StringSliceVar(&opts.worlds, "world", worlds.Default(), usage)
	cmd.Flags().BoolVar(&opts.json, "json", false, "print the document of GET /v1/labs/{lab_id}")
	cmd.Flags().StringVar(&opts.lang, "lang", systemLanguage(), "language of explanations, en or zh")
	cmd.Flags().StringVar(&opts.pcapng, "pcapng", "",
		"write the segments and what they did to `FILE`, for Wireshark; wants one --world")
	cmd.Flags().BoolVar(&opts.strict, "strict", false, "exit 1 when states or segments differ too, explained or not")
	cmd.Flags().Float64Var(&opts.phase, "phase", 0,
		"start that fraction of a second, from 0 to less than 1, after a full second of the kernel's\n"+
			"clock: where a kernel counts whole seconds, it decides what happens, and otherwise it is luck")
	complete := func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return worlds.Names(), cobra.ShellCompDirectiveNoFileComp
	}
	if err := cmd.RegisterFlagCompletionFunc("world", complete); err != nil {
		panic("BUG: " + err.Error())
	}
	return cmd
}

// systemLanguage is what the locale asks for, as far as we speak it.
func systemLanguage() string {
	for _, name := range []string{"LC_ALL", "LC_MESSAGES", "LANG"} {
		if v := os.Getenv(name); v != "" {
			if strings.HasPrefix(v, "zh") {
				return "zh"
			}
			break
		}
	}
	return "en"
}

// run makes a lab of the script, waits for it and prints it.
func run(cmd *cobra.Command, worlds *world.Registry, name string, opts runOptions) error {
	if opts.lang != "en" && opts.lang != "zh" {
		return fmt.Errorf("--lang: %q is neither en nor zh", opts.lang)
	}
	if opts.pcapng != "" && len(opts.worlds) != 1 {
		return errors.New("--pcapng: the file tells of one world; name it, as in --world kernel")
	}
	spec, err := readSpec(cmd.InOrStdin(), name)
	if err != nil {
		return err
	}
	spec.Worlds = opts.worlds
	defer worlds.Close()
	labs := lab.NewLabs(lab.DefaultLimits, worlds)
	defer labs.Close()
	l, err := labs.Create(spec)
	if err != nil {
		return cannotCreate(err, name, worlds)
	}
	var file *os.File
	if opts.pcapng != "" {
		if file, err = os.Create(opts.pcapng); err != nil { // before the wait: it may not be possible
			return fmt.Errorf("--pcapng: %w", oneLine{err})
		}
		defer file.Close()
	}
	interrupted := follow(cmd.Context(), l, cmd.ErrOrStderr())
	snap := l.Snapshot()
	if file != nil {
		if err := errors.Join(l.WritePcapng(file, opts.worlds[0]), file.Close()); err != nil {
			return &statusError{exitCannot, err}
		}
	}
	if err := printLab(cmd.OutOrStdout(), snap, opts); err != nil {
		return &statusError{exitCannot, err}
	}
	if interrupted {
		return &statusError{exitInterrupted, nil}
	}
	return verdict(cmd, worlds, snap)
}

// readSpec finds the script: on standard input, in a file, or in the library.
func readSpec(stdin io.Reader, name string) (lab.Spec, error) {
	most := int64(lab.DefaultLimits.Script) + 1 // one more, so that the parser sees that it is too long
	if name == "-" {
		script, err := io.ReadAll(io.LimitReader(stdin, most))
		return lab.Spec{Script: string(script)}, err
	}
	f, err := os.Open(name)
	if errors.Is(err, os.ErrNotExist) && slices.Contains(experimentIDs(), name) {
		return lab.Spec{Experiment: name}, nil
	} else if errors.Is(err, os.ErrNotExist) {
		return lab.Spec{}, fmt.Errorf("%w, nor an experiment of that name (see fourwave experiments)", oneLine{err})
	} else if err != nil {
		return lab.Spec{}, oneLine{err}
	}
	defer f.Close()
	script, err := io.ReadAll(io.LimitReader(f, most))
	if err == nil && len(strings.TrimSpace(string(script))) == 0 {
		err = fmt.Errorf("%s: nothing to run", text.Clean(name))
	}
	return lab.Spec{Script: string(script)}, err
}

// cannotCreate names the file in a syntax error, and the worlds there are.
func cannotCreate(err error, name string, worlds *world.Registry) error {
	var syntax *script.SyntaxError
	if errors.As(err, &syntax) {
		if syntax.File = text.Clean(name); name == "-" {
			syntax.File = "<stdin>"
		}
		return syntax
	}
	if errors.Is(err, lab.ErrWorld) {
		return fmt.Errorf("--world: %w (there are %s)", err, strings.Join(worlds.Names(), ", "))
	}
	return err
}

// follow waits until the lab has ended, with a line of progress if stderr is a terminal.
func follow(ctx context.Context, l *lab.Lab, stderr io.Writer) (interrupted bool) {
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	tty := term.Of(stderr).Terminal
	if tty {
		defer fmt.Fprint(stderr, term.ClearLine)
	}
	for {
		select {
		case <-l.Done():
			return false
		case <-ctx.Done():
			l.Cancel()
			<-l.Done()
			return true
		case <-tick.C:
			if tty {
				fmt.Fprint(stderr, term.ClearLine, progressLine(l.Snapshot()))
			}
		}
	}
}

// progressLine says in one line what each world is doing: "kernel 12/20, 34 s left of a wait".
func progressLine(s lab.Snapshot) string {
	var parts []string
	for _, world := range s.Worlds {
		p := s.Progress[world]
		part := fmt.Sprintf("%s %d/%d", text.Clean(world), p.Done, p.Total)
		if p.Status == lab.Running && p.Waiting >= time.Second {
			part += fmt.Sprintf(", %.0f s left of a wait", p.Waiting.Seconds())
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, " · ")
}

func printLab(w io.Writer, s lab.Snapshot, opts runOptions) error {
	if opts.json {
		return doc.Write(w, s.Document(opts.lang))
	}
	to := term.Of(w)
	if err := lab.WriteReport(w, s, lab.ReportOptions{Width: to.Width, Color: to.Color, Lang: opts.lang}); err != nil {
		return err
	}
	line := counted[opts.lang][0]
	if opts.strict {
		line = counted[opts.lang][1]
	}
	_, err := io.WriteString(w, line)
	return err
}

// counted says what the counts of a report are of, and which of them the exit status goes by: by
// language, and then without and with --strict.
var counted = map[string][2]string{
	"en": {
		"counted: results of steps, states of named sockets, segments; the exit status goes by the steps (--strict: " +
			"by all)\n",
		"counted: results of steps, states of named sockets, segments; the exit status goes by all (--strict)\n",
	},
	"zh": {
		"统计对象：步骤的结果、有名套接字经过的状态、报文段；退出状态只取决于步骤（--strict 取决于全部）\n",
		"统计对象：步骤的结果、有名套接字经过的状态、报文段；退出状态取决于全部（--strict）\n",
	},
}

// verdict turns a lab that has ended into the exit status. A world that was asked for by name and
// cannot run here is an error; one that is only in the default is not.
func verdict(cmd *cobra.Command, worlds *world.Registry, s lab.Snapshot) error {
	if s.Status == lab.Failed {
		return &statusError{exitCannot, errors.New(s.Err)}
	}
	for _, name := range s.Worlds {
		if m, ok := worlds.Find(name); ok && cmd.Flags().Changed("world") && !m.Info().Runs {
			return &statusError{exitCannot, fmt.Errorf("%s %s", name, able(m.Info()))}
		}
	}
	if s.Summary.Steps.Unexpected > 0 || s.Summary.Steps.Differ > 0 {
		return &statusError{exitDiffers, nil}
	}
	others := s.Summary.States.Differ + s.Summary.Segments.Differ
	if strict, err := cmd.Flags().GetBool("strict"); err == nil && strict && others > 0 {
		return &statusError{exitDiffers, nil}
	}
	return nil
}

func experimentsCommand() *cobra.Command {
	var lang string
	cmd := &cobra.Command{
		Use: "experiments", Short: "list the library", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			w := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
			for _, e := range lab.Library() {
				question := e.Question.En
				if lang == "zh" {
					question = e.Question.Zh
				}
				fmt.Fprintf(w, "%s\t%s\n", e.ID, question)
			}
			return w.Flush()
		},
	}
	cmd.Flags().StringVar(&lang, "lang", systemLanguage(), "language, en or zh")
	return cmd
}

func experimentIDs() []string {
	var ids []string
	for _, e := range lab.Library() {
		ids = append(ids, e.ID)
	}
	return ids
}
