package lab

import (
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"

	"fourwave/fsm"
	"fourwave/realsock"
)

// captured is one world's story so far, as it stands in a capture file.
type captured struct {
	world   string
	zero    time.Time
	packets []packet     // in the order in which they left
	place   map[int]int  // of a packet, by its ID
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
	frame
	sent    spot
	arrived spot
	told    bool // an entry tells of its arrival
	remarks []remark
}

// WritePcapng writes the story so far of one of the lab's worlds as a pcapng file, which Wireshark opens; ErrWorld for a name that
// is none of them.
//
// Each segment stands in it once, as an Ethernet frame, where and when it left: the interfaces are "server" and "client", their ends
// of the wire, and "server lo" and "client lo". Times are of the wall clock when the world began, plus the world's own. The kernel's
// frames are as captured; the model's are made from the headers that it knows, with zeros for data. Of each frame the first
// realsock.SnapLen octets are there, and its true length.
//
// Comments on the packets carry the rest of the story: lines of the script with their results, all entries of the trace, losses on
// the wire. What has no segment of its own is said of the packet before it.
func (l *Lab) WritePcapng(w io.Writer, world string) error {
	c, err := l.captured(world)
	if err != nil {
		return err
	}
	return c.write(w)
}

// captured collects what one world has told.
func (l *Lab) captured(world string) (*captured, error) {
	l.mu.Lock()
	r, err := l.runLocked(world)
	if err != nil {
		l.mu.Unlock()
		return nil, err
	}
	c := &captured{world: world, zero: r.story.zero, place: map[int]int{}, first: map[turn]int{}}
	if l.question != "" {
		c.about = append(c.about, remark{text: l.question})
	}
	events, frames := l.log.after(0), slices.Clone(r.story.frames)
	if l.log.dropped > 0 {
		text := fmt.Sprintf("%d events of the lab were not kept, there were too many", l.log.dropped)
		c.about = append(c.about, remark{text: text})
	}
	l.mu.Unlock()
	for i := range events {
		if events[i].World == world {
			c.hear(&events[i])
		}
	}
	for i, f := range frames {
		c.packets[i].frame = f
	}
	c.finish()
	return c, nil
}

// places are where segments are captured, in the order of the file's interfaces.
var places = []struct{ name, what string }{
	{realsock.Server, "the server's end of the wire"},
	{realsock.Client, "the client's end of the wire"},
	{realsock.Server + " lo", "the server's loopback"},
	{realsock.Client + " lo", "the client's loopback"},
}

func placeOf(f *fsm.Flight) int {
	i := 0
	if f.From == realsock.Client {
		i = 1
	}
	if f.From == f.To {
		i += 2
	}
	return i
}

func (c *captured) write(w io.Writer) error {
	out, err := c.begin(w)
	if err != nil {
		return err
	}
	for i := range c.packets {
		p := &c.packets[i]
		if p.head == nil {
			if p.frame, err = modelFrame(&p.Flight); err != nil {
				return fmt.Errorf("segment %d: %w", p.ID, err)
			}
		}
		info := gopacket.CaptureInfo{
			Timestamp: c.zero.Add(p.Departs), CaptureLength: len(p.head), Length: p.size, InterfaceIndex: placeOf(&p.Flight),
		}
		if err := out.WritePacketWithOptions(info, p.head, pcapgo.NgPacketOptions{Comments: texts(p.remarks)}); err != nil {
			return err
		}
	}
	return out.Flush()
}

// begin writes what stands before the packets.
func (c *captured) begin(w io.Writer) (*pcapgo.NgWriter, error) {
	about := pcapgo.NgSectionInfo{Application: "fourwave, world " + c.world, Comment: joined(c.about)}
	var out *pcapgo.NgWriter
	for i, p := range places {
		intf := pcapgo.NgInterface{
			Name: p.name, Description: p.what, LinkType: layers.LinkTypeEthernet, SnapLength: realsock.SnapLen,
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
