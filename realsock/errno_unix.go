//go:build unix

package realsock

import "golang.org/x/sys/unix"

// errnoName is "ok" or the errno's name, and the text of what is none.
func errnoName(err error) string {
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
