package program

import (
	"time"

	"fourwave/lab/script"
)

// option is one setsockopt(2) call. The names are those of C, which Python's socket module and
// Go's syscall package share as far as they have them; number stands in where they have not.
type option struct {
	level, name string
	number      int // Linux's
	value       int
	linger      bool // the value is a struct linger that is on, with value seconds
	off         bool // of linger
}

// known are the options that take one int, by their word in a script.
var known = map[string]option{
	"reuseaddr":   {level: "SOL_SOCKET", name: "SO_REUSEADDR", number: 2},
	"reuseport":   {level: "SOL_SOCKET", name: "SO_REUSEPORT", number: 15},
	"keepalive":   {level: "SOL_SOCKET", name: "SO_KEEPALIVE", number: 9},
	"v6only":      {level: "IPPROTO_IPV6", name: "IPV6_V6ONLY", number: 26},
	"nobindport":  {level: "IPPROTO_IP", name: "IP_BIND_ADDRESS_NO_PORT", number: 24},
	"nodelay":     {level: "IPPROTO_TCP", name: "TCP_NODELAY", number: 1},
	"linger2":     {level: "IPPROTO_TCP", name: "TCP_LINGER2", number: 8},
	"keepidle":    {level: "IPPROTO_TCP", name: "TCP_KEEPIDLE", number: 4},
	"keepintvl":   {level: "IPPROTO_TCP", name: "TCP_KEEPINTVL", number: 5},
	"keepcnt":     {level: "IPPROTO_TCP", name: "TCP_KEEPCNT", number: 6},
	"usertimeout": {level: "IPPROTO_TCP", name: "TCP_USER_TIMEOUT", number: 18},
	"deferaccept": {level: "IPPROTO_TCP", name: "TCP_DEFER_ACCEPT", number: 9},
}

// options are the calls that a line's options stand for.
func options(all []script.Option) ([]option, *Refusal) {
	var opts []option
	for _, o := range all {
		switch o.Name {
		case "linger":
			opts = append(opts, linger(o.D, o.Off))
			continue
		case "rcvbuf", "sndbuf":
			return nil, refuse("loopback's segments are larger, so its buffers fill up otherwise",
				"环回接口的报文段更大，缓冲区的填充情况不同")
		case "uid", "device":
			return nil, refuse("it needs the rights of root", "它需要 root 权限")
		}
		opt, ok := known[o.Name]
		if !ok {
			return nil, refuse("option "+o.Name+" has no counterpart in a portable program", "选项 "+o.Name+" 没有对应的可移植写法")
		}
		switch o.Name {
		case "linger2", "keepidle", "keepintvl", "deferaccept": // whole seconds; linger2 below zero: none
			opt.value = int(o.D / time.Second)
		case "usertimeout":
			opt.value = int(o.D / time.Millisecond)
		default:
			opt.value = o.N
		}
		opts = append(opts, opt)
	}
	return opts, nil
}

// linger is SO_LINGER; with zero seconds, close sends RST.
func linger(d time.Duration, off bool) option {
	return option{level: "SOL_SOCKET", name: "SO_LINGER", number: 13, linger: true, off: off, value: int(d / time.Second)}
}
