package doctor

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"fourwave/doctor/paste"
)

// tool is a program of a system that lists sockets.
type tool struct {
	name string
	args []string
}

// tools are what each system has: first the one that lists all sockets, then those that know the
// processes.
var tools = map[paste.System][]tool{
	paste.MacOS:   {{"netstat", []string{"-an"}}, {"lsof", []string{"-nP", "-iTCP", "-iUDP"}}},
	paste.FreeBSD: {{"netstat", []string{"-an"}}, {"sockstat", []string{"-46"}}},
	paste.Windows: {{"netstat", []string{"-ano"}}},
}

// systemNamed is the system by Go's name for it; "" if nothing is known of its tools.
func systemNamed(goos string) paste.System {
	switch goos {
	case "darwin":
		return paste.MacOS
	case "freebsd", "dragonfly", "netbsd", "openbsd":
		return paste.FreeBSD
	case "windows":
		return paste.Windows
	}
	return ""
}

// toolTime bounds a tool's run.
const toolTime = 10 * time.Second

// examineBy answers by what the system's own tools list, read as a paste and under that system's
// rules. run runs a tool; one that is not there counts for nothing, unless it is the first.
func examineBy(ctx context.Context, system paste.System, q Question,
	run func(ctx context.Context, name string, args ...string) (string, error)) (*Report, error) {
	t, err := listBy(ctx, system, run)
	if err != nil {
		return nil, err
	}
	r := t.reading(portKey{q.protocol(), q.Port})
	r.asked, r.own = q.addr(), true
	if q.Host.IsValid() {
		r.asked = q.Host
	}
	return r.report(q, time.Now()), nil
}

// listBy is the table of what the system's tools list.
func listBy(ctx context.Context, system paste.System,
	run func(ctx context.Context, name string, args ...string) (string, error)) (*Table, error) {
	if len(tools[system]) == 0 {
		return nil, fmt.Errorf("%w: there is no tool that is known on this system", ErrCannotAsk)
	}
	var all *paste.Table
	for i, tool := range tools[system] {
		one, cancel := context.WithTimeout(ctx, toolTime)
		text, err := run(one, tool.name, tool.args...)
		cancel()
		if err != nil && text == "" {
			if i == 0 {
				return nil, errors.Join(ErrCannotAsk, fmt.Errorf("%s: %w", tool.name, err))
			}
			continue
		}
		got, err := paste.Read(strings.NewReader(text), system)
		if err != nil {
			return nil, errors.Join(ErrCannotAsk, err)
		}
		if i == 0 {
			all = got
		} else {
			merge(all, got)
		}
	}
	return &Table{Table: all}, nil
}

// merge adds to a table the processes that another tool tells, by the addresses of the sockets.
func merge(all, more *paste.Table) {
	type ends struct {
		protocol      string
		local, remote netip.AddrPort
	}
	key := func(r *paste.Row) ends {
		remote := netip.AddrPort{}
		if !r.Remote.Wild() {
			remote = netip.AddrPortFrom(r.Remote.Addr, r.Remote.Port)
		}
		local := r.Local.Addr
		if local.IsValid() && local.IsUnspecified() {
			local = netip.Addr{} // netstat and lsof tell dual-stack sockets apart in different ways
		}
		return ends{r.Protocol, netip.AddrPortFrom(local, r.Local.Port), remote}
	}
	holders := make(map[ends][]paste.Holder)
	for i := range more.Rows {
		if r := &more.Rows[i]; r.PID != 0 {
			holders[key(r)] = append(holders[key(r)], paste.Holder{Process: r.Process, PID: r.PID})
		}
	}
	for i := range all.Rows {
		r := &all.Rows[i]
		for _, h := range holders[key(r)] {
			switch {
			case r.PID == 0:
				r.Process, r.PID = h.Process, h.PID
			case h.PID != r.PID:
				r.More = append(r.More, h)
			case r.Process == "":
				r.Process = h.Process
			}
		}
	}
}
