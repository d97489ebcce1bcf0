package doctor

import (
	"context"
	"errors"

	diag "fourwave/sockdiag"
)

// usedPorts reads which ports of a range have sockets.
func usedPorts(ctx context.Context, protocol Protocol, low, high uint16) (func(uint16) bool, error) {
	c, err := diag.Open()
	if err != nil {
		return nil, errors.Join(ErrCannotAsk, err)
	}
	defer c.Close()
	var used [1 << 16]bool
	take := func(s *diag.Socket) { used[s.Local.Port()] = true }
	if protocol == UDP {
		err = c.DumpUDP(ctx, low, high, take)
	} else {
		err = c.Dump(ctx, diag.Filter{States: diag.Any, Low: low, High: high}, take)
	}
	return func(p uint16) bool { return used[p] }, err
}

// refusedFor is what bind says of a port that nothing has: "" unless the address or the user's
// rights refuse it.
func refusedFor(q Question) string {
	r := reading{settings: Settings{UnprivilegedStart: unprivilegedStart(), MayBindPrivileged: mayBindPrivileged()},
		asked: q.addr()}
	r.local = !q.Host.IsValid() || isLocal(q.Host)
	errno, _ := r.refusedOutright(q.Port, q.addr())
	return errno
}
