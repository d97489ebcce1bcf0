package capture

import (
	"encoding/binary"
	"net"
	"net/netip"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"

	"fourwave/fsm"
)

// macs are the hosts' link addresses, the same as in the kernel world; on a loopback there are
// none. The ends of a capture that was read get some too: its link may have had none, or others'
// that should not be passed on.
var macs = map[string]net.HardwareAddr{
	server:      {2, 0, 0, 0, 0, 1},
	client:      {2, 0, 0, 0, 0, 2},
	endNames[0]: {2, 0, 0, 0, 0, 2},
	endNames[1]: {2, 0, 0, 0, 0, 1},
}

// macOf is a host's link address; that of a host which a script made is the model's own.
func macOf(host string, a netip.Addr) net.HardwareAddr {
	if mac := macs[host]; mac != nil {
		return mac
	}
	b := a.AsSlice()
	return net.HardwareAddr{2, 0, 0, 0, 2, b[len(b)-1]}
}

// maxPacket is the longest IP packet, and so the longest that a loopback carries.
const maxPacket = 65535

// makeFrame makes the frame of a segment that exists in a model only. Its numbers are the model's
// own, initial sequence numbers included, and its data are zeros.
func makeFrame(f *fsm.Flight) (Frame, error) {
	tcp := tcpHeader(f)
	eth := &layers.Ethernet{SrcMAC: make(net.HardwareAddr, 6), DstMAC: make(net.HardwareAddr, 6)}
	if f.From != f.To {
		eth.SrcMAC, eth.DstMAC = macOf(f.From, f.Src.Addr()), macOf(f.To, f.Dst.Addr())
	}
	var ip gopacket.SerializableLayer
	var err error
	if f.Src.Addr().Is4() {
		eth.EthernetType = layers.EthernetTypeIPv4
		ip4 := &layers.IPv4{
			Version: 4, TTL: 64, Protocol: layers.IPProtocolTCP, Flags: layers.IPv4DontFragment,
			SrcIP: f.Src.Addr().AsSlice(), DstIP: f.Dst.Addr().AsSlice(),
		}
		err, ip = tcp.SetNetworkLayerForChecksum(ip4), ip4
	} else {
		eth.EthernetType = layers.EthernetTypeIPv6
		ip6 := &layers.IPv6{
			Version: 6, HopLimit: 64, NextHeader: layers.IPProtocolTCP,
			SrcIP: f.Src.Addr().AsSlice(), DstIP: f.Dst.Addr().AsSlice(),
		}
		err, ip = tcp.SetNetworkLayerForChecksum(ip6), ip6
	}
	if err != nil {
		return Frame{}, err
	}
	const headers = 40 + 60 // IPv6 and the longest of TCP
	data := make(gopacket.Payload, min(f.Segment.Len, maxPacket-headers))
	b := gopacket.NewSerializeBuffer()
	opts := gopacket.SerializeOptions{FixLengths: true, ComputeChecksums: true}
	if err := gopacket.SerializeLayers(b, opts, eth, ip, tcp, data); err != nil {
		return Frame{}, err
	}
	all := b.Bytes()
	return Frame{all[:min(len(all), SnapLen)], len(all)}, nil
}

// frameOf is a segment that was captured as a frame of Ethernet, whatever its link was: its
// headers, without its data, which say nothing about the connection and may be private.
func frameOf(p *sighted, from, to int) Frame {
	const ethernet = 14
	head := make([]byte, 0, min(ethernet+len(p.ip), SnapLen))
	head = append(append(head, macs[endNames[to]]...), macs[endNames[from]]...)
	kind := layers.EthernetTypeIPv4
	if p.ip[0]>>4 == 6 {
		kind = layers.EthernetTypeIPv6
	}
	head = binary.BigEndian.AppendUint16(head, uint16(kind))
	head = append(head, p.ip[:min(len(p.ip), SnapLen-ethernet)]...)
	return Frame{Head: head, Size: max(ethernet+p.size, len(head))}
}

func tcpHeader(f *fsm.Flight) *layers.TCP {
	s := &f.Segment
	tcp := &layers.TCP{
		SrcPort: layers.TCPPort(f.Src.Port()), DstPort: layers.TCPPort(f.Dst.Port()), Seq: s.Seq +
			f.SeqISN, Window: uint16(min(s.Wnd, 65535)),
		SYN: s.Flags.Has(fsm.SYN), FIN: s.Flags.Has(fsm.FIN), RST: s.Flags.Has(fsm.RST), PSH: s.Flags.Has(fsm.PSH),
		ACK:     s.Flags.Has(fsm.ACK),
		Options: tcpOptions(f),
	}
	if tcp.ACK {
		tcp.Ack = s.Ack + f.AckISN
	}
	return tcp
}

// tcpOptions are a segment's options in the order in which Linux writes them. The model's windows
// need no scaling, so a SYN of its own offers a scale of 0.
func tcpOptions(f *fsm.Flight) (opts []layers.TCPOption) {
	s := &f.Segment
	add := func(kind layers.TCPOptionKind, octets ...byte) {
		opts = append(opts, layers.TCPOption{OptionType: kind, OptionData: octets})
	}
	pad := func(n int) {
		for range n {
			add(layers.TCPOptionKindNop)
		}
	}
	if s.MSS != 0 {
		add(layers.TCPOptionKindMSS, binary.BigEndian.AppendUint16(nil, s.MSS)...)
	}
	switch {
	case s.SACKOK && s.HasTS:
		add(layers.TCPOptionKindSACKPermitted)
	case s.SACKOK:
		pad(2)
		add(layers.TCPOptionKindSACKPermitted)
	case s.HasTS:
		pad(2)
	}
	if s.HasTS {
		ts := binary.BigEndian.AppendUint32(nil, s.TSVal)
		add(layers.TCPOptionKindTimestamps, binary.BigEndian.AppendUint32(ts, s.TSEcr)...)
	}
	if s.MSS != 0 && !f.Forged {
		pad(1)
		add(layers.TCPOptionKindWindowScale, 0)
	}
	if s.SACK != (fsm.Block{}) {
		pad(2)
		block := binary.BigEndian.AppendUint32(nil, s.SACK.Left+f.AckISN)
		add(layers.TCPOptionKindSACK, binary.BigEndian.AppendUint32(block, s.SACK.Right+f.AckISN)...)
	}
	return opts
}
