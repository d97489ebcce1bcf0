// The trials of the matrix in plain C: the same calls as the trials of package realsock make, for comparison.
// It reads one trial a line, "state role addr via v6only reuseaddr reuseport addr v6only reuseaddr reuseport",
// and then says what came of each ("bind listen", errno or 0) and how many seconds all of them took.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

enum { BOUND, LISTENING, SYN_SENT, ESTABLISHED, FIN_WAIT1, FIN_WAIT2, CLOSING, TIME_WAIT, CLOSE_WAIT, LAST_ACK };
static const int kernel_state[] = {7, 10, 2, 1, 4, 5, 11, 6, 8, 9};
enum { ACCEPTED, CONNECTED, AUTOBOUND };

typedef struct sockaddr_storage addr_t;
struct sock { addr_t addr; int v6only, reuseaddr, reuseport; };
struct trial { int state, role; struct sock old, new; addr_t via; };

static int peers[2], deaf[2], diag;

static void die(const char *what) { perror(what); exit(1); }
static void must(int r, const char *what) { if (r < 0) die(what); }

static addr_t parse(const char *s) {
	addr_t a;
	memset(&a, 0, sizeof a);
	if (strchr(s, ':')) {
		a.ss_family = AF_INET6;
		must(inet_pton(AF_INET6, s, &((struct sockaddr_in6 *)&a)->sin6_addr) - 1, s);
	} else if (*s != '-') {
		a.ss_family = AF_INET;
		must(inet_pton(AF_INET, s, &((struct sockaddr_in *)&a)->sin_addr) - 1, s);
	}
	return a;
}

static addr_t at(addr_t a, int port) {
	((struct sockaddr_in *)&a)->sin_port = htons(port);
	return a;
}

static socklen_t size(const addr_t *a) { return a->ss_family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6); }
static int is6(const addr_t *a) { return a->ss_family == AF_INET6 && !IN6_IS_ADDR_V4MAPPED(&((struct sockaddr_in6 *)a)->sin6_addr); }
static void set(int fd, int level, int name, int value) { must(setsockopt(fd, level, name, &value, sizeof value), "setsockopt"); }

static int make(const addr_t *a, const struct sock *o, int flags) {
	int fd = socket(a->ss_family, SOCK_STREAM | SOCK_CLOEXEC | flags, IPPROTO_TCP);
	must(fd, "socket");
	if (o && o->reuseaddr) set(fd, SOL_SOCKET, SO_REUSEADDR, 1);
	if (o && o->reuseport) set(fd, SOL_SOCKET, SO_REUSEPORT, 1);
	if (o && o->v6only) set(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);
	return fd;
}

static void deafen(int fd) {
	struct sock_filter drop = {BPF_RET | BPF_K, 0, 0, 0};
	struct sock_fprog prog = {1, &drop};
	must(setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &prog, sizeof prog), "filter");
}

static int stage_listener(const char *any, int port) {
	addr_t a = at(parse(any), port);
	struct sock o = {a, a.ss_family == AF_INET6, 0, 0};
	int fd = make(&a, &o, SOCK_NONBLOCK);
	must(bind(fd, (void *)&a, size(&a)), "bind");
	must(listen(fd, 128), "listen");
	return fd;
}

static void stage(void) {
	must(unshare(geteuid() ? CLONE_NEWUSER | CLONE_NEWNET : CLONE_NEWNET), "unshare");
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	struct ifreq lo = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};
	must(ioctl(fd, SIOCSIFFLAGS, &lo), "lo");
	close(fd);
	peers[0] = stage_listener("0.0.0.0", 9000), peers[1] = stage_listener("::", 9000);
	deaf[0] = stage_listener("0.0.0.0", 9100), deaf[1] = stage_listener("::", 9100);
	deafen(deaf[0]), deafen(deaf[1]);
	must(diag = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG), "netlink");
}

// look is the state of the connection with these ends; 7, CLOSE, if there is none.
static int look(const addr_t *l, const addr_t *r) {
	struct { struct nlmsghdr h; struct inet_diag_req_v2 q; } req = {
		{sizeof req, SOCK_DIAG_BY_FAMILY, NLM_F_REQUEST, 1, 0}, {.sdiag_protocol = IPPROTO_TCP, .idiag_states = ~0u}};
	const struct sockaddr_in6 *l6 = (void *)l, *r6 = (void *)r;
	const struct sockaddr_in *l4 = (void *)l, *r4 = (void *)r;
	req.q.id.idiag_sport = l4->sin_port, req.q.id.idiag_dport = r4->sin_port;
	if (is6(l)) {
		req.q.sdiag_family = AF_INET6;
		memcpy(req.q.id.idiag_src, &l6->sin6_addr, 16), memcpy(req.q.id.idiag_dst, &r6->sin6_addr, 16);
	} else {
		req.q.sdiag_family = AF_INET;
		req.q.id.idiag_src[0] = l->ss_family == AF_INET ? l4->sin_addr.s_addr : l6->sin6_addr.s6_addr32[3];
		req.q.id.idiag_dst[0] = r->ss_family == AF_INET ? r4->sin_addr.s_addr : r6->sin6_addr.s6_addr32[3];
	}
	req.q.id.idiag_cookie[0] = req.q.id.idiag_cookie[1] = ~0u;
	must(write(diag, &req, sizeof req), "write");
	static char buf[32 << 10];
	must(read(diag, buf, sizeof buf), "read");
	struct nlmsghdr *h = (void *)buf;
	return h->nlmsg_type == SOCK_DIAG_BY_FAMILY ? ((struct inet_diag_msg *)NLMSG_DATA(h))->idiag_state : 7;
}

