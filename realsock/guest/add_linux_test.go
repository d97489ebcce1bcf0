package guest

import (
	"archive/tar"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ulikunitz/xz"
)

// image makes the header of a bzImage, as much of one as is read.
func image(version string, flags byte) []byte {
	b := make([]byte, 0x2000)
	copy(b[0x202:], "HdrS")
	b[0x236] = flags
	binary.LittleEndian.PutUint16(b[0x20e:], 0x1000)
	copy(b[0x1200:], version+"\x00")
	return b
}

const debian61 = "6.1.0-56-cloud-amd64 (debian-kernel@lists.debian.org) #1 SMP PREEMPT_DYNAMIC Debian 6.1.192-2 " +
	"(2026-11-16)"

// deb makes a Debian package of files.
func deb(t *testing.T, arch string, files map[string]string) string {
	t.Helper()
	var b bytes.Buffer
	b.WriteString("!<arch>\n")
	member := func(name string, content []byte) {
		fmt.Fprintf(&b, "%-16s%-12d%-6d%-6d%-8o%-10d`\n", name, 0, 0, 0, 0o644, len(content))
		b.Write(content)
		if len(content)%2 == 1 {
			b.WriteByte('\n')
		}
	}
	member("debian-binary", []byte("2.0\n"))
	member("control.tar.xz",
		tarball(t, map[string]string{"./control": "Package: linux-image\nArchitecture: " + arch + "\n"}))
	member("data.tar.xz", tarball(t, files))
	name := filepath.Join(t.TempDir(), "linux-image.deb")
	if err := os.WriteFile(name, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

func tarball(t *testing.T, files map[string]string) []byte {
	t.Helper()
	var b bytes.Buffer
	x, err := xz.NewWriter(&b)
	if err != nil {
		t.Fatal(err)
	}
	w := tar.NewWriter(x)
	for name, content := range files {
		if err := w.WriteHeader(&tar.Header{Name: name, Size: int64(len(content)), Mode: 0o644}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(content)); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(w.Close(), x.Close()); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func modules(names ...string) map[string]string {
	files := map[string]string{"./boot/vmlinuz-6.1.0-56-cloud-amd64": string(image(debian61, 1))}
	for _, n := range names {
		files["./lib/modules/6.1.0-56-cloud-amd64/kernel/net/"+n] = "module " + n
	}
	return files
}

func TestAddPackage(t *testing.T) {
	s := NewStore(Options{Data: t.TempDir(), Cache: t.TempDir()})
	name := deb(t, "amd64", modules("inet_diag.ko", "tcp-diag.ko.xz", "veth.ko", "dummy.ko"))
	if _, err := s.Add([]string{name}, "", func(string) {}); err != nil {
		t.Fatal(err)
	}
	for _, version := range []string{"6.1", "6.1.192"} {
		k, err := s.Find(version)
		if err != nil {
			t.Fatalf("Find(%q): %v", version, err)
		}
		if k.Version != "6.1.192" || k.Release != "6.1.0-56-cloud-amd64" || k.Modules != 3 ||
			k.Source != "linux-image.deb" {
			t.Errorf("Find(%q) gives %+v", version, k)
		}
	}
	files, err := filepath.Glob(filepath.Join(s.data, "6.1.192", "modules", "*"))
	var got []string
	for _, f := range files {
		got = append(got, filepath.Base(f))
	}
	if want := "0-inet_diag.ko 1-tcp_diag.ko.xz 2-veth.ko"; err != nil || strings.Join(got, " ") != want {
		t.Errorf("got modules %q, want %q in the order they are loaded", got, want)
	}
	var unknown *UnknownKernel
	if _, err := s.Find("6.12"); !errors.As(err, &unknown) || !strings.Contains(err.Error(), "there are 6.1.192") {
		t.Errorf("a kernel that was not added: got %v", err)
	}
	k, err := s.Find("6.1")
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Remove(k); err != nil {
		t.Fatal(err)
	}
	if all, err := s.Kernels(); err != nil || len(all) != 0 {
		t.Errorf("after it was removed there are %v, %v", all, err)
	}
}

// What cannot be added is refused with what would help, and nothing of it is left.
func TestAddRefuses(t *testing.T) {
	write := func(b []byte) string {
		name := filepath.Join(t.TempDir(), "vmlinuz")
		if err := os.WriteFile(name, b, 0o600); err != nil {
			t.Fatal(err)
		}
		return name
	}
	arm := make([]byte, 0x2000)
	copy(arm[0x38:], "ARM\x64")
	builtin := modules("inet_diag.ko", "veth.ko")
	builtin["./lib/modules/6.1.0-56-cloud-amd64/modules.builtin"] = "kernel/net/ipv4/tcp_diag.ko\n"
	for _, test := range []struct{ name, file, want string }{
		{"a module is missing", deb(t, "amd64", modules("inet_diag.ko", "veth.ko")),
			"its module tcp_diag is missing. Name the package"},
		{"a module is built in", deb(t, "amd64", builtin), ""},
		{"a package for another machine", deb(t, "arm64", modules()), "a package for arm64"},
		{"a package without a kernel", deb(t, "amd64", map[string]string{"./usr/bin/x": ""}),
			"there is no kernel image in it"},
		{"an image for arm64", write(arm), "a kernel for arm64"},
		{"an image for 32 bits", write(image(debian61, 0)), "32-bit"},
		{"no image", write([]byte("hello")), "no Linux kernel image"},
		{"an image without modules", write(image(debian61, 1)), "inet_diag is missing"},
		{"no version", write(image("next-2026 (x) #1", 1)), "which is no version"},
		{"cut short", write([]byte("!<arch>\ndebian-binary")), "no Linux kernel image"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := NewStore(Options{Data: t.TempDir(), Cache: t.TempDir()})
			_, err := s.Add([]string{test.file}, "", func(string) {})
			if test.want == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want an error with %q", err, test.want)
			}
			if left, err := os.ReadDir(s.data); err == nil && len(left) > 0 {
				t.Errorf("%s is left", left[0].Name())
			}
		})
	}
}

func TestUnreadableImage(t *testing.T) {
	name := "/boot/vmlinuz-6.8.0-40-generic"
	err := remedied(name, &os.PathError{Op: "open", Path: name, Err: os.ErrPermission})
	if err == nil || !errors.Is(err, os.ErrPermission) || !strings.Contains(err.Error(), "sudo cp "+name) {
		t.Errorf("got %v, want what to do", err)
	}
}

func TestVersions(t *testing.T) {
	for _, test := range []struct{ line, release, version string }{
		{debian61, "6.1.0-56-cloud-amd64", "6.1.192"},
		{"6.12.117+deb12-cloud-amd64 (x) #1 SMP PREEMPT_DYNAMIC Debian 6.12.117-1~deb12u1 (2026-11-14)",
			"6.12.117+deb12-cloud-amd64", "6.12.117"},
		{"6.8.0-40-generic (buildd@x) #40-Ubuntu SMP", "6.8.0-40-generic", "6.8.0"},
		{"7.3.4 (me@here) #1", "7.3.4", "7.3.4"},
	} {
		release, version, err := bzImage(image(test.line, 1))
		if err != nil || release != test.release || version != test.version {
			t.Errorf("%q: got %q, %q, %v; want %q, %q", test.line, release, version, err, test.release, test.version)
		}
	}
	if CompareVersions("6.1.192", "6.12.1") >= 0 || CompareVersions("6.1.9", "6.1.192") >= 0 ||
		CompareVersions("7.0", "6.18.5") <= 0 {
		t.Error("versions are not ordered number by number")
	}
	for word, want := range map[string]bool{"6.1": true, "6.1.192": true, "6": false, "6.1.": false, "../6.1": false,
		"6.1.192.3": false} {
		if got := IsVersion(word); got != want {
			t.Errorf("IsVersion(%q) = %v, want %v", word, got, want)
		}
	}
}

func TestWithoutQemu(t *testing.T) {
	s := NewStore(Options{Data: t.TempDir(), Cache: t.TempDir(), Qemu: filepath.Join(t.TempDir(), "qemu")})
	if err := s.Ready(); !errors.Is(err, ErrNoQemu) || !strings.Contains(err.Error(), "apt install") {
		t.Errorf("got %v, want how to get qemu", err)
	}
}

// A program that is linked dynamically cannot be a guest's first process.
func TestDynamicInit(t *testing.T) {
	s := NewStore(Options{Data: t.TempDir(), Cache: t.TempDir(), Init: "/bin/sh"})
	if _, err := s.init(); !errors.Is(err, ErrDynamic) || !strings.Contains(err.Error(), "CGO_ENABLED=0") {
		t.Errorf("got %v, want what to do", err)
	}
}
