//go:build unix

package main

import (
	"fmt"
	"net"

	"github.com/coreos/go-systemd/v22/activation"
)

// inheritedListener is the listening socket that systemd passed (sd_listen_fds(3)), or nil.
func inheritedListener() (net.Listener, error) {
	listeners, err := activation.Listeners()
	if err != nil || len(listeners) == 0 {
		return nil, err
	}
	if len(listeners) > 1 || listeners[0] == nil {
		return nil, fmt.Errorf("systemd passed %d sockets, want one that listens on TCP", len(listeners))
	}
	return listeners[0], nil
}
