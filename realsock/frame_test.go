package realsock

import (
	"encoding/hex"
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

var sameSegment = cmp.Options{cmp.AllowUnexported(segment{}), cmpopts.EquateComparable(netip.AddrPort{})}

// captured is a SYN as Linux sent it over an IPv4 veth, every checksum real.
const captured = "02000000000102000000000208004500003c6a7140004006bc480a0000020a000001a4521eb9f5507548" +
	"00000000a002faf029a30000020405b40402080a5172904f000000000103030a"

func TestParseFrame(t *testing.T) {
	b, err := hex.DecodeString(captured)
	if err != nil {
		t.Fatal(err)
	}
	got, ok := parseFrame(b)
	want := segment{
		src: netip.MustParseAddrPort("10.0.0.2:42066"), dst: netip.MustParseAddrPort("10.0.0.1:7865"),
		seq: 0xf5507548, flags: flagSYN, wnd: 0xfaf0, shift: 10, mss: 1460, tsval: 0x5172904f, hasTS: true,
	}
	if diff := cmp.Diff(want, got, sameSegment); !ok || diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if sum := tcpChecksum(b[etherLen:], b[etherLen+ipv4Len:]); sum != 0 {
		t.Errorf("checksum: got %#x over all, want 0", sum)
	}
}

func TestBuildFrame(t *testing.T) {
	for _, s := range []segment{
		{src: netip.MustParseAddrPort("10.0.0.1:7865"), dst: netip.MustParseAddrPort("10.0.0.2:1"), seq: 1, ack: 1 << 31, flags: flagACK, wnd: 7, shift: -1},
		{src: netip.MustParseAddrPort("10.0.0.1:7865"), dst: netip.MustParseAddrPort("10.0.0.2:1"), flags: flagACK | flagPSH, length: 5, shift: -1, hasTS: true, tsval: 1, tsecr: 2},
		{src: netip.MustParseAddrPort("[fd00::2]:9"), dst: netip.MustParseAddrPort("[fd00::1]:80"), seq: 0xffffffff, flags: flagSYN, mss: 1460, shift: -1},
		{src: netip.MustParseAddrPort("[fd00::2]:9"), dst: netip.MustParseAddrPort("[fd00::1]:80"), flags: flagRST, shift: -1, length: 1400},
	} {
		b := buildFrame(nil, [6]byte{2, 1}, [6]byte{2, 2}, &s)
		got, ok := parseFrame(b)
		if diff := cmp.Diff(s, got, sameSegment); !ok || diff != "" {
			t.Errorf("(-built +parsed):\n%s", diff)
		}
		head := ipv4Len
		if s.src.Addr().Is6() {
			head = ipv6Len
		} else if fold(sum(0, b[etherLen:etherLen+ipv4Len])) != 0xffff {
			t.Errorf("%v: bad IP checksum", s)
		}
		if sum := tcpChecksum(b[etherLen:], b[etherLen+head:]); sum != 0 {
			t.Errorf("%v: checksum: got %#x over all, want 0", s, sum)
		}
	}
}

func TestParseFrameRefuses(t *testing.T) {
	whole, _ := hex.DecodeString(captured)
	for n := range len(whole) {
		if _, ok := parseFrame(whole[:n]); ok {
			t.Errorf("got a segment from %d of %d octets", n, len(whole))
		}
	}
	for what, change := range map[string]func(b []byte){
		"ARP":            func(b []byte) { b[13] = 6 },
		"UDP":            func(b []byte) { b[etherLen+9] = 17 },
		"fragment":       func(b []byte) { b[etherLen+6] = 0x20 },
		"short header":   func(b []byte) { b[etherLen] = 0x44 },
		"short TCP":      func(b []byte) { b[etherLen+ipv4Len+12] = 0x40 },
		"long TCP":       func(b []byte) { b[etherLen+ipv4Len+12] = 0xf0 },
		"IPv6 by half":   func(b []byte) { b[12], b[13] = 0x86, 0xdd },
		"long IP header": func(b []byte) { b[etherLen] = 0x4f },
	} {
		b := append([]byte(nil), whole...)
		change(b)
		if s, ok := parseFrame(b); ok && what != "long IP header" {
			t.Errorf("%s: got %+v", what, s)
		}
	}
}

func FuzzParseFrame(f *testing.F) {
	b, _ := hex.DecodeString(captured)
	f.Add(b)
	f.Fuzz(func(t *testing.T, b []byte) {
		s, ok := parseFrame(b)
		if ok && (s.length < 0 || s.length > len(b) || s.shift > 14) {
			t.Errorf("got %+v", s)
		}
	})
}

func TestIsKind(t *testing.T) {
	kinds := []string{"SYN", "SYN+ACK", "ACK", "FIN", "RST", "DATA"}
	for _, test := range []struct {
		flags  uint8
		length int
		want   []string
	}{
		{flagSYN, 0, []string{"SYN"}},
		{flagSYN | flagACK, 0, []string{"SYN+ACK"}},
		{flagACK, 0, []string{"ACK"}},
		{flagACK | flagPSH, 9, []string{"DATA"}},
		{flagACK | flagFIN, 0, []string{"FIN"}},
		{flagACK | flagFIN, 9, []string{"FIN", "DATA"}},
		{flagACK | flagRST, 0, []string{"RST"}},
		{flagRST, 0, []string{"RST"}},
	} {
		s := segment{flags: test.flags, length: test.length}
		var got []string
		for _, k := range kinds {
			if s.isKind(k) {
				got = append(got, k)
			}
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("flags %#x, %d octets (-want +got):\n%s", test.flags, test.length, diff)
		}
		if !s.isKind("any") || !s.isKind("") || s.isKind("FOO") {
			t.Errorf("flags %#x: any, none or FOO judged wrong", test.flags)
		}
	}
}
