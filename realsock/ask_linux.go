package realsock

import (
	"cmp"
	"context"
	"net/netip"
	"slices"

	"golang.org/x/sys/unix"

	"fourwave/sockdiag"
)

// ask answers a question about a host's sockets, by looking.
func (r *runner) ask(h *host, c *Call) Outcome {
	if c.Op == "sockets" {
		rows, err := r.dump(h, c.Addr, c.How == "all")
		if err != nil {
			return Outcome{NotRun: err.Error()}
		}
		return Outcome{Result: "rows", Rows: rows}
	}
	s, err := r.current(h, c.Name)
	switch {
	case err != nil:
		return Outcome{NotRun: err.Error()}
	case c.Op == "state":
		return Outcome{Result: s.State.String()}
	}
	return Outcome{Result: s.Timer.String(), Left: s.Expires}
}

// current looks at what a name means: a connection, also when its descriptor is long closed, or a listener. The state is
// CLOSE for all else.
func (r *runner) current(h *host, name string) (sockdiag.Socket, error) {
	none := sockdiag.Socket{State: sockdiag.Close}
	n := h.ends.names[name]
	switch {
	case n == nil:
		return none, nil
	case n.listening != 0: // the socket may have had a connection before
		return r.listener(h, n)
	case n.end != nil:
		if !n.end.gone {
			r.look(h, n.end.tuple, Cause{Kind: "timer"}, nil)
		}
		if n.end.gone {
			return none, nil
		}
		return n.end.last, nil
	}
	return none, nil
}

// listener looks at a listening socket; its state is CLOSE if it listens no longer.
func (r *runner) listener(h *host, n *named) (sockdiag.Socket, error) {
	found := sockdiag.Socket{State: sockdiag.Close}
	err := h.diag.Dump(context.Background(), onPort(n.book.Local.Port(), sockdiag.Set(sockdiag.Listen)), func(s *sockdiag.Socket) {
		if s.Cookie == n.book.Cookie {
			found = *s
		}
	})
	return found, err
}

// dump is the host's socket table as sock_diag has it: what stands on a local address and port, either of which may be
// left open, or everything, with or without sockets that are only bound.
func (r *runner) dump(h *host, at netip.AddrPort, bound bool) ([]Row, error) {
	names := map[uint64]string{}
	for name, n := range h.ends.names {
		names[n.book.Cookie] = name
	}
	rows := []Row{}
	add := func(s *sockdiag.Socket) {
		if !onAddress(s.Local, at) || s.State == sockdiag.Bound && !bound {
			return
		}
		row := tableRow(s)
		if row.Name = names[s.Cookie]; row.Name == "" {
			if e := h.ends.live[tuple{unmapped(s.Local), unmapped(s.Remote)}]; e != nil {
				row.Name = e.name
			}
		}
		rows = append(rows, row)
	}
	if err := h.diag.Dump(context.Background(), onPort(at.Port(), sockdiag.Any), add); err != nil {
		return nil, err
	}
	if !r.boundShown && bound {
		for _, n := range h.ends.names {
			if b := &n.book; b.Open && b.State == sockdiag.Close && b.Local.IsValid() && onAddress(b.Local, at) {
				rows = append(rows, bookRow(b))
			}
		}
	}
	sortRows(rows)
	return rows, nil
}

// onPort is the filter for one local port, or for all if it is 0.
func onPort(port uint16, states sockdiag.States) sockdiag.Filter {
	return sockdiag.Filter{States: states, Low: port, High: port}
}

// onAddress reports whether a local address is the one asked for.
func onAddress(local, at netip.AddrPort) bool {
	if !at.IsValid() {
		return true
	}
	ip := at.Addr()
	return (at.Port() == 0 || at.Port() == local.Port()) && (ip.IsUnspecified() || ip.Unmap() == local.Addr().Unmap())
}

func tableRow(s *sockdiag.Socket) Row {
	row := Row{
		State: s.State.String(), Local: s.Local, Open: s.Inode != 0, Timer: s.Timer.String(),
		Left: s.Expires, RecvQ: s.RecvQ, SendQ: s.SendQ, UID: s.UID,
	}
	if s.State != sockdiag.Listen && s.State != sockdiag.Bound {
		row.Remote = s.Remote
	}
	return row
}

func bookRow(b *book) Row {
	row := Row{Name: b.Name, State: sockdiag.Bound.String(), Local: b.Local, Open: true, Timer: sockdiag.NoTimer.String()}
	if b.State == sockdiag.Listen {
		row.State = sockdiag.Listen.String()
	}
	return row
}

// tellTables tells the table of each host that has changed, from what is known without asking: the ends as they were last
// seen, the listeners and bound sockets as their app left them.
func (r *runner) tellTables() {
	for _, h := range r.hosts {
		if !h.dirty {
			continue
		}
		h.dirty = false
		now, rows := r.now(), []Row{}
		for _, n := range h.ends.names {
			if b := &n.book; b.Open && (n.end == nil || n.end.gone) && b.Local.IsValid() && (b.State == sockdiag.Listen || b.State == sockdiag.Close) {
				rows = append(rows, bookRow(b))
			}
		}
		for _, e := range h.ends.live {
			row := tableRow(&e.last)
			row.Name = e.name
			if e.last.Timer != 0 {
				row.Left = max(e.last.Expires-(now-e.seenAt), 0)
			}
			rows = append(rows, row)
		}
		sortRows(rows)
		r.event(Event{Table: &Table{At: now, Host: h.name, Rows: rows}})
	}
}

func sortRows(rows []Row) {
	rank := func(r Row) int {
		switch r.State {
		case "LISTEN":
			return 0
		case "BOUND":
			return 1
		}
		return 2
	}
	slices.SortFunc(rows, func(a, b Row) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), a.Local.Compare(b.Local), a.Remote.Compare(b.Remote), cmp.Compare(a.Name, b.Name))
	})
}

// sortTouches puts ends in the order in which they came to be, so that a story told twice is the same.
func (r *runner) sortTouches(ts []touch) {
	age := func(t touch) int {
		if e := t.host.ends.live[t.tuple]; e != nil {
			return e.id
		}
		return 0
	}
	slices.SortStableFunc(ts, func(a, b touch) int { return cmp.Compare(age(a), age(b)) })
}

// boundIsShown reports whether sock_diag tells of sockets that are only bound, as it does since Linux 6.8. It tries.
func boundIsShown(d *sockdiag.Conn) bool {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, unix.IPPROTO_TCP)
	if err != nil {
		return false
	}
	defer unix.Close(fd)
	if unix.Bind(fd, &unix.SockaddrInet4{}) != nil {
		return false
	}
	shown := false
	_ = d.Dump(context.Background(), sockdiag.Filter{States: sockdiag.Set(sockdiag.Bound)}, func(*sockdiag.Socket) { shown = true })
	return shown
}
