// Package capture writes what one world told as a pcapng file, which Wireshark opens.
//
// A file holds each segment once, where it left; so Wireshark, which sees one place, makes the same
// of a segment held or delayed on the wire as of any other. What has no octets is said in packet
// comments, of all places the one where Wireshark shows text without being asked; it skips custom
// blocks. The kernel leaves the checksums of its loopback to hardware that is not there.
package capture
