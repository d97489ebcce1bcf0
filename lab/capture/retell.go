package capture

import (
	"fmt"
)

// Story is the connection as a story that [Write] writes: the segments as they were captured, with
// the states that they lead to as comments.
func (c *Conn) Story() Story {
	s := Story{World: "capture", Zero: c.Began, Frames: c.frames, OnePlace: true}
	s.About = append(s.About, fmt.Sprintf("connection %d, %s to %s: %s", c.N, c.A, c.B, c.Why.En))
	for i, e := range c.Ends {
		mark := ""
		if e.Inferred {
			mark = " (inferred)"
		}
		if i == 0 || c.A != c.B {
			s.About = append(s.About, fmt.Sprintf("%s, %s: %s%s", endNames[i], e.Addr, e.State, mark))
		}
	}
	// Every entry belongs to a segment, so all segments may be told first.
	for i := range c.Trace.Flights {
		s.Events = append(s.Events, Event{ID: len(s.Events) + 1, Flight: &c.Trace.Flights[i]})
	}
	for i := range c.Trace.Entries {
		s.Events = append(s.Events, Event{ID: len(s.Events) + 1, Entry: &c.Trace.Entries[i]})
	}
	return s
}
