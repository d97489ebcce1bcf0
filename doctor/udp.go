package doctor

// UDPNote says which UDP sockets have the number, in an answer about TCP.
func (out *Report) UDPNote() (notes []Text) {
	for i := range out.UDP {
		s := &out.UDP[i]
		notes = append(notes, say("UDP is another matter: %s has %s/udp (fourwave why %d/udp).",
			"UDP 是另一回事：%s 占用 %s/udp（fourwave why %d/udp）。", s.who(), s.Local, out.Port))
		if len(notes) == 1 {
			break
		}
	}
	return notes
}
