package tuple

import (
	"encoding/binary"
	"math/bits"
	"net/netip"
)

// A slot is 16 octets of the log. A record of TCP over IPv4 takes one, all others are wide and take three:
//
//	local address, remote address   | both ports, expiry, narrow
//
//	protocol and kinds of the addresses, zones | both ports, expiry, wide
//	local address
//	remote address
//
// The expiry is in ticks modulo 2³¹; the bit after it says if the record is wide. A slot that holds nothing is zero:
// no tuple looks like that, whatever its expiry.
type slot [2]uint64

const (
	wide       = 1
	expiryBits = 1<<32 - 1 - wide // the bits of the second word that are an expiry
)

// width is how many slots the record takes.
func (s *slot) width() uint32 { return 1 + uint32(s[1]&wide)*2 }

func (s *slot) isEmpty() bool { return s[0]|s[1]>>32 == 0 }

// holds says if the slots hold the same, whatever the expiries.
func (s *slot) holds(k *slot) bool { return (s[0]^k[0])|(s[1]^k[1])&^expiryBits == 0 }

// A key is a five-tuple as the log holds it; its expiry is zero.
type key [3]slot

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

// hash is that of a narrow record, whatever its expiry, and the beginning of that of a wide one.
func (s *slot) hash(seed uint64) uint64 {
	return mix(s[0]^seed^salt0, s[1]&^expiryBits*salt2^salt1)
}

// hash is that of a record, whatever its expiry.
func hash(seed uint64, rec []slot) uint64 {
	h := rec[0].hash(seed)
	if rec[0][1]&wide != 0 {
		for _, addr := range rec[1:3] {
			h = mix(h^addr[0], addr[1]^salt1)
		}
	}
	return h
}

// pack makes the key of a tuple, and the key's hash. It reports false if a zone has no number and add is not
// set, or all are given out.
func (k *key) pack(t *FiveTuple, seed uint64, z *zones, add bool) (h uint64, ok bool) {
	local, remote := t.Local.Addr(), t.Remote.Addr()
	if t.Protocol == TCP && local.Is4() && remote.Is4() {
		l, r := local.As4(), remote.As4()
		k[0][0] = uint64(binary.BigEndian.Uint32(l[:]))<<32 | uint64(binary.BigEndian.Uint32(r[:]))
		k[0][1] = ports(t)
		if !k[0].isEmpty() {
			return k[0].hash(seed), true
		}
	}
	ok = k.packWide(t, z, add)
	return hash(seed, k[:]), ok
}

func ports(t *FiveTuple) uint64 {
	return uint64(t.Local.Port())<<48 | uint64(t.Remote.Port())<<32
}

func (k *key) packWide(t *FiveTuple, z *zones, add bool) bool {
	local, remote := t.Local.Addr(), t.Remote.Addr()
	lz, ok := z.number(local.Zone(), add)
	if !ok {
		return false
	}
	rz, ok := z.number(remote.Zone(), add)
	if !ok {
		return false
	}
	kinds := uint64(t.Protocol)<<16 | kindOf(local)<<8 | kindOf(remote)
	k[0] = slot{kinds<<32 | uint64(lz)<<16 | uint64(rz), ports(t) | wide}
	k[1].setAddr(local)
	k[2].setAddr(remote)
	return true
}

func (s *slot) setAddr(a netip.Addr) {
	b := a.As16() // zero for the invalid address
	s[0], s[1] = binary.BigEndian.Uint64(b[:]), binary.BigEndian.Uint64(b[8:])
}

// give calls f with the five-tuple of a record. To return it instead would copy it through memory once more, and who
// reads there in one piece what was just written in several waits for all that went before.
func (z *zones) give(rec []slot, f func(FiveTuple)) {
	first, local, remote := rec[0][0], uint16(rec[0][1]>>48), uint16(rec[0][1]>>32)
	if rec[0][1]&wide == 0 {
		f(FiveTuple{
			Protocol: TCP,
			Local:    netip.AddrPortFrom(addr4(uint32(first>>32)), local),
			Remote:   netip.AddrPortFrom(addr4(uint32(first)), remote),
		})
		return
	}
	f(FiveTuple{
		Protocol: Protocol(first >> 48),
		Local:    netip.AddrPortFrom(z.addr(&rec[1], uint8(first>>40), uint16(first>>16)), local),
		Remote:   netip.AddrPortFrom(z.addr(&rec[2], uint8(first>>32), uint16(first)), remote),
	})
}

func addr4(a uint32) netip.Addr {
	return netip.AddrFrom4([4]byte{byte(a >> 24), byte(a >> 16), byte(a >> 8), byte(a)})
}

// The kinds of an address in a wide key.
const (
	kindInvalid = iota + 1
	kind4
	kind6
)

func kindOf(a netip.Addr) uint64 {
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

func (z *zones) addr(s *slot, kind uint8, zone uint16) netip.Addr {
	var b [16]byte
	binary.BigEndian.PutUint64(b[:], s[0])
	binary.BigEndian.PutUint64(b[8:], s[1])
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
