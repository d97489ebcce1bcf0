package guest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"

	"fourwave/realsock"
)

// machine is a running qemu.
type machine struct {
	cmd     *exec.Cmd
	in, out net.Conn
	heard   *outbox // of out
	mon     *monitor
	said    tail
	gone    chan struct{} // closed when the process has ended
}

// shape is what a machine is made of. Everything but restore and dir belongs to what it is.
type shape struct {
	plain   bool   // the pc machine, with a plain command line
	memory  int    // MiB
	append  string // further words of the kernel's command line
	kernel  string // files
	initrd  string
	dir     string // of the saved machine: ram and state
	restore bool
}

// fastWords make a boot short. None changes what TCP does: they leave out self-tests, probing for
// hardware that is not there, and mitigations against neighbours that a guest has not got.
const fastWords = "8250.nr_uarts=0 mitigations=off nokaslr cryptomgr.notests nowatchdog " +
	"tsc_early_khz=1000000 lpj=4000000 pci=off noirqdebug lsm=capability audit=0 random.trust_cpu=on"

// args is qemu's command line, without the files of one machine.
func (s *shape) args() []string {
	board, words := "microvm,acpi=off,memory-backend=ram", fastWords
	if s.plain {
		board, words = "pc,memory-backend=ram", "8250.nr_uarts=0 nokaslr lsm=capability audit=0"
	}
	return []string{
		"-nodefaults", "-no-user-config", "-display", "none", "-no-reboot", "-M", board, "-cpu", "qemu64",
		"-m", fmt.Sprintf("%dM", s.memory), "-accel", "tcg", "-icount", "shift=0,sleep=off",
		"-device", "pvpanic", "-action", "panic=pause",
		"-chardev", "socket,id=in,fd=3", "-serial", "chardev:in",
		"-chardev", "socket,id=out,fd=4", "-device", "isa-debugcon,iobase=0xe9,chardev=out",
		"-chardev", "socket,id=mon,fd=5", "-mon", "chardev=mon,mode=control",
		"-append", strings.TrimSpace("rdinit=/fourwave-guest quiet panic=-1 " + words + " " + s.append),
	}
}

// files is the rest of the command line.
func (s *shape) files() []string {
	share := "on" // what is written to it is in the file
	if s.restore {
		share = "off"
	}
	args := []string{
		"-object", fmt.Sprintf("memory-backend-file,id=ram,size=%dM,mem-path=%s,share=%s", s.memory,
			comma(filepath.Join(s.dir, "ram")), share),
		"-kernel", s.kernel, "-initrd", s.initrd,
	}
	if s.restore {
		args = append(args, "-incoming", "defer", "-S")
	}
	return args
}

// comma doubles commas, which separate the properties of a qemu object.
func comma(path string) string { return strings.ReplaceAll(path, ",", ",,") }

// boot starts a machine. spawn starts the process, on a thread that lives as long as the Store.
func (s *shape) boot(qemu string, spawn func(*exec.Cmd) error) (*machine, error) {
	m := &machine{gone: make(chan struct{})}
	var (
		ours   [3]net.Conn
		theirs []*os.File
	)
	defer func() {
		for _, f := range theirs {
			f.Close()
		}
	}()
	for i := range ours {
		c, f, err := socketPair()
		if err != nil {
			return nil, err
		}
		ours[i], theirs = c, append(theirs, f)
	}
	m.cmd = exec.Command(qemu, append(s.args(), s.files()...)...)
	m.cmd.ExtraFiles, m.cmd.Stderr = theirs, &m.said
	m.cmd.Env = append(os.Environ(), stateVariable+"="+filepath.Join(s.dir, "state"))
	m.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Pdeathsig: syscall.SIGKILL}
	if err := spawn(m.cmd); err != nil {
		return nil, err
	}
	m.in, m.out, m.mon = ours[0], ours[1], newMonitor(ours[2])
	m.heard = newOutbox(m.out)
	go func() {
		_ = m.cmd.Wait()
		close(m.gone)
	}()
	if err := m.mon.prepare(); err != nil {
		return nil, m.failed(err)
	}
	return m, nil
}

// stateVariable names the file of a machine's device state to the shell that qemu starts for it.
const stateVariable = "FOURWAVE_GUEST_STATE"

// save writes the state of a machine that has stopped; its memory is a file already.
func (m *machine) save(ctx context.Context) error {
	return m.migrate(ctx, "migrate", `exec:cat > "$`+stateVariable+`"`)
}

