package realsock

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// The ports of a guest's stream to the program outside. Bytes leave by qemu's debug console and enter
// by a 16550 that no driver has; a write to pvpanic's port stops the machine at that instruction
// until the program lets it go on. A guest's time passes only between two such stops.
const (
	portPanic  = 0x505
	panicked   = 1 << 0
	portOut    = 0xe9
	portIn     = 0x3f8
	portInIER  = portIn + 1 // interrupt enable
	portInFCR  = portIn + 2 // FIFO control
	portInLSR  = portIn + 5 // line status
	dataReady  = 1 << 0     // of LSR
	fifoOn     = 0xc7       // enabled and cleared, with a trigger level of 14, which is what qemu fills it to
	guestChunk = 14         // bytes that the FIFO holds then
)

func outb(port uint16, b byte)
func inb(port uint16) byte
func outs(port uint16, p *byte, n uintptr)

// guestPort is the stream of a runner that is a guest's first process. One that hurries stops the
// machine only between two messages, not between two pieces of one: they arrive faster, and how much
// virtual time that takes depends on the machine outside.
type guestPort struct{ hurries bool }

func (guestPort) fd() int      { return -1 }
func (guestPort) clock() Clock { return VirtualClock }

// read stops the machine until there is input and then empties the FIFO, which the program outside
// has filled meanwhile. So a request takes the same virtual time to arrive however long the program
// took to write it. The machine goes on only when a piece has been written, but qemu may put it into
// the FIFO a moment later.
func (p guestPort) read(b []byte, idle bool) (int, error) {
	if idle || !p.hurries {
		outb(portPanic, panicked)
	}
	for inb(portInLSR)&dataReady == 0 {
	}
	n := 0
	for n < min(len(b), guestChunk) && inb(portInLSR)&dataReady != 0 {
		b[n] = inb(portIn)
		n++
	}
	return n, nil
}

func (guestPort) write(b []byte) error {
	if len(b) > 0 {
		outs(portOut, &b[0], uintptr(len(b)))
	}
	return nil
}

// ageing is how long a guest lives before it is ready. A kernel takes a timestamp of 0 seconds for
// "none" (tcp_ts_recent_stamp), so PAWS is off in its first second, and jiffies wrap 300 s after
// boot (INITIAL_JIFFIES). Sleeping costs next to nothing in virtual time.
const ageing = 10 * time.Minute

// runGuest is the first process of a virtual machine, which the kernel starts as /init under guestName.
func runGuest() error {
	runtime.LockOSThread()
	for _, span := range [][2]int{{portPanic, 1}, {portOut, 1}, {portIn, 8}} {
		if err := unix.Ioperm(span[0], span[1], 1); err != nil {
			return os.NewSyscallError("ioperm", err)
		}
	}
	outb(portInIER, 0)
	outb(portInFCR, fifoOn)
	trials := slices.Contains(os.Args, GuestTrials) // words that the kernel does not know come before it
	if err := furnishGuest(); err != nil {
		return refuseGuest(trials, err)
	}
	time.Sleep(ageing)
	if trials {
		return runTrialsOn(guestPort{hurries: true}, newTrialStage)
	}
	return newRunner(guestPort{}).run()
}

// furnishGuest mounts what a runner reads and loads the modules that the initramfs brings.
func furnishGuest() error {
	for fs, dir := range map[string]string{"proc": "/proc", "sysfs": "/sys"} {
		if err := unix.Mount(fs, dir, fs, 0, ""); err != nil {
			return fmt.Errorf("mount %s: %w", dir, err)
		}
	}
	modules, err := filepath.Glob("/modules/*")
	if err != nil {
		return err
	}
	slices.Sort(modules)
	for _, name := range modules {
		if err := loadModule(name); err != nil {
			return fmt.Errorf("%s: %w", filepath.Base(name), err)
		}
	}
	return nil
}

func loadModule(name string) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	const compressed = 4 // MODULE_INIT_COMPRESSED_FILE (linux/module.h)
	flags := 0
	if !strings.HasSuffix(name, ".ko") {
		flags = compressed
	}
	return os.NewSyscallError("finit_module", unix.FinitModule(int(f.Fd()), "", flags))
}

// refuseGuest answers the program's first message by an error, in the form that its role expects.
func refuseGuest(trials bool, err error) error {
	var answer any = report{ID: 1, Hello: &hello{Version: protoVersion}, Err: err.Error()}
	if trials {
		answer = trialReport{Version: protoVersion, Err: err.Error()}
	}
	b, encodeErr := appendMessage(nil, answer)
	if encodeErr != nil {
		return encodeErr
	}
	_ = guestPort{}.write(b)
	for {
		_, _ = guestPort{}.read(make([]byte, guestChunk), true)
	}
}
