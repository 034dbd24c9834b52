#include "tests/faultproxy/proxy.h"

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
#include "tests/faultproxy/stream.h"

enum { LISTENERS_MOST = 16, EVENTS = 64, LINE_BYTES = 512 };

/* What an event is about. */
struct watch {
	enum { WATCH_LISTENER, WATCH_SIDE, WATCH_TIMER, WATCH_STDIN } kind;
	int fd;
	uint32_t events; /* it is watched for; 0: it is not */
};

struct listener {
	struct watch watch;
	unsigned to_port;
	struct toxics toxics[2];
};

struct conn {
	struct watch side[2]; /* client, server */
	struct stream stream[2]; /* PROXY_UP: from side 0 to 1; PROXY_DOWN */
	struct listener *listener;
	bool dead; /* freed after the events at hand */
	struct conn *next;
};

static struct watch timer = { .kind = WATCH_TIMER }, input = { .kind = WATCH_STDIN };
static struct listener listeners[LISTENERS_MOST];
static size_t n_listeners;
static struct conn *conns;
static int epoll_fd;

static _Noreturn void die(const char *what)
{
	perror(what);
	exit(1);
}

static void watch_for(struct watch *w, uint32_t events)
{
	struct epoll_event ev = { .events = events, .data.ptr = w };
	int op = w->events == 0 ? EPOLL_CTL_ADD : events == 0 ? EPOLL_CTL_DEL : EPOLL_CTL_MOD;

	if (events == w->events)
		return;
	if (epoll_ctl(epoll_fd, op, w->fd, &ev) < 0)
		die("epoll_ctl");
	w->events = events;
}

/* ---- connections ---- */

