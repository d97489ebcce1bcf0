package capture

import (
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"

	"fourwave/fsm"
	"fourwave/lab/script"
)

// Story is what one world reported so far.
type Story struct {
	World  string
	Zero   time.Time // the moment from which the world counts its time
	About  []string  // what is said of the whole file, a line each
	Events []Event   // in their order
	Frames []Frame   // of the segments, in the order in which they left, as far as any were captured
	// OnePlace says that all segments were captured at one unnamed place, as those of a
	// capture that was read: the file has one interface then.
	OnePlace bool
}

// Event is one thing that happened in the world: a line that ran, a change at one end, or a
// segment, one of the three. A segment comes again when its fate changes.
type Event struct {
	ID      int  // counts up within the story
	Line    int  // the script's line that brought it about; 0 before the first
	InDelay bool // while that line's delay passed
	Step    *Step
	Entry   *fsm.Entry
	Flight  *fsm.Flight
}

// Step is a line of the script that the world ran.
type Step struct {
	*script.Step
	Result string
}

// Frame is what was captured of a segment: its first bytes, from the Ethernet header on, and how
// many there were.
type Frame struct {
	Head []byte
	Size int
}

// captured is a story as it stands in a capture file.
type captured struct {
	world   string
	zero    time.Time
	packets []packet     // in the order in which they left
	place   map[int]int  // of a packet, by its ID
	taps    []tap        // the file's interfaces
	first   map[turn]int // packet that was sent in a line
	group   int          // the first line of those that ran at the instant that is being told
	early   []remark     // what was said before the first packet
	about   []remark     // what is said of the whole file
}

// turn is what a host sends in a line of the script; "" is any host.
type turn struct {
	line int
	host string
}

// packet is a segment, what was captured of it, and what is said of it.
type packet struct {
	fsm.Flight
	Frame
	sent    spot
	arrived spot
	told    bool // an entry tells of its arrival
	remarks []remark
}

// Write writes a story as a pcapng file, which Wireshark opens.
//
// Each segment stands in it once, as an Ethernet frame, where and when it left: the interfaces are
// "server" and "client", their ends of the wire, and "server lo" and "client lo"; a further host
// has two more; of a story of one place there is one, "capture". Times are of the wall clock when
// the world began, plus the world's own. A segment of which nothing was captured gets a frame made
// from the headers that the model knows, with zeros for data. Of each frame at most the first
// SnapLen bytes are there, and its true length.
//
// Comments on the packets carry the rest of the story: lines of the script with their results, all
// entries of the trace, losses on the wire. What has no segment of its own is said of the packet
// before it.
func Write(w io.Writer, s Story) error {
	c := &captured{world: s.World, zero: s.Zero, place: map[int]int{}, first: map[turn]int{}, taps: taps}
	if s.OnePlace {
		c.taps = oneTap
	}
	for _, line := range s.About {
		c.about = append(c.about, remark{text: line})
	}
	for i := range s.Events {
		c.hear(&s.Events[i])
	}
	for i, f := range s.Frames {
		if i < len(c.packets) {
			c.packets[i].Frame = f
		}
	}
	c.finish()
	return c.write(w)
}

// SnapLen is how many bytes of a frame are kept, as the kernel world captures them.
const SnapLen = 160

// The hosts.
const (
	server = "server"
	client = "client"
)

// tap is a place where segments are captured: an interface of the file.
type tap struct{ name, what string }

// oneTap is the interface of a story that was captured at one place.
var oneTap = []tap{{"capture", "where the capture was made"}}

// wireOf and loopOf are a host's two taps.
func wireOf(host string) tap { return tap{host, "the " + host + "'s end of the wire"} }
func loopOf(host string) tap { return tap{host + " lo", "the " + host + "'s loopback"} }

// taps are those of a world, in the order of the file's interfaces. Those of further hosts that a
// script made follow them.
var taps = []tap{wireOf(server), wireOf(client), loopOf(server), loopOf(client)}

// furtherTaps adds those of the hosts that sent something and have none.
func (c *captured) furtherTaps() {
	for i := range c.packets {
		if w := wireOf(c.packets[i].From); len(c.taps) > 1 && !slices.Contains(c.taps, w) {
			c.taps = append(slices.Clip(c.taps), w, loopOf(c.packets[i].From))
		}
	}
}

// tapOf is the index of the interface at which a segment left.
func (c *captured) tapOf(f *fsm.Flight) int {
	at := wireOf(f.From)
	if f.From == f.To {
		at = loopOf(f.From)
	}
	return max(slices.Index(c.taps, at), 0)
}

func (c *captured) write(w io.Writer) error {
	c.furtherTaps()
	out, err := c.begin(w)
	if err != nil {
		return err
	}
	for i := range c.packets {
		p := &c.packets[i]
		if p.Head == nil {
			if p.Frame, err = makeFrame(&p.Flight); err != nil {
				return fmt.Errorf("segment %d: %w", p.ID, err)
			}
		}
		info := gopacket.CaptureInfo{
			Timestamp: c.zero.Add(p.Departs), CaptureLength: len(p.Head), Length: p.Size,
			InterfaceIndex: c.tapOf(&p.Flight),
		}
		if err := out.WritePacketWithOptions(info, p.Head,
			pcapgo.NgPacketOptions{Comments: texts(p.remarks)}); err != nil {
			return err
		}
	}
	return out.Flush()
}

// begin writes what stands before the packets.
func (c *captured) begin(w io.Writer) (*pcapgo.NgWriter, error) {
	about := pcapgo.NgSectionInfo{Application: "fourwave, world " + c.world, Comment: joined(c.about)}
	var out *pcapgo.NgWriter
	for i, p := range c.taps {
		intf := pcapgo.NgInterface{
			Name: p.name, Description: p.what, LinkType: layers.LinkTypeEthernet, SnapLength: SnapLen,
		}
		var err error
		if i == 0 {
			out, err = pcapgo.NewNgWriterInterface(w, intf, pcapgo.NgWriterOptions{SectionInfo: about})
		} else {
			_, err = out.AddInterface(intf)
		}
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}
