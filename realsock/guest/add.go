package guest

import (
	"archive/tar"
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/ulikunitz/xz"
)

// wanted are the modules that a guest loads, in this order.
var wanted = []string{"inet_diag", "tcp_diag", "veth"}

// Bounds of what is read.
const (
	maxImage   = 64 << 20
	maxModule  = 8 << 20
	maxBuiltin = 1 << 20
)

// parts are what was found of a kernel.
type parts struct {
	image   []byte
	modules map[string]moduleFile // by name
	builtin map[string]bool
	arch    string // of a package
}

type moduleFile struct {
	ending string // ".ko", ".ko.xz", …
	b      []byte
}

func newParts() *parts {
	return &parts{modules: map[string]moduleFile{}, builtin: map[string]bool{}}
}

// Add adds a kernel from packages (.deb), or from an image and a directory of modules (""; then
// none is needed only where all are built in). tell hears of long work.
func (s *Store) Add(files []string, modules string, tell func(string)) (*Kernel, error) {
	p := newParts()
	source := ""
	for _, name := range files {
		if source == "" {
			source = filepath.Base(name)
		}
		var err error
		if strings.HasSuffix(name, ".deb") {
			tell("reading " + name)
			err = p.readDeb(name)
		} else {
			p.image, err = readAtMost(name, maxImage)
		}
		if err != nil {
			return nil, remedied(name, err)
		}
	}
	if modules != "" {
		if err := p.readModules(modules); err != nil {
			return nil, remedied(modules, err)
		}
	}
	return s.keep(p, source)
}

// remedied adds what helps against an error of reading.
func remedied(name string, err error) error {
	if errors.Is(err, os.ErrPermission) {
		return fmt.Errorf("%w. Ubuntu lets only root read kernel images: sudo cp %s . && sudo chown $USER, then "+
			"add the copy",
			err, name)
	}
	var path *os.PathError
	if errors.As(err, &path) {
		return err
	}
	return fmt.Errorf("%s: %w", name, err)
}

// keep checks what was found and writes it into the store.
func (s *Store) keep(p *parts, source string) (*Kernel, error) {
	switch {
	case p.arch != "" && p.arch != "amd64":
		return nil, fmt.Errorf("%s: a package for %s, and guests are x86-64 (amd64)", source, p.arch)
	case p.image == nil:
		return nil, fmt.Errorf("%s: there is no kernel image in it (boot/vmlinuz-…). Newer kernels of Debian come "+
			"in parts: "+
			"name linux-binary-….deb and linux-modules-….deb", source)
	}
	release, version, err := bzImage(p.image)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", source, err)
	}
	k := &Kernel{Version: version, Release: release, Source: source, dir: filepath.Join(s.data, version)}
	if err := os.MkdirAll(s.data, 0o755); err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp(s.data, "adding-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	if err := p.write(dir, k); err != nil {
		return nil, err
	}
	if err := os.RemoveAll(k.dir); err != nil { // the one of before; what was saved of it is known by its digest
		return nil, err
	}
	return k, os.Rename(dir, k.dir)
}

// write writes the parts into a directory and their digest into k.
func (p *parts) write(dir string, k *Kernel) error {
	digest := sha256.New()
	digest.Write(p.image)
	if err := os.WriteFile(filepath.Join(dir, "vmlinuz"), p.image, 0o644); err != nil {
		return err
	}
	if err := os.Mkdir(filepath.Join(dir, "modules"), 0o755); err != nil {
		return err
	}
	for i, name := range wanted {
		m, ok := p.modules[name]
		if !ok && p.builtin[name] {
			continue
		}
		if !ok {
			return fmt.Errorf("kernel %s: its module %s is missing. Name the package that has the modules too "+
				"(linux-modules-….deb on Ubuntu), or their directory by --modules", k.Version, name)
		}
		digest.Write(m.b)
		k.Modules++
		if err := os.WriteFile(filepath.Join(dir, "modules", fmt.Sprintf("%d-%s%s", i, name, m.ending)), m.b,
			0o644); err != nil {
			return err
		}
	}
	k.Digest = hex.EncodeToString(digest.Sum(nil))
	about, err := json.MarshalIndent(k, "", "\t")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "about.json"), about, 0o644)
}

