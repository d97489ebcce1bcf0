package guest

import (
	"bytes"
	"crypto/sha256"
	"debug/elf"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
)

// Errors that say what is missing, each with its remedy.
var (
	ErrNoQemu = errors.New("there is no qemu-system-x86_64 on PATH, which runs other kernels. Get it by: " +
		"apt install --no-install-recommends qemu-system-x86 (Debian, Ubuntu), dnf install qemu-system-x86-core " +
		"(Fedora), apk add qemu-system-x86_64 (Alpine). All else works without it")
	ErrDynamic = errors.New("this program is linked dynamically, and a guest has no libraries. " +
		"Build it by: CGO_ENABLED=0 go build. Or name such a build of it in FOURWAVE_GUEST_INIT")
)

// qemuFound is the qemu that is used.
type qemuFound struct{ path, version string }

func (s *Store) qemu() (*qemuFound, error) { return s.qemuOnce() }

func (s *Store) findQemu() (*qemuFound, error) {
	if runtime.GOOS != "linux" || runtime.GOARCH != "amd64" {
		return nil, fmt.Errorf("guests run on Linux on x86-64, this is %s on %s", runtime.GOOS, runtime.GOARCH)
	}
	name := s.options.Qemu
	if name == "" {
		name = "qemu-system-x86_64"
	}
	path, err := exec.LookPath(name)
	if err != nil {
		return nil, ErrNoQemu
	}
	out, err := exec.Command(path, "--version").Output()
	if err != nil {
		return nil, fmt.Errorf("%s --version: %w", path, err)
	}
	line, _, _ := strings.Cut(string(out), "\n")
	return &qemuFound{path, line}, nil
}

// Ready says whether guests can run here: whether there is qemu, and a first process for them.
func (s *Store) Ready() error {
	if _, err := s.qemu(); err != nil {
		return err
	}
	_, err := s.init()
	return err
}

// initFile is a guest's first process, without what only a debugger reads.
type initFile struct {
	b      []byte
	digest string
}

func (s *Store) init() (*initFile, error) { return s.initOnce() }

func (s *Store) readInit() (*initFile, error) {
	name := s.options.Init
	if name == "" {
		name = "/proc/self/exe"
	}
	b, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	if b, err = stripped(b); err != nil {
		return nil, err
	}
	sum := sha256.Sum256(b)
	return &initFile{b, hex.EncodeToString(sum[:])}, nil
}

// memory is what a guest needs, in MiB: the kernel's own, and the file twice, in the initramfs and
// unpacked, of which the first is freed.
func (f *initFile) memory() int { return max(160, 112+len(f.b)>>20*5/2) }

// stripped cuts off what comes after the last segment that is loaded: sections for debuggers.
func stripped(b []byte) ([]byte, error) {
	f, err := elf.NewFile(bytes.NewReader(b))
	if err != nil {
		return nil, err
	}
	var end uint64
	for _, p := range f.Progs {
		if p.Type == elf.PT_INTERP {
			return nil, ErrDynamic
		}
		end = max(end, p.Off+p.Filesz)
	}
	if f.Class != elf.ELFCLASS64 || end > uint64(len(b)) || end < 64 {
		return nil, errors.New("the first process is no 64-bit ELF file")
	}
	b = bytes.Clone(b[:end])
	clear(b[0x28:0x30]) // e_shoff
	clear(b[0x3c:0x40]) // e_shnum, e_shstrndx
	return b, nil
}

