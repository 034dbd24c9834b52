#include "federator/cli/remote.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "federator/http/listen.h"

enum { WAIT_S = 60, ANSWER_MAX = 16 * 1024 * 1024 };

static void fd_close(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static int unix_connect(const char *path)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	int fd;

	if (strlen(path) >= sizeof(sa.sun_path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(sa.sun_path, path, strlen(path));
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0 && connect(fd, (const struct sockaddr *)&sa, sizeof(sa)) != 0)
		fd_close(&fd), fd = -1;
	return fd;
}

static int inet_connect(const char *address)
{
	const struct addrinfo hints = { .ai_flags = AI_NUMERICSERV, .ai_socktype = SOCK_STREAM };
	const char *colon = strrchr(address, ':');
	struct addrinfo *found = NULL;
	char host[64];
	int fd = -1;

	if (!colon || (size_t)(colon - address) >= sizeof(host))
		return -1;
	snprintf(host, sizeof(host), "%.*s", (int)(colon - address), address);
	if (getaddrinfo(host, colon + 1, &hints, &found) != 0)
		return -1;
	fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0 && connect(fd, found->ai_addr, found->ai_addrlen) != 0)
		fd_close(&fd), fd = -1;
	freeaddrinfo(found);
	return fd;
}

static bool send_all(int fd, const char *text)
{
	size_t n = strlen(text);

	while (n) {
		ssize_t sent = send(fd, text, n, MSG_NOSIGNAL);

		if (sent <= 0)
			return false;
		text += sent;
		n -= (size_t)sent;
	}
	return true;
}

/* The whole answer until the peer closes; false when it breaks off or does not come. */
static bool receive_all(int fd, struct buf *out)
{
	ssize_t n;

	while (out->len < ANSWER_MAX && (n = recv(fd, buf_reserve(out, 4096), 4096, 0)) != 0) {
		if (n < 0)
			return false;
		out->len += (size_t)n;
	}
	buf_putc(out, '\0');
	out->len--;
	return out->len > 0;
}

/* The address of the admin listener: the option, or what `serve` with the same options takes. */
static bool address_find(const struct options *opt, char out[128], struct err *err)
{
	const char *colon = strrchr(opt->listen, ':');

	if (strcmp(opt->admin, "off") == 0)
		return err_set(err, ERR_CONFIG, "admin",
			       "the admin listener is off; send SIGHUP to the service instead");
	if (*opt->admin) {
		snprintf(out, 128, "%s", opt->admin);
		return true;
	}
	return listen_admin_address((uint16_t)(colon ? strtoul(colon + 1, NULL, 10) : 0), false, out, err);
}

/* The status line, and where the body begins. */
static bool answer_read(struct remote_answer *answer)
{
	answer->body = answer->bytes.data ? strstr(answer->bytes.data, "\r\n\r\n") : NULL;
	if (!answer->body || strncmp(answer->bytes.data, "HTTP/1.1 ", 9) != 0)
		return false;
	answer->body += 4;
	answer->status = (int)strtol(answer->bytes.data + 9, NULL, 10);
	return true;
}

static int exchange(const char *address, const char *request, struct remote_answer *answer)
{
	const struct timeval wait = { .tv_sec = WAIT_S };
	SCOPED(fd_close) int fd = -1;

	fd = strncmp(address, "unix:", 5) == 0 ? unix_connect(address + 5) : inet_connect(address);
	if (fd < 0) {
		message_error("no service answers at %s: %s; name its port with --listen, or its address with --admin",
			      address, strerror(errno));
		return EXIT_UNREACHABLE;
	}
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
	if (send_all(fd, request) && receive_all(fd, &answer->bytes) && answer_read(answer))
		return EXIT_OK;
	message_error("the service at %s does not answer", address);
	return EXIT_UNREACHABLE;
}

/* Of which of several tenants it is; a name of one holds nothing that a query string would have escaped. */
static const char *tenant_named(const struct options *opt, const struct remote_request *request)
{
	bool named = *opt->tenants && strcmp(options_origin(opt, "tenant"), "default") != 0;

	return named && request->by_tenant ? opt->tenant : "";
}

int remote_ask(const struct args *args, const struct remote_request *request, struct remote_answer *answer)
{
	SCOPED(buf_free) struct buf text = { 0 };
	struct options opt;
	char address[128];
	const char *tenant;
	struct err err;

	if (!options_read(&opt, args->config, args->argc, args->argv, args->mem, &err) ||
	    !address_find(&opt, address, &err))
		return message_err(&err);
	tenant = tenant_named(&opt, request);
	buf_printf(&text, "%s%s%s HTTP/1.1\r\nHost: localhost\r\nAccept: %s\r\nContent-Type: application/json\r\n"
			  "Content-Length: %zu\r\nConnection: close\r\n\r\n",
		   request->line, *tenant ? "?tenant=" : "", tenant, request->accept, request->body.n);
	buf_put_str(&text, request->body);
	return exchange(address, text.data, answer);
}

void remote_free(struct remote_answer *answer)
{
	buf_free(&answer->bytes);
}
