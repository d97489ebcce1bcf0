package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

const module = "fourwave"

// pkg is what go list says of a package.
type pkg struct {
	ImportPath   string
	Name         string
	Standard     bool
	Imports      []string
	Deps         []string
	TestImports  []string
	XTestImports []string
}

// goList lists the module's own packages as they are on a system.
func goList(t *testing.T, goos string) []pkg {
	t.Helper()
	cmd := exec.Command("go", "list", "-json=ImportPath,Name,Standard,Imports,Deps,TestImports,XTestImports", "./...")
	cmd.Env = append(cmd.Environ(), "GOOS="+goos, "CGO_ENABLED=0")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, stderr.Bytes())
	}
	var pkgs []pkg
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var p pkg
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return pkgs
		} else if err != nil {
			t.Fatal(err)
		}
		pkgs = append(pkgs, p)
	}
}

// mayImport is the map of who knows whom inside the module: one arrow a line, importer first. A
// package that stands alone imports none of ours. An arrow that is missing here is a design change.
//
// The doctor asks the machine as the kernel world asks its own: both read sock_diag, and the reader
// is a leaf.
var mayImport = arrows(`
	main               api
	main               api/doc
	main               client
	main               doctor
	main               doctor/paste
	main               internal/term
	main               internal/text
	main               lab
	main               lab/capture
	main               lab/script
	main               lab/world
	main               lab/world/kernel
	main               lab/world/model
	main               lab/world/replay
	main               realsock/guest
	main               class
	main               quiz
	main               quiz/export
	main               quiz/fsrs
	main               population
	main               store
	main               web
	api                api/doc
	api                doctor
	api                doctor/paste
	api                fsm
	api                lab
	api                lab/capture
	api                lab/program
	api                lab/script
	api                lab/trial
	api                lab/world
	api                lab/world/model
	api                lab/world/replay
	api                population
	api                quiz
	api                quiz/export
	api                class
	api                docs
	api                store
	api                web
	api/doc
	class              api/doc
	client             api/doc
	client/example     api/doc
	client/example     client
	class              internal/text
	class              quiz
	class              store
	docs
	doctor             api/doc
	doctor             doctor/paste
	doctor             fsm
	doctor             internal/term
	doctor             internal/text
	doctor             sockdiag
	doctor/paste       internal/text
	fsm                internal/text
	fsm/tuple
	internal/term
	internal/text
	lab                api/doc
	lab                fsm
	lab                internal/term
	lab                internal/text
	lab                lab/capture
	lab                lab/script
	lab                lab/world
	lab/capture        api/doc
	lab/capture        fsm
	lab/capture        internal/text
	lab/capture        lab/script
	lab/script         fsm
	lab/program        internal/text
	lab/program        lab/script
	lab/trial          api/doc
	lab/trial          fsm
	lab/trial          lab
	lab/trial          lab/script
	lab/trial          lab/world
	lab/world          fsm
	lab/world          internal/text
	lab/world          lab/script
	lab/world/kernel   fsm
	lab/world/kernel   lab/script
	lab/world/kernel   lab/world
	lab/world/kernel   realsock
	lab/world/kernel   realsock/guest
	lab/world/model    fsm
	lab/world/model    lab/script
	lab/world/model    lab/world
	lab/world/replay   fsm
	lab/world/replay   lab/capture
	lab/world/replay   lab/script
	lab/world/replay   lab/world
	lab/world/worldtest fsm
	lab/world/worldtest lab/script
	lab/world/worldtest lab/world
	population         api/doc
	population         fsm
	population         fsm/tuple
	population         internal/term
	population         internal/text
	quiz/export        quiz
	quiz/fsrs
	quiz               fsm
	quiz               api/doc
	quiz               internal/text
	quiz               lab
	quiz               lab/script
	quiz               lab/world
	quiz               lab/world/model
	realsock           sockdiag
	realsock/guest     realsock
	realsock/guest/guesttest realsock/guest
	site
	sockdiag
	store
	web
`)

// arrows reads the map; main is the module's root.
func arrows(text string) map[string][]string {
	path := func(room string) string {
		if room == "main" {
			return module
		}
		return module + "/" + room
	}
	m := make(map[string][]string)
	for line := range strings.Lines(text) {
		rooms := strings.Fields(line)
		switch len(rooms) {
		case 1:
			m[path(rooms[0])] = nil
		case 2:
			m[path(rooms[0])] = append(m[path(rooms[0])], path(rooms[1]))
		}
	}
	return m
}

// importers says which packages alone may import a module, whole or in part.
var importers = map[string][]string{
	"github.com/labstack/echo/v4":    {"fourwave/api"},
	"github.com/getkin/kin-openapi":  {"fourwave/api"},
	"github.com/VictoriaMetrics":     {"fourwave/api"},
	"github.com/looplab/fsm":         {"fourwave/fsm"},
	"github.com/gopacket/gopacket":   {"fourwave/lab/capture"},
	"github.com/spf13":               {"fourwave"},
	"github.com/fxamacker/cbor":      {"fourwave/realsock"},
	"github.com/mdlayher/netlink":    {"fourwave/realsock"},
	"github.com/vishvananda/netlink": {"fourwave/realsock"},
	"golang.org/x/term":              {"fourwave/internal/term"},
	"golang.org/x/sys/unix": {"fourwave/doctor", "fourwave/realsock", "fourwave/realsock/guest",
		"fourwave/sockdiag"},
	"github.com/yuin/goldmark":     {"fourwave/docs"},
	"github.com/ulikunitz/xz":      {"fourwave/realsock/guest"},
	"github.com/coreos/go-systemd": {"fourwave"},
	"github.com/prometheus":        {},
	"modernc.org/sqlite":           {"fourwave/store"},
	"github.com/pressly/goose":     {"fourwave/store"},
	"github.com/jackc/pgx":         {"fourwave/store"},
	"github.com/tidwall/btree":     {"fourwave/store"},
	"gvisor.dev/gvisor":            {}, // the benchmark that needs it is a module of its own
	"github.com/stretchr/testify":  {},
	"github.com/google/gopacket":   {},
}

