package api

import (
	"bytes"
	"strconv"
	"sync"

	"fourwave/lab"
)

// feeds are the labs that somebody listens to. The events of each are encoded once for all who
// listen in one language, in the words of a stream.
type feeds struct {
	mu  sync.Mutex
	all map[feedKey]*feed
}

type feedKey struct {
	lab  *lab.Lab
	lang string
}

// feed is one lab's events as text. What is in it never changes, so that listeners write from it
// without a lock.
type feed struct {
	key       feedKey
	listeners int // guarded by the mutex of feeds

	mu    sync.RWMutex
	first int    // the event that the text begins after
	ends  []int  // where the text of each event ends
	text  []byte // appended to, never changed
}

const (
	maxFeed   = 4 << 20 // bytes of text that are shared; a listener further behind encodes what it needs itself
	feedBatch = 64      // events that a listener writes at once
)

// open gives the feed of a lab; leave says that one listener has gone.
func (fs *feeds) open(l *lab.Lab, lang string) (f *feed, leave func()) {
	key := feedKey{l, lang}
	fs.mu.Lock()
	defer fs.mu.Unlock()
	if fs.all == nil {
		fs.all = map[feedKey]*feed{}
	}
	if f = fs.all[key]; f == nil {
		f = &feed{key: key}
		fs.all[key] = f
	}
	f.listeners++
	return f, func() {
		fs.mu.Lock()
		defer fs.mu.Unlock()
		if f.listeners--; f.listeners == 0 {
			delete(fs.all, key)
		}
	}
}

// after is the text of events after the one with an id, up to the event next. If there are none
// yet, more is closed when there are, unless the lab has ended.
func (f *feed) after(id int) (text []byte, next int, more <-chan struct{}, ended bool, err error) {
	f.mu.RLock()
	text, next = f.read(id)
	f.mu.RUnlock()
	if next > id {
		return text, next, nil, false, nil
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if text, next = f.read(id); next > id {
		return text, next, nil, false, nil
	}
	events, more, ended := f.key.lab.Events(id)
	if len(events) == 0 {
		return nil, id, more, ended, nil
	}
	events = events[:min(len(events), feedBatch)]
	if len(f.ends) == 0 || len(f.text) > maxFeed {
		f.first, f.ends, f.text = id, nil, nil
	}
	if id != f.first+len(f.ends) { // a latecomer
		text, err = appendEvents(nil, nil, events, f.key.lang)
		return text, id + len(events), nil, false, err
	}
	before := len(f.text)
	f.text, err = appendEvents(f.text, &f.ends, events, f.key.lang)
	return f.text[before:], id + len(events), nil, false, err
}

// read is the text that is there after an event, and the last event in it; next is id if there is
// none.
func (f *feed) read(id int) (text []byte, next int) {
	at := id - f.first
	if at < 0 || at >= len(f.ends) {
		return nil, id
	}
	begin, last := 0, min(at+feedBatch, len(f.ends))
	if at > 0 {
		begin = f.ends[at-1]
	}
	return f.text[begin:f.ends[last-1]], f.first + last
}

// appendEvents appends events in the words of a stream, and to ends where each ends.
func appendEvents(text []byte, ends *[]int, events []lab.Event, lang string) ([]byte, error) {
	b := bytes.NewBuffer(text)
	for i := range events {
		data, err := encode(events[i].Document(lang))
		if err != nil {
			return text, err
		}
		b.WriteString("id: ")
		b.WriteString(strconv.Itoa(events[i].ID))
		b.WriteString("\nevent: " + events[i].Kind + "\ndata: ")
		b.Write(data) // which ends its own line
		b.WriteByte('\n')
		if ends != nil {
			*ends = append(*ends, b.Len())
		}
	}
	return b.Bytes(), nil
}
