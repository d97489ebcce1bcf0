package capture

import "fourwave/api/doc"

// Document is what POST /v1/captures answers, in a language, "en" or "zh"; id is empty for a file
// that is not kept.
func (f *File) Document(id, lang string) *doc.Capture {
	v := &doc.Capture{
		ID: id, Format: f.Format, Packets: f.Packets, Other: f.Other,
		Connections: make([]doc.CapturedConnection, len(f.Connections)),
	}
	for i, c := range f.Connections {
		v.Connections[i] = c.document(lang)
	}
	return v
}

func (c *Conn) document(lang string) doc.CapturedConnection {
	v := doc.CapturedConnection{
		N: c.N, Tuple: "tcp " + c.A.String() + " " + c.B.String(), Began: c.Began.UTC(), Packets: c.Packets,
		ClosedFirst: c.ClosedFirst, Ends: make(map[string]doc.CapturedEnd, len(endNames)),
		EndedBy: c.EndedBy, Why: c.Why.In(lang), LeftBehind: make([]doc.LeftBehind, len(c.LeftBehind)),
		Retransmissions: c.Retransmissions, Completeness: c.Completeness,
		Midway: c.Midway, OneSided: c.OneSided, Unseen: c.Unseen, Script: c.Script(),
	}
	for i, e := range c.Ends {
		v.Ends[endNames[i]] = doc.CapturedEnd{Addr: e.Addr.String(), State: string(e.State), Inferred: e.Inferred}
	}
	for i, l := range c.LeftBehind {
		left := doc.LeftBehind{
			End: l.End, State: string(l.State), Addr: v.Ends[l.End].Addr, From: l.From.UTC(),
		}
		if !l.Until.IsZero() {
			until := l.Until.UTC()
			left.Until = &until
		}
		v.LeftBehind[i] = left
	}
	return v
}
