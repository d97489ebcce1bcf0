package doctor

import (
	"bytes"
	_ "embed"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"testing"

	"golang.org/x/sys/unix"

	"fourwave/realsock/diag"
)

// askC is what a plain C program does: it asks sock_diag with the port in the request's header, once for each family.
//
//go:embed testdata/ask.c
var askC []byte

// BenchmarkReading reads one port beside many TIME-WAITs of other ports, and lets others do the same in the same namespace. The doctor
// runs as a function, the others as programs; "C, in a loop" asks many times in one program, to be compared with the function.
// 100,000 and 500,000 TIME-WAITs are made only with FOURWAVE_LONG set, which takes half a minute.
func BenchmarkReading(b *testing.B) {
	sizes := []int{1000}
	if os.Getenv("FOURWAVE_LONG") != "" {
		sizes = append(sizes, 100_000, 500_000)
	}
	program := compileC(b)
	for _, n := range sizes {
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			enter(b)
			setSysctl(b, "tcp_max_tw_buckets", "1000000")
			fill(b, n)
			timeWait(b, "127.0.0.1:7865")
			here := join(b)
			c, err := diag.Open()
			if err != nil {
				b.Fatal(err)
			}
			defer c.Close()
			q := Question{Port: 7865}
			set := readSettings(q.Port)
			b.Run("doctor", func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					if got, _, err := readPort(b.Context(), c, q, diag.Any, &set); err != nil || len(got) != 1 {
						b.Fatalf("got %d kinds of sockets, %v, want 1", len(got), err)
					}
				}
			})
			// The walk through the bound sockets passes every TIME-WAIT once more; neither ss nor netstat makes it.
			b.Run("doctor_without_BOUND", func(b *testing.B) {
				for b.Loop() {
					if got, _, err := readPort(b.Context(), c, q, diag.Any&^diag.Set(diag.Bound), &set); err != nil || len(got) != 1 {
						b.Fatalf("got %d kinds of sockets, %v, want 1", len(got), err)
					}
				}
			})
			b.Run("C_in_a_loop", func(b *testing.B) {
				here(b)
				out, err := exec.Command(program, "7865", strconv.Itoa(max(b.N, 1))).Output()
				if want := fmt.Sprintln(max(b.N, 1)); err != nil || string(out) != want {
					b.Fatalf("got %s, %v, want %s", out, err, want)
				}
			})
			b.Run("whole_answer", func(b *testing.B) {
				here(b)
				b.ReportAllocs()
				for b.Loop() {
					if _, err := Examine(b.Context(), q); err != nil {
						b.Fatal(err)
					}
				}
			})
			for _, other := range [][]string{{program, "7865", "1"}, {"ss", "-tan", "sport = :7865"}, {"ss", "-tan"}, {"netstat", "-ant"}} {
				if _, err := exec.LookPath(other[0]); err != nil {
					continue
				}
				b.Run(filepath.Base(other[0])+fmt.Sprint(other[1:]), func(b *testing.B) {
					here(b)
					for b.Loop() {
						if err := exec.Command(other[0], other[1:]...).Run(); err != nil {
							b.Fatal(err)
						}
					}
				})
			}
		})
	}
}

// join returns a function that brings a benchmark of its own goroutine, and what it starts, into the caller's namespace.
func join(b *testing.B) func(b *testing.B) {
	b.Helper()
	fd, err := unix.Open("/proc/thread-self/ns/net", unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { unix.Close(fd) })
	return func(b *testing.B) {
		b.Helper()
		runtime.LockOSThread()
		if err := unix.Setns(fd, unix.CLONE_NEWNET); err != nil {
			b.Fatal(err)
		}
	}
}

func compileC(b *testing.B) string {
	b.Helper()
	program := filepath.Join(b.TempDir(), "ask")
	cc := exec.Command("cc", "-O2", "-x", "c", "-o", program, "-")
	cc.Stdin = bytes.NewReader(askC)
	if out, err := cc.CombinedOutput(); err != nil {
		b.Skipf("no C compiler: %v %s", err, out)
	}
	return program
}

// fill makes n TIME-WAITs on ports other than 7865: connections between addresses of 127.0.0.0/8, closed by the client first.
func fill(b *testing.B, n int) {
	b.Helper()
	const perPair = 20_000
	for first := 0; first < n; first += perPair {
		i := first / perPair
		at := netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 1, byte(i), 1}), 9000)
		from := netip.AddrFrom4([4]byte{127, 2, byte(i), 1})
		l := listen(b, at.String(), "reuseaddr")
		for range min(perPair, n-first) {
			shortConnection(b, l, at, from)
		}
		l.close()
	}
	runtime.GC()
}

func shortConnection(b *testing.B, l end, to netip.AddrPort, from netip.Addr) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM, 0)
	if err == nil {
		err = unix.SetsockoptInt(fd, unix.IPPROTO_IP, unix.IP_BIND_ADDRESS_NO_PORT, 1)
	}
	if err == nil {
		err = unix.Bind(fd, &unix.SockaddrInet4{Addr: from.As4()})
	}
	if err == nil {
		err = unix.Connect(fd, &unix.SockaddrInet4{Port: int(to.Port()), Addr: to.Addr().As4()})
	}
	if err != nil {
		b.Fatal(err)
	}
	s := l.accept()
	unix.Close(fd)
	s.close()
}
