// Package capture writes the story of one world as a pcapng file, which Wireshark opens, and reads
// the captures of others.
//
// A file holds each segment once, where it left; so Wireshark, which sees one place, makes the same
// of a segment held or delayed on the wire as of any other. Events without a packet of their own
// are told in packet comments, of all places the one where Wireshark shows text without being
// asked; it skips custom blocks. The kernel leaves the checksums of its loopback to hardware that
// is not there.
//
// # Reading
//
// [Read] infers each end's state from segments alone. That a segment arrived is known when its
// receiver acknowledges it, or answers it; until then it is under way. What a capture cannot tell:
// calls and timers that send nothing, among them the end of TIME-WAIT and of an orphan's
// FIN-WAIT-2; sysctls; losses behind the place of capture; and segments that somebody forged.
// TIME-WAIT is taken to last Linux's 60 s. Wireshark's tcp.completeness and its count of
// retransmissions are ours.
package capture
