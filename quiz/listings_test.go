package quiz

import (
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// listingOf is a listing with an edit made, and fixed names in its holes.
func listingOf(t *testing.T, l *listing, change string) string {
	t.Helper()
	lines, _, ok := l.apply(change, strings.NewReplacer("{L}", "sock", "{C}", "conn", "{P}", "8080", "{F}", "serve"))
	if !ok {
		t.Fatalf("%s has no line for %s", l.language, change)
	}
	return strings.Join(lines, "\n") + "\n"
}

// TestListingsCompile: every listing that find-the-line may show is a program of its language but
// for the functions that it leaves out, which testdata/listings has.
func TestListingsCompile(t *testing.T) {
	for i := range listings {
		l := &listings[i]
		t.Run(l.language, func(t *testing.T) {
			dir := t.TempDir()
			var files []string
			for change := range l.changes {
				name := filepath.Join(
					dir, change+map[string]string{"Python": ".py", "C": ".c", "Go": ".go"}[l.language],
				)
				if err := os.WriteFile(name, []byte(listingOf(t, l, change)), 0o644); err != nil {
					t.Fatal(err)
				}
				files = append(files, name)
			}
			switch l.language {
			case "Python":
				compileWith(t, "python3", append([]string{"-c", pythonCheck}, files...)...)
			case "C":
				compileWith(
					t,
					"gcc",
					append(
						[]string{
							"-std=gnu17", "-Wall", "-Wextra", "-Werror", "-Wno-unused-variable", "-fsyntax-only",
							"-Itestdata/listings",
						},
						files...)...)
			case "Go":
				checkGo(t, files)
			}
			t.Logf("%d listings", len(files))
		})
	}
}

// pythonCheck compiles each file, and finds the modules that it uses without an import.
const pythonCheck = `
import ast, sys
for name in sys.argv[1:]:
    tree = ast.parse(open(name).read(), name)
    imported = {a.name for n in ast.walk(tree) if isinstance(n, ast.Import) for a in n.names}
    used = {n.value.id for n in ast.walk(tree) if isinstance(n, ast.Attribute) and isinstance(n.value, ast.Name)}
    missing = used & set(sys.stdlib_module_names) - imported
    if missing:
        sys.exit(f"{name}: {missing} is not imported")
`

func compileWith(t *testing.T, compiler string, args ...string) {
	t.Helper()
	path, err := exec.LookPath(compiler)
	if err != nil {
		if os.Getenv("FOURWAVE_NOSKIP") != "" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	if out, err := exec.CommandContext(t.Context(), path, args...).CombinedOutput(); err != nil {
		t.Errorf("%s: %v\n%s", compiler, err, out)
	}
}

// checkGo type-checks listings together with what they leave out: their imports and the functions
// of testdata.
func checkGo(t *testing.T, files []string) {
	t.Helper()
	fset := token.NewFileSet()
	from := importer.ForCompiler(fset, "gc", exportsOf(t, "bufio", "io", "log", "net", "golang.org/x/sys/unix"))
	rest, err := parser.ParseFile(fset, "testdata/listings/rest.go.txt", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	paths := map[string]string{
		"bufio": "bufio", "io": "io", "log": "log", "net": "net", "unix": "golang.org/x/sys/unix",
	}
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		imports := ""
		for short, path := range paths {
			if regexp.MustCompile(`\b` + short + `\.`).Match(text) {
				imports += fmt.Sprintf("import %q; ", path)
			}
		}
		text = []byte(strings.Replace(string(text), "package main\n", "package main; "+imports+"\n", 1))
		file, err := parser.ParseFile(fset, name, text, 0)
		if err != nil {
			t.Error(err)
			continue
		}
		check := types.Config{Importer: from, Error: func(err error) { t.Error(err) }}
		_, _ = check.Check("main", fset, []*ast.File{file, rest}, nil) // each error has been reported
	}
}

// exportsOf finds what the compiler has written of packages and of those that they import.
func exportsOf(t *testing.T, packages ...string) func(path string) (io.ReadCloser, error) {
	t.Helper()
	list := exec.CommandContext(
		t.Context(),
		"go",
		append([]string{"list", "-export", "-deps", "-f", "{{.ImportPath}} {{.Export}}"}, packages...)...)
	out, err := list.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	files := map[string]string{}
	for line := range strings.Lines(string(out)) {
		path, file, _ := strings.Cut(strings.TrimSpace(line), " ")
		files[path] = file
	}
	return func(path string) (io.ReadCloser, error) { return os.Open(files[path]) }
}