// restore reads the state that save has written. The machine is stopped then as it was.
func (m *machine) restore(ctx context.Context) error {
	if err := m.migrate(ctx, "migrate-incoming", `exec:cat "$`+stateVariable+`"`); err != nil {
		return err
	}
	offer(m.mon.stopped, struct{}{})
	return nil
}

func (m *machine) migrate(ctx context.Context, command, uri string) error {
	if err := m.mon.do(command, map[string]any{"uri": uri}); err != nil {
		return m.failed(err)
	}
	select {
	case how := <-m.mon.moved:
		if how != "completed" {
			return m.failed(errors.New("qemu: " + command + " failed"))
		}
		return nil
	case <-m.mon.gone:
		return m.failed(errMachineGone)
	case <-ctx.Done():
		m.end()
		return ctx.Err()
	}
}

// end kills the machine and waits until it is gone. It may be called several times.
func (m *machine) end() {
	_ = m.cmd.Process.Kill()
	<-m.gone
	m.heard.close()
	for _, c := range []net.Conn{m.in, m.out, m.mon.conn} {
		c.Close()
	}
}

// failed ends the machine and adds to err what qemu said last.
func (m *machine) failed(err error) error {
	m.end()
	if said := m.said.String(); said != "" {
		return fmt.Errorf("%w: %s", err, said)
	}
	return err
}

// socketPair makes a pair of sockets: ours, and the file to be given to a child.
func socketPair() (net.Conn, *os.File, error) {
	p, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, nil, os.NewSyscallError("socketpair", err)
	}
	theirs := os.NewFile(uintptr(p[1]), "guest")
	f := os.NewFile(uintptr(p[0]), "guest")
	defer f.Close()
	ours, err := net.FileConn(f)
	if err != nil {
		theirs.Close()
		return nil, nil, err
	}
	return ours, theirs, nil
}

// tail keeps the last of what qemu says on its standard error.
type tail struct {
	mu sync.Mutex
	b  []byte
}

const tailLen = 2048

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.b = append(t.b, p...)
	if extra := len(t.b) - tailLen; extra > 0 {
		t.b = append(t.b[:0], t.b[extra:]...)
	}
	return len(p), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return strings.TrimSpace(string(t.b))
}

// stream is the byte stream to a machine's runner.
type stream struct {
	*machine
	chunk   int // most that is written while the machine stands still; 0: a whole message
	writing sync.Mutex
	// Of a restored machine, whose runner was greeted before it was saved.
	restored bool
	answer   []byte        // what it answered; served when the opening message is written
	opened   chan struct{} // closed then
	once     sync.Once
}

// chunkOf is the chunk of a stream to a runner in a role: for a Net what the guest's FIFO takes
// while the machine stands still, so that no time passes while a request arrives. In trials no time
// is looked at.
func chunkOf(what realsock.Role) int {
	if what == realsock.RunTrials {
		return 0
	}
	return 14
}

// Write waits until the machine stands still, gives it as much as fits, lets it go on, and so on.
func (s *stream) Write(b []byte) (int, error) {
	s.writing.Lock()
	defer s.writing.Unlock()
	if opening := false; s.restored {
		s.once.Do(func() { opening = true; close(s.opened) })
		if opening {
			return len(b), nil
		}
	}
	for n := 0; n < len(b); {
		piece := b[n:]
		if s.chunk > 0 {
			piece = b[n:min(n+s.chunk, len(b))]
		}
		if err := s.feed(piece); err != nil {
			return n, err
		}
		n += len(piece)
	}
	return len(b), nil
}

func (s *stream) feed(piece []byte) error {
	select {
	case <-s.mon.stopped:
	case <-s.gone:
		return io.ErrClosedPipe
	}
	if _, err := s.in.Write(piece); err != nil {
		return err
	}
	// qemu answers a command from the loop that fills the FIFO, so after an answer it is filled.
	if err := s.mon.do("query-status", nil); err != nil {
		return err
	}
	return s.mon.do("cont", nil)
}

func (s *stream) Read(b []byte) (int, error) {
	if s.restored {
		select {
		case <-s.opened:
		case <-s.gone:
			return 0, io.EOF
		}
		if len(s.answer) > 0 {
			n := copy(b, s.answer)
			s.answer = s.answer[n:]
			return n, nil
		}
	}
	return s.heard.Read(b)
}

func (s *stream) Close() error {
	s.end()
	return nil
}
