package capture

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/gopacket/gopacket/pcapgo"
)

// TestRetell: a connection that was read and written again is the same connection, with its headers
// as they were captured and the states as comments.
func TestRetell(t *testing.T) {
	for _, test := range endings {
		t.Run(test.name, func(t *testing.T) {
			first, err := Read(bytes.NewReader(pcapOf(t, test.lines)))
			if err != nil {
				t.Fatal(err)
			}
			c := first.Connections[0]
			var file bytes.Buffer
			if err := Write(&file, c.Story()); err != nil {
				t.Fatal(err)
			}
			again, err := Read(bytes.NewReader(file.Bytes()))
			if err != nil {
				t.Fatal(err)
			}
			if len(again.Connections) != 1 {
				t.Fatalf("got %d connections, want 1", len(again.Connections))
			}
			if got, want := storyOf(t, again.Connections[0]), storyOf(t, c); got != want {
				t.Errorf("read, written and read again:\n%s\nand at first:\n%s", got, want)
			}
			checkRetold(t, file.Bytes(), frames(t, test.lines), c)
		})
	}
}

// storyOf is what is told of a connection.
func storyOf(t *testing.T, c *Conn) string {
	t.Helper()
	var b strings.Builder
	if err := c.Trace.WriteText(&b); err != nil {
		t.Fatal(err)
	}
	return b.String() + c.Why.En + "\n" + c.Script()
}

// checkRetold compares the frames with those that were captured, whose data is left out, and looks
// for each entry of the trace among the comments.
func checkRetold(t *testing.T, file []byte, captured [][]byte, c *Conn) {
	t.Helper()
	r, err := pcapgo.NewNgReader(bytes.NewReader(file), pcapgo.DefaultNgReaderOptions)
	if err != nil {
		t.Fatal(err)
	}
	var said []string
	for i := 0; ; i++ {
		data, info, opts, err := r.ReadPacketDataWithOptions()
		if errors.Is(err, io.EOF) && i == len(captured) {
			break
		} else if err != nil {
			t.Fatalf("packet %d of %d: %v", i+1, len(captured), err)
		}
		const ethernet, headers = 14, 14 + 20 + 20
		want := captured[i]
		length := ethernet + int(binary.BigEndian.Uint16(want[ethernet+2:])) // without what pads short frames
		if !bytes.Equal(data[ethernet:], want[ethernet:headers]) || info.Length != length {
			t.Errorf("packet %d: got % x of %d bytes, want % x of %d", i+1, data, info.Length, want[:headers], length)
		}
		said = append(said, opts.Comments...)
	}
	all := strings.Join(said, "\n")
	for i := range c.Trace.Entries {
		if want := entryText(&c.Trace.Entries[i]); !strings.Contains(all, want) {
			t.Errorf("no comment says %q in\n%s", want, all)
		}
	}
	if about := r.SectionInfo().Comment; !strings.Contains(about, c.Why.En) {
		t.Errorf("the file says of itself %q, want %q", about, c.Why.En)
	}
}

// TestRetellText: tcpdump's text has no frames; they are made of what it says.
func TestRetellText(t *testing.T) {
	const text = "12:00:00.000000 IP 10.0.0.2.40000 > 10.0.0.1.7865: Flags [S], seq 3000000000, win 1, length 0\n" +
		"12:00:00.001000 IP 10.0.0.1.7865 > 10.0.0.2.40000: Flags [R.], seq 0, ack 3000000001, win 0, length 0\n"
	f, err := Read(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	var file bytes.Buffer
	if err := Write(&file, f.Connections[0].Story()); err != nil {
		t.Fatal(err)
	}
	again, err := Read(&file)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := storyOf(t, again.Connections[0]), storyOf(t, f.Connections[0]); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}
