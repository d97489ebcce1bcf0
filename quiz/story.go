package quiz

import (
	"fmt"
	"strings"

	"fourwave/lab"
)

// situation is all that a question about bind supposes. It is one of a few hundred.
type situation struct {
	*story
	oldAddr, newAddr string
	old, new         option // what was set on the sockets before bind
}

// story is what has happened to the port, in words and as lines of a script. The words do not
// name a state: to know it is half of the answer.
type story struct {
	id      string
	serves  bool     // a listener accepted a connection; otherwise lines stand alone
	lines   []string // after the old socket was bound
	wait    string   // before the new one is
	before  lab.Text // for those that do not serve: what was made of the old socket, with one %s for address and option
	happens lab.Text
}

// option is an option of a socket as the script writes it; "" is none.
type option string

var (
	options  = []option{"", "reuseaddr", "reuseport"}
	oldAddrs = []string{":7865", "server:7865"}
	newAddrs = []string{":7865", "server:7865", "127.0.0.1:7865"}
)

func (o option) in() lab.Text {
	switch o {
	case "":
		return lab.Text{En: "with neither SO_REUSEADDR nor SO_REUSEPORT", Zh: "没有设置 SO_REUSEADDR 和 SO_REUSEPORT"}
	case "reuseaddr":
		return lab.Text{En: "with SO_REUSEADDR set beforehand", Zh: "事先设置了 SO_REUSEADDR"}
	}
	return lab.Text{En: "with SO_REUSEPORT set beforehand", Zh: "事先设置了 SO_REUSEPORT"}
}

var stories = []*story{
	{id: "restart", serves: true, wait: "10s",
		lines: []string{"+0 server exit", "+100ms client close c"},
		happens: lab.Text{
			En: "The server process exits; 100 ms later the client closes its end as well. Nothing was left unread.",
			Zh: "服务器进程退出，100 ms 后客户端也关闭了自己的一端，没有未读数据。"}},
	{id: "restart-late", serves: true, wait: "65s",
		lines: []string{"+0 server exit", "+100ms client close c"},
		happens: lab.Text{
			En: "The server process exits; 100 ms later the client closes its end as well. Nothing was left unread.",
			Zh: "服务器进程退出，100 ms 后客户端也关闭了自己的一端，没有未读数据。"}},
	{id: "client-first", serves: true, wait: "10s",
		lines: []string{"+0 client close c", "+100ms server exit"},
		happens: lab.Text{
			En: "The client closes its end; 100 ms later the server process exits. Nothing was left unread.",
			Zh: "客户端先关闭自己的一端，100 ms 后服务器进程退出，没有未读数据。"}},
	{id: "half", serves: true, wait: "10s",
		lines: []string{"+0 server exit"},
		happens: lab.Text{
			En: "The server process exits; the client keeps its end open. Nothing was left unread.",
			Zh: "服务器进程退出，客户端一直没有关闭自己的一端，没有未读数据。"}},
	{id: "half-late", serves: true, wait: "65s",
		lines: []string{"+0 server exit"},
		happens: lab.Text{
			En: "The server process exits; the client keeps its end open. Nothing was left unread.",
			Zh: "服务器进程退出，客户端一直没有关闭自己的一端，没有未读数据。"}},
	{id: "reset", serves: true, wait: "10s",
		lines: []string{"+0 server abort a", "+0 server exit"},
		happens: lab.Text{
			En: "The server closes the accepted socket with SO_LINGER on and a linger time of 0, and its process exits.",
			Zh: "服务器对已接受的套接字打开 SO_LINGER、时间设为 0 后关闭它，随后进程退出。"}},
	{id: "live", serves: true, wait: "10s",
		lines: []string{"+0 server close l"},
		happens: lab.Text{
			En: "The server closes the listening socket and goes on serving the connection, which stays open at both ends.",
			Zh: "服务器关闭了监听套接字，但继续为这个连接服务，连接两端都保持打开。"}},
	{id: "half-read", serves: true, wait: "10s",
		lines: []string{"+0 server close l", "+0 client close c"},
		happens: lab.Text{
			En: "The server closes the listening socket; then the client closes its end, but the server never closes the accepted socket.",
			Zh: "服务器关闭了监听套接字；随后客户端关闭了自己的一端，而服务器一直没有关闭已接受的套接字。"}},
	{id: "listening", wait: "10s",
		lines: []string{"+0 server listen l 20"},
		before: lab.Text{
			En: "A server on Linux (host 10.0.0.1, all settings at their defaults) binds a TCP socket to %s and listens; nobody connects.",
			Zh: "Linux 主机 10.0.0.1（系统参数均为默认值）上，一个服务器把 TCP 套接字绑定到 %s，并开始监听；没有客户端连接。"},
		happens: lab.Text{
			En: "It goes on listening.",
			Zh: "它一直在监听。"}},
	{id: "bound", wait: "10s",
		before: lab.Text{
			En: "A process on Linux (host 10.0.0.1, all settings at their defaults) binds a TCP socket to %s.",
			Zh: "Linux 主机 10.0.0.1（系统参数均为默认值）上，一个进程把 TCP 套接字绑定到 %s。"},
		happens: lab.Text{
			En: "It keeps the socket open and calls neither listen() nor connect().",
			Zh: "它让套接字保持打开，但既不调用 listen() 也不调用 connect()。"}},
}

