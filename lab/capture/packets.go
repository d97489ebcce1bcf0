package capture

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"

	"fourwave/fsm"
)

// Bounds of a capture that is read.
const (
	MaxBytes   = 64 << 20
	MaxPackets = 100_000
)

// ErrTooLarge says that a capture has more bytes or packets than are read.
var ErrTooLarge = errors.New("capture: too large")

// ErrBroken says that a file is no capture, or breaks off; the text tells at which byte, or in
// which line.
var ErrBroken = errors.New("capture: broken")

// sighted is a segment of TCP as it was captured.
type sighted struct {
	at       time.Time
	src, dst netip.AddrPort
	seg      fsm.Segment // with absolute numbers
	ttl      uint8
	bare     bool   // its sequence number is not told
	ip       []byte // its headers of IP and TCP, as far as they were captured; valid until the next is read
	size     int    // length of the IP packet that was sent
}

// counting counts what was read of a file, and stops behind MaxBytes.
type counting struct {
	r io.Reader
	n int64
}

func (c *counting) Read(b []byte) (int, error) {
	if c.n > MaxBytes {
		return 0, fmt.Errorf("%w: more than %d MiB", ErrTooLarge, MaxBytes>>20)
	}
	n, err := c.r.Read(b)
	c.n += int64(n)
	return n, err
}

// source is an open capture of whatever form.
type source struct {
	count  *counting
	buf    *bufio.Reader
	record int64 // where the record that is being read begins
	format string
	next   func() ([]byte, gopacket.CaptureInfo, layers.LinkType, error)
}

const (
	magicNg = "\x0a\x0d\x0d\x0a"
	bufSize = 64 << 10
)

// open finds out which form a capture has by its first bytes.
func open(r io.Reader) (*source, error) {
	s := &source{count: &counting{r: r}}
	s.buf = bufio.NewReaderSize(s.count, bufSize)
	magic, err := s.buf.Peek(4)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	switch {
	case string(magic) == magicNg:
		return s, s.openNg()
	case len(magic) == 4 && isPcap(binary.LittleEndian.Uint32(magic)), len(magic) == 4 &&
		isPcap(binary.BigEndian.Uint32(magic)):
		return s, s.openPcap()
	}
	s.format = "tcpdump"
	return s, nil
}

func isPcap(magic uint32) bool { return magic == 0xa1b2c3d4 || magic == 0xa1b23c4d }

// at is how many bytes have been taken from the file.
func (s *source) at() int64 { return s.count.n - int64(s.buf.Buffered()) }

// broken makes an error of what went wrong, with the byte, and the one where the record begins that
// it is in.
func (s *source) broken(err error) error {
	if errors.Is(err, ErrTooLarge) {
		return err
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		err = errors.New("the file ends too early")
	}
	return fmt.Errorf("%w at byte %d, in the record that begins at byte %d: %v", ErrBroken, s.at(), s.record, err)
}

func (s *source) openPcap() error {
	s.format = "pcap"
	r, err := pcapgo.NewReader(s.buf)
	if err != nil {
		return s.broken(err)
	}
	s.next = func() ([]byte, gopacket.CaptureInfo, layers.LinkType, error) {
		data, ci, err := r.ZeroCopyReadPacketData()
		return data, ci, r.LinkType(), err
	}
	return nil
}

func (s *source) openNg() error {
	s.format = "pcapng"
	r, err := pcapgo.NewNgReader(s.buf, pcapgo.NgReaderOptions{WantMixedLinkType: true, SkipUnknownVersion: true})
	if err != nil {
		return s.broken(err)
	}
	s.next = func() ([]byte, gopacket.CaptureInfo, layers.LinkType, error) {
		data, ci, err := r.ZeroCopyReadPacketData()
		link := r.LinkType()
		if len(ci.AncillaryData) > 0 {
			if l, ok := ci.AncillaryData[0].(layers.LinkType); ok {
				link = l
			}
		}
		return data, ci, link, err
	}
	return nil
}

