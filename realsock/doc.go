// Package realsock puts the questions of an experiment to a real kernel.
//
// A [Net] is two hosts, "server" and "client", and the wire between them. Each host is a
// network namespace of its own with a process of its own in it, which makes the socket
// calls; so an exit is an exit, and the kernel closes what it closes. The wire is ours: two
// veth pairs end in a third namespace, where a user-space pump takes every frame from one
// and puts it on the other, one at a time. Between two frames nothing moves, and sock_diag
// is asked for exactly the sockets that the frame concerned. So every state is seen, the
// short ones too, which no polling from outside can do.
//
//	program ── runner (pid 1 of a pid namespace, owns the three network namespaces)
//	             ├─ app "server"   10.0.0.1  fd00::1   makes the server's calls
//	             └─ app "client"   10.0.0.2  fd00::2   makes the client's calls
//
// Runner and apps are this same program under another name (argv[0]), started again through
// /proc/self/exe; the package's init recognises them. They talk over one byte stream each,
// length-prefixed CBOR with a version in its first message (see proto.go), and assume nothing
// else of one another. When the program dies, however it dies, the runner reads the end of its
// stream and exits; it is the first process of its pid namespace, so the kernel kills the apps, and
// namespaces, veth pairs and sockets go with the last of them. Before that it destroys what connections there are, since the kernel
// keeps a namespace as long as it sends somebody's FIN again: if the runner itself is killed, with connections open, for up to 102 s.
//
// A Net takes some 20 ms to make; a [Pool] keeps a few ready. [Trials] need no wire: one process makes them, thousands a second, in
// a namespace that talks to itself over its loopback, and moves to a new one when the ports are used up.
//
// # Time
//
// All times are real, counted from the moment the Net was ready. A frame crosses the wire in Config.Latency.
// A group of calls runs with the wire stopped: frames are taken, none is delivered, until every call of the
// group has either come back or begun to wait.
//
// # Quiet
//
// The wire is quiet when no frame is under way but those that are held or delayed on purpose, and
//
//  1. every segment that a host has sent has been read by the wire, and every one delivered has been taken in: the
//     TCP counters of each host's namespace (OutSegs, InSegs) equal the wire's own counts. That is conservation, not a sleep;
//  2. no host owes an acknowledgement, or one does and Config.Settle has passed with nothing under way. A host owes one when the wire has
//     delivered to it sequence numbers, of data or of a FIN, that continue its stream and that it has not acknowledged, and the
//     connection still exists there. Linux acknowledges a lone FIN from a delayed-ACK timer after up to one jiffy, so a
//     little patience shows where a close leads; where nobody owes anything there is no wait at all.
//
// # What is not seen
//
// Segments of a connection over a host's loopback are recorded but cannot be stopped, so states that pass within
// one call there are told from the segments, not from sock_diag (Sighting.Inferred).
//
// The kernel world needs Linux and either root or unprivileged user namespaces: see [Able], which finds out by trying.
// Without, trials are made on the host's own loopback (loopback.go), each on a port that no socket has in any state.
package realsock