// readModules reads the wanted modules of a directory such as /lib/modules/6.1.0-56-amd64.
func (p *parts) readModules(dir string) error {
	if b, err := readAtMost(filepath.Join(dir, "modules.builtin"), maxBuiltin); err == nil {
		p.readBuiltin(b)
	}
	return filepath.WalkDir(dir, func(name string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		if module, ending, ok := moduleName(name); ok && slices.Contains(wanted, module) {
			b, err := readAtMost(name, maxModule)
			if err != nil {
				return err
			}
			p.modules[module] = moduleFile{ending, b}
		}
		return nil
	})
}

func (p *parts) readBuiltin(b []byte) {
	for line := range strings.Lines(string(b)) {
		if module, _, ok := moduleName(strings.TrimSpace(line)); ok {
			p.builtin[module] = true
		}
	}
}

// moduleName is the name of a module by its file, with hyphens as underscores, as the kernel has
// it.
func moduleName(file string) (name, ending string, ok bool) {
	base := path.Base(filepath.ToSlash(file))
	name, ending, ok = strings.Cut(base, ".ko")
	return strings.ReplaceAll(name, "-", "_"), ".ko" + ending, ok
}

// readDeb reads a Debian package: an ar archive of a control and a data archive (deb(5)).
func (p *parts) readDeb(name string) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	r := bufio.NewReader(f)
	magic := make([]byte, 8)
	if _, err := io.ReadFull(r, magic); err != nil || string(magic) != "!<arch>\n" {
		return errors.New("not a Debian package")
	}
	for {
		member, size, err := nextMember(r)
		if err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
		body := io.LimitReader(r, size)
		if strings.HasPrefix(member, "control.tar") || strings.HasPrefix(member, "data.tar") {
			if err := p.readTar(member, body); err != nil {
				return err
			}
		}
		if _, err := io.Copy(io.Discard, body); err != nil {
			return err
		}
		if size%2 == 1 {
			_, _ = r.Discard(1)
		}
	}
}

// nextMember reads the header of an ar member.
func nextMember(r io.Reader) (name string, size int64, err error) {
	var head [60]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		if err == io.ErrUnexpectedEOF {
			err = errors.New("the package is cut short")
		}
		return "", 0, err
	}
	size, err = strconv.ParseInt(strings.TrimSpace(string(head[48:58])), 10, 64)
	if err != nil || size < 0 || string(head[58:]) != "`\n" {
		return "", 0, errors.New("the package is damaged")
	}
	return strings.TrimRight(string(head[:16]), "/ "), size, nil
}

func (p *parts) readTar(member string, body io.Reader) error {
	switch path.Ext(member) {
	case ".tar":
	case ".xz":
		x, err := xz.NewReader(bufio.NewReader(body))
		if err != nil {
			return err
		}
		body = x
	default:
		return fmt.Errorf("its %s has a compression that is not read here. Unpack it by dpkg-deb -x and name "+
			"boot/vmlinuz-… with --modules lib/modules/…", member)
	}
	for t := tar.NewReader(body); ; {
		h, err := t.Next()
		if err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
		if err := p.take(h, t); err != nil {
			return fmt.Errorf("%s: %w", path.Base(h.Name), err)
		}
	}
}

// take reads a file of a package, if it is of use.
func (p *parts) take(h *tar.Header, body io.Reader) error {
	base := path.Base(h.Name)
	module, ending, isModule := moduleName(base)
	switch {
	case h.Typeflag != tar.TypeReg:
	case base == "control":
		b, err := all(body, maxBuiltin)
		for line := range strings.Lines(string(b)) {
			if value, ok := strings.CutPrefix(line, "Architecture:"); ok {
				p.arch = strings.TrimSpace(value)
			}
		}
		return err
	case strings.HasPrefix(base, "vmlinuz"):
		b, err := all(body, maxImage)
		p.image = b
		return err
	case base == "modules.builtin":
		b, err := all(body, maxBuiltin)
		p.readBuiltin(b)
		return err
	case isModule && slices.Contains(wanted, module):
		b, err := all(body, maxModule)
		p.modules[module] = moduleFile{ending, b}
		return err
	}
	return nil
}

// all reads everything, up to a bound.
func all(r io.Reader, most int64) ([]byte, error) {
	var b bytes.Buffer
	n, err := b.ReadFrom(io.LimitReader(r, most+1))
	if err == nil && n > most {
		err = fmt.Errorf("longer than %d MiB", most>>20)
	}
	return b.Bytes(), err
}

func readAtMost(name string, most int64) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return all(f, most)
}
