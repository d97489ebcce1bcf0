package doctor

import (
	"cmp"

	"fourwave/api/doc"
	"fourwave/doctor/paste"
	"fourwave/fsm"
)

// The methods of this file make the contract's documents of what the doctor found, in one language,
// "en" or "zh".

// Document is what GET /v1/ports/{port} answers.
func (r *Report) Document(lang string) *doc.Port {
	set := r.Settings
	v := &doc.Port{
		Port: int(r.Port), Protocol: string(cmp.Or(r.Protocol, TCP)), Host: r.Address().String(),
		ReuseAddr: r.ReuseAddr, ReusePort: r.ReusePort, At: r.At.UTC(),
		Verdict: string(r.Verdict), Errno: r.Errno, Case: string(r.Case), Answer: r.Answer.In(lang),
		Why: ruleDocument(r.Why, lang), Passes: r.Passes.document(lang),
		Options: doc.Each(r.Options, func(p Prediction) doc.PortOption {
			return doc.PortOption{
				ReuseAddr: p.ReuseAddr, ReusePort: p.ReusePort, Result: p.Result, Why: ruleDocument(p.Why, lang),
			}
		}),
		Addresses: doc.Each(r.Others, func(p AddrPrediction) doc.PortAddress {
			return doc.PortAddress{Addr: p.Addr.String(), Result: p.Result}
		}),
		Sockets: socketDocuments(r.Sockets, lang), More: r.MoreSock,
		Do: textsIn(r.Do, lang), Nearby: r.Nearby, Hidden: textsIn(r.Hidden, lang),
		Myths: doc.Each(r.Myths, func(m Myth) doc.PortMyth {
			return doc.PortMyth{Claim: m.Claim.In(lang), Truth: m.Truth.In(lang)}
		}),
		Settings: doc.PortSettings{
			EphemeralLow: set.EphemeralLow, EphemeralHigh: set.EphemeralHigh, Ephemeral: set.Ephemeral,
			Reserved: set.Reserved, ReservedPorts: set.ReservedPorts, UnprivilegedStart: set.UnprivilegedStart,
			MayBindPrivileged: set.MayBindPrivileged, FinTimeout: doc.Duration(set.FinTimeout), Kernel: set.Kernel,
		},
		Namespaces: doc.Each(r.Spaces, func(n Namespace) doc.PortNamespace {
			return doc.PortNamespace{
				Inode: n.Inode, PID: n.PID, Name: n.Name, Command: n.Command, Sockets: socketDocuments(n.Sockets, lang),
			}
		}),
		StartedBy: r.Started, UDP: socketDocuments(r.UDP, lang),
	}
	if k := r.Keeper; k != nil && k.Kind != "" {
		v.Keeper = &doc.PortKeeper{Kind: string(k.Kind), Name: k.Name, Command: k.Command, Text: k.Text.In(lang)}
	}
	if t := r.Tried; t != nil {
		v.Tried = &doc.PortTried{Result: t.Result, Agrees: t.Agrees, Text: t.Text.In(lang)}
	}
	return v
}

// PortDocuments are the documents of several reports; never nil.
func PortDocuments(reports []*Report, lang string) []doc.Port {
	return doc.Each(reports, func(r *Report) doc.Port { return *r.Document(lang) })
}

func socketDocuments(sockets []Socket, lang string) []doc.PortSocket {
	return doc.Each(sockets, func(s Socket) doc.PortSocket {
		v := doc.PortSocket{
			State: s.State, Case: string(s.Case), Local: s.Local.String(), Device: s.Device, Count: s.Count,
			User: s.User, Orphan: s.Orphan,
			ReuseAddr: string(s.ReuseAddr), ReusePort: string(s.ReusePort), V6Only: string(s.V6Only),
			Processes: doc.Each(s.Processes, Process.document), More: s.More, Hidden: s.Hidden,
			Verdict: string(s.Verdict), Why: ruleDocument(s.Why, lang), Passes: s.Passes.document(lang),
			RecvQ: s.RecvQ, SendQ: s.SendQ, Timer: string(cmp.Or(s.Timer, NoTimer)),
			Left: doc.Duration(s.Left), Retrans: s.Retrans,
		}
		if s.Remote.IsValid() {
			v.Remote = s.Remote.String()
		}
		return v
	})
}

func (p Process) document() doc.PortProcess {
	v := doc.PortProcess{
		PID: p.PID, Name: p.Name, Command: p.Command, User: p.User, Sockets: p.Sockets,
		Dir: p.Dir, Unit: p.Unit, Container: p.Container, Stopped: p.Stopped,
	}
	if !p.Started.IsZero() {
		at := p.Started.UTC()
		v.Started = &at
	}
	return v
}

func ruleDocument(w *fsm.Why, lang string) *doc.PortRule {
	if w == nil {
		return nil
	}
	return &doc.PortRule{Rule: w.Rule, Text: w.Text.In(lang), Source: w.Source}
}

func (p *Passing) document(lang string) *doc.PortPassing {
	if p == nil {
		return nil
	}
	v := &doc.PortPassing{AtMost: p.AtMost, Longer: p.Longer, Text: p.Text.In(lang)}
	if p.Timed {
		v.After, v.Least = doc.Duration(p.After), doc.Duration(p.Least)
	}
	return v
}

// Document is what POST /v1/tables answers.
func (t *Table) Document(lang string) *doc.Table {
	return &doc.Table{
		Format: t.Format, System: string(t.System), Lines: t.Lines, Rows: doc.Each(t.Rows, tableRow), MoreLost: t.MoreLost,
		NotUnderstood: doc.Each(t.NotUnderstood, func(l paste.Lost) doc.LostLine { return doc.LostLine(l) }),
		Ports:         PortDocuments(t.Reports, lang),
		Overview:      t.Overview.Document(lang, Filter{}),
		Cannot:        textsIn(t.Cannot, lang),
	}
}

func tableRow(r paste.Row) doc.TableRow {
	v := doc.TableRow{
		Line: r.Line, Protocol: r.Protocol, State: r.State, Process: r.Process, PID: r.PID, User: r.User,
		Inode: r.Inode, Timer: r.Timer, Left: doc.Duration(r.Left), Retrans: r.Retrans,
	}
	if r.Local.Text != "" {
		v.Local = r.Local.String()
	}
	if !r.Remote.Wild() {
		v.Remote = r.Remote.String()
	}
	if r.RecvQ >= 0 {
		v.RecvQ, v.SendQ = &r.RecvQ, &r.SendQ
	}
	return v
}

func textsIn(texts []Text, lang string) []string {
	return doc.Each(texts, func(t Text) string { return t.In(lang) })
}