func TestWhoKnowsWhom(t *testing.T) {
	for _, goos := range []string{"linux", "darwin", "windows"} {
		for _, p := range goList(t, goos) {
			allowed, known := mayImport[p.ImportPath]
			if !known {
				t.Errorf("%s: package %s is not on the map; a new room is a design change", goos, p.ImportPath)
				continue
			}
			for _, imp := range p.Imports {
				if ours(imp) && !slices.Contains(allowed, imp) {
					t.Errorf("%s: %s imports %s", goos, p.ImportPath, imp)
				}
				checkImporter(t, p.ImportPath, imp)
			}
		}
	}
}

func ours(path string) bool { return path == module || strings.HasPrefix(path, module+"/") }

func checkImporter(t *testing.T, importer, imported string) {
	t.Helper()
	for lib, allowed := range importers {
		if (imported == lib || strings.HasPrefix(imported, lib+"/")) && !slices.Contains(allowed, importer) {
			t.Errorf("%s imports %s", importer, imported)
		}
	}
}

// TestModelAndKernelAreStrangers also sees what comes by way of others.
func TestModelAndKernelAreStrangers(t *testing.T) {
	for _, p := range goList(t, "linux") {
		for _, pair := range [][2]string{{"fourwave/fsm", "fourwave/realsock"}, {"fourwave/realsock", "fourwave/fsm"}} {
			if p.ImportPath == pair[0] && slices.Contains(p.Deps, pair[1]) {
				t.Errorf("%s depends on %s", pair[0], pair[1])
			}
		}
		if strings.HasPrefix(p.ImportPath, module+"/fsm") {
			for _, imp := range slices.Concat(p.Imports, p.TestImports, p.XTestImports) {
				if strings.HasPrefix(imp, "fourwave/realsock") {
					t.Errorf("%s (or its tests) imports %s", p.ImportPath, imp)
				}
			}
		}
	}
}

// TestPageKnowsOnlyTheStandardLibrary: the page is files and a handler.
func TestPageKnowsOnlyTheStandardLibrary(t *testing.T) {
	for _, p := range goList(t, "linux") {
		if p.ImportPath != "fourwave/web" {
			continue
		}
		for _, imp := range p.Imports {
			if strings.Contains(strings.Split(imp, "/")[0], ".") || ours(imp) {
				t.Errorf("web imports %s", imp)
			}
		}
		return
	}
	t.Error("there is no package web")
}

// TestOneFileKnowsLooplab: of package fsm, machine.go alone.
func TestOneFileKnowsLooplab(t *testing.T) {
	var got []string
	for name, file := range filesOf(t, "fsm") {
		for _, imp := range file.Imports {
			if imp.Path.Value == `"github.com/looplab/fsm"` {
				got = append(got, name)
			}
		}
	}
	if want := []string{"machine.go"}; !slices.Equal(got, want) {
		t.Errorf("looplab is imported by %v, want %v", got, want)
	}
}

// clockReaders are the functions of package time that read a clock or wait for one.
var clockReaders = []string{"Now", "Sleep", "After", "AfterFunc", "NewTimer", "NewTicker", "Tick", "Since", "Until"}

// TestTimeIsAnArgument: the model reads no clock, never sleeps and starts no goroutine.
func TestTimeIsAnArgument(t *testing.T) {
	for name, file := range filesOf(t, "fsm") {
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.GoStmt:
				t.Errorf("%s starts a goroutine", name)
			case *ast.SelectorExpr:
				if x, ok := n.X.(*ast.Ident); ok && x.Name == "time" && slices.Contains(clockReaders, n.Sel.Name) {
					t.Errorf("%s uses time.%s", name, n.Sel.Name)
				}
			}
			return true
		})
	}
}

// filesOf reads the files of a package, tests left out.
func filesOf(t *testing.T, room string) map[string]*ast.File {
	t.Helper()
	names, err := filepath.Glob(room + "/*.go")
	if err != nil || len(names) == 0 {
		t.Fatalf("no package %s: %v", room, err)
	}
	files := make(map[string]*ast.File)
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		files[filepath.Base(name)] = file
	}
	return files
}

// finished are the rooms whose lines are short enough to be read side by side. Every room is to be
// among them.
var finished = []string{
	".", "api", "api/doc", "docs", "fsm", "internal/term", "internal/text", "lab/capture", "lab/trial", "population",
	"sockdiag", "store",
}

// TestLinesFit: no line of a finished room, tests included, has more than 120 columns, and no
// comment more than 100. A tab counts as four.
func TestLinesFit(t *testing.T) {
	const line, comment = 120, 100
	for _, room := range finished {
		names, err := filepath.Glob(room + "/*.go")
		if err != nil || len(names) == 0 {
			t.Fatalf("no package %s: %v", room, err)
		}
		for _, name := range names {
			source, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			n := 0
			for l := range strings.Lines(string(source)) {
				n++
				l = strings.ReplaceAll(strings.TrimRight(l, "\n"), "\t", "    ")
				most := line
				if rest := strings.TrimSpace(l); strings.HasPrefix(rest, "// ") {
					most = comment
				}
				if columns := utf8.RuneCountInString(l); columns > most {
					t.Errorf("%s:%d: %d columns, want at most %d", name, n, columns, most)
				}
			}
		}
	}
}
