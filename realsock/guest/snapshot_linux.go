package guest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"fourwave/realsock"
)

// saved is a machine in the cache, ready to start from.
type saved struct {
	shape
	about savedAbout
}

// savedAbout is the file about.json beside a saved machine.
type savedAbout struct {
	Kernel  string           `json:"kernel"`
	Plain   bool             `json:"plain"`
	Memory  int              `json:"memory_mib"`
	Answer  []byte           `json:"answer"` // of its runner to the opening message
	Ability realsock.Ability `json:"ability"`
	Boot    time.Duration    `json:"boot_ns"` // how long it took to make, on the wall's clock
}

// bootPatience bounds a boot, ageing included. On a busy machine a minute has been seen.
const bootPatience = 5 * time.Minute

// key digests what a saved machine depends on.
func (s *Store) key(k *Kernel, sh *shape, what realsock.Role) (string, error) {
	qemu, err := s.qemu()
	if err != nil {
		return "", err
	}
	init, err := s.init()
	if err != nil {
		return "", err
	}
	h := sha256.New()
	fmt.Fprintln(h, qemu.version, k.Digest, init.digest, what, sh.memory, sh.args())
	return hex.EncodeToString(h.Sum(nil))[:24], nil
}

// machineOf gives the saved machine of a kernel in a role, and boots and saves it where there is
// none. Of several callers one boots.
func (s *Store) machineOf(ctx context.Context, k *Kernel, what realsock.Role, tell func(string)) (*saved, error) {
	s.saving.Lock()
	defer s.saving.Unlock()
	var errs []error
	for _, plain := range []bool{false, true} {
		init, err := s.init()
		if err != nil {
			return nil, err
		}
		sh := shape{plain: plain, memory: init.memory(), kernel: k.image()}
		if what == realsock.RunTrials {
			sh.append = realsock.GuestTrials
		}
		key, err := s.key(k, &sh, what)
		if err != nil {
			return nil, err
		}
		sh.dir = filepath.Join(s.cache, key)
		if m, err := load(sh); err == nil {
			return m, nil
		}
		m, err := s.make(ctx, k, sh, what, tell)
		if err == nil {
			return m, nil
		}
		var refused *refusal
		if errors.As(err, &refused) || ctx.Err() != nil {
			return nil, err
		}
		errs = append(errs, err)
		tell(fmt.Sprintf("it did not come up (%v); trying a plain machine", err))
	}
	return nil, fmt.Errorf("%s: %w", k.Version, errors.Join(errs...))
}

// load finds a saved machine.
func load(sh shape) (*saved, error) {
	b, err := os.ReadFile(filepath.Join(sh.dir, "about.json"))
	if err != nil {
		return nil, err
	}
	m := &saved{shape: sh}
	now := time.Now()
	_ = os.Chtimes(filepath.Join(sh.dir, "about.json"), now, now) // it is of use: see tidy
	m.initrd = filepath.Join(sh.dir, "initrd")
	m.restore = true
	return m, json.Unmarshal(b, &m.about)
}

// make boots a machine and saves it: in a directory beside its place, which is renamed when all is
// there.
func (s *Store) make(ctx context.Context, k *Kernel, sh shape, what realsock.Role, tell func(string)) (*saved, error) {
	if err := enoughMemory(sh.memory); err != nil {
		return nil, &refusal{err}
	}
	if err := os.MkdirAll(s.cache, 0o700); err != nil {
		return nil, &refusal{err}
	}
	dir, err := os.MkdirTemp(s.cache, "making-")
	if err != nil {
		return nil, &refusal{err}
	}
	defer os.RemoveAll(dir)
	place := sh.dir
	sh.dir, sh.initrd = dir, filepath.Join(dir, "initrd")
	if err := s.writeInitrd(sh.initrd, k); err != nil {
		return nil, &refusal{err}
	}
	ctx, cancel := context.WithTimeout(ctx, bootPatience)
	defer cancel()
	about, err := s.bootAndSave(ctx, k, &sh, what, tell)
	if err != nil {
		return nil, err
	}
	b, err := json.Marshal(about)
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "about.json"), b, 0o600)
	}
	if err != nil {
		return nil, &refusal{err}
	}
	if err := os.Rename(dir, place); err != nil {
		if _, other := os.Stat(filepath.Join(place, "about.json")); other != nil { // else another program was faster
			return nil, &refusal{err}
		}
	}
	s.tidy()
	sh.dir = place
	return load(sh)
}

// unusedFor is how long a saved machine is kept that nobody starts from, because the program or
// qemu has changed; and making how long a boot may have been interrupted.
const unusedFor, making = 7 * 24 * time.Hour, 2 * bootPatience

// tidy removes saved machines that have been of no use for long, and what interrupted boots have
// left.
func (s *Store) tidy() {
	entries, err := os.ReadDir(s.cache)
	if err != nil {
		return
	}
	for _, e := range entries {
		dir, most := filepath.Join(s.cache, e.Name()), unusedFor
		used, err := os.Stat(filepath.Join(dir, "about.json"))
		if err != nil {
			if used, err = os.Stat(dir); err != nil {
				continue
			}
			most = making
		}
		if time.Since(used.ModTime()) > most {
			_ = os.RemoveAll(dir)
		}
	}
}

func (s *Store) bootAndSave(ctx context.Context, k *Kernel, sh *shape, what realsock.Role,
	tell func(string)) (*savedAbout, error) {
	qemu, err := s.qemu()
	if err != nil {
		return nil, err
	}
	tell(fmt.Sprintf("booting Linux %s (%d MiB)", k.Version, sh.memory))
	began := time.Now()
	m, err := sh.boot(qemu.path, s.spawn)
	if err != nil {
		return nil, err
	}
	defer m.end()
	answer, able, err := m.greet(ctx, what)
	if err != nil {
		return nil, err
	}
	tell(fmt.Sprintf("ready after %.1f s and ten virtual minutes; saving", time.Since(began).Seconds()))
	select {
	case <-m.mon.stopped:
	case <-m.gone:
		return nil, m.failed(errMachineGone)
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if err := m.save(ctx); err != nil {
		return nil, err
	}
	return &savedAbout{
		Kernel: k.Version, Plain: sh.plain, Memory: sh.memory, Answer: answer, Ability: *able, Boot: time.Since(began),
	}, nil
}

// greet sends the opening message and reads the answer.
func (m *machine) greet(ctx context.Context, what realsock.Role) ([]byte, *realsock.Ability, error) {
	stop := context.AfterFunc(ctx, m.end)
	defer stop()
	s := &stream{machine: m, chunk: chunkOf(what)}
	if _, err := s.Write(realsock.Opening(what)); err != nil {
		return nil, nil, m.silent(ctx, err)
	}
	var answer []byte
	buf := make([]byte, 4096)
	for {
		n, err := m.heard.Read(buf)
		if err != nil {
			return nil, nil, m.silent(ctx, err)
		}
		answer = append(answer, buf[:n]...)
		able, err := realsock.Opened(what, answer)
		if err != nil {
			return nil, nil, &refusal{fmt.Errorf("the guest says: %w", err)}
		}
		if able != nil {
			return answer, able, nil
		}
	}
}

// silent is the error for a guest that ended or said nothing.
func (m *machine) silent(ctx context.Context, err error) error {
	switch {
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return m.failed(fmt.Errorf("no answer from the guest in %v", bootPatience))
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrClosedPipe):
		return m.failed(errors.New("the guest's kernel ended before its first process was ready"))
	}
	return m.failed(err)
}

// refusal is an error that another machine would not help against.
type refusal struct{ error }

func (r *refusal) Unwrap() error { return r.error }
