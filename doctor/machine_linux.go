package doctor

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"fourwave/fsm"
	"fourwave/sockdiag"
)

// maxAged is how many connections in CLOSE-WAIT are asked how long they have been there.
const maxAged = 4096

// Machine looks at all TCP sockets of the calling thread's network namespace. Where the socket
// table cannot be read the error is ErrCannotAsk, or wraps it.
func Machine(ctx context.Context) (*Overview, error) {
	c, err := sockdiag.Open()
	if err != nil {
		return nil, errors.Join(ErrCannotAsk, err)
	}
	defer c.Close()
	set := readSettings(0)
	o := newOverviewer(&set)
	o.reserved = countRanges(set.ReservedPorts, set.EphemeralLow, set.EphemeralHigh)
	var waiting []sockdiag.Socket
	err = c.Dump(ctx, sockdiag.Filter{States: sockdiag.Any &^ sockdiag.Set(sockdiag.Bound)}, func(l *sockdiag.Socket) {
		s := seen{state: fsm.State(stateName(l.State)), local: l.Local, remote: l.Remote, recvQ: l.RecvQ,
			sendQ: l.SendQ, inode: l.Inode, orphan: l.Inode == 0}
		if l.Mini() {
			s.left = l.Expires
		}
		if l.State == sockdiag.CloseWait && len(waiting) < maxAged {
			waiting = append(waiting, *l)
			return
		}
		o.add(s)
	})
	if err != nil {
		return nil, errors.Join(ErrCannotAsk, err)
	}
	for i := range waiting {
		l := &waiting[i]
		s := seen{state: fsm.CloseWait, local: l.Local, remote: l.Remote, recvQ: l.RecvQ, inode: l.Inode,
			orphan: l.Inode == 0}
		if info, ok, err := c.Info(l); err != nil {
			return nil, err
		} else if ok {
			s.age = max(info.LastAck, time.Millisecond) // the FIN acknowledged something too
		}
		o.add(s)
	}
	hidden := o.findOwners(ctx)
	o.out.MaxOrphans, _ = strconv.Atoi(strings.TrimSpace(sysctl("tcp_max_orphans")))
	if hidden {
		o.out.Hidden = append(o.out.Hidden,
			Text{En: "Which process has a socket open is shown only for this user's own; as root the doctor sees all.",
				Zh: "只能看到当前用户自己的进程占用了哪些套接字；以 root 运行可以看到全部。"})
	}
	return o.finish(), nil
}

// findOwners walks through /proc once for the sockets whose process counts.
func (o *overviewer) findOwners(ctx context.Context) (hidden bool) {
	want := make(map[uint32]bool)
	for i := range o.owned {
		if o.owned[i].inode != 0 {
			want[o.owned[i].inode] = true
		}
	}
	who := findOwners(ctx, want)
	names := make(map[int]string)
	for i := range o.owned {
		s := &o.owned[i]
		of := who.found[s.inode]
		if s.inode == 0 || len(of) == 0 {
			hidden = hidden || s.inode != 0 && who.hidden
			continue
		}
		s.pid = of[0].pid
		name, ok := names[s.pid]
		if !ok {
			name = process(s.pid).Name
			names[s.pid] = name
		}
		s.process = name
	}
	return hidden
}

// countRanges counts the ports of a list, as the kernel writes it, that lie in a range.
func countRanges(list string, low, high int) (n int) {
	for item := range strings.SplitSeq(list, ",") {
		first, last, ranged := strings.Cut(strings.TrimSpace(item), "-")
		a, err := strconv.Atoi(first)
		b := a
		if ranged {
			b, _ = strconv.Atoi(last)
		}
		if err == nil {
			n += max(min(b, high)-max(a, low)+1, 0)
		}
	}
	return n
}
