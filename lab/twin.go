package lab

import (
	"slices"
	"strings"
	"time"
)

// An experiment of the library that ran in calculated worlds comes to the same every time: the
// worlds' seeds are fixed. So the first lab of it that is done is the twin of all later ones, which
// share what it has come to, none of which ever changes.

// maxTwins bounds the labs that are kept for that; any of them goes first.
const maxTwins = 64

// twinKey says which labs of the library come to the same.
func twinKey(spec *Spec, worlds []chosen) string {
	names := make([]string, len(worlds))
	for i := range worlds {
		names[i] = worlds[i].Name
	}
	return spec.Experiment + "\n" + strings.Join(names, "\n")
}

// twin is the lab that an equal one can share with; nil if there is none.
func (ls *Labs) twin(key string) *Lab {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	return ls.twins[key]
}

// offerTwin keeps a lab as the twin of later ones, if it is done and could be.
func (ls *Labs) offerTwin(key string, l *Lab) {
	if !l.calculated() || l.Live() || l.Snapshot().Status != Done { // Snapshot also compares its worlds, once for all
		return
	}
	ls.mu.Lock()
	defer ls.mu.Unlock()
	if len(ls.twins) >= maxTwins {
		for other := range ls.twins {
			delete(ls.twins, other)
			break
		}
	}
	if ls.twins == nil {
		ls.twins = map[string]*Lab{}
	}
	ls.twins[key] = l
}

// again makes l what its twin has become. l has not started, and nobody else knows it yet.
func (l *Lab) again(t *Lab) {
	t.mu.Lock()
	defer t.mu.Unlock()
	l.sameAs = t.id
	l.question, l.script, l.named, l.groups = t.question, t.script, t.named, t.groups
	l.steps, l.found, l.count = slices.Clip(t.steps), slices.Clip(t.found), t.count
	l.placed, l.looked = t.placed, t.looked
	l.started, l.status, l.ended = true, Done, time.Now()
	l.log = eventLog{
		events: slices.Clip(t.log.events), most: t.log.most, told: t.log.told, rows: t.log.rows,
		dropped: t.log.dropped, ended: true, bytes: labBytes, // all else is the twin's
	}
	for i, r := range t.runs {
		own := *r
		own.lab, own.world, own.steps = l, nil, nil
		own.story.zero = l.created
		l.runs[i] = &own
	}
	l.cancel()
	close(l.done)
	close(l.gone)
	l.enqueue, l.dequeue, l.release, l.departed = func() bool { return false }, func() {}, func() {}, func() {}
}

// SameAs is the id of a lab that came to the very same, of which only id and times differ, and ""
// if none is known.
func (l *Lab) SameAs() string { return l.sameAs }
