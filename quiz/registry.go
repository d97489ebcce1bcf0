package quiz

import "slices"

var registry = []Kind{
	{ID: "both-states", code: 3, Topics: []string{"close", "time-wait"}, make: makeBothStates, Aid: "closed"},
	{ID: "who-waits", code: 4, Topics: []string{"close", "time-wait"}, make: makeWhoWaits, Aid: "closed"},
	{ID: "time-left", code: 5, Topics: []string{"time-wait", "timers"}, make: makeTimeLeft, Aid: "closed"},
}

// List gives the kinds of questions with levels, in the order of the register.
func List() []Kind { return slices.Clone(registry) }
