package api

import (
	"fmt"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"fourwave/api/doc"
	"fourwave/fsm"
	"fourwave/lab"
	"fourwave/lab/script"
	"fourwave/lab/world"
)

// reuse wraps what the body has, to read it.
type reuse struct{ doc.ReuseCheck }

// checkReuse answers POST /v1/reuse-checks.
func (s *Server) checkReuse(c echo.Context) error {
	var in reuse
	if err := decode(c, &in.ReuseCheck); err != nil {
		return err
	}
	sockets, cand, err := in.read()
	if err != nil {
		return err
	}
	r, err := fsm.CheckReuse(fsm.ProfileByName(in.profile()), sockets, cand, in.Sysctls)
	if err != nil {
		return wrongAt(unprocessableKind, mistake{Pointer: pointerOf(err), Detail: err.Error()})
	}
	why := lab.WhyIn(langOf(c), r.Why)
	return writeJSON(c, http.StatusOK, "application/json", doc.ReuseAnswer{
		Result: r.Result, Why: why, Conflict: why.Conflict, Remedy: why.Remedy, Passes: why.Passes,
	})
}

func (in *reuse) profile() string {
	if in.Profile == "" {
		return "linux"
	}
	return in.Profile
}

// pointerOf takes the place from an error that begins with it: "sockets/0: tuple: …".
func pointerOf(err error) string {
	place, _, _ := strings.Cut(err.Error(), ":")
	return "/" + place
}

func (in *reuse) read() (sockets []fsm.Described, cand fsm.Candidate, err error) {
	for i, d := range in.Sockets {
		s, field, err := readSocket(&d)
		if err != nil {
			return nil, cand, wrongAt(unprocessableKind, mistake{Pointer: fmt.Sprintf("/sockets/%d/%s", i, field),
				Detail: err.Error()})
		}
		sockets = append(sockets, s)
	}
	k := in.Candidate
	cand = fsm.Candidate{Op: k.Op, Options: options(k.SocketOptions), Ephemeral: k.Ephemeral, Seq: k.Seq}
	if k.TSVal != nil {
		cand.HasTS, cand.TSVal = true, *k.TSVal
	}
	cand.Local, cand.Remote, err = parseTuple(k.Tuple)
	if needs := k.Op == "connect" || k.Op == "syn"; err == nil && needs && !cand.Remote.IsValid() {
		err = fmt.Errorf("tuple: op %s needs a remote address", k.Op)
	}
	if err != nil {
		return nil, cand, wrongAt(unprocessableKind, mistake{Pointer: "/candidate/tuple", Detail: err.Error()})
	}
	return sockets, cand, nil
}

func options(o doc.SocketOptions) fsm.Options {
	return fsm.Options{
		ReuseAddr: o.ReuseAddr, ReusePort: o.ReusePort, ReusePortLB: o.ReusePortLB,
		ExclusiveAddrUse: o.ExclusiveAddrUse,
		V6Only:           o.V6Only, UID: o.UID, Device: o.Device,
	}
}

// readSocket gives the socket, or the field that is wrong. A socket that is only bound is in state
// BOUND.
func readSocket(d *doc.ReuseSocket) (s fsm.Described, field string, err error) {
	s = fsm.Described{Options: options(d.SocketOptions), Orphan: d.Orphan, Ephemeral: d.Ephemeral, RcvNxt: d.RcvNxt,
		SndNxt: d.SndNxt}
	if s.Local, s.Remote, err = parseTuple(d.Tuple); err != nil {
		return s, "tuple", err
	}
	ok := true
	if s.State = fsm.Closed; !strings.EqualFold(d.State, world.Bound) {
		s.State, ok = fsm.ParseState(d.State)
		ok = ok && s.State != fsm.Closed
	}
	if !ok {
		return s, "state", fmt.Errorf("state: %q is none that a socket in the way can have", d.State)
	}
	if d.Age != "" {
		if s.Age, err = time.ParseDuration(d.Age); err != nil {
			return s, "age", fmt.Errorf("age: %q is no duration", d.Age)
		}
	}
	s.Timestamps = d.Timestamps == nil || *d.Timestamps
	if d.LastTS != nil {
		s.LastTS = *d.LastTS
	}
	return s, "", nil
}

// nobody reports whether a remote address, as tools print it, is none.
func nobody(s string) bool {
	return s == "*" || s == "*:*" || s == "0.0.0.0:*" || s == ":::*" || s == "[::]:*"
}

// parseTuple reads "tcp LOCAL REMOTE" in any tool's spelling; REMOTE may be left out, "*" or "*:*".
func parseTuple(s string) (local, remote netip.AddrPort, err error) {
	f := strings.Fields(s)
	if len(f) > 0 && strings.HasPrefix(strings.ToLower(f[0]), "udp") {
		return local, remote, fmt.Errorf(
			"tuple: %q is of UDP, which has no states, and whose ports are apart from those of TCP", s)
	}
	if len(f) < 2 || len(f) > 3 || f[0] != "tcp" && f[0] != "tcp4" && f[0] != "tcp6" {
		return local, remote, fmt.Errorf("tuple: %q is not \"tcp LOCAL:PORT [REMOTE:PORT]\"", s)
	}
	if local, err = script.ParseAddrPort(f[1]); err != nil {
		return local, remote, fmt.Errorf("tuple: %q is no address with a port: %w", f[1], err)
	}
	if len(f) == 3 && !nobody(f[2]) {
		if remote, err = script.ParseAddrPort(f[2]); err != nil {
			return local, remote, fmt.Errorf("tuple: %q is no address with a port: %w", f[2], err)
		}
		if remote.Addr().Unmap().Is4() != local.Addr().Unmap().Is4() {
			return local, remote, fmt.Errorf("tuple: %s and %s are of different families", f[1], f[2])
		}
	}
	return local, remote, nil
}
