package store

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// A server is a PostgreSQL of the test's own.
type server struct {
	port int
	made int
}

// startPostgres starts PostgreSQL from the system's packages, on loopback, in a directory of its
// own and as an ordinary user, since it refuses to run as root.
func startPostgres(t *testing.T) *server {
	t.Helper()
	if os.Getenv("FOURWAVE_LONG") == "" {
		t.Skip("starts PostgreSQL: set FOURWAVE_LONG=1")
	}
	initdb, postgres := postgresProgram(t, "initdb"), postgresProgram(t, "postgres")
	dir, err := os.MkdirTemp("", "fourwave-postgres-") // t.TempDir is closed to other users
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	as := ordinaryUser(t, dir)
	data := filepath.Join(dir, "data")
	if out, err := exec.Command(as[0], append(as[1:], initdb, "-D", data, "-U", "fourwave", "-A", "trust", "--no-sync",
		"-E", "UTF8", "--locale", "C.UTF-8")...).CombinedOutput(); err != nil {
		t.Fatalf("initdb: %v\n%s", err, out)
	}
	s := &server{port: freePort(t)}
	log := &strings.Builder{}
	cmd := exec.Command(as[0], append(as[1:], postgres, "-D", data, "-p", strconv.Itoa(s.port), "-k", dir,
		"-c", "listen_addresses=127.0.0.1", "-c", "max_connections=64")...)
	cmd.Stderr = log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Signal(os.Interrupt) // fast shutdown
		cmd.Wait()
	})
	deadline := time.Now().Add(time.Minute)
	for {
		c, err := net.Dial("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(s.port)))
		if err == nil {
			c.Close()
			return s
		}
		if time.Now().After(deadline) {
			t.Fatalf("PostgreSQL does not listen: %v", err)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// postgresProgram finds one of PostgreSQL's programs, which Debian keeps out of the path.
func postgresProgram(t *testing.T, name string) string {
	t.Helper()
	if path, err := exec.LookPath(name); err == nil {
		return path
	}
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/" + name)
	if len(found) == 0 {
		t.Fatalf("there is no %s: install the package postgresql", name)
	}
	return found[len(found)-1]
}

// ordinaryUser is what to put before a command so that it does not run as root, and gives the
// directory to that user.
func ordinaryUser(t *testing.T, dir string) []string {
	t.Helper()
	if os.Geteuid() != 0 {
		return []string{"env"}
	}
	u, err := user.Lookup("nobody")
	if err != nil {
		t.Fatal(err)
	}
	uid, _ := strconv.Atoi(u.Uid)
	gid, _ := strconv.Atoi(u.Gid)
	if err := os.Chown(dir, uid, gid); err != nil {
		t.Fatal(err)
	}
	return []string{"setpriv", "--reuid=" + u.Uid, "--regid=" + u.Gid, "--clear-groups"}
}

func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// database makes an empty database and gives its address.
func (s *server) database(t *testing.T) string {
	t.Helper()
	s.made++
	name := fmt.Sprintf("test%d", s.made)
	psql := postgresProgram(t, "psql")
	deadline := time.Now().Add(time.Minute)
	for {
		out, err := exec.Command(psql, "-h", "127.0.0.1", "-p", strconv.Itoa(s.port), "-U", "fourwave", "-d",
			"postgres",
			"-qc", "CREATE DATABASE "+name).CombinedOutput()
		if err == nil {
			return fmt.Sprintf("postgres://fourwave@127.0.0.1:%d/%s", s.port, name)
		}
		if !strings.Contains(string(out), "starting up") || time.Now().After(deadline) {
			t.Fatalf("CREATE DATABASE: %v\n%s", err, out)
		}
		time.Sleep(20 * time.Millisecond)
	}
}
