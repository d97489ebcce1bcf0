//go:build !linux

package doctor

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"runtime"
	"syscall"
)

func hasIPv6() bool { return true }

func read(context.Context, Question) (*reading, error) {
	return nil, fmt.Errorf("%w: reading it is a feature of Linux, this is %s", ErrCannotAsk, runtime.GOOS)
}

func usedPorts(context.Context, Protocol, uint16, uint16) (func(uint16) bool, error) {
	return nil, fmt.Errorf("%w: reading it is a feature of Linux, this is %s", ErrCannotAsk, runtime.GOOS)
}

func refusedFor(Question) string { return "" }

// tryBind listens and stops at once: the standard library knows no bind alone. It sets SO_REUSEADDR
// itself, except on Windows.
func tryBind(q Question) error {
	at := netip.AddrPortFrom(q.addr(), q.Port).String()
	if q.Protocol == UDP {
		c, err := net.ListenPacket("udp", at)
		if err != nil {
			return err
		}
		return c.Close()
	}
	l, err := net.Listen("tcp", at)
	if err != nil {
		return err
	}
	return l.Close()
}

func errnoName(err error) string {
	for name, errno := range map[string]error{
		"EADDRINUSE": syscall.EADDRINUSE, "EACCES": syscall.EACCES, "EADDRNOTAVAIL": syscall.EADDRNOTAVAIL,
	} {
		if errors.Is(err, errno) {
			return name
		}
	}
	return err.Error()
}

// Machine is a feature of Linux.
func Machine(context.Context) (*Overview, error) {
	return nil, fmt.Errorf("%w: reading it is a feature of Linux, this is %s", ErrCannotAsk, runtime.GOOS)
}

// UserOf is a feature of Linux.
func UserOf(_, _ netip.AddrPort) (uid int, ok bool) { return 0, false }