static void abort_(int fd) {
	struct linger l = {1, 0};
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &l, sizeof l);
	close(fd);
}

static void connect_(int fd, const addr_t *to, int nonblocking) {
	struct timeval limit = {0, 200000};
	must(setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit), "setsockopt");
	if (connect(fd, (void *)to, size(to)) < 0 && !(nonblocking && errno == EINPROGRESS)) die("connect");
}

static int accept_(int l, addr_t *from) {
	socklen_t n = sizeof *from;
	int fd;
	while ((fd = accept4(l, (void *)from, &n, SOCK_CLOEXEC)) < 0)
		if (errno != EAGAIN) die("accept");
	return fd;
}

static void run(const struct trial *t, int port, int *bound, int *listening) {
	int fd = -1, peer = -1, is_deaf = 0;
	addr_t local, remote;
	struct sock const *o = &t->old;
	if (t->state <= LISTENING || t->role != AUTOBOUND) {
		int flags = t->role == ACCEPTED && t->state > LISTENING || t->state == SYN_SENT ? SOCK_NONBLOCK : 0;
		fd = make(&o->addr, o, flags);
		addr_t a = at(o->addr, port);
		must(bind(fd, (void *)&a, size(&a)), "bind");
	}
	if (t->state == LISTENING) must(listen(fd, 16), "listen");
	if (t->state <= LISTENING) {
		unsigned char state;
		socklen_t n = 1;
		must(getsockopt(fd, IPPROTO_TCP, TCP_INFO, &state, &n), "getsockopt");
		if (state != kernel_state[t->state]) die("state");
	} else if (t->role == ACCEPTED) {
		int l = fd;
		must(listen(l, 16), "listen");
		peer = make(&t->via, 0, 0);
		set(peer, IPPROTO_IP, 51, 60999 << 16 | 50768);
		local = at(t->via, port);
		connect_(peer, &local, 0);
		fd = accept_(l, &remote);
		close(l);
	} else {
		if (t->role == AUTOBOUND) {
			fd = make(&t->via, o, t->state == SYN_SENT ? SOCK_NONBLOCK : 0);
			set(fd, IPPROTO_IP, 51, port << 16 | port);
		}
		remote = at(t->via, t->state == SYN_SENT ? 9100 : 9000);
		connect_(fd, &remote, t->state == SYN_SENT);
		socklen_t n = sizeof local;
		must(getsockname(fd, (void *)&local, &n), "getsockname");
		addr_t from;
		if (t->state != SYN_SENT) peer = accept_(peers[is6(&t->via)], &from);
	}
	switch (t->state) {
	case CLOSE_WAIT: shutdown(peer, SHUT_WR); break;
	case FIN_WAIT1: deafen(peer), is_deaf = 1, shutdown(fd, SHUT_WR); break;
	case FIN_WAIT2: shutdown(fd, SHUT_WR); break;
	case CLOSING: deafen(peer), is_deaf = 1, shutdown(fd, SHUT_WR), shutdown(peer, SHUT_WR); break;
	case LAST_ACK: shutdown(peer, SHUT_WR), deafen(peer), is_deaf = 1, shutdown(fd, SHUT_WR); break;
	case TIME_WAIT: close(fd), close(peer), fd = peer = -1; break;
	}
	if (t->state > LISTENING) {
		for (;;) {
			if (t->state == FIN_WAIT2) {
				char b;
				if (recv(peer, &b, 1, MSG_DONTWAIT) == 0) set(peer, IPPROTO_TCP, TCP_QUICKACK, 1);
			}
			if (look(&local, &remote) == kernel_state[t->state]) break;
		}
	}
	addr_t a = at(t->new.addr, port);
	int fresh = make(&a, &t->new, 0);
	*listening = 0;
	*bound = bind(fresh, (void *)&a, size(&a)) < 0 ? errno : 0;
	if (!*bound && listen(fresh, 16) < 0) *listening = errno;
	close(fresh);
	if (fd >= 0 && peer >= 0) {
		abort_(fd);
		if (is_deaf) abort_(peer); else close(peer);
	} else if (fd >= 0) {
		close(fd);
	}
}

int main(void) {
	static struct trial trials[20000];
	static int results[20000][2];
	int n = 0;
	char old[64], via[64], new[64];
	struct trial *t = trials;
	while (n < 18000 && scanf("%d %d %63s %63s %d %d %d %63s %d %d %d", &t->state, &t->role, old, via, &t->old.v6only, &t->old.reuseaddr,
		&t->old.reuseport, new, &t->new.v6only, &t->new.reuseaddr, &t->new.reuseport) == 11) {
		t->old.addr = parse(old), t->via = parse(via), t->new.addr = parse(new);
		t++, n++;
	}
	stage();
	struct timespec from, to;
	clock_gettime(CLOCK_MONOTONIC, &from);
	for (int i = 0; i < n; i++) run(&trials[i], 32768 + i, &results[i][0], &results[i][1]);
	clock_gettime(CLOCK_MONOTONIC, &to);
	for (int i = 0; i < n; i++) printf("%d %d\n", results[i][0], results[i][1]);
	printf("%.6f\n", to.tv_sec - from.tv_sec + (to.tv_nsec - from.tv_nsec) / 1e9);
	return 0;
}
