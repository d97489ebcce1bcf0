// Package doctor says why a port of this machine can or cannot be bound, and when.
//
// It is the one package that asks the machine it runs on, rather than a laboratory: [Examine] reads
// the real socket table for one port, asks the bind rule of package fsm about every socket found
// there, and answers in this order: can it be bound, and with which options; what stands in the
// way, socket by socket, with the rule; what can be done; common misconceptions. It changes
// nothing and ends nothing. [Try] makes a real bind and undoes it.
//
// # What is read
//
// One dump of NETLINK_SOCK_DIAG with the port in the request, of both families and all states, so
// that the kernel filters and an answer is as long as the port has sockets; sockdiag says what that
// costs. Where there are many TIME-WAITs, counters are read first: if they prove that no socket of
// the machine is only bound, those are not looked for, which halves the time. Sockets alike in
// address, state, owner and device are counted together, so that memory does not grow with their
// number.
//
// The reuse options of a socket are not in sock_diag's answer; they are asked of the socket itself
// through a copy of its descriptor (pidfd_getfd), where rights allow. A socket without a process
// has none to copy: whether a TIME-WAIT has SO_REUSEADDR cannot be seen, and then the answer is
// "depends".
//
// # Times
//
// How long the kernel keeps a socket comes from that socket: its timer and what is left of it
// (idiag_timer, idiag_expires), unanswered retransmissions (idiag_retrans), the RTO and its backoff
// (tcp_info), and the sysctls of its network namespace. The kernel's own steps are followed from
// there (tcp_write_timeout, tcp_probe_timer, tcp_keepalive_timer), with the other end silent. The
// answer is a range: the timer wheel makes long timers late, and where the other end decides, both
// ends of what it can do are given. A TCP_LINGER2 or TCP_USER_TIMEOUT of the program is not seen.
//
// # Keepers
//
// The process that has a socket open is not always the one to stop. A [Keeper] is recognised by
// what the machine shows: names, parents, states and cgroups in /proc; systemctl list-sockets or
// the unit files; the container runtimes' sockets or their ps command; the descriptors'
// close-on-exec flags; and whether anything that a process has mapped imports listen(2), without
// which it cannot have made the listener that it holds. Nothing is advised that would end process 1
// or the asker's own service.
//
// # Other machines, and other systems
//
// [ReadTable] answers about pasted output, which package paste reads, under the rules of the system
// that wrote it; the options of its sockets are never told. On macOS, FreeBSD and Windows [Examine]
// runs the system's own netstat (and lsof, sockstat), and reads it in the same way. [Machine] looks
// at all ports of a Linux machine.
//
// # What cannot be seen
//
//   - The reuse options of sockets without a process, and of other users' sockets.
//   - Sockets that are bound and not listening, before Linux 6.8.
//   - The process of a socket that belongs to another user, and sockets of network namespaces whose
//     processes belong to one.
//   - The cached reuseport of a port (sk_reuseport_match): a bind with SO_REUSEPORT may succeed
//     where "depends" or
//     a refusal is foretold, if an earlier socket set the option and cleared it after bind.
//
// Sources: inet_csk_get_port and tcp_diag_dump of Linux 6.18; the package fsm names the source of
// each rule.
package doctor
