/* open_loop - asks a server at a steady rate, whatever becomes of its answers, and writes down how late each came,
 * counted from the moment the request was due: a server that stalls is not spared the requests of that time.
 *
 *   open_loop PORT RATE MILLISECONDS CONNECTIONS FILE
 *
 * FILE has one path a line; they are asked in turn by GET. Each connection carries one request at a time; what is due
 * while none is free waits, and its time counts. The output has a line for each request, "due_us took_us status
 * complete": due on CLOCK_MONOTONIC, status 0 for a connection that was refused or broke, complete as the body says.
 * Three seconds after the last request was due what is not answered yet has failed. */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/base.h"
#include "base/clock.h"

enum { CONNECTIONS_MAX = 4096, PATHS_MAX = 65536, ANSWER_BYTES = 1 << 17, EVENTS = 64, GRACE_US = 3000000 };

struct connection {
	int fd; /* -1: none */
	bool busy;
	uint64_t due_us;
	size_t len;
	char *in; /* ANSWER_BYTES */
};

static struct connection connections[CONNECTIONS_MAX];
static size_t n_connections, idle[CONNECTIONS_MAX], n_idle;
static char *requests[PATHS_MAX];
static size_t n_requests;
static uint64_t begun, ended;
static int epoll_fd;
static unsigned port;

static bool requests_read(const char *path)
{
	FILE *f = fopen(path, "re");
	char *line = NULL;
	size_t room = 0;

	while (f && n_requests < PATHS_MAX && getline(&line, &room, f) > 0) {
		line[strcspn(line, "\n")] = '\0';
		if (asprintf(&requests[n_requests++], "GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", line) < 0)
			abort();
	}
	free(line);
	if (f)
		fclose(f);
	return n_requests > 0;
}

static void end(size_t i, unsigned status, bool complete)
{
	struct connection *c = &connections[i];

	printf("%llu %llu %u %d\n", (unsigned long long)c->due_us,
	       (unsigned long long)(clock_mono_us() - c->due_us), status, complete);
	ended++;
	c->busy = false;
	idle[n_idle++] = i;
}

static void hang_up(struct connection *c)
{
	if (c->fd >= 0)
		close(c->fd);
	c->fd = -1;
}

static bool dial(struct connection *c, size_t i)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
				  .sin_port = htons((uint16_t)port),
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct epoll_event watched = { .events = EPOLLIN, .data.u64 = i };
	int one = 1;

	c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (c->fd < 0)
		return false;
	setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	if (connect(c->fd, (struct sockaddr *)&to, sizeof(to)) == 0 &&
	    epoll_ctl(epoll_fd, EPOLL_CTL_ADD, c->fd, &watched) == 0)
		return true;
	hang_up(c);
	return false;
}

static void ask(uint64_t due_us)
{
	size_t i = idle[--n_idle];
	struct connection *c = &connections[i];
	const char *request = requests[begun++ % n_requests];

	c->busy = true;
	c->due_us = due_us;
	c->len = 0;
	if (c->fd < 0 && !dial(c, i)) {
		end(i, 0, false);
		return;
	}
	/* a request this short goes into the socket at once, or the connection is gone, which reading tells */
	(void)!send(c->fd, request, strlen(request), MSG_NOSIGNAL);
}

/* The answer's status once it is whole, else 0. */
static unsigned whole(const struct connection *c, bool *complete)
{
	const char *body = memmem(c->in, c->len, "\r\n\r\n", 4), *length;
	size_t n;

	if (!body)
		return 0;
	length = strcasestr(c->in, "\r\ncontent-length:");
	n = length && length < body ? strtoul(length + strlen("\r\ncontent-length:"), NULL, 10) : 0;
	if (c->len < (size_t)(body + 4 - c->in) + n)
		return 0;
	*complete = memmem(body + 4, n, "\"complete\":true", strlen("\"complete\":true")) != NULL;
	return (unsigned)atoi(c->in + strcspn(c->in, " "));
}

static void hear(size_t i)
{
	struct connection *c = &connections[i];
	ssize_t n = recv(c->fd, c->in + c->len, ANSWER_BYTES - 1 - c->len, MSG_DONTWAIT);
	bool complete = false;
	unsigned status;

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		hang_up(c);
		if (c->busy)
			end(i, 0, false);
		return;
	}
	c->len += (size_t)n;
	c->in[c->len] = '\0';
	status = c->busy ? whole(c, &complete) : 0;
	if (!status)
		return;
	if (strcasestr(c->in, "\r\nconnection: close"))
		hang_up(c);
	end(i, status, complete);
}

static void wait_us(uint64_t us)
{
	const struct timespec limit = clock_timespec(us);
	struct epoll_event event[EVENTS];
	int n = epoll_pwait2(epoll_fd, event, EVENTS, &limit, NULL);

	for (int e = 0; e < n; e++)
		hear((size_t)event[e].data.u64);
}

static void run(uint64_t rate, uint64_t ms)
{
	uint64_t begin_us = clock_mono_us(), all = rate * ms / 1000, last_us = begin_us + ms * 1000 + GRACE_US;

	while (ended < all && clock_mono_us() < last_us) {
		uint64_t due_us = begin_us + begun * 1000000 / rate, now_us = clock_mono_us();

		if (begun < all && due_us <= now_us && n_idle > 0)
			ask(due_us);
		else
			wait_us(begun < all && due_us > now_us ? due_us - now_us : 10000);
	}
	for (size_t i = 0; i < n_connections; i++)
		if (connections[i].busy)
			end(i, 0, false);
}

int main(int argc, char **argv)
{
	uint64_t rate = argc == 6 ? strtoull(argv[2], NULL, 10) : 0;

	epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (rate == 0 || !requests_read(argv[5]) || epoll_fd < 0) {
		fprintf(stderr, "usage: open_loop PORT RATE MILLISECONDS CONNECTIONS FILE (of paths)\n");
		return 2;
	}
	port = (unsigned)atoi(argv[1]);
	n_connections = strtoul(argv[4], NULL, 10);
	if (n_connections > CONNECTIONS_MAX)
		n_connections = CONNECTIONS_MAX;
	for (size_t i = 0; i < n_connections; i++) {
		connections[i] = (struct connection){ .fd = -1, .in = calloc(1, ANSWER_BYTES) };
		if (!connections[i].in || !dial(&connections[i], i)) {
			fprintf(stderr, "open_loop: no connection to port %u\n", port);
			return 1;
		}
		idle[n_idle++] = i;
	}
	run(rate, strtoull(argv[3], NULL, 10));
	return fflush(stdout) == 0 ? 0 : 1;
}
