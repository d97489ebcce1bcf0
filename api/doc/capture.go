package doc

import "time"

// Capture is what was read of a capture file: POST /v1/captures.
type Capture struct {
	ID          string               `json:"id,omitempty"`
	Format      string               `json:"format"` // pcap, pcapng, tcpdump
	Packets     int                  `json:"packets"`
	Other       int                  `json:"other"` // packets or lines that are no segment of TCP
	Connections []CapturedConnection `json:"connections"`
}

// CapturedConnection is one connection of it. Its end a opened it, or was seen first.
type CapturedConnection struct {
	N               int                    `json:"n"`     // from 1
	Tuple           string                 `json:"tuple"` // "tcp 10.0.0.2:40000 10.0.0.1:7865": a, then b
	Began           time.Time              `json:"began"` // what the trace's times count from
	Packets         int                    `json:"packets"`
	ClosedFirst     string                 `json:"closed_first"` // a, b, both, none
	Ends            map[string]CapturedEnd `json:"ends"`         // a and b
	EndedBy         string                 `json:"ended_by"`     // fin, rst, none
	Why             string                 `json:"why"`          // how it ended, in words
	LeftBehind      []LeftBehind           `json:"left_behind"`
	Retransmissions int                    `json:"retransmissions"`
	Completeness    int                    `json:"completeness"`        // Wireshark's tcp.completeness
	Midway          bool                   `json:"midway,omitempty"`    // it began before the capture
	OneSided        bool                   `json:"one_sided,omitempty"` // one direction alone was captured
	Unseen          int                    `json:"unseen,omitempty"`    // ACKs of what was not captured
	Script          string                 `json:"script"`              // the experiment that reproduces the ending
	// that replays it beside others, while the capture is kept
	World string `json:"world,omitempty"`
}

// CapturedEnd is an end of it when the capture ends.
type CapturedEnd struct {
	Addr     string `json:"addr"`
	State    string `json:"state"`
	Inferred bool   `json:"inferred"` // concluded, not shown
}

// LeftBehind is a socket that keeps its address and port after the connection.
type LeftBehind struct {
	End   string     `json:"end"` // a, b
	State string     `json:"state"`
	Addr  string     `json:"addr"`
	From  time.Time  `json:"from"`
	Until *time.Time `json:"until,omitempty"` // of TIME-WAIT, by Linux's 60 s
}
