package quiz

var registry = []Kind{
	{ID: "both-states", code: 3, Topics: []string{"close", "time-wait"}, make: makeBothStates, Aid: "closed"},
	{ID: "who-waits", code: 4, Topics: []string{"close", "time-wait"}, make: makeWhoWaits, Aid: "closed"},
	{ID: "time-left", code: 5, Topics: []string{"time-wait", "timers"}, make: makeTimeLeft, Aid: "closed"},
	{ID: WillItBind, code: 2, Topics: []string{"bind", "options", "time-wait"}, make: makeWillItBind, Aid: "closed"},
	{ID: "which-blocks", code: 6, Topics: []string{"bind", "options"}, make: makeWhichBlocks, Aid: "closed"},
	{ID: "make-it-work", code: 7, Topics: []string{"bind", "options"}, make: makeMakeItWork, Aid: "open"},
	{
		ID: "matrix-corner", code: 8, Topics: []string{"bind", "options", "addresses"}, make: makeMatrixCorner,
		Aid: "closed",
	},
	{
		ID: "which-call-fails", code: 9, Topics: []string{"bind", "connect", "options"}, make: makeWhichCall,
		Aid: "closed",
	},
	{
		ID: "tuple-again", code: 10, Topics: []string{"ports", "time-wait", "connect"}, make: makeTupleAgain,
		Aid: "closed",
	},
	{ID: "ports-left", code: 11, Topics: []string{"ports", "time-wait", "connect"}, make: makePortsLeft, Aid: "closed"},
	{ID: NextState, code: 1, Topics: []string{"states", "close"}, make: makeNextState, Aid: "closed"},
	{
		ID: "what-is-sent", code: 12, Topics: []string{"segments", "resets", "states"}, make: makeWhatIsSent,
		Aid: "closed",
	},
	{ID: "order-segments", code: 13, Topics: []string{"segments", "close"}, make: makeOrderSegments, Aid: "open"},
	{ID: "fill-trace", code: 14, Topics: []string{"segments", "close"}, make: makeFillTrace, Aid: "open"},
	{ID: "wrong-line", code: 15, Topics: []string{"segments", "close"}, make: makeWrongLine, Aid: "open"},
	{ID: "lost-segment", code: 16, Topics: []string{"loss", "timers", "close"}, make: makeLostSegment, Aid: "closed"},
	{ID: "when-free", code: 17, Topics: []string{"time-wait", "timers", "bind"}, make: makeWhenFree, Aid: "closed"},
	{ID: "count-waits", code: 18, Topics: []string{"time-wait", "close"}, make: makeCountWaits, Aid: "closed"},
	{ID: "read-ss", code: 19, Topics: []string{"time-wait", "bind", "tools"}, make: makeReadSS, Aid: "closed"},
	{ID: "myth-or-true", code: 20, Topics: []string{"misconceptions"}, make: makeMythOrTrue, Aid: "closed"},
	{
		ID: "two-systems", code: 21, Topics: []string{"systems", "time-wait", "bind"}, make: makeTwoSystems,
		Aid: "closed",
	},
	{ID: "order-the-script", code: 23, Topics: []string{"close", "scripts"}, make: makeOrderScript, Aid: "open"},
	{ID: "write-the-script", code: 24, Topics: []string{"close", "scripts"}, make: makeWriteScript, Aid: "open"},
	{ID: "play-the-peer", code: 25, Topics: []string{"segments", "states"}, make: makePlayPeer, Aid: "open"},
	{ID: "find-the-line", code: 22, Topics: []string{"programs", "options", "close"}, make: makeFindLine, Aid: "open"},
}
