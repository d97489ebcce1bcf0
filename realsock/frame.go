package realsock

import (
	"encoding/binary"
	"net/netip"
)

// Control bits as they stand in the header.
const (
	flagFIN = 1 << iota
	flagSYN
	flagRST
	flagPSH
	flagACK
)

const (
	etherLen = 14
	ipv4Len  = 20
	ipv6Len  = 40
	tcpLen   = 20

	etherIPv4 = 0x0800
	etherIPv6 = 0x86dd
	protoTCP  = 6
)

// segment is a TCP header as read from a frame or to be written into one.
type segment struct {
	src, dst     netip.AddrPort
	seq, ack     uint32
	flags        uint8
	wnd          uint16 // as in the header
	shift        int8   // window scale option; -1: none
	mss          uint16 // option; 0: none
	length       int    // octets of data
	tsval, tsecr uint32
	hasTS        bool
}

// segLen is SEG.LEN: data, SYN and FIN.
func (s *segment) segLen() uint32 {
	n := uint32(s.length)
	if s.flags&flagSYN != 0 {
		n++
	}
	if s.flags&flagFIN != 0 {
		n++
	}
	return n
}

// end is the sequence number after the segment's last octet.
func (s *segment) end() uint32 { return s.seq + s.segLen() }

// isKind reports whether the segment is of a kind that the wire's verbs name. One with a FIN is FIN and, if it carries data,
// DATA too; for the rest a segment is of one kind.
func (s *segment) isKind(kind string) bool {
	bits := s.flags & (flagSYN | flagRST | flagFIN | flagACK)
	switch kind {
	case "", "any":
		return true
	case "DATA":
		return s.length > 0
	case "FIN":
		return bits&flagFIN != 0
	case "RST":
		return bits&flagRST != 0
	case "SYN":
		return bits&^flagFIN == flagSYN
	case "SYN+ACK":
		return bits&^flagFIN == flagSYN|flagACK
	case "ACK":
		return bits&^flagACK == 0 && s.length == 0
	}
	return false
}

// flagsText names the control bits as a forge's result does: "RST+ACK", "SYN+ACK", "FIN+ACK", "ACK".
func flagsText(flags uint8) string {
	text := ""
	for _, f := range []struct {
		bit  uint8
		name string
	}{{flagSYN, "SYN"}, {flagFIN, "FIN"}, {flagRST, "RST"}, {flagACK, "ACK"}} {
		if flags&f.bit == 0 {
			continue
		}
		if text != "" {
			text += "+"
		}
		text += f.name
	}
	return text
}

// parseFrame reads an Ethernet frame. ok is false for anything but a whole TCP segment over IPv4 or IPv6
// without extension headers; fragments do not occur between hosts with the same MTU.
func parseFrame(b []byte) (s segment, ok bool) {
	if len(b) < etherLen {
		return s, false
	}
	switch ip := b[etherLen:]; binary.BigEndian.Uint16(b[12:]) {
	case etherIPv4:
		return parseIPv4(ip)
	case etherIPv6:
		return parseIPv6(ip)
	}
	return s, false
}

func parseIPv4(b []byte) (s segment, ok bool) {
	if len(b) < ipv4Len || b[0]>>4 != 4 || b[9] != protoTCP {
		return s, false
	}
	head, total := int(b[0]&15)*4, int(binary.BigEndian.Uint16(b[2:]))
	if head < ipv4Len || total < head || total > len(b) || binary.BigEndian.Uint16(b[6:])&0x3fff != 0 {
		return s, false
	}
	src, dst := netip.AddrFrom4([4]byte(b[12:16])), netip.AddrFrom4([4]byte(b[16:20]))
	return parseTCP(b[head:total], src, dst)
}

func parseIPv6(b []byte) (s segment, ok bool) {
	if len(b) < ipv6Len || b[0]>>4 != 6 || b[6] != protoTCP {
		return s, false
	}
	total := ipv6Len + int(binary.BigEndian.Uint16(b[4:]))
	if total > len(b) {
		return s, false
	}
	src, dst := netip.AddrFrom16([16]byte(b[8:24])), netip.AddrFrom16([16]byte(b[24:40]))
	return parseTCP(b[ipv6Len:total], src, dst)
}

func parseTCP(b []byte, src, dst netip.Addr) (s segment, ok bool) {
	if len(b) < tcpLen {
		return s, false
	}
	head := int(b[12]>>4) * 4
	if head < tcpLen || head > len(b) {
		return s, false
	}
	s = segment{
		src:    netip.AddrPortFrom(src, binary.BigEndian.Uint16(b)),
		dst:    netip.AddrPortFrom(dst, binary.BigEndian.Uint16(b[2:])),
		seq:    binary.BigEndian.Uint32(b[4:]),
		ack:    binary.BigEndian.Uint32(b[8:]),
		flags:  b[13] & 31,
		wnd:    binary.BigEndian.Uint16(b[14:]),
		shift:  -1,
		length: len(b) - head,
	}
	s.parseOptions(b[tcpLen:head])
	return s, true
}

