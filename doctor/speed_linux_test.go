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
	"slices"
	"strconv"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	diag "fourwave/sockdiag"
)

// askC is what a plain C program does that asks sock_diag with the port in the request's header.
//
//go:embed testdata/ask.c
var askC []byte

// BenchmarkReading reads one port beside many TIME-WAITs of other ports, and lets others do the
// same, side by side in the same namespace. It reports how many times as long as the doctor they
// take; the doctor's own time is that of the function, theirs is that of the program but for C's.
//
//   - C asks for IPv4 and then for IPv6;
//   - one_walk is C asking for both at once: no reader can take less that must look for sockets
//     which are only bound;
//   - connections is C leaving those out, as ss and netstat do; the doctor does when a census of
//     the machine's sockets says that there are none;
//   - with_bound is the doctor when there might be some;
//   - ss_port is ss -tan 'sport = :7865', ss is ss -tan, netstat is netstat -ant;
//   - whole is the doctor's whole answer: the ports near by, the processes, the other namespaces.
//
// 100,000 and 500,000 TIME-WAITs are made only with FOURWAVE_LONG set, which takes a minute.
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
			readers := readers(b, program)
			took := make(map[string][]time.Duration)
			start := time.Now()
			for b.Loop() {
				// more would outlast the first TIME-WAITs
				for i := 0; i < 5 && (i == 0 || time.Since(start) < 15*time.Second); i++ {
					for _, r := range readers {
						took[r.name] = append(took[r.name], r.read(b))
					}
				}
			}
			if got := timeWaits(); got < n*9/10 {
				b.Fatalf("%d TIME-WAITs are left of %d: this machine is too slow for the comparison", got, n)
			}
			doctor := median(took["doctor"])
			for _, r := range readers[1:] {
				b.ReportMetric(float64(median(took[r.name]))/float64(doctor), r.name+"/doctor")
			}
			b.ReportMetric(float64(doctor.Microseconds()), "doctor-µs")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// reader is one way to read the port. It returns how long it took.
type reader struct {
	name string
	read func(b *testing.B) time.Duration
}

// readers are the doctor and who else is there.
func readers(b *testing.B, program string) []reader {
	c, err := diag.Open()
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { c.Close() })
	q := Question{Port: 7865}
	set := readSettings(q.Port)
	all := []reader{
		{"doctor", func(b *testing.B) time.Duration {
			start := time.Now()
			if got, _, _, err := readPort(b.Context(), c, q, statesToAsk(b.Context()), &set); err != nil ||
				len(got) != 1 {
				b.Fatalf("got %d kinds of sockets, %v, want 1", len(got), err)
			}
			return time.Since(start)
		}},
		{"with_bound", func(b *testing.B) time.Duration {
			start := time.Now()
			if got, _, _, err := readPort(b.Context(), c, q, diag.Any, &set); err != nil || len(got) != 1 {
				b.Fatalf("got %d kinds of sockets, %v, want 1", len(got), err)
			}
			return time.Since(start)
		}},
		{"whole", func(b *testing.B) time.Duration {
			start := time.Now()
			if _, err := Examine(b.Context(), q); err != nil {
				b.Fatal(err)
			}
			return time.Since(start)
		}},
	}
	for name, how := range map[string][]string{"C": nil, "one_walk": {"once"}, "connections": {"connections"}} {
		args := append([]string{"7865", "2"}, how...)
		all = append(all, reader{name, func(b *testing.B) time.Duration {
			var found, ns int
			out, err := exec.Command(program, args...).Output()
			if _, scanErr := fmt.Sscan(string(out), &found, &ns); err != nil || scanErr != nil || found != 2 {
				b.Fatalf("%s: got %s, %v, %v, want 2 sockets", name, out, err, scanErr)
			}
			return time.Duration(ns)
		}})
	}
	for name, args := range map[string][]string{"ss_port": {"ss", "-tan", "sport = :7865"}, "ss": {"ss", "-tan"},
		"netstat": {"netstat", "-ant"}} {
		if _, err := exec.LookPath(args[0]); err != nil {
			continue
		}
		all = append(all, reader{name, func(b *testing.B) time.Duration {
			start := time.Now()
			if err := exec.Command(args[0], args[1:]...).Run(); err != nil {
				b.Fatal(err)
			}
			return time.Since(start)
		}})
	}
	return all
}

func median(d []time.Duration) time.Duration {
	slices.Sort(d)
	return d[len(d)/2]
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

// fill makes n TIME-WAITs on ports other than 7865: connections between addresses of 127.0.0.0/8,
// closed by the client first. The client's ports are chosen here, since connect would take those of
// TIME-WAITs that are a second old (tcp_tw_reuse).
func fill(b *testing.B, n int) {
	b.Helper()
	const perPair = 20_000
	for first := 0; first < n; first += perPair {
		i := first / perPair
		at := netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 1, byte(i), 1}), 9000)
		l := listen(b, at.String(), "reuseaddr")
		for k := range min(perPair, n-first) {
			shortConnection(b, l, at, &unix.SockaddrInet4{Addr: [4]byte{127, 2, byte(i), 1}, Port: 10_000 + k})
		}
		l.close()
	}
	runtime.GC()
}

func shortConnection(b *testing.B, l end, to netip.AddrPort, from *unix.SockaddrInet4) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM, 0)
	if err == nil {
		err = unix.Bind(fd, from)
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
