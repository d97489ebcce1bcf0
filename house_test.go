package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
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

// mayImport is the map of who knows whom inside the module.
var mayImport = map[string][]string{
	"fourwave":            {"fourwave/api", "fourwave/doctor", "fourwave/lab", "fourwave/lab/script", "fourwave/lab/world", "fourwave/web"},
	"fourwave/api":        {"fourwave/doctor", "fourwave/fsm", "fourwave/lab", "fourwave/lab/script", "fourwave/lab/trial", "fourwave/lab/world", "fourwave/lab/world/model", "fourwave/quiz"},
	"fourwave/quiz":       {"fourwave/fsm", "fourwave/lab", "fourwave/lab/script", "fourwave/lab/world", "fourwave/lab/world/model"},
	"fourwave/lab":        {"fourwave/fsm", "fourwave/lab/script", "fourwave/lab/world", "fourwave/lab/world/kernel", "fourwave/lab/world/model", "fourwave/realsock"},
	"fourwave/lab/script": {"fourwave/fsm"},
	// The doctor asks the machine as the kernel world asks its own: both read sock_diag, and the reader is a leaf.
	"fourwave/doctor":           {"fourwave/fsm", "fourwave/realsock/diag"},
	"fourwave/fsm":              {"fourwave/fsm/tuple"},
	"fourwave/fsm/tuple":        {},
	"fourwave/realsock":         {"fourwave/realsock/diag"},
	"fourwave/realsock/diag":    {},
	"fourwave/store":            {},
	"fourwave/web":              {},
	"fourwave/lab/world":        {"fourwave/fsm", "fourwave/lab/script"},
	"fourwave/lab/world/kernel": {"fourwave/fsm", "fourwave/lab/script", "fourwave/lab/world", "fourwave/realsock"},
	"fourwave/lab/world/model":  {"fourwave/fsm", "fourwave/lab/script", "fourwave/lab/world"},
	"fourwave/lab/trial":        {"fourwave/fsm", "fourwave/lab", "fourwave/lab/script", "fourwave/lab/world", "fourwave/lab/world/kernel", "fourwave/lab/world/model"},
}

// importers says which packages alone may import a module, whole or in part.
var importers = map[string][]string{
	"github.com/labstack/echo/v4":    {"fourwave/api"},
	"github.com/getkin/kin-openapi":  {"fourwave/api"},
	"github.com/VictoriaMetrics":     {"fourwave/api"},
	"github.com/looplab/fsm":         {"fourwave/fsm"},
	"github.com/gopacket/gopacket":   {"fourwave/lab"},
	"github.com/spf13":               {"fourwave"},
	"github.com/fxamacker/cbor":      {"fourwave/realsock"},
	"github.com/mdlayher/netlink":    {"fourwave/realsock"},
	"github.com/vishvananda/netlink": {"fourwave/realsock"},
	"golang.org/x/sys/unix":          {"fourwave/doctor", "fourwave/realsock", "fourwave/realsock/diag"},
	"github.com/prometheus":          {},
	"modernc.org/sqlite":             {"fourwave/store"},
	"github.com/pressly/goose":       {"fourwave/store"},
	"github.com/jackc/pgx":           {"fourwave/store"},
	"github.com/tidwall/btree":       {"fourwave/store"},
	"gvisor.dev/gvisor":              {}, // the benchmark that needs it is a module of its own
	"github.com/stretchr/testify":    {},
	"github.com/google/gopacket":     {},
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
	for name, file := range model(t) {
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
	for name, file := range model(t) {
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

// model reads the files of package fsm, tests left out.
func model(t *testing.T) map[string]*ast.File {
	t.Helper()
	names, err := filepath.Glob("fsm/*.go")
	if err != nil || len(names) == 0 {
		t.Fatalf("no package fsm: %v", err)
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
