#include "cache/redis_socket.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/un.h>
#include <unistd.h>

static bool unix_address(const char *path, struct redis_address *out, struct err *err)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	size_t n = strlen(path);

	if (path[0] != '/' || n >= sizeof(un.sun_path))
		return err_set(err, ERR_CONFIG, "cache", "unix: needs an absolute path of at most %zu bytes",
			       sizeof(un.sun_path) - 1);
	memcpy(un.sun_path, path, n + 1);
	*out = (struct redis_address){ .n = sizeof(un) };
	memcpy(&out->at, &un, sizeof(un));
	return true;
}

/* Split "host:port" and "[v6]:port". Names are not looked up: that could block, and hide which node is
 * meant. */
static bool split(const char *text, char host[64], const char **port)
{
	const char *colon = strrchr(text, ':');
	size_t n = colon ? (size_t)(colon - text) : 0;

	if (n > 2 && text[0] == '[' && text[n - 1] == ']') {
		text++;
		n -= 2;
	}
	if (n == 0 || n >= 64)
		return false;
	memcpy(host, text, n);
	host[n] = '\0';
	*port = colon + 1;
	return **port != '\0';
}

bool redis_socket_address(const char *text, struct redis_address *out, struct err *err)
{
	const struct addrinfo hints = { .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV,
					.ai_socktype = SOCK_STREAM };
	struct addrinfo *found;
	const char *port;
	char host[64];
	int rc;

	if (strncmp(text, "unix:", 5) == 0)
		return unix_address(text + 5, out, err);
	rc = split(text, host, &port) ? getaddrinfo(host, port, &hints, &found) : EAI_NONAME;
	if (rc == EAI_MEMORY || rc == EAI_SYSTEM)
		return err_set(err, ERR_SYSTEM, "cache", "\"%.80s\" cannot be read: %s", text, gai_strerror(rc));
	if (rc != 0)
		return err_set(err, ERR_CONFIG, "cache",
			       "\"%.80s\" is neither unix:/path nor host:port with a numeric host", text);
	*out = (struct redis_address){ .n = found->ai_addrlen };
	memcpy(&out->at, found->ai_addr, found->ai_addrlen);
	freeaddrinfo(found);
	return true;
}

int redis_socket_connect(const struct redis_address *address)
{
	int fd = socket(address->at.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int on = 1;

	if (fd < 0)
		return -1;
	if (address->at.ss_family != AF_UNIX)
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (connect(fd, (const struct sockaddr *)&address->at, address->n) == 0 || errno == EINPROGRESS)
		return fd;
	close(fd);
	return -1;
}

bool redis_socket_connected(int fd)
{
	int error = 0;
	socklen_t n = sizeof(error);

	return getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &n) == 0 && error == 0;
}
