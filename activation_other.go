//go:build !unix

package main

import "net"

// inheritedListener is nil: no socket is passed on this system.
func inheritedListener() (net.Listener, error) { return nil, nil }
