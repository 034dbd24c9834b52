/* bare_mhd.c - the limit to compare with: libmicrohttpd in external epoll mode, one thread, one shared
 * response with the bytes of a file for every request. Usage: bare_mhd PORT FILE CONTENT-TYPE. Ends with
 * SIGTERM. */
#include <microhttpd.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <netinet/in.h>

#include "base/base.h"

/* The pool of a connection is wiped after every request, so a large one costs. */
enum { CONNECTION_BYTES = 8192, FILE_BYTES_MAX = 1 << 20 };

/* Queue on the second call only: an answer on the first one closes the connection. */
static enum MHD_Result answer(void *response, struct MHD_Connection *connection, const char *url,
			      const char *method, const char *version, const char *body, size_t *body_bytes,
			      void **seen)
{
	(void)url;
	(void)method;
	(void)version;
	(void)body;
	if (!*seen) {
		*seen = response;
		return MHD_YES;
	}
	if (*body_bytes > 0) {
		*body_bytes = 0;
		return MHD_YES;
	}
	return MHD_queue_response(connection, MHD_HTTP_OK, response);
}

static struct MHD_Response *response_of(const char *path, const char *content_type)
{
	static char bytes[FILE_BYTES_MAX];
	FILE *f = fopen(path, "rb");
	struct MHD_Response *response;
	size_t n;

	if (!f)
		return NULL;
	n = fread(bytes, 1, sizeof(bytes), f);
	fclose(f);
	response = MHD_create_response_from_buffer(n, bytes, MHD_RESPMEM_PERSISTENT);
	if (response)
		MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, content_type);
	return response;
}

static struct MHD_Daemon *daemon_on(uint16_t port, struct MHD_Response *response)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return MHD_start_daemon(MHD_USE_EPOLL, port, NULL, NULL, answer, response, MHD_OPTION_SOCK_ADDR,
				(struct sockaddr *)&address, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
				(size_t)CONNECTION_BYTES, MHD_OPTION_END);
}

static void serve(struct MHD_Daemon *daemon)
{
	const union MHD_DaemonInfo *info = MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_EPOLL_FD);
	struct epoll_event watched = {.events = EPOLLIN}, event;
	int epoll = epoll_create1(EPOLL_CLOEXEC);

	if (!info || epoll < 0 || epoll_ctl(epoll, EPOLL_CTL_ADD, info->epoll_fd, &watched) != 0)
		return;
	for (;;) {
		MHD_UNSIGNED_LONG_LONG wait_ms;
		bool waits = MHD_get_timeout(daemon, &wait_ms) == MHD_YES && wait_ms < 1000;

		epoll_wait(epoll, &event, 1, waits ? (int)wait_ms : 1000);
		MHD_run(daemon);
	}
}

int main(int argc, char **argv)
{
	struct MHD_Response *response = argc == 4 ? response_of(argv[2], argv[3]) : NULL;
	struct MHD_Daemon *daemon = response ? daemon_on((uint16_t)atoi(argv[1]), response) : NULL;

	if (!daemon) {
		fprintf(stderr, "usage: bare_mhd PORT FILE CONTENT-TYPE (the port must be free)\n");
		return 2;
	}
	serve(daemon);
	return 1;
}
