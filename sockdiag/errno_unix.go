//go:build unix

package sockdiag

import "golang.org/x/sys/unix"

// ErrnoName returns "ok" for a nil error, the symbolic name ("EADDRINUSE") of an errno, and the
// text of any other error.
func ErrnoName(err error) string {
	if err == nil {
		return "ok"
	}
	if e, ok := err.(unix.Errno); ok {
		if name := unix.ErrnoName(e); name != "" {
			return name
		}
	}
	return err.Error()
}