// writeInitrd writes the initramfs: the first process, the modules, and the directories it mounts
// on.
func (s *Store) writeInitrd(name string, k *Kernel) error {
	init, err := s.init()
	if err != nil {
		return err
	}
	modules, err := filepath.Glob(filepath.Join(k.dir, "modules", "*"))
	if err != nil {
		return err
	}
	var c cpio
	for _, dir := range []string{"dev", "proc", "sys", "modules"} {
		c.add(cpioFile{name: dir, mode: 0o40755})
	}
	c.add(cpioFile{name: "dev/null", mode: 0o20666, major: 1, minor: 3}) // Go opens it where 0, 1 and 2 are closed
	c.add(cpioFile{name: "fourwave-guest", mode: 0o100755, data: init.b})
	for _, m := range modules {
		b, err := os.ReadFile(m)
		if err != nil {
			return err
		}
		c.add(cpioFile{name: "modules/" + filepath.Base(m), mode: 0o100644, data: b})
	}
	c.add(cpioFile{name: "TRAILER!!!"})
	return os.WriteFile(name, c.Bytes(), 0o600)
}

// cpio writes an archive in the "newc" format, which is the one the kernel unpacks
// (Documentation/driver-api/early-userspace/buffer-format.rst).
type cpio struct {
	bytes.Buffer
	ino int
}

type cpioFile struct {
	name         string
	mode         int
	major, minor int // of a device
	data         []byte
}

func (c *cpio) add(f cpioFile) {
	c.ino++
	fmt.Fprintf(c, "070701%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%s\x00",
		c.ino, f.mode, 0, 0, 1, 0, len(f.data), 0, 0, f.major, f.minor, len(f.name)+1, 0, f.name)
	c.pad()
	c.Write(f.data)
	c.pad()
}

func (c *cpio) pad() {
	for c.Len()%4 != 0 {
		c.WriteByte(0)
	}
}

// bzImage reads the header of a kernel image (Documentation/arch/x86/boot.rst) and returns the
// release and, from the rest of the version line, the point release.
func bzImage(b []byte) (release, version string, err error) {
	const (
		magicAt   = 0x202
		versionAt = 0x20e // offset of a string from 0x200
		flagsAt   = 0x236 // xloadflags; bit 0: a 64-bit kernel
	)
	switch {
	case len(b) > 0x40 && string(b[0x38:0x3c]) == "ARM\x64":
		return "", "", errors.New("a kernel for arm64, and guests are x86-64")
	case len(b) < 0x1000 || string(b[magicAt:magicAt+4]) != "HdrS":
		return "", "", errors.New("no Linux kernel image for x86 (bzImage)")
	case b[flagsAt]&1 == 0:
		return "", "", errors.New("a kernel for 32-bit x86, and guests are x86-64")
	}
	at := int(binary.LittleEndian.Uint16(b[versionAt:])) + 0x200
	if at >= len(b) {
		return "", "", errors.New("a kernel image without a version")
	}
	line, _, ok := bytes.Cut(b[at:min(at+512, len(b))], []byte{0})
	if !ok {
		return "", "", errors.New("a kernel image without a version")
	}
	release, rest, _ := strings.Cut(string(line), " ")
	version = leadingVersion(release)
	if _, debian, ok := strings.Cut(rest, " Debian "); ok { // whose releases stop at 6.1.0
		version = leadingVersion(debian)
	}
	if !IsVersion(version) {
		return "", "", fmt.Errorf("a kernel image of release %q, which is no version", release)
	}
	return release, version, nil
}

// leadingVersion is the digits and dots that s begins with.
func leadingVersion(s string) string {
	end := strings.IndexFunc(s, func(r rune) bool { return r != '.' && (r < '0' || r > '9') })
	if end < 0 {
		end = len(s)
	}
	return strings.TrimRight(s[:end], ".")
}

// enoughMemory is an error where the machine has less free than a guest needs.
func enoughMemory(mib int) error {
	f, err := os.Open("/proc/meminfo")
	if err != nil {
		return nil // then qemu will tell
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, 1<<16))
	if err != nil {
		return nil
	}
	_, rest, ok := strings.Cut(string(b), "MemAvailable:")
	var kib int
	if _, err := fmt.Sscan(rest, &kib); !ok || err != nil {
		return nil
	}
	if free := kib >> 10; free < mib+mib/4 {
		return fmt.Errorf("too little memory: a guest takes %d MiB and %d are available", mib, free)
	}
	return nil
}
