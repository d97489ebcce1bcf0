package fsm

// RowChange is a line of a host's socket table that is new or may read differently from before, or
// one that is gone.
type RowChange struct {
	ID   int // the socket's number: no other socket of the laboratory ever has it
	Gone bool
	Row  SocketRow // if it is not gone
}

// touch marks a socket whose line in the table may read differently from now on. Whoever changes
// one of the fields that Conn.row reads touches the socket; a touch too many costs a comparison at
// the reader, one too few is a table that lies (TestChangesAddUpToTheTable).
func (c *Conn) touch() {
	h := c.host
	if c.touched || h.net.watch.Table == nil {
		return
	}
	c.touched = true
	h.touched = append(h.touched, c)
}

// changes takes the touched sockets and says how each line reads now. The slice is valid until the
// next call.
func (h *Host) changes() []RowChange {
	n := h.net
	n.rows = n.rows[:0]
	for _, c := range h.touched {
		c.touched = false
		switch listed := c.listed(); {
		case listed:
			n.rows = append(n.rows, RowChange{ID: c.id, Row: c.row()})
		case c.shown:
			n.rows = append(n.rows, RowChange{ID: c.id, Gone: true})
		}
		c.shown = c.listed()
	}
	clear(h.touched) // what is gone may be collected
	h.touched = h.touched[:0]
	return n.rows
}

// listed reports whether the socket has a line in its host's table.
func (c *Conn) listed() bool {
	return c.inPorts || c.state != Closed && c.host.conns[c.tuple()] == c
}

// row is the socket's line in the table.
func (c *Conn) row() SocketRow {
	r := SocketRow{
		Name: c.name, End: c.end, State: string(c.state), Local: c.local, Remote: c.remote, Open: c.open,
		RecvQ: int(c.unread), SendQ: int(c.sndNxt - c.sndUna + c.unsent),
	}
	switch {
	case c.state == Closed:
		r.State, r.SendQ = "BOUND", 0
	case c.state == Listen:
		r.RecvQ, r.SendQ = len(c.accepted), c.backlog
	case c.mini:
		r.SendQ = 0 // a minisocket keeps nothing to send
	}
	r.Timer, r.Left = c.Timer()
	return r
}
