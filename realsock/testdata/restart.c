// The whole story of a server that closes first and is started again, in plain C: the calls that a trial of package
// realsock makes, and nobody looks. It says how many seconds as many trials took as it is told,
// and how many of processor time.
#define _GNU_SOURCE
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static void must(int r, const char *what) {
	if (r < 0) perror(what), exit(1);
}

static int make(void) {
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_TCP);
	must(fd, "socket");
	return fd;
}

static void trial(int port) {
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int l = make();
	must(bind(l, (void *)&at, sizeof at), "bind");
	must(listen(l, 16), "listen");

	int c = make(), range = 60999 << 16 | 50768;
	struct timeval limit = {0, 200000};
	must(setsockopt(c, IPPROTO_IP, 51, &range, sizeof range), "setsockopt");
	must(setsockopt(c, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit), "setsockopt");
	must(connect(c, (void *)&at, sizeof at), "connect");

	struct sockaddr_in from;
	socklen_t size = sizeof from;
	int a = accept4(l, (void *)&from, &size, SOCK_CLOEXEC);
	must(a, "accept");
	close(l), close(a), close(c);

	int again = make();
	if (!bind(again, (void *)&at, sizeof at)) fprintf(stderr, "port %d could be bound\n", port), exit(1);
	close(again);
}

static double seconds(clockid_t of) {
	struct timespec t;
	clock_gettime(of, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

int main(int argc, char **argv) {
	int n = atoi(argv[argc - 1]);
	must(unshare(geteuid() ? CLONE_NEWUSER | CLONE_NEWNET : CLONE_NEWNET), "unshare");
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	struct ifreq lo = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};
	must(ioctl(fd, SIOCSIFFLAGS, &lo), "lo");
	double clock = seconds(CLOCK_MONOTONIC), cpu = seconds(CLOCK_PROCESS_CPUTIME_ID);
	for (int i = 0; i < n; i++) trial(32768 + i);
	printf("%.6f %.6f\n", seconds(CLOCK_MONOTONIC) - clock, seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu);
	return 0;
}
