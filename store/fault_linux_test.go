package store

import (
	"bufio"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// TestMain also is the programs that the tests below start and kill.
func TestMain(m *testing.M) {
	switch os.Getenv("FOURWAVE_STORE_CHILD") {
	case "":
		os.Exit(m.Run())
	case "writer":
		writeForever(os.Args[1])
	case "full disk":
		fillDisk(os.Args[1])
	}
}

func child(t *testing.T, what, dir string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self, dir)
	cmd.Env = append(os.Environ(), "FOURWAVE_STORE_CHILD="+what)
	cmd.Stderr = os.Stderr
	return cmd
}

// writeForever saves answers from many goroutines and prints the number of each that was
// acknowledged.
func writeForever(dir string) {
	s, err := Open(context.Background(), dir)
	if err != nil {
		fmt.Println("open:", err)
		os.Exit(1)
	}
	base := time.Now().UnixNano()
	for g := range int64(20) {
		go func() {
			for i := base + g; ; i += 20 {
				err := s.Update(context.Background(), func(tx Tx) error {
					return tx.AddAnswer(&Answer{Attempt: "a1", N: 1, Revision: i})
				})
				if err != nil {
					fmt.Println("save:", err)
					os.Exit(1)
				}
				os.Stdout.WriteString(strconv.FormatInt(i, 10) + "\n") // one write, so lines stay whole
			}
		}()
	}
	select {}
}

// TestKilledWriter: an answer that was acknowledged is there after SIGKILL, at whatever moment.
func TestKilledWriter(t *testing.T) {
	kills := 5
	if os.Getenv("FOURWAVE_SOAK") != "" {
		kills = 200
	}
	dir := t.TempDir()
	s := open(t, dir)
	mustUpdate(t, s, func(tx Tx) error {
		return errors.Join(tx.AddQuiz(aQuiz("q1")), tx.AddAttempt(anAttempt("a1", "s")))
	})
	s.Close()
	acknowledged := 0
	for range kills {
		acknowledged += killOnce(t, dir)
	}
	if acknowledged == 0 {
		t.Error("nothing was acknowledged, so nothing was tested")
	}
	t.Logf("%d kills, %d answers acknowledged, none missing", kills, acknowledged)
}

// killOnce lets a writer work for a while, kills it and counts both sides.
func killOnce(t *testing.T, dir string) (acknowledged int) {
	t.Helper()
	cmd := child(t, "writer", dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	kill := time.AfterFunc(time.Duration(20+rand.IntN(200))*time.Millisecond, func() { cmd.Process.Kill() })
	defer kill.Stop()
	var said []int64
	for lines := bufio.NewScanner(out); lines.Scan(); {
		i, err := strconv.ParseInt(lines.Text(), 10, 64)
		if err != nil {
			if strings.HasPrefix(lines.Text(), "save") || strings.HasPrefix(lines.Text(), "open") {
				t.Fatal(lines.Text())
			}
			continue // the last line may be cut
		}
		said = append(said, i)
	}
	cmd.Wait()
	s := open(t, dir)
	defer s.Close()
	kept := make(map[int64]bool)
	rows, err := s.(*lite).reader.Query(`SELECT revision FROM answer`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var i int64
		if err := rows.Scan(&i); err != nil {
			t.Fatal(err)
		}
		kept[i] = true
	}
	for _, i := range said {
		if !kept[i] {
			t.Errorf("answer %d was acknowledged and is gone", i)
		}
	}
	return len(said)
}

// fillDisk works on a disk of 512 KiB until it is full, frees some and goes on.
func fillDisk(dir string) {
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, "size=512k"); err != nil {
		fmt.Println("mount:", err)
		return
	}
	ctx := context.Background()
	s, err := Open(ctx, dir)
	if err != nil {
		fmt.Println("open:", err)
		return
	}
	kept := 0
	for err == nil && kept < 10_000 {
		id := fmt.Sprintf("lab-%05d", kept)
		if err = s.Update(ctx, func(tx Tx) error {
			return tx.PutLab(&Lab{ID: id, Status: "done",
				Spec: make([]byte, 8<<10)})
		}); err == nil {
			kept++
		}
	}
	fmt.Println("full:", errors.Is(err, ErrUnavailable), kept > 5)
	fmt.Println("check:", errors.Is(s.Check(ctx), ErrUnavailable))
	found := 0
	err = s.View(ctx, func(tx Tx) (err error) { found, _, err = tx.LabTotals(""); return err })
	fmt.Println("reads:", err, found == kept)
}