func (s *segment) parseOptions(b []byte) {
	for len(b) > 0 {
		switch {
		case b[0] == 0:
			return
		case b[0] == 1:
			b = b[1:]
			continue
		case len(b) < 2 || b[1] < 2 || int(b[1]) > len(b):
			return
		case b[0] == 2 && b[1] == 4:
			s.mss = binary.BigEndian.Uint16(b[2:])
		case b[0] == 3 && b[1] == 3:
			s.shift = int8(min(b[2], 14))
		case b[0] == 8 && b[1] == 10:
			s.hasTS, s.tsval, s.tsecr = true, binary.BigEndian.Uint32(b[2:]), binary.BigEndian.Uint32(b[6:])
		}
		b = b[b[1]:]
	}
}

// buildFrame appends to b the Ethernet frame of s, its data all zeros.
func buildFrame(b []byte, srcMAC, dstMAC [6]byte, s *segment) []byte {
	var opts []byte
	if s.mss != 0 {
		opts = binary.BigEndian.AppendUint16(append(opts, 2, 4), s.mss)
	}
	if s.hasTS {
		opts = append(opts, 1, 1, 8, 10)
		opts = binary.BigEndian.AppendUint32(opts, s.tsval)
		opts = binary.BigEndian.AppendUint32(opts, s.tsecr)
	}
	if s.shift >= 0 {
		opts = append(opts, 1, 3, 3, byte(s.shift))
	}
	size := tcpLen + len(opts) + s.length
	start := len(b)
	b = append(append(b, dstMAC[:]...), srcMAC[:]...)
	if s.src.Addr().Is4() {
		b = appendIPv4(b, s, size)
	} else {
		b = appendIPv6(b, s, size)
	}
	tcp := len(b)
	b = binary.BigEndian.AppendUint16(b, s.src.Port())
	b = binary.BigEndian.AppendUint16(b, s.dst.Port())
	b = binary.BigEndian.AppendUint32(b, s.seq)
	b = binary.BigEndian.AppendUint32(b, s.ack)
	b = append(b, byte((tcpLen+len(opts))/4)<<4, s.flags)
	b = binary.BigEndian.AppendUint16(b, s.wnd)
	b = append(b, 0, 0, 0, 0) // checksum, urgent pointer
	b = append(b, opts...)
	b = append(b, make([]byte, s.length)...)
	binary.BigEndian.PutUint16(b[tcp+16:], tcpChecksum(b[start+etherLen:], b[tcp:]))
	return b
}

func appendIPv4(b []byte, s *segment, size int) []byte {
	b = binary.BigEndian.AppendUint16(b, etherIPv4)
	ip := len(b)
	b = append(b, 0x45, 0)
	b = binary.BigEndian.AppendUint16(b, uint16(ipv4Len+size))
	b = append(b, 0, 0, 0x40, 0, 64, protoTCP, 0, 0) // don't fragment, TTL 64
	src, dst := s.src.Addr().As4(), s.dst.Addr().As4()
	b = append(append(b, src[:]...), dst[:]...)
	binary.BigEndian.PutUint16(b[ip+10:], ^fold(sum(0, b[ip:])))
	return b
}

func appendIPv6(b []byte, s *segment, size int) []byte {
	b = binary.BigEndian.AppendUint16(b, etherIPv6)
	b = append(b, 0x60, 0, 0, 0)
	b = binary.BigEndian.AppendUint16(b, uint16(size))
	b = append(b, protoTCP, 64)
	src, dst := s.src.Addr().As16(), s.dst.Addr().As16()
	return append(append(b, src[:]...), dst[:]...)
}

// tcpChecksum is the checksum over the pseudo header of packet ip and the segment tcp, whose own field is zero or,
// to verify one, filled in: then the result is 0.
func tcpChecksum(ip, tcp []byte) uint16 {
	addrs := ip[12:20]
	if ip[0]>>4 == 6 {
		addrs = ip[8:40]
	}
	return ^fold(sum(sum(protoTCP+uint32(len(tcp)), addrs), tcp))
}

func sum(acc uint32, b []byte) uint32 {
	for ; len(b) >= 2; b = b[2:] {
		acc += uint32(b[0])<<8 | uint32(b[1])
	}
	if len(b) == 1 {
		acc += uint32(b[0]) << 8
	}
	return acc
}

func fold(acc uint32) uint16 {
	for acc > 0xffff {
		acc = acc>>16 + acc&0xffff
	}
	return uint16(acc)
}
