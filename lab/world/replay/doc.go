// Package replay is the world of connections that were captured elsewhere: it does not run a
// script, it tells what a capture shows, so that the model and a kernel can be laid beside what
// really happened.
//
// The script is the one that [capture.Conn.Script] writes. Each of its lines that sends something
// stands for segments of the capture, and those, with the states that they lead to, are told when
// it comes to the line. What a capture cannot show, a bind or a read, is concluded from what it
// does show, and every such result says so. A line that is not in the capture's story is not run.
//
// The capture's times, ports and relative numbers stay as they are. Its addresses become those of
// the laboratory, 10.0.0.1 and 10.0.0.2, so that both worlds name the same connection alike.
package replay
