package doctor

import (
	"path"
	"strings"

	"fourwave/internal/text"
)

// interpreters are programs whose name alone says nothing: what they run counts. The value lists
// the options that take the next argument with them.
var interpreters = map[string][]string{
	"python": {"-W", "-X", "-Q"}, "node": {"-r", "--require", "--import", "--loader"}, "nodejs": {"-r", "--require"},
	"ruby": {"-I", "-r", "-C", "-E"}, "perl": {"-I"}, "php": {"-d", "-c",
		"-t"}, "bash": {"-o"}, "sh": nil, "dash": nil, "zsh": nil, "ash": nil,
	"java": {"-cp", "-classpath", "--class-path", "-p", "--module-path", "--add-modules", "--add-opens",
		"--add-exports"},
	"dotnet": nil, "mono": nil, "deno": nil, "bun": nil, "lua": nil, "tclsh": nil, "beam.smp": nil, "Rscript": nil,
	"ts-node": nil, "tsx": nil,
}

// programName is what people call a process: what it calls itself (comm) where that differs from
// the program it runs, and the script that an interpreter runs, without its directory. args are
// separated by NUL, as in /proc/PID/cmdline.
func programName(comm, args string) string {
	comm = strings.TrimSpace(comm)
	argv := strings.Split(strings.TrimRight(args, "\x00"), "\x00")
	program := path.Base(strings.TrimPrefix(argv[0], "-")) // a login shell is "-bash"
	if title, _, ok := strings.Cut(argv[0], ": "); ok && title == comm {
		program = comm // nginx: master process /usr/sbin/nginx
	}
	switch {
	case args == "" || program == "." || program == "/":
		return text.Clean(comm)
	case comm != "" && comm != "MainThread" && !strings.HasPrefix(program, comm) && !isInterpreter(comm):
		if len(argv) > 1 && path.Base(argv[1]) == comm {
			return text.Clean(comm) // a script with #!
		}
		return text.Clean(comm)
	}
	if script := scriptOf(program, argv[1:]); script != "" {
		return text.Clean(program + " " + script)
	}
	return text.Clean(program)
}

// isInterpreter knows python3.11 as python.
func isInterpreter(name string) bool { _, ok := interpreterOptions(name); return ok }

func interpreterOptions(name string) ([]string, bool) {
	if o, ok := interpreters[name]; ok {
		return o, true
	}
	o, ok := interpreters[strings.TrimRight(name, "0123456789.")]
	return o, ok
}

// scriptOf is what an interpreter runs: a script's base name, -m MODULE, -jar FILE, or -c for code
// on the command line.
func scriptOf(program string, args []string) string {
	skip, ok := interpreterOptions(program)
	if !ok {
		return ""
	}
	for i := 0; i < len(args); i++ {
		a := args[i]
		switch {
		case (a == "-m" || a == "-jar") && i+1 < len(args):
			return a + " " + path.Base(args[i+1])
		case (a == "-c" || a == "-e") && i+1 < len(args):
			return a
		case contains(skip, a):
			i++
		case strings.HasPrefix(a, "-"):
		case a == "":
		default:
			return path.Base(a)
		}
	}
	return ""
}

func contains(all []string, one string) bool {
	for _, a := range all {
		if a == one {
			return true
		}
	}
	return false
}
