/* bare_epoll.c - the limit of any server on this machine: an epoll loop, one thread, that answers every request that
 * ends with an empty line with the same bytes. Requests have no body and do not come in two pieces more than once; what
 * is asked is not looked at. Usage: bare_epoll PORT FILE CONTENT-TYPE. Ends with SIGTERM. */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { FILE_BYTES_MAX = 1 << 20, HEAD_BYTES = 512, EVENTS = 64, BACKLOG = 1024 };

static char answer[HEAD_BYTES + FILE_BYTES_MAX];
static size_t answer_bytes;

static bool answer_of(const char *path, const char *content_type)
{
	static char bytes[FILE_BYTES_MAX];
	FILE *f = fopen(path, "rbe");
	size_t n;

	if (!f)
		return false;
	n = fread(bytes, 1, sizeof(bytes), f);
	fclose(f);
	answer_bytes = (size_t)snprintf(answer, HEAD_BYTES,
					"HTTP/1.1 200 OK\r\nContent-Type: %s\r\nContent-Length: %zu\r\n\r\n",
					content_type, n);
	if (answer_bytes >= HEAD_BYTES)
		return false;
	memcpy(answer + answer_bytes, bytes, n);
	answer_bytes += n;
	return true;
}

static int listen_on(uint16_t port)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
				       .sin_port = htons(port),
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), one = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 || listen(fd, BACKLOG) < 0)
		return -1;
	return fd;
}

static void welcome(int epoll, int listener)
{
	struct epoll_event watched = { .events = EPOLLIN };
	int one = 1;

	watched.data.fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (watched.data.fd < 0)
		return;
	setsockopt(watched.data.fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	if (epoll_ctl(epoll, EPOLL_CTL_ADD, watched.data.fd, &watched) < 0)
		close(watched.data.fd);
}

/* A client that cannot take an answer at once is no measurement: it is cut. */
static void serve(int fd)
{
	char request[8192];
	ssize_t n = recv(fd, request, sizeof(request), 0);

	if (n > 0 && (n < 4 || memcmp(request + n - 4, "\r\n\r\n", 4) != 0))
		return;
	if (n <= 0 || send(fd, answer, answer_bytes, MSG_NOSIGNAL) != (ssize_t)answer_bytes)
		close(fd);
}

int main(int argc, char **argv)
{
	struct epoll_event watched = { .events = EPOLLIN }, event[EVENTS];
	int epoll = epoll_create1(EPOLL_CLOEXEC), listener = -1;

	if (argc == 4 && answer_of(argv[2], argv[3]))
		listener = listen_on((uint16_t)atoi(argv[1]));
	watched.data.fd = listener;
	if (listener < 0 || epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &watched) < 0) {
		fprintf(stderr, "usage: bare_epoll PORT FILE CONTENT-TYPE (the port must be free)\n");
		return 2;
	}
	for (;;) {
		int n = epoll_wait(epoll, event, EVENTS, -1);

		for (int i = 0; i < n; i++)
			if (event[i].data.fd == listener)
				welcome(epoll, listener);
			else
				serve(event[i].data.fd);
	}
}
