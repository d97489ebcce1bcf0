package realsock

import "testing"

// TestSocketUsedAgain: a socket whose connect was refused is as good as new. It may be bound to an
// address of the other kind and it may listen, and what it means is the listener then.
func TestSocketUsedAgain(t *testing.T) {
	l := newTrial(t, Config{})
	l.run(`
		client connect c [fd00::1]:7865      => ECONNREFUSED
		client bind c [::ffff:127.0.0.1]:7865 => ok
		client connect d 10.0.0.1:7865       => ECONNREFUSED
		client listen d n=1                  => ok
		client state d                       => LISTEN`)
	l.quiet()
	rows := l.tables[Client].Rows
	if len(rows) != 2 || rows[0].Name != "d" || rows[0].State != "LISTEN" || rows[1].Name != "c" || rows[1].State != "BOUND" {
		t.Errorf("got %+v, want d listening and c bound", rows)
	}
}

// TestDevice: sock_diag finds a socket that is bound to a device only if it is asked for with it.
func TestDevice(t *testing.T) {
	l := newTrial(t, Config{})
	l.run(`
		server bind l :7865 device=eth0      => ok
		server listen l n=1                  => ok
		server state l                       => LISTEN
		client connect c server:7865         => ok
		server accept l as=a                 => ok
		server state a                       => ESTABLISHED
		server bind m :7866 device=lo        => ok
		server listen m n=1                  => ok
		client connect d server:7866         => ECONNREFUSED
		client close c                       => ok
		server close a                       => ok
		server state a                       => CLOSE`)
	l.wantPath(Server, "a", "LISTEN SYN_RECV ESTABLISHED CLOSE_WAIT LAST_ACK CLOSE")
	for _, s := range l.sightings {
		if s.Host == Server && s.Name == "m" && s.Cause.Kind == "frame" {
			t.Errorf("a listener on lo is said to have heard the wire: %+v", s)
		}
	}
}

// TestStatesWhileWaiting: what a call leads to is told with that call as its cause, whatever other
// calls come back meanwhile.
func TestStatesWhileWaiting(t *testing.T) {
	l := newTrial(t, Config{})
	l.run(opened)
	l.run(`
		server recv a within=1ms => EAGAIN
		client close c           => ok
		server close a           => ok
		server state a           => CLOSE`)
	l.wantPath(Server, "a", "LISTEN SYN_RECV ESTABLISHED CLOSE_WAIT LAST_ACK CLOSE")
	for _, s := range l.sightings {
		if s.Host == Server && s.State == "LAST_ACK" && s.Prev == "CLOSE_WAIT" && s.Cause.Op != "close" {
			t.Errorf("LAST_ACK is told to come from %+v, want close", s.Cause)
		}
	}
}

// TestAcceptedOwner: an accepted socket belongs to the listener's user, and SO_REUSEPORT asks whose
// it is.
func TestAcceptedOwner(t *testing.T) {
	l := newTrial(t, Config{})
	if !Able().UIDs {
		skip(t, "other users need root")
	}
	for uid, want := range map[string]string{"1001": "ok", "1002": "EADDRINUSE"} {
		l.run(`
			server bind l 10.0.0.1:7865 reuseport uid=1001 => ok
			server listen l n=20                           => ok
			client connect c server:7865                   => ok
			server accept l as=a                           => ok
			server close l                                 => ok
			server bind m :7865 reuseport uid=` + uid + `  => ` + want + `
			server exit                                    => ok
			client abort c                                 => ok`)
	}
}

// TestPendingCalls: a call that has not come back says so, await tells two apart, and a recv that found
// nothing leaves what comes later to the next, unless it is awaited.
func TestPendingCalls(t *testing.T) {
	l := newTrial(t, Config{})
	l.run(opened)
	l.run(`
		server recv a nowait                     => EAGAIN
		server await a                           => not run: no call on a goes on in the background
		server recv a within=1ms                 => EAGAIN
		client send c n=100                      => 100
		server recv a nowait                     => 100
		server await a within=1ms                => pending
		client send c n=7                        => 7
		server await a recv                      => 7
		server set a sndbuf=4608                 => ok
		client set c rcvbuf=2304                 => ok
		server send a n=1000000 within=20ms
		server recv a within=1ms                 => EAGAIN
		client send c n=3                        => 3
		server await a recv                      => 3
		server await a send within=1ms           => pending`)
}

// TestLingeringClosePends: close with SO_LINGER has not come back while its FIN is not acknowledged.
func TestLingeringClosePends(t *testing.T) {
	l := newTrial(t, Config{})
	l.run(opened)
	l.run(`
		server set a linger=2s           => ok
		wire hold client                 => ok
		server close a within=20ms       => pending
		server await a close within=1ms  => pending
		wire release                     => ok
		server await a close             => ok`)
}

// TestSocketError: SO_ERROR is read once.
func TestSocketError(t *testing.T) {
	l := newTrial(t, Config{})
	l.run(opened)
	l.run(`
		client error c   => 0
		server abort a   => ok
		client error c   => ECONNRESET
		client error c   => 0`)
}

// TestClockOptions: the timers of keepalive and user timeout are armed as asked for.
func TestClockOptions(t *testing.T) {
	l := newTrial(t, Config{})
	l.run(opened)
	l.run(`
		server set a keepalive keepidle=60s keepintvl=5s keepcnt=3 => ok
		server timer a                                            => keepalive
		client set c usertimeout=3s                               => ok
		server bind m :7999 deferaccept=3s                        => ok`)
}
