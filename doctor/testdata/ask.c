// Asks sock_diag for the TCP sockets of a local port, N times, and prints how many were found in all and how many
// nanoseconds one asking took. The port is in the request's header.
//
//	ask PORT N              every state, IPv4 and then IPv6
//	ask PORT N once         every state, both families in one walk
//	ask PORT N connections  the same without the walk through the table of bound ports
#include <arpa/inet.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

static char buf[65536];

static long answer(int fd, int port)
{
	long found = 0;

	for (;;) {
		int n = recv(fd, buf, sizeof buf, 0);
		if (n <= 0)
			exit(1);
		struct nlmsghdr *h = (struct nlmsghdr *)buf;
		for (; NLMSG_OK(h, n); h = NLMSG_NEXT(h, n)) {
			if (h->nlmsg_type == NLMSG_DONE)
				return found;
			if (h->nlmsg_type == NLMSG_ERROR)
				exit(1);
			struct inet_diag_msg *m = NLMSG_DATA(h);
			if (ntohs(m->id.idiag_sport) == port)
				found++;
		}
	}
}

static long ask(int fd, int family, int port)
{
	struct {
		struct nlmsghdr h;
		struct inet_diag_req_v2 r;
	} req;

	memset(&req, 0, sizeof req);
	req.h.nlmsg_len = sizeof req;
	req.h.nlmsg_type = SOCK_DIAG_BY_FAMILY;
	req.h.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	req.r.sdiag_family = family;
	req.r.sdiag_protocol = IPPROTO_TCP;
	req.r.idiag_states = -1;
	req.r.id.idiag_sport = htons(port);
	if (send(fd, &req, sizeof req, 0) < 0)
		exit(1);
	return answer(fd, port);
}

static long askOnce(int fd, unsigned states, int port)
{
	struct {
		struct nlmsghdr h;
		struct inet_diag_req r;
	} req;

	memset(&req, 0, sizeof req);
	req.h.nlmsg_len = sizeof req;
	req.h.nlmsg_type = TCPDIAG_GETSOCK;
	req.h.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	req.r.idiag_states = states;
	req.r.id.idiag_sport = htons(port);
	if (send(fd, &req, sizeof req, 0) < 0)
		exit(1);
	return answer(fd, port);
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1e9 + t.tv_nsec;
}

int main(int argc, char **argv)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
	int port = argc > 1 ? atoi(argv[1]) : 7865, times = argc > 2 ? atoi(argv[2]) : 1;
	const unsigned bound = 1 << 13; // TCPF_BOUND_INACTIVE
	long found = 0;
	double start = now();

	if (fd < 0)
		return 1;
	for (int i = 0; i < times; i++)
		if (argc < 4)
			found += ask(fd, AF_INET, port) + ask(fd, AF_INET6, port);
		else
			found += askOnce(fd, strcmp(argv[3], "once") ? ~bound : ~0u, port);
	printf("%ld %.0f\n", found, (now() - start) / times);
	return 0;
}
