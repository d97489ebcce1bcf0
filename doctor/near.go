package doctor

// nearbyPorts is how many ports after the one asked about are looked at for a free one.
const nearbyPorts = 64

// portSet are the ports behind the one asked about that have sockets.
type portSet [nearbyPorts + 1]bool

// freeAfter finds the next port that has no socket, is not of the ephemeral range and may be bound;
// 0 if none is near.
func (r *reading) freeAfter(port uint16, used portSet) int {
	set := &r.settings
	for i := 1; i <= nearbyPorts && int(port)+i <= 65535; i++ {
		p := int(port) + i
		ephemeral := p >= set.EphemeralLow && p <= set.EphemeralHigh && !set.Ephemeral
		privileged := p < set.UnprivilegedStart && !set.MayBindPrivileged
		if !used[i] && !ephemeral && !privileged {
			return p
		}
	}
	return 0
}
