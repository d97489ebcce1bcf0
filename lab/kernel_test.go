package lab

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"fourwave/fsm"
	"fourwave/realsock"
)

const openedByClient = `
server bind l :7865
server listen l 20
client connect c server:7865
server accept l as a
`

// stories are told by the kernel and by the model in the same words.
var stories = []struct{ name, script string }{
	{"server closes first", openedByClient + `
		server close a
		client close c`},
	{"client closes first", openedByClient + `
		client close c
		server close a`},
	{"both close at once", openedByClient + `
		server close a
		& client close c`},
	{"half close", openedByClient + `
		client shutdown c wr
		server send a 1000
		client recv c
		server close a`},
	{"abort", openedByClient + `
		server abort a
		client recv c`},
	{"unread data", openedByClient + `
		client send c 10
		server close a`},
	{"data for nobody", openedByClient + `
		server close a
		client send c 10`},
	{"three segments", openedByClient + `
		wire hold client ACK
		server close a
		client close c
		wire release`},
	{"acks lost at once", openedByClient + `
		wire drop server ACK
		wire drop client ACK
		server close a
		& client close c
		+1s client state c`},
	{"last ack lost", openedByClient + `
		server close a
		wire drop server ACK
		client close c
		+700ms client state c`},
	{"fin lost", openedByClient + `
		wire drop server FIN
		server close a
		+100ms server state a
		+500ms server state a`},
	{"refused", `
		client connect c server:7865
		client state c`},
	{"opened at once", `
		server bind s server:1000
		client bind c client:2000
		server connect s client:2000
		& client connect c server:1000`},
	{"to itself", `
		server bind s 127.0.0.1:1000
		server connect s 127.0.0.1:1000
		server close s`},
	{"loopback", `
		client bind l 127.0.0.1:80
		client listen l
		client connect c 127.0.0.1:80
		client accept l as a
		client close a
		client close c`},
	{"listener closed", `
		server bind l :7865
		server listen l 20
		client connect c server:7865
		server close l
		client recv c`},
	{"exit", openedByClient + `
		client connect d server:7865
		server exit
		client exit`},
	{"same port again", `
		server bind l :7865
		server listen l 20
		client connect c server:7865 from client:4000
		server accept l as a
		server close a
		client close c
		+1100ms client connect d server:7865 from client:4000
		server accept l as b
		server state a`},
	{"assassination", openedByClient + `
		server close a
		client close c
		wire forge client c FIN+ACK seq=nxt-1
		server state a`},
	{"forged at TIME-WAIT", openedByClient + `
		server close a
		client close c
		wire hold server
		wire forge client c ACK seq=nxt
		wire forge client c ACK+PSH seq=nxt len=3
		wire forge client c SYN seq=nxt-5 ts=old
		wire forge client c RST seq=nxt+1
		wire forge client c SYN seq=nxt+100000`},
	{"forged at ESTABLISHED", openedByClient + `
		wire hold server
		wire forge client c ACK seq=nxt-1
		wire forge client c RST seq=nxt+1
		+600ms wire forge client c SYN
		wire forge client c PSH seq=nxt len=4
		wire forge client c FIN+ACK seq=nxt
		wire forge client c RST seq=nxt`},
	{"nothing gets through", openedByClient + `
		wire block client>server icmp=host
		client send c 5
		client state c
		wire block server
		client error c`},
	{"no route to what is opened", `
		wire block client icmp=net
		client connect c server:7865
		client state c`},
	{"port unreachable", `
		server bind s :7865
		wire hold
		client connect c server:7865 within 10ms
		wire forge server s icmp=port
		client await c`},
	{"ICMP errors about what is open", openedByClient + `
		wire forge client c icmp=port
		wire forge client c icmp=admin
		server state a
		server close a
		wire forge client c icmp=host
		client close c
		wire forge client c icmp=net
		server state a`},
	{"forgotten with a reset", openedByClient + `
		wire forget after 300ms rst
		client send c 5
		+600ms client send c 5
		client state c
		server state a`},
	{"forgotten in silence", openedByClient + `
		wire forget after 300ms
		+600ms client close c
		client connect d server:7865
		client state c`},
	{"seen to end", openedByClient + `
		wire forget after 10s rst
		client close c
		server close a
		wire forge server a FIN+ACK seq=nxt-1
		client state c`},
	{"three hosts", `
		host proxy 10.0.0.3 fd00::3
		server bind l [::]:7865
		server listen l 20
		proxy bind p :80
		proxy listen p
		client connect c proxy:80
		proxy accept p as pc
		proxy connect ps [fd00::1]:7865
		server accept l as a
		client send c 5
		client shutdown c wr
		+100ms proxy recv pc
		proxy send ps 5
		proxy close ps
		proxy close pc
		server recv a
		server close a
		client recv c
		client close c`},
	{"IPv6", `
		server bind l [::]:7865 dual
		server listen l
		client connect c [fd00::1]:7865
		server accept l as a
		server close a
		client close c`},
}

// A kernel's story has the model's shape: the same events at the same ends in the same words, with the same segments.
func TestKernelTellsWhatTheModelTells(t *testing.T) {
	if a := realsock.Able(); !a.OK {
		skipUnlessCI(t, "kernel world: "+a.Why)
	}
	ls := NewLabs(Limits{}, allWorlds(t))
	defer ls.Close()
	for _, s := range stories {
		t.Run(s.name, func(t *testing.T) {
			var model, kernel []string
			// What the machine's timing made of it once it need not make of it again.
			for range 3 {
				l, err := ls.Create(Spec{Script: wholeLines(s.script), Worlds: []string{"model", "kernel"}})
				if err != nil {
					t.Fatal(err)
				}
				<-l.Done()
				model, kernel = told(t, l, "model"), told(t, l, "kernel")
				for _, w := range []string{"model", "kernel"} {
					trace, err := l.Trace(w)
					if err != nil {
						t.Fatal(err)
					}
					checkCauses(t, w, trace)
				}
				if slices.Equal(model, kernel) {
					return
				}
			}
			t.Errorf("the kernel's story (-model +kernel):\n%s", cmp.Diff(model, kernel))
		})
	}
}

// wholeLines gives each line of a story the delay that it leaves out.
func wholeLines(story string) string {
	var script strings.Builder
	for _, line := range strings.Split(strings.TrimSpace(story), "\n") {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "+") && !strings.HasPrefix(line, "&") {
			line = "+0 " + line
		}
		script.WriteString(line + "\n")
	}
	return script.String()
}

// told is a world's story without its times, each end's apart, since what happens at two ends at once has no order.
func told(t *testing.T, l *Lab, world string) (lines []string) {
	t.Helper()
	events, _, _ := l.Events(0)
	for _, host := range []string{"server", "proxy", "client"} {
		for _, event := range events {
			e := event.Entry
			if event.World != world || e == nil || e.Host != host {
				continue
			}
			var sent []string
			for _, s := range e.Sent {
				s.Flags &^= fsm.PSH
				sent = append(sent, s.String())
			}
			lines = append(lines, fmt.Sprintf("%s %s: line %d, %s, %s, %s %s", e.Host, e.Socket, event.Line, e.From, e.Event, e.To, strings.Join(sent, " ")))
		}
	}
	slices.SortStableFunc(lines, func(a, b string) int { return strings.Compare(end(a), end(b)) })
	return lines
}

// end is the host and socket that a line of a story is about.
func end(line string) string {
	before, _, _ := strings.Cut(line, ":")
	return before
}
