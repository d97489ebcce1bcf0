package doctor

// Hide leaves of processes that are not may's only what ss shows of them, the name and the id: a
// command line can have a secret in it, and so can the directory that a process works in.
func (r *Report) Hide(may func(uid int) bool) {
	hide := func(sockets []Socket) {
		for i := range sockets {
			for j := range sockets[i].Processes {
				if p := &sockets[i].Processes[j]; !may(p.UID) {
					p.Command, p.Dir = p.Name, ""
				}
			}
		}
	}
	hide(r.Sockets)
	hide(r.UDP)
	for i := range r.Spaces {
		hide(r.Spaces[i].Sockets)
		if !may(0) { // whoever may see root's may see all
			r.Spaces[i].Command = ""
		}
	}
}
