package world

import "fourwave/lab/script"

// About is the host and socket whose connection a step's result is about, see Result.End: of an accept
// that succeeded, the socket that it made. ok is false for a step that is about no connection.
func About(s *script.Step, result string) (host, sock string, ok bool) {
	switch s.Cmd.Verb {
	case "accept":
		return s.Actor, s.Cmd.As, result == "ok"
	case "listen", "connect", "send", "recv", "shutdown", "close", "abort", "state", "timer", "await":
		return s.Actor, s.Cmd.Sock, true
	}
	return "", "", false
}
