package lab

import (
	"fmt"
	"io"
	"slices"

	"fourwave/lab/capture"
)

// WritePcapng writes the story so far of one of the lab's worlds as a pcapng file, see
// [capture.Write]; ErrWorld for a name that is none of them.
func (l *Lab) WritePcapng(w io.Writer, name string) error {
	s, err := l.captured(name)
	if err != nil {
		return err
	}
	return capture.Write(w, s)
}

// captured collects what one world has told.
func (l *Lab) captured(name string) (s capture.Story, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	r, err := l.runLocked(name)
	if err != nil {
		return s, err
	}
	s = capture.Story{World: name, Zero: r.story.zero, Frames: slices.Clone(r.story.frames)}
	if l.question != "" {
		s.About = append(s.About, l.question)
	}
	if l.log.dropped > 0 {
		s.About = append(s.About, fmt.Sprintf("%d events of the lab were not kept, there were too many", l.log.dropped))
	}
	for i := range l.log.events {
		e := &l.log.events[i]
		if e.World != name || e.Step == nil && e.Entry == nil && e.Flight == nil {
			continue
		}
		told := capture.Event{ID: e.ID, Line: e.Line, InDelay: e.InDelay, Entry: e.Entry, Flight: e.Flight}
		if e.Step != nil {
			told.Step = &capture.Step{Step: e.Step.Step, Result: e.Step.Results[name].Result}
		}
		s.Events = append(s.Events, told)
	}
	return s, nil
}