// each tells f of every segment of TCP. other counts the packets that are something else, or were
// cut too short.
func (s *source) each(f func(*sighted) error) (packets, other int, err error) {
	if s.next == nil {
		return s.eachLine(f)
	}
	var one sighted
	for {
		s.record = s.at()
		data, ci, link, err := s.next()
		// pcapgo says EOF, too, of a pcap record of which only the header is there.
		if errors.Is(err, io.EOF) && (s.format == "pcapng" || s.at() == s.record) {
			return packets, other, nil
		} else if err != nil {
			return packets, other, s.broken(err)
		}
		if packets++; packets > MaxPackets {
			return packets, other, fmt.Errorf("%w: more than %d packets", ErrTooLarge, MaxPackets)
		}
		one.at = ci.Timestamp
		if !one.decode(data, link) {
			other++
			continue
		}
		if err := f(&one); err != nil {
			return packets, other, err
		}
	}
}

// decode reads the headers of a frame. ok is false for what is no segment of TCP.
func (p *sighted) decode(b []byte, link layers.LinkType) (ok bool) {
	b, ok = network(b, link)
	if !ok || len(b) < 20 {
		return false
	}
	p.ip = b
	var src, dst netip.Addr
	switch b[0] >> 4 {
	case 4:
		n, total := int(b[0]&15)*4, int(binary.BigEndian.Uint16(b[2:]))
		fragment := binary.BigEndian.Uint16(b[6:]) & 0x1fff
		if b[9] != 6 || n < 20 || len(b) < n || fragment != 0 {
			return false
		}
		if total == 0 {
			total = len(b) // offloaded to the card
		}
		src, dst, p.ttl = netip.AddrFrom4([4]byte(b[12:16])), netip.AddrFrom4([4]byte(b[16:20])), b[8]
		return p.tcp(b[n:], total-n, src, dst)
	case 6:
		if len(b) < 40 {
			return false
		}
		total := int(binary.BigEndian.Uint16(b[4:]))
		if total == 0 {
			total = len(b) - 40
		}
		src, dst, p.ttl = netip.AddrFrom16([16]byte(b[8:24])), netip.AddrFrom16([16]byte(b[24:40])), b[7]
		next, rest := b[6], b[40:]
		for next == 0 || next == 43 || next == 60 { // extension headers
			if len(rest) < 8 || len(rest) < int(rest[1])*8+8 {
				return false
			}
			n := int(rest[1])*8 + 8
			next, rest, total = rest[0], rest[n:], total-n
		}
		return next == 6 && p.tcp(rest, total, src, dst)
	}
	return false
}

// network takes the link's header off.
func network(b []byte, link layers.LinkType) ([]byte, bool) {
	cut := func(n int) ([]byte, bool) { return b[min(n, len(b)):], len(b) > n }
	switch link {
	case layers.LinkTypeEthernet:
		for n := 12; len(b) >= n+2; n += 4 {
			switch binary.BigEndian.Uint16(b[n:]) {
			case 0x0800, 0x86dd:
				return cut(n + 2)
			case 0x8100, 0x88a8, 0x9100: // VLAN
				continue
			}
			break
		}
		return nil, false
	case layers.LinkTypeRaw, layers.LinkTypeIPv4, layers.LinkTypeIPv6, 12, 14:
		return b, len(b) > 0
	case layers.LinkTypeNull, layers.LinkTypeLoop:
		return cut(4)
	case layers.LinkTypeLinuxSLL:
		return cut(16)
	case 276: // LINKTYPE_LINUX_SLL2
		return cut(20)
	}
	return nil, false
}

// tcp reads the header of a segment, of which length bytes were sent.
func (p *sighted) tcp(b []byte, length int, src, dst netip.Addr) bool {
	if len(b) < 20 {
		return false
	}
	n := int(b[12]>>4) * 4
	if n < 20 || n > length {
		return false
	}
	be := binary.BigEndian
	p.src, p.dst = netip.AddrPortFrom(src, be.Uint16(b)), netip.AddrPortFrom(dst, be.Uint16(b[2:]))
	before := len(p.ip) - len(b)
	p.ip, p.size = p.ip[:before+min(n, len(b))], before+length
	p.seg = fsm.Segment{Seq: be.Uint32(b[4:]), Ack: be.Uint32(b[8:]), Len: uint32(length - n),
		Wnd: uint32(be.Uint16(b[14:]))}
	for bit, flag := range map[byte]fsm.Flags{1: fsm.FIN, 2: fsm.SYN, 4: fsm.RST, 8: fsm.PSH, 16: fsm.ACK} {
		if b[13]&bit != 0 {
			p.seg.Flags |= flag
		}
	}
	return true
}
