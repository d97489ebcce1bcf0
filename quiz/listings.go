package quiz

import "strings"

// listing is a server in one language. A line may begin with a tag and "|"; a mutation replaces the
// line of a tag, or puts one before or after it. {L}, {C}, {P} and {F} are names that are drawn.
type listing struct {
	language string
	lines    string
	changes  map[string]edit // by mutation
}

// edit changes a listing: the line of tag becomes text, which is then the line to find. where is ""
// to replace it, "before" or "after" to stand beside it; drop is the tag of a line that goes.
type edit struct{ tag, where, text, drop string }

// apply gives the listing's lines with an edit made, and the number of the line that was changed,
// from 1.
func (l *listing) apply(id string, names *strings.Replacer) (lines []string, at int, ok bool) {
	e, ok := l.changes[id]
	put := func(text string, changed bool) {
		if lines = append(lines, names.Replace(text)); changed {
			at = len(lines)
		}
	}
	for _, raw := range strings.Split(strings.Trim(l.lines, "\n"), "\n") {
		tag, text, tagged := strings.Cut(raw, "|")
		if !tagged {
			tag, text = "", raw
		}
		switch {
		case tag != "" && tag == e.drop:
		case tag == "" || tag != e.tag:
			put(text, false)
		case e.where == "before":
			put(e.text, true)
			put(text, false)
		case e.where == "after":
			put(text, false)
			put(e.text, true)
		default:
			put(e.text, true)
		}
	}
	return lines, at, ok && at > 0
}

var listings = []listing{
	{"Python", `
import socket, struct

def {F}({C}):
    request = b""
read|    while chunk := {C}.recv(4096):
more|        request += chunk
send|    {C}.sendall(answer(request))
close|    {C}.close()

def main():
make|    {L} = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
opt|    {L}.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
bind|    {L}.bind(("0.0.0.0", {P}))
listen|    {L}.listen(64)
    while running():
accept|        {C}, peer = {L}.accept()
        log("request from", peer)
        {F}({C})
    {L}.close()

if __name__ == "__main__":
    main()
`, map[string]edit{
		"late-option": {"bind", "after", "    {L}.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)", "opt"},
		"accepted-only": {
			"accept", "after", "        {C}.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)", "opt",
		},
		"option-zero":  {"opt", "", "    {L}.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 0)", ""},
		"other-option": {"opt", "", "    {L}.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)", ""},
		"only-restart": {
			"opt", "", "    if restarted(): {L}.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)", "",
		},
		"loopback":  {"bind", "", "    {L}.bind((\"127.0.0.1\", {P}))", ""},
		"port-zero": {"bind", "", "    {L}.bind((\"0.0.0.0\", 0))", ""},
		"v6only":    {"make", "", "    {L} = socket.create_server((\"::1\", {P}), family=socket.AF_INET6)", "bind"},
		"linger-zero": {
			"send", "after", "    {C}.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack(\"ii\", 1, 0))", "",
		},
		"no-read":      {"read", "", "    request = {C}.recv(1)", "more"},
		"no-close":     {"close", "", "    finished.append({C})", ""},
		"shutdown-rd":  {"close", "", "    {C}.shutdown(socket.SHUT_RD); finished.append({C})", ""},
		"closes-first": {"read", "", "    while not request.endswith(b\"\\n\"): request += {C}.recv(4096)", "more"},
	}},
	{"C", `
#include "server.h"

static void {F}(int {C}) {
    struct buffer request = {0};
    char chunk[4096];
    ssize_t n;
read|    while ((n = read({C}, chunk, sizeof chunk)) > 0)
more|        append(&request, chunk, n);
send|    write_all({C}, answer(&request));
close|    close({C});
}

int main(void) {
    int one = 1;
make|    int {L} = socket(AF_INET, SOCK_STREAM, 0);
opt|    setsockopt({L}, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
addr|    struct sockaddr_in at = ipv4(INADDR_ANY, {P});
bind|    bind({L}, (struct sockaddr *)&at, sizeof at);
listen|    listen({L}, 64);
    while (running()) {
accept|        int {C} = accept({L}, NULL, NULL);
        {F}({C});
    }
    return close({L});
}
`, map[string]edit{
		"late-option": {"bind", "after", "    setsockopt({L}, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);", "opt"},
		"accepted-only": {
			"accept", "after", "        setsockopt({C}, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);", "opt",
		},
		"option-zero":  {"opt", "", "    setsockopt({L}, SOL_SOCKET, SO_REUSEADDR, &(int){0}, sizeof(int));", ""},
		"other-option": {"opt", "", "    setsockopt({L}, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof one);", ""},
		"only-restart": {
			"opt", "", "    if (restarted()) setsockopt({L}, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);", "",
		},
		"loopback":  {"addr", "", "    struct sockaddr_in at = ipv4(INADDR_LOOPBACK, {P});", ""},
		"port-zero": {"addr", "", "    struct sockaddr_in at = ipv4(INADDR_ANY, 0);", ""},
		"linger-zero": {
			"send", "after",
			"    setsockopt({C}, SOL_SOCKET, SO_LINGER, &(struct linger){1, 0}, sizeof(struct linger));", "",
		},
		"no-read":     {"read", "", "    if ((n = read({C}, chunk, 1)) > 0)", ""},
		"no-close":    {"close", "", "    remember({C});", ""},
		"shutdown-rd": {"close", "", "    shutdown({C}, SHUT_RD); remember({C});", ""},
		"closes-first": {
			"read", "", "    while (!ends_with(&request, '\\n') && (n = read({C}, chunk, sizeof chunk)) > 0)", "",
		},
	}},
	{"Go", `
package main

func {F}({C} *net.TCPConn) {
read|	request, err := io.ReadAll({C})
	if err != nil {
		log.Print(err)
	}
send|	{C}.Write(answer(request))
close|	{C}.Close()
}

func main() {
make|	fd, _ := unix.Socket(unix.AF_INET, unix.SOCK_STREAM, 0)
opt|	unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1)
addr|	at := &unix.SockaddrInet4{Port: {P}}
bind|	unix.Bind(fd, at)
listen|	unix.Listen(fd, 64)
	{L} := listenerOf(fd)
	for running() {
accept|		{C}, _ := {L}.AcceptTCP()
		log.Print({C}.RemoteAddr())
		{F}({C})
	}
	{L}.Close()
}
`, map[string]edit{
		"late-option":   {"bind", "after", "	unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1)", "opt"},
		"accepted-only": {"accept", "after", "		setsockopt({C}, unix.SO_REUSEADDR, 1)", "opt"},
		"option-zero":   {"opt", "", "	unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEADDR, 0)", ""},
		"other-option":  {"opt", "", "	unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_KEEPALIVE, 1)", ""},
		"only-restart": {
			"opt", "", "	if restarted() { unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1) }", "",
		},
		"loopback":     {"addr", "", "	at := &unix.SockaddrInet4{Port: {P}, Addr: [4]byte{127, 0, 0, 1}}", ""},
		"port-zero":    {"addr", "", "	at := &unix.SockaddrInet4{Port: 0}", ""},
		"linger-zero":  {"send", "after", "	{C}.SetLinger(0)", ""},
		"no-read":      {"read", "", "	request, err := readN({C}, 1)", ""},
		"no-close":     {"close", "", "	finished = append(finished, {C})", ""},
		"shutdown-rd":  {"close", "", "	{C}.CloseRead(); finished = append(finished, {C})", ""},
		"closes-first": {"read", "", "	request, err := bufio.NewReader({C}).ReadBytes('\\n')", ""},
	}},
}
