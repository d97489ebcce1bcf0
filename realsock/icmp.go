package realsock

import "encoding/binary"

// icmpRoom is room for an ICMP error with its Ethernet header.
const icmpRoom = 1500 + etherLen

const (
	protoICMP   = 1
	protoICMPv6 = 58

	icmpLen       = 8    // header of an ICMP error, in both versions
	icmpAbout4    = 548  // RFC 1812 §4.3.2.3: the whole error should not exceed 576 octets
	icmpAbout6    = 1232 // RFC 4443 §3.1: nor the minimum IPv6 MTU
	unreachable4  = 3    // RFC 792
	unreachable6  = 1    // RFC 4443
	packetTooBig6 = 2

	// nextHopMTU is what a "fragmentation needed" gives as the MTU of the next hop: that of the wire
	// itself, so that no segment can become smaller by it.
	nextHopMTU = 1500
)

// icmpCode is the code of an ICMP error under destination unreachable, in version 4 and in version 6.
var icmpCode = map[string][2]byte{
	"net":   {0, 0},
	"host":  {1, 3},
	"port":  {3, 4},
	"frag":  {4, 0},
	"admin": {13, 1},
}

// buildICMP appends to b the Ethernet frame of an ICMP error about a packet of IP, to its sender from
// the address that it was sent to.
func buildICMP(b []byte, srcMAC, dstMAC [6]byte, about []byte, kind string) []byte {
	b = append(append(b, dstMAC[:]...), srcMAC[:]...)
	if about[0]>>4 == 6 {
		return appendICMPv6(b, about, kind)
	}
	return appendICMPv4(b, about, kind)
}

func appendICMPv4(b, about []byte, kind string) []byte {
	quote := about[:min(len(about), icmpAbout4)]
	b = binary.BigEndian.AppendUint16(b, etherIPv4)
	ip := len(b)
	b = append(b, 0x45, 0)
	b = binary.BigEndian.AppendUint16(b, uint16(ipv4Len+icmpLen+len(quote)))
	b = append(b, 0, 0, 0, 0, 64, protoICMP, 0, 0)
	b = append(append(b, about[16:20]...), about[12:16]...)
	binary.BigEndian.PutUint16(b[ip+10:], ^fold(sum(0, b[ip:])))
	icmp := len(b)
	b = append(b, unreachable4, icmpCode[kind][0], 0, 0, 0, 0, 0, 0)
	if kind == "frag" {
		binary.BigEndian.PutUint16(b[icmp+6:], nextHopMTU) // RFC 1191 §4
	}
	b = append(b, quote...)
	binary.BigEndian.PutUint16(b[icmp+2:], ^fold(sum(0, b[icmp:])))
	return b
}

func appendICMPv6(b, about []byte, kind string) []byte {
	quote := about[:min(len(about), icmpAbout6)]
	b = binary.BigEndian.AppendUint16(b, etherIPv6)
	b = append(b, 0x60, 0, 0, 0)
	b = binary.BigEndian.AppendUint16(b, uint16(icmpLen+len(quote)))
	b = append(b, protoICMPv6, 64)
	addrs := len(b)
	b = append(append(b, about[24:40]...), about[8:24]...)
	icmp := len(b)
	if kind == "frag" {
		b = append(b, packetTooBig6, 0, 0, 0)
		b = binary.BigEndian.AppendUint32(b, nextHopMTU)
	} else {
		b = append(b, unreachable6, icmpCode[kind][1], 0, 0, 0, 0, 0, 0)
	}
	b = append(b, quote...)
	// RFC 4443 §2.3: over a pseudo-header of IPv6, with the length and 58.
	acc := sum(protoICMPv6+uint32(len(b)-icmp), b[addrs:icmp])
	binary.BigEndian.PutUint16(b[icmp+2:], ^fold(sum(acc, b[icmp:])))
	return b
}
