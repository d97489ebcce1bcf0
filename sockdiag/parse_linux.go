package sockdiag

import (
	"encoding/binary"
	"errors"
	"net/netip"
	"time"

	"golang.org/x/sys/unix"
)

var (
	errShort     = errors.New("sock_diag: short answer")
	errMalformed = errors.New("sock_diag: malformed answer")
)

// message splits the first netlink message off an answer.
func message(b []byte) (body []byte, kind uint16, rest []byte, err error) {
	if len(b) < nlHeader {
		return nil, 0, nil, errShort
	}
	size := int(binary.NativeEndian.Uint32(b))
	if size < nlHeader || size > len(b) {
		return nil, 0, nil, errMalformed
	}
	return b[nlHeader:size], binary.NativeEndian.Uint16(b[4:]), b[min((size+3)&^3, len(b)):], nil
}

// errorOf is the errno that an NLMSG_ERROR or NLMSG_DONE begins with; nil for 0.
func errorOf(body []byte) error {
	if len(body) < 4 {
		return errShort
	}
	if e := int32(binary.NativeEndian.Uint32(body)); e < 0 {
		return unix.Errno(-e)
	}
	return nil
}

const attrV6Only = 11 // INET_DIAG_SKV6ONLY

// parse reads a struct inet_diag_msg and what follows it.
func (s *Socket) parse(b []byte) error {
	if len(b) < msgLen {
		return errShort
	}
	ne, be := binary.NativeEndian, binary.BigEndian
	*s = Socket{
		Family: 4, State: State(b[1]), Timer: Timer(b[2]), Retrans: int(b[3]),
		Device:  ne.Uint32(b[40:]),
		Cookie:  uint64(ne.Uint32(b[44:])) | uint64(ne.Uint32(b[48:]))<<32,
		Expires: time.Duration(ne.Uint32(b[52:])) * time.Millisecond,
		RecvQ:   int(ne.Uint32(b[56:])),
		SendQ:   int(ne.Uint32(b[60:])),
		UID:     ne.Uint32(b[64:]),
		Inode:   ne.Uint32(b[68:]),
	}
	if s.State == Close {
		s.State = Bound // asked for as the one, told as the other: what is in no table but that of ports has one
	}
	var local, remote netip.Addr
	switch b[0] {
	case unix.AF_INET:
		local, remote = netip.AddrFrom4([4]byte(b[8:12])), netip.AddrFrom4([4]byte(b[24:28]))
	case unix.AF_INET6:
		s.Family = 6
		local, remote = netip.AddrFrom16([16]byte(b[8:24])), netip.AddrFrom16([16]byte(b[24:40]))
		if s.State == Listen || s.State == Bound {
			s.V6Only = v6only(b[msgLen:])
		}
	default:
		return errMalformed
	}
	s.Local = netip.AddrPortFrom(local, be.Uint16(b[4:]))
	s.Remote = netip.AddrPortFrom(remote, be.Uint16(b[6:]))
	return nil
}

// v6only looks for IPV6_V6ONLY among the attributes of an answer.
func v6only(b []byte) Option {
	for len(b) >= 4 {
		size := int(binary.NativeEndian.Uint16(b))
		if size < 4 || size > len(b) {
			break
		}
		if binary.NativeEndian.Uint16(b[2:]) == attrV6Only && size > 4 {
			if b[4] != 0 {
				return On
			}
			return Off
		}
		b = b[min((size+3)&^3, len(b)):]
	}
	return Untold
}