// TestFullDisk: a full disk is said as such, nothing acknowledged is lost, and reads go on.
func TestFullDisk(t *testing.T) {
	cmd := child(t, "full disk", t.TempDir())
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWUSER | unix.CLONE_NEWNS,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}}}
	out, err := cmd.Output()
	if err != nil {
		if os.Getenv("FOURWAVE_NOSKIP") == "" {
			t.Skipf("needs a user namespace to mount a small disk in: %v", err)
		}
		t.Fatal(err)
	}
	if got, want := string(out), "full: true true\ncheck: true\nreads: <nil> true\n"; got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

func TestInUse(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	if _, err := Open(t.Context(), dir); !errors.Is(err, ErrInUse) {
		t.Errorf("a second server: got %v, want ErrInUse", err)
	}
	if err := Restore(t.Context(), filepath.Join(dir, File), dir); !errors.Is(err, ErrInUse) {
		t.Errorf("restore over a running server: got %v, want ErrInUse", err)
	}
	s.Close()
	open(t, dir)
}

func TestNewerSchema(t *testing.T) {
	dir := t.TempDir()
	open(t, dir).Close()
	db, err := sql.Open("sqlite", filepath.Join(dir, File))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(`INSERT INTO goose_db_version (version_id, is_applied) VALUES (999, 1)`); err != nil {
		t.Fatal(err)
	}
	_, err = Open(t.Context(), dir)
	if !errors.Is(err, ErrNewer) || !strings.Contains(fmt.Sprint(err), "999") {
		t.Errorf("got %v, want ErrNewer and its version", err)
	}
	if err := Restore(t.Context(), filepath.Join(dir, File), t.TempDir()); !errors.Is(err, ErrNewer) {
		t.Errorf("restore of a newer backup: got %v, want ErrNewer", err)
	}
}

// TestBackup: a backup that is made while a server writes is whole and can be restored.
func TestBackup(t *testing.T) {
	dir, file := t.TempDir(), filepath.Join(t.TempDir(), "backup.db")
	s := open(t, dir)
	mustUpdate(t, s, func(tx Tx) error { return tx.PutLab(&Lab{ID: "before", Status: "done"}) })
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			default:
				mustUpdate(t, s, func(tx Tx) error {
					return tx.PutLab(
						&Lab{ID: fmt.Sprint("lab", i%500), Status: "done"})
				})
			}
		}
	}()
	err := Backup(t.Context(), dir, file)
	close(stop)
	<-stopped
	if err != nil {
		t.Fatal(err)
	}
	if err := Backup(t.Context(), dir, file); !errors.Is(err, os.ErrExist) {
		t.Errorf("over a file: got %v, want os.ErrExist", err)
	}
	mustUpdate(t, s, func(tx Tx) error { return tx.PutLab(&Lab{ID: "after", Status: "done"}) })
	s.Close()
	if err := Restore(t.Context(), file, dir); err != nil {
		t.Fatal(err)
	}
	r := open(t, dir)
	mustView(t, r, func(tx Tx) error {
		if _, err := tx.Lab("after"); !errors.Is(err, ErrNotFound) {
			t.Errorf("what came after the backup: got %v, want ErrNotFound", err)
		}
		_, err := tx.Lab("before")
		return err
	})
}

func TestRestoreRefusesWhatIsNoBackup(t *testing.T) {
	dir, file := t.TempDir(), filepath.Join(t.TempDir(), "backup.db")
	if err := os.WriteFile(file, []byte(strings.Repeat("not a database", 100)), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := Restore(t.Context(), file, dir); err == nil {
		t.Error("a text was restored")
	}
	if _, err := os.Stat(filepath.Join(dir, File)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a refused restore left a database: %v", err)
	}
}

func TestReadOnlyDirectory(t *testing.T) {
	if os.Geteuid() == 0 {
		return // to root no directory is read-only; the full disk tests the same path
	}
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o500); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), filepath.Join(dir, "data")); !errors.Is(err, ErrUnavailable) {
		t.Errorf("got %v, want ErrUnavailable", err)
	}
}

// BenchmarkSave saves from 300 goroutines, as a class does.
func BenchmarkSave(b *testing.B) {
	s, err := Open(b.Context(), b.TempDir())
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	if err := s.Update(b.Context(), func(tx Tx) error {
		return errors.Join(tx.AddQuiz(aQuiz("q1")), tx.AddAttempt(anAttempt("a1", "s")))
	}); err != nil {
		b.Fatal(err)
	}
	next := make(chan int64, 1)
	next <- 1
	b.SetParallelism(150)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			i := <-next
			next <- i + 1
			if err := s.Update(b.Context(), func(tx Tx) error {
				return tx.AddAnswer(&Answer{Attempt: "a1", N: 1, Revision: i})
			}); err != nil {
				b.Error(err)
			}
		}
	})
}
