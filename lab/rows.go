package lab

import (
	"fourwave/lab/script"
	"fourwave/lab/world"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// sameRows compares two socket tables as multisets of state, local and remote address;
// ports that the script does not name are all alike.
func sameRows(a, b world.Result, named ports) bool {
	if script.IsErrno(a.Result) || script.IsErrno(b.Result) {
		return a.Result == b.Result
	}
	x, y := rowKeys(a.Rows, named), rowKeys(b.Rows, named)
	return slices.Equal(x, y)
}

func rowKeys(rows []world.Row, named ports) []string {
	keys := make([]string, len(rows))
	for i, r := range rows {
		keys[i] = rowKey(r, named)
	}
	slices.Sort(keys)
	return keys
}

func rowKey(r world.Row, named ports) string {
	remote := "*"
	if r.Remote.Port() != 0 {
		remote = named.blurPort(r.Remote)
	}
	return r.State + " " + named.blurPort(r.Local) + " " + remote
}

// blur writes an address with "*" for a port that the script does not name.
func (p ports) blur(addr string) string {
	ap, err := netip.ParseAddrPort(addr)
	if err != nil {
		return addr
	}
	return p.blurPort(ap)
}

func (p ports) blurPort(ap netip.AddrPort) string {
	if p[ap.Port()] {
		return ap.String()
	}
	return strings.TrimSuffix(ap.String(), strconv.Itoa(int(ap.Port()))) + "*"
}

func parsePort(s string) (uint16, bool) {
	n, err := strconv.ParseUint(s, 10, 16)
	return uint16(n), err == nil
}

// rowsMeet reports whether a socket table is the expected one: "none", a number of rows, or
// patterns of which each stands for one row, none left over.
func rowsMeet(expect string, r world.Result) bool {
	if expect == "none" {
		return len(r.Rows) == 0 && !script.IsErrno(r.Result)
	}
	if n, err := strconv.Atoi(expect); err == nil {
		return len(r.Rows) == n && !script.IsErrno(r.Result)
	}
	if script.IsErrno(expect) {
		return r.Result == expect
	}
	patterns := strings.Split(expect, ", ")
	return len(patterns) == len(r.Rows) && pairUp(patterns, r.Rows)
}

// pairUp finds for every pattern a row of its own (augmenting paths in a bipartite graph).
func pairUp(patterns []string, rows []world.Row) bool {
	owner := make([]int, len(rows)) // the pattern that has the row, plus 1
	var place func(p int, tried []bool) bool
	place = func(p int, tried []bool) bool {
		for i, row := range rows {
			if tried[i] || !rowMatches(patterns[p], row) {
				continue
			}
			tried[i] = true
			if owner[i] == 0 || place(owner[i]-1, tried) {
				owner[i] = p + 1
				return true
			}
		}
		return false
	}
	for p := range patterns {
		if !place(p, make([]bool, len(rows))) {
			return false
		}
	}
	return true
}

func rowMatches(pattern string, r world.Row) bool {
	local, remote := r.Addrs()
	for i, want := range strings.Fields(pattern) {
		got := []string{r.State, local, remote}[i]
		if i == 0 && got != want || i > 0 && !addrMatches(want, got) {
			return false
		}
	}
	return true
}

func addrMatches(pattern, addr string) bool {
	if pattern == "*" || pattern == addr {
		return true
	}
	i, j := strings.LastIndex(pattern, ":"), strings.LastIndex(addr, ":")
	if i < 0 || j < 0 {
		return false
	}
	return (pattern[:i] == "*" || pattern[:i] == addr[:j]) && (pattern[i+1:] == "*" || pattern[i+1:] == addr[j+1:])
}
