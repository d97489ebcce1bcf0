package tuple

import (
	"encoding/binary"
	"math/bits"
	"net/netip"
)

// A key is a five-tuple as a table stores it. The zero key is no tuple: it marks an empty slot.
type key interface {
	comparable
	~[1]uint32 | ~[3]uint32 | ~[11]uint32
	hash(seed uint64) uint64
}

// Odd numbers without a pattern (the fractions of the square roots of 2, 3 and 5).
const (
	salt0 = 0x6a09e667f3bcc909
	salt1 = 0xbb67ae8584caa73b
	salt2 = 0x3c6ef372fe94f82b
)

// mix folds the product of two words, as wyhash does.
func mix(a, b uint64) uint64 {
	hi, lo := bits.Mul64(a, b)
	return hi ^ lo
}

// narrow is TCP over IPv4: both ports, the local address, the remote address.
type narrow [3]uint32

func (k narrow) hash(seed uint64) uint64 {
	return mix((uint64(k[1])<<32|uint64(k[2]))^seed^salt0, uint64(k[0])*salt2^salt1)
}

// wide is any tuple: both ports; the protocol and the kinds of the addresses; their zones; the
// addresses. The kinds of addresses are never zero, hence a wide is never zero either.
type wide [11]uint32

func (k wide) hash(seed uint64) uint64 {
	h := seed
	for i := 0; i < 10; i += 2 {
		h = mix(h^(uint64(k[i])<<32|uint64(k[i+1]))^salt0, salt1^uint64(i))
	}
	return mix(h^uint64(k[10]), salt2)
}

func ports(t FiveTuple) uint32 { return uint32(t.Local.Port())<<16 | uint32(t.Remote.Port()) }

// narrowKey packs a tuple that fits; ok is false for one that does not, and for the one whose key
// would be zero.
func narrowKey(t FiveTuple) (k narrow, ok bool) {
	local, remote := t.Local.Addr(), t.Remote.Addr()
	if t.Protocol != TCP || !local.Is4() || !remote.Is4() {
		return narrow{}, false
	}
	l, r := local.As4(), remote.As4()
	k = narrow{ports(t), binary.BigEndian.Uint32(l[:]), binary.BigEndian.Uint32(r[:])}
	return k, k != narrow{}
}

func (k narrow) tuple() FiveTuple {
	var l, r [4]byte
	binary.BigEndian.PutUint32(l[:], k[1])
	binary.BigEndian.PutUint32(r[:], k[2])
	return FiveTuple{
		Protocol: TCP,
		Local:    netip.AddrPortFrom(netip.AddrFrom4(l), uint16(k[0]>>16)),
		Remote:   netip.AddrPortFrom(netip.AddrFrom4(r), uint16(k[0])),
	}
}

// The kinds of an address in a wide key.
const (
	kindInvalid = iota + 1
	kind4
	kind6
)

func kindOf(a netip.Addr) uint32 {
	switch {
	case a.Is4():
		return kind4
	case a.Is6():
		return kind6
	}
	return kindInvalid
}

// maxZones bounds the zones that a table knows; a host has far fewer interfaces.
const maxZones = 1 << 12

// zones numbers the names of IPv6 zones, from 1; 0 is no zone.
type zones struct {
	numbers map[string]uint32
	names   []string
}

// number finds the number of a zone. When add is set an unknown zone gets one; ok is false if it has
// none, or none is left.
func (z *zones) number(name string, add bool) (n uint32, ok bool) {
	if name == "" {
		return 0, true
	}
	if n, ok = z.numbers[name]; ok || !add || len(z.names) == maxZones {
		return n, ok
	}
	if z.numbers == nil {
		z.numbers = make(map[string]uint32)
	}
	z.names = append(z.names, name)
	n = uint32(len(z.names))
	z.numbers[name] = n
	return n, true
}

// wideKey packs any tuple; ok is false if a zone has no number and add is not set, or all are given out.
func (z *zones) wideKey(t FiveTuple, add bool) (k wide, ok bool) {
	local, remote := t.Local.Addr(), t.Remote.Addr()
	k[0] = ports(t)
	k[1] = uint32(t.Protocol)<<16 | kindOf(local)<<8 | kindOf(remote)
	lz, ok := z.number(local.Zone(), add)
	if !ok {
		return wide{}, false
	}
	rz, ok := z.number(remote.Zone(), add)
	if !ok {
		return wide{}, false
	}
	k[2] = lz<<16 | rz
	packAddr(k[3:7], local)
	packAddr(k[7:11], remote)
	return k, true
}

func packAddr(w []uint32, a netip.Addr) {
	b := a.As16() // zero for the invalid address
	for i := range w {
		w[i] = binary.BigEndian.Uint32(b[4*i:])
	}
}

func (z *zones) tuple(k wide) FiveTuple {
	return FiveTuple{
		Protocol: Protocol(k[1] >> 16),
		Local:    netip.AddrPortFrom(z.addr(k[3:7], k[1]>>8&0xff, k[2]>>16), uint16(k[0]>>16)),
		Remote:   netip.AddrPortFrom(z.addr(k[7:11], k[1]&0xff, k[2]&0xffff), uint16(k[0])),
	}
}

func (z *zones) addr(w []uint32, kind, zone uint32) netip.Addr {
	var b [16]byte
	for i := range w {
		binary.BigEndian.PutUint32(b[4*i:], w[i])
	}
	switch a := netip.AddrFrom16(b); {
	case kind == kind4:
		return a.Unmap()
	case kind == kind6 && zone != 0:
		return a.WithZone(z.names[zone-1])
	case kind == kind6:
		return a
	}
	return netip.Addr{}
}
