package main

import (
	"compress/gzip"
	"context"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// writeModel builds the models for the browser.
func (s *site) writeModel(ctx context.Context, root, tmp string) error {
	wasm := filepath.Join(tmp, "fourwave.wasm")
	env := []string{"GOOS=js", "GOARCH=wasm", "CGO_ENABLED=0"}
	_, err := output(ctx, env, "go", "build", "-C", root, "-ldflags=-s -w", "-o", wasm, "./site/worker")
	if err != nil {
		return err
	}
	goroot, err := output(ctx, nil, "go", "env", "GOROOT")
	if err != nil {
		return err
	}
	for _, f := range []struct{ from, to string }{
		{filepath.Join(goroot, "lib/wasm/wasm_exec.js"), "model/wasm_exec.js"},
		{filepath.Join(root, "web/static/site/worker.js"), "model/worker.js"},
		{filepath.Join(root, "openapi.yaml"), "openapi.yaml"},
	} {
		if err := copyFile(f.from, filepath.Join(s.out, f.to)); err != nil {
			return err
		}
	}
	return compress(wasm, filepath.Join(s.out, "model/fourwave.wasm.gz"))
}

// writeFiles copies the page's files, but for the page itself, which the server writes.
func (s *site) writeFiles(root string) error {
	static := filepath.Join(root, "web/static")
	return filepath.WalkDir(static, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name, err := filepath.Rel(static, path)
		if err != nil {
			return err
		}
		if name == "index.html" || name == "site/worker.js" || strings.HasSuffix(name, ".png") {
			return nil
		}
		return copyFile(path, filepath.Join(s.out, "static", name))
	})
}

func copyFile(from, to string) error {
	b, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return writeFile(to, b)
}

func writeFile(name string, b []byte) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	return os.WriteFile(name, b, 0o644)
}

func compress(from, to string) (err error) {
	r, err := os.Open(from)
	if err != nil {
		return err
	}
	defer r.Close()
	w, err := os.Create(to)
	if err != nil {
		return err
	}
	defer func() {
		if e := w.Close(); err == nil {
			err = e
		}
	}()
	z, err := gzip.NewWriterLevel(w, gzip.BestCompression)
	if err != nil {
		return err
	}
	if _, err := io.Copy(z, r); err != nil {
		return err
	}
	return z.Close()
}
