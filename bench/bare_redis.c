/* bare_redis.c - the limit of any server that asks Redis for each answer: an epoll loop, one thread, that asks for the
 * value named by the path, over one connection, together with what else comes in the same turn, and sends its bytes.
 * Requests have no body and come in one piece, one at a time on each connection.
 * Usage: bare_redis PORT REDIS-PORT. Ends with SIGTERM. */
#include <hiredis.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

enum { EVENTS = 64, BACKLOG = 1024, WAITING = 4096, OUT_BYTES = 1 << 18 };

static int epoll, redis;
static redisReader *reader;
static int waiting[WAITING]; /* ring of clients, in the order of their questions */
static unsigned first, n_waiting;
static char out[OUT_BYTES];
static size_t out_bytes;

static int tcp_on(uint16_t port, bool listening)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
				       .sin_port = htons(port),
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	if (listening && bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0 && listen(fd, BACKLOG) == 0)
		return fd;
	if (!listening && connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
		return fd;
	return -1;
}

static bool watch(int fd)
{
	struct epoll_event watched = { .events = EPOLLIN, .data.fd = fd };

	return fd >= 0 && epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &watched) == 0;
}

static void welcome(int listener)
{
	int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC), one = 1;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	if (!watch(fd))
		close(fd);
}

/* "GET /name HTTP/1.1" is a question for `name`. */
static void ask(int fd)
{
	char request[8192];
	ssize_t n = recv(fd, request, sizeof(request) - 1, 0);
	int name = 0, end = 0;

	if (n <= 0) {
		close(fd);
		return;
	}
	request[n] = '\0';
	if (sscanf(request, "GET /%n%*[^ ]%n", &name, &end) < 0 || end <= name || n_waiting == WAITING ||
	    out_bytes + (size_t)(end - name) + 64 > OUT_BYTES)
		return;
	out_bytes += (size_t)sprintf(out + out_bytes, "*2\r\n$3\r\nGET\r\n$%d\r\n%.*s\r\n", end - name, end - name,
				     request + name);
	waiting[(first + n_waiting++) % WAITING] = fd;
}

/* A client that cannot take an answer at once is no measurement. */
static void answer(const redisReply *reply)
{
	int fd = waiting[first++ % WAITING];
	char head[128];
	int n = snprintf(head, sizeof(head), "HTTP/1.1 %s\r\nContent-Type: text/plain\r\nContent-Length: %zu\r\n\r\n",
			 reply->str ? "200 OK" : "404 Not Found", reply->len);
	const struct iovec parts[] = { { head, (size_t)n }, { reply->str, reply->len } };

	n_waiting--;
	if (writev(fd, parts, 2) != (ssize_t)(parts[0].iov_len + parts[1].iov_len))
		close(fd);
}

static bool take(void)
{
	static char chunk[1 << 18];
	ssize_t n = recv(redis, chunk, sizeof(chunk), 0);
	void *reply;

	if (n <= 0 || redisReaderFeed(reader, chunk, (size_t)n) != REDIS_OK)
		return false;
	while (redisReaderGetReply(reader, &reply) == REDIS_OK && reply) {
		answer(reply);
		freeReplyObject(reply);
	}
	return true;
}

static bool turn(int listener)
{
	struct epoll_event event[EVENTS];
	int n = epoll_wait(epoll, event, EVENTS, -1);

	for (int i = 0; i < n; i++) {
		if (event[i].data.fd == listener)
			welcome(listener);
		else if (event[i].data.fd != redis)
			ask(event[i].data.fd);
		else if (!take())
			return false;
	}
	if (out_bytes && send(redis, out, out_bytes, MSG_NOSIGNAL) != (ssize_t)out_bytes)
		return false;
	out_bytes = 0;
	return true;
}

int main(int argc, char **argv)
{
	int listener;

	if (argc != 3) {
		fprintf(stderr, "usage: bare_redis PORT REDIS-PORT\n");
		return 2;
	}
	epoll = epoll_create1(EPOLL_CLOEXEC);
	listener = tcp_on((uint16_t)atoi(argv[1]), true);
	redis = tcp_on((uint16_t)atoi(argv[2]), false);
	reader = redisReaderCreate();
	if (!reader || !watch(listener) || !watch(redis)) {
		perror("bare_redis");
		return 1;
	}
	while (turn(listener))
		;
	return 1;
}