// served is how a story begins in which a connection was accepted.
var served = lab.Text{
	En: "A server on Linux (host 10.0.0.1, all settings at their defaults) binds its listening TCP socket to %s, and accepts one connection, which a client on another host makes to 10.0.0.1:7865.",
	Zh: "Linux 主机 10.0.0.1（系统参数均为默认值）上，一个服务器把用于监听的 TCP 套接字绑定到 %s，并接受了一个连接；该连接由另一台主机上的客户端向 10.0.0.1:7865 发起。",
}

// situations lists all that a question about bind can suppose, always in the same order.
func situations() []situation {
	var all []situation
	for _, st := range stories {
		for _, oldAddr := range oldAddrs {
			for _, newAddr := range newAddrs {
				for _, old := range options {
					for _, new := range options {
						all = append(all, situation{st, oldAddr, newAddr, old, new})
					}
				}
			}
		}
	}
	return all
}

// script is the situation as a script whose last line is the bind that is asked about. With look
// set, the line before asks for the state of the server's end of the connection.
func (s situation) script(header string, look bool) string {
	lines := []string{"# " + header, "", "+0 server " + bind("l", s.oldAddr, s.old)}
	if s.serves {
		lines = append(lines, "+0 server listen l 20", "+0 client connect c server:7865", "+0 server accept l as a")
	}
	lines = append(lines, s.lines...)
	wait := s.wait
	if look && s.serves {
		lines, wait = append(lines, "+"+wait+" server state a"), "0"
	}
	return strings.Join(append(lines, "+"+wait+" server "+bind("n", s.newAddr, s.new)), "\n") + "\n"
}

func bind(name, addr string, o option) string {
	return strings.TrimSpace("bind " + name + " " + addr + " " + string(o))
}

// text is the situation in words, with its question.
func (s situation) text() lab.Text {
	before, late := s.before, strings.TrimSuffix(s.wait, "s")
	if s.serves {
		before = served
	}
	old, new := s.old.in(), s.new.in()
	return lab.Text{
		En: fmt.Sprintf(before.En, literal(s.oldAddr)+", "+old.En) + " " + s.happens.En +
			fmt.Sprintf(
				" %s s later another process of the same user calls bind() to %s on a new TCP socket, %s. Does bind() succeed?",
				late, literal(s.newAddr), new.En,
			),
		Zh: fmt.Sprintf(before.Zh, literal(s.oldAddr)+"（"+old.Zh+"）") + s.happens.Zh +
			fmt.Sprintf(
				"%s 秒后，同一用户的另一个进程用一个新的 TCP 套接字（%s）调用 bind()，绑定到 %s。bind() 会成功吗？", late, new.Zh, literal(s.newAddr),
			),
	}
}

// literal is an address of a script with the host as a number.
func literal(addr string) string {
	if strings.HasPrefix(addr, ":") {
		return "0.0.0.0" + addr
	}
	return strings.Replace(addr, "server", "10.0.0.1", 1)
}