static struct sockaddr_in loopback(unsigned port)
{
	return (struct sockaddr_in){ .sin_family = AF_INET,
				     .sin_port = htons((uint16_t)port),
				     .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
}

/* A socket without an interest is not watched at all, or its end would be told again and again. */
static void conn_watch(struct conn *c)
{
	for (int i = 0; i < 2 && !c->dead; i++)
		watch_for(&c->side[i], (stream_reads(&c->stream[i]) ? EPOLLIN : 0) |
					       (c->stream[1 - i].blocked ? EPOLLOUT : 0));
}

static void conn_end(struct conn *c, bool reset)
{
	static const struct linger at_once = { 1, 0 };

	for (int i = 0; i < 2 && !c->dead; i++) {
		if (reset)
			setsockopt(c->side[i].fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
		close(c->side[i].fd);
		stream_drop(&c->stream[i]);
	}
	c->dead = true;
}

static bool resets(const struct listener *l)
{
	return l->toxics[PROXY_UP].reset || l->toxics[PROXY_DOWN].reset;
}

static void conn_take(struct listener *l)
{
	struct sockaddr_in to = loopback(l->to_port);
	struct conn *c = calloc(1, sizeof(*c));
	int fd[2] = { accept4(l->watch.fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK),
		      socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0) };
	int one = 1;

	if (c == NULL || fd[0] < 0 || fd[1] < 0)
		die("taking a connection");
	c->listener = l;
	for (int i = 0; i < 2; i++) {
		c->side[i] = (struct watch){ .kind = WATCH_SIDE, .fd = fd[i] };
		setsockopt(fd[i], IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
		stream_begin(&c->stream[i], &l->toxics[i], fd[i], fd[1 - i]);
	}
	c->next = conns;
	conns = c;
	if (resets(l) || (connect(fd[1], (struct sockaddr *)&to, sizeof(to)) < 0 && errno != EINPROGRESS))
		conn_end(c, true);
	conn_watch(c);
}

static struct conn *conn_of(const struct watch *side, int *i_out)
{
	for (struct conn *c = conns; c; c = c->next)
		for (int i = 0; i < 2; i++)
			if (&c->side[i] == side) {
				*i_out = i;
				return c;
			}
	abort();
}

static void conn_settle(struct conn *c, enum stream_result result)
{
	switch (result) {
	case STREAM_GOES_ON:
		if (c->stream[0].write_end && c->stream[1].write_end)
			conn_end(c, false);
		break;
	case STREAM_BROKEN:
		conn_end(c, true);
		break;
	case STREAM_LIMIT:
		conn_end(c, false);
		break;
	}
	conn_watch(c);
}

static void conn_serve(struct watch *side, uint32_t events)
{
	enum stream_result result = STREAM_GOES_ON;
	int i;
	struct conn *c = conn_of(side, &i);

	if (c->dead)
		return;
	if (events & EPOLLOUT)
		result = stream_write(&c->stream[1 - i]);
	else if (events & (EPOLLIN | EPOLLHUP | EPOLLERR))
		result = stream_read(&c->stream[i]);
	conn_settle(c, result);
}

/* Pass on what is due, and set the clock to what comes next. */
static void conns_deliver(void)
{
	uint64_t next_us = UINT64_MAX, now_us;
	struct itimerspec at = { 0 };

	for (struct conn *c = conns; c; c = c->next)
		for (int i = 0; i < 2 && !c->dead; i++) {
			if (stream_due_us(&c->stream[i]) <= clock_mono_us())
				conn_settle(c, stream_write(&c->stream[i]));
			if (!c->dead && stream_due_us(&c->stream[i]) < next_us)
				next_us = stream_due_us(&c->stream[i]);
		}
	if (next_us < UINT64_MAX) {
		now_us = clock_mono_us();
		now_us = next_us > now_us ? next_us - now_us : 1;
		at.it_value.tv_sec = (time_t)(now_us / 1000000);
		at.it_value.tv_nsec = (long)(now_us % 1000000) * 1000;
	}
	timerfd_settime(timer.fd, 0, &at, NULL);
}

static void conns_free_dead(void)
{
	for (struct conn **at = &conns; *at;) {
		struct conn *c = *at;

		if (!c->dead) {
			at = &c->next;
			continue;
		}
		*at = c->next;
		free(c);
	}
}

/* ---- the outside ---- */

void proxy_begin(void)
{
	epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	timer.fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (epoll_fd < 0 || timer.fd < 0)
		die("epoll");
	watch_for(&timer, EPOLLIN);
}

unsigned proxy_listen(unsigned to_port, const struct toxics *toxics)
{
	struct sockaddr_in at = loopback(0);
	socklen_t n = sizeof(at);
	struct listener *l = &listeners[n_listeners];
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (n_listeners++ == LISTENERS_MOST)
		exit(2);
	if (fd < 0 || bind(fd, (struct sockaddr *)&at, n) < 0 || listen(fd, 128) < 0 ||
	    getsockname(fd, (struct sockaddr *)&at, &n) < 0)
		die("listen");
	*l = (struct listener){ .watch = { .kind = WATCH_LISTENER, .fd = fd },
				.to_port = to_port,
				.toxics = { *toxics, *toxics } };
	watch_for(&l->watch, EPOLLIN);
	return ntohs(at.sin_port);
}

size_t proxy_listeners(void)
{
	return n_listeners;
}

bool proxy_set(size_t listener, int direction, const struct toxics *toxics)
{
	if (listener >= n_listeners)
		return false;
	listeners[listener].toxics[direction] = *toxics;
	for (struct conn *c = conns; c; c = c->next) {
		if (c->listener == &listeners[listener] && toxics->reset)
			conn_end(c, true);
		conn_watch(c);
	}
	return true;
}

/* Whole lines only; what is behind the last one waits for its end. */
static void input_read(void (*command)(char *line))
{
	static char text[LINE_BYTES];
	static size_t len;
	ssize_t n = read(input.fd, text + len, sizeof(text) - 1 - len);
	char *end;

	if (n <= 0) {
		watch_for(&input, 0);
		return;
	}
	len += (size_t)n;
	text[len] = '\0';
	while ((end = memchr(text, '\n', len))) {
		*end = '\0';
		command(text);
		len -= (size_t)(end + 1 - text);
		memmove(text, end + 1, len + 1);
	}
	if (len == sizeof(text) - 1) /* no command is that long */
		len = 0;
}

static void serve(struct watch *w, uint32_t events, void (*command)(char *line))
{
	uint64_t ticks;

	switch (w->kind) {
	case WATCH_LISTENER:
		conn_take(CONTAINER_OF(w, struct listener, watch));
		break;
	case WATCH_SIDE:
		conn_serve(w, events);
		break;
	case WATCH_TIMER:
		(void)!read(w->fd, &ticks, sizeof(ticks));
		break;
	case WATCH_STDIN:
		input_read(command);
		break;
	}
}

void proxy_run(void (*command)(char *line))
{
	struct epoll_event ev[EVENTS], in = { .events = EPOLLIN, .data.ptr = &input };

	if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, input.fd, &in) == 0) /* a file cannot be watched, and says nothing */
		input.events = EPOLLIN;
	for (;;) {
		int n = epoll_wait(epoll_fd, ev, EVENTS, -1);

		for (int i = 0; i < n; i++)
			serve(ev[i].data.ptr, ev[i].events, command);
		conns_deliver();
		conns_free_dead();
	}
}
