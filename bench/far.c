/* far.c - a source that is further away: passes TCP connections on, each byte later by a fixed time in each direction.
 * Usage: far DELAY_US TO_PORT ... - listens on a loopback port for each, prints the ports, ends with SIGTERM. One
 * thread: for a few clients only. */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "base/clock.h"

enum { CHUNK_BYTES = 65536 };

/* Bytes on their way. */
struct chunk {
	struct chunk *next;
	uint64_t due_us;
	size_t n;
	char bytes[];
};

struct end;

/* Both directions of a connection. */
struct end {
	int fd;
	int to_port; /* a listener: where its connections go; else 0 */
	struct end *peer;
	struct chunk *first, **last; /* for this end */
};

static uint64_t delay_us;
static int epoll_fd, timer_fd;
static struct chunk_line {
	struct end *end;
	struct chunk_line *next;
} *waiting, **waiting_end = &waiting; /* one entry for each chunk, in the order of their times */

static _Noreturn void die(const char *what)
{
	perror(what);
	exit(1);
}

static void watch(struct end *e)
{
	struct epoll_event ev = { .events = EPOLLIN, .data.ptr = e };

	if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, e->fd, &ev) < 0)
		die("epoll_ctl");
}

static struct end *end_new(int fd)
{
	struct end *e = calloc(1, sizeof(*e));
	int one = 1;

	if (!e)
		die("calloc");
	e->fd = fd;
	e->last = &e->first;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	return e;
}

static int dial(int port)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port),
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof(to)) < 0)
		die("connect");
	return fd;
}

static void take_connection(const struct end *listener)
{
	struct end *a, *b;
	int fd = accept4(listener->fd, NULL, NULL, SOCK_CLOEXEC);

	if (fd < 0)
		return;
	a = end_new(fd);
	b = end_new(dial(listener->to_port));
	a->peer = b;
	b->peer = a;
	watch(a);
	watch(b);
}

static void arm(void)
{
	uint64_t left_us = 0, now_us = clock_mono_us();
	struct itimerspec at = { 0 };

	if (!waiting)
		return;
	if (waiting->end->first->due_us > now_us)
		left_us = waiting->end->first->due_us - now_us;
	at.it_value.tv_sec = (time_t)(left_us / 1000000);
	at.it_value.tv_nsec = left_us ? (long)(left_us % 1000000) * 1000 : 1;
	timerfd_settime(timer_fd, 0, &at, NULL);
}

static void put_off(struct end *to, const char *bytes, size_t n)
{
	struct chunk *c = malloc(sizeof(*c) + n);
	struct chunk_line *line = malloc(sizeof(*line));

	if (!c || !line)
		die("malloc");
	*c = (struct chunk){ .due_us = clock_mono_us() + delay_us, .n = n };
	memcpy(c->bytes, bytes, n);
	*to->last = c;
	to->last = &c->next;
	*line = (struct chunk_line){ .end = to };
	*waiting_end = line;
	waiting_end = &line->next;
}

/* A closed connection stays allocated: the program is short-lived. */
static void pass_on(struct end *from)
{
	static char bytes[CHUNK_BYTES];
	ssize_t n = read(from->fd, bytes, sizeof(bytes));

	if (n > 0) {
		put_off(from->peer, bytes, (size_t)n);
		return;
	}
	epoll_ctl(epoll_fd, EPOLL_CTL_DEL, from->fd, NULL);
	shutdown(from->peer->fd, SHUT_WR);
}

static void deliver(void)
{
	while (waiting && waiting->end->first->due_us <= clock_mono_us()) {
		struct chunk_line *line = waiting;
		struct chunk *c = line->end->first;

		for (size_t at = 0; at < c->n;) {
			ssize_t n = write(line->end->fd, c->bytes + at, c->n - at);

			if (n < 0 && errno != EINTR)
				break;
			at += n > 0 ? (size_t)n : 0;
		}
		line->end->first = c->next;
		if (!c->next)
			line->end->last = &line->end->first;
		waiting = line->next;
		if (!waiting)
			waiting_end = &waiting;
		free(c);
		free(line);
	}
}

static void listen_for(int to_port)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof(at);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct end *e;

	if (fd < 0 || bind(fd, (struct sockaddr *)&at, n) < 0 || listen(fd, 64) < 0 ||
	    getsockname(fd, (struct sockaddr *)&at, &n) < 0)
		die("listen");
	e = end_new(fd);
	e->to_port = to_port;
	watch(e);
	printf("%d\n", ntohs(at.sin_port));
	fflush(stdout);
}

int main(int argc, char **argv)
{
	struct epoll_event ev[64], tick = { .events = EPOLLIN };

	if (argc < 3) {
		fprintf(stderr, "usage: far DELAY_US TO_PORT ...\n");
		return 2;
	}
	delay_us = strtoul(argv[1], NULL, 10);
	epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (epoll_fd < 0 || timer_fd < 0 || epoll_ctl(epoll_fd, EPOLL_CTL_ADD, timer_fd, &tick) < 0)
		die("epoll");
	for (int i = 2; i < argc; i++)
		listen_for(atoi(argv[i]));
	for (;;) {
		int n = epoll_wait(epoll_fd, ev, 64, -1);

		for (int i = 0; i < n; i++) {
			struct end *e = ev[i].data.ptr;
			uint64_t ticks;

			if (!e)
				(void)!read(timer_fd, &ticks, sizeof(ticks));
			else if (e->to_port)
				take_connection(e);
			else
				pass_on(e);
		}
		deliver();
		arm();
	}
}
