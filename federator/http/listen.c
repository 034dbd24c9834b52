#include "federator/http/listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { BACKLOG = 1024, SYSTEMD_FD = 3 };

static const char unix_prefix[] = "unix:";

union address {
	struct sockaddr sa;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
	struct sockaddr_un un;
	struct sockaddr_storage any;
};

static void fd_close(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static bool is_loopback(const union address *a)
{
	switch (a->sa.sa_family) {
	case AF_UNIX:
		return true;
	case AF_INET:
		return ntohl(a->in.sin_addr.s_addr) >> 24 == 127;
	case AF_INET6:
		return IN6_IS_ADDR_LOOPBACK(&a->in6.sin6_addr);
	}
	return false;
}

/* Anybody could read customers, or what proves who asks could be read on the way. */
static bool is_guarded(const union address *a, unsigned guards, const char *address, struct err *err)
{
	const char *lack = guards & LISTEN_AUTHENTICATED ? "" : "authentication is not configured (--keys, --jwks); ";

	if (is_loopback(a) || guards == LISTEN_GUARDED)
		return true;
	return err_set(err, ERR_CONFIG, address,
		       "%s%sthis address can be reached from elsewhere: listen on 127.0.0.1 and put a proxy in front%s",
		       lack, guards & LISTEN_ENCRYPTED ? "" : "TLS is not configured (--tls-cert); ",
		       guards & LISTEN_ENCRYPTED ? "" : " that does TLS");
}

/* "host:port" with a numeric host, [v6] or localhost. */
static bool inet_parse(const char *text, union address *a, socklen_t *n, struct err *err)
{
	const struct addrinfo hints = { .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV,
					.ai_socktype = SOCK_STREAM };
	const char *colon = strrchr(text, ':');
	struct addrinfo *found = NULL;
	char host[64];
	size_t host_n;
	int rc;

	if (!colon || (size_t)(colon - text) >= sizeof(host) || !colon[1])
		return err_set(err, ERR_CONFIG, text, "is not ADDRESS:PORT or unix:/path");
	host_n = (size_t)(colon - text);
	memcpy(host, text, host_n);
	host[host_n] = '\0';
	if (strcmp(host, "localhost") == 0)
		strcpy(host, "127.0.0.1");
	if (host[0] == '[' && host[host_n - 1] == ']') {
		host[host_n - 1] = '\0';
		memmove(host, host + 1, host_n - 1);
	}
	rc = getaddrinfo(host, colon + 1, &hints, &found);
	if (rc == EAI_MEMORY || rc == EAI_SYSTEM)
		return err_set(err, ERR_SYSTEM, text, "cannot be read: %s", gai_strerror(rc));
	if (rc != 0)
		return err_set(err, ERR_CONFIG, text, "is not a numeric ADDRESS:PORT or unix:/path");
	memcpy(a, found->ai_addr, found->ai_addrlen);
	*n = found->ai_addrlen;
	freeaddrinfo(found);
	return true;
}

static bool unix_parse(const char *path, union address *a, socklen_t *n, struct err *err)
{
	if (strlen(path) >= sizeof(a->un.sun_path) || path[0] != '/')
		return err_set(err, ERR_CONFIG, path,
			       "a unix socket needs an absolute path of at most %zu bytes",
			       sizeof(a->un.sun_path) - 1);
	a->un.sun_family = AF_UNIX;
	strcpy(a->un.sun_path, path);
	*n = sizeof(a->un);
	return true;
}

/* Remove the socket of a dead process: nobody answers there. Only a refusal says so; anything else can come of a
 * socket that somebody listens on. */
static bool unix_clear(const union address *a, socklen_t n, struct err *err)
{
	SCOPED(fd_close) int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct stat st;

	if (fd < 0)
		return err_set(err, ERR_SYSTEM, a->un.sun_path, "no socket: %s", strerror(errno));
	if (lstat(a->un.sun_path, &st) != 0)
		return true;
	if (!S_ISSOCK(st.st_mode))
		return err_set(err, ERR_CONFIG, a->un.sun_path, "is there and is not a socket");
	if (connect(fd, &a->sa, n) == 0)
		return err_set(err, ERR_SYSTEM, a->un.sun_path, "another process listens here");
	if (errno != ECONNREFUSED)
		return err_set(err, ERR_SYSTEM, a->un.sun_path, "cannot tell whether another process listens here: %s",
			       strerror(errno));
	unlink(a->un.sun_path);
	return true;
}

static void address_print(const union address *a, struct listener *out)
{
	char host[64] = "";

	switch (a->sa.sa_family) {
	case AF_UNIX:
		snprintf(out->address, sizeof(out->address), "%s%s", unix_prefix, a->un.sun_path);
		return;
	case AF_INET:
		inet_ntop(AF_INET, &a->in.sin_addr, host, sizeof(host));
		out->port = ntohs(a->in.sin_port);
		snprintf(out->address, sizeof(out->address), "%s:%u", host, out->port);
		return;
	case AF_INET6:
		inet_ntop(AF_INET6, &a->in6.sin6_addr, host, sizeof(host));
		out->port = ntohs(a->in6.sin6_port);
		snprintf(out->address, sizeof(out->address), "[%s]:%u", host, out->port);
		return;
	}
}

static bool socket_listen(int fd, const char *text, const union address *a, socklen_t n, struct err *err)
{
	const int one = 1;

	if (a->sa.sa_family != AF_UNIX)
		(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, &a->sa, n) != 0 || (a->sa.sa_family == AF_UNIX && chmod(a->un.sun_path, 0600) != 0) ||
	    listen(fd, BACKLOG) != 0)
		return err_set(err, ERR_SYSTEM, text, "cannot listen: %s", strerror(errno));
	return true;
}

bool listen_open(const char *text, unsigned guards, struct listener *out, struct err *err)
{
	bool is_unix = strncmp(text, unix_prefix, strlen(unix_prefix)) == 0;
	struct listener made = { .fd = -1 };
	union address a = { 0 };
	socklen_t n = 0;

	if (!(is_unix ? unix_parse(text + strlen(unix_prefix), &a, &n, err) : inet_parse(text, &a, &n, err)))
		return false;
	if (!is_guarded(&a, guards, text, err))
		return false;
	if (is_unix && !unix_clear(&a, n, err))
		return false;
	made.fd = socket(a.sa.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (made.fd < 0)
		return err_set(err, ERR_SYSTEM, text, "no socket: %s", strerror(errno));
	if (!socket_listen(made.fd, text, &a, n, err)) {
		close(made.fd);
		return false;
	}
	n = sizeof(a);
	if (getsockname(made.fd, &a.sa, &n) != 0) {
		err_set(err, ERR_SYSTEM, text, "the bound address cannot be read: %s", strerror(errno));
		close(made.fd);
		return false;
	}
	address_print(&a, &made);
	*out = made;
	return true;
}

bool listen_inherit(unsigned guards, struct listener *out, struct err *err)
{
	const char *pid = getenv("LISTEN_PID"), *fds = getenv("LISTEN_FDS");
	struct listener made = { .fd = -1 };
	union address a = { 0 };
	socklen_t n = sizeof(a);

	if (pid && fds && strtol(pid, NULL, 10) == (long)getpid() && strtol(fds, NULL, 10) >= 1) {
		made.fd = SYSTEMD_FD;
		made.inherited = true;
		if (getsockname(made.fd, &a.sa, &n) != 0)
			return err_set(err, ERR_CONFIG, "LISTEN_FDS", "descriptor %d is not a socket",
				       SYSTEMD_FD);
		if (!is_guarded(&a, guards, "LISTEN_FDS", err))
			return false;
		(void)fcntl(made.fd, F_SETFD, FD_CLOEXEC);
		(void)fcntl(made.fd, F_SETFL, O_NONBLOCK);
		address_print(&a, &made);
	}
	*out = made;
	return true;
}

void listen_close(struct listener *l)
{
	if (l->fd >= 0)
		close(l->fd);
	l->fd = -1;
	if (!l->inherited && strncmp(l->address, unix_prefix, strlen(unix_prefix)) == 0)
		unlink(l->address + strlen(unix_prefix));
	l->address[0] = '\0';
}

static bool dir_is_ours(const char *dir)
{
	struct stat st;

	return lstat(dir, &st) == 0 && S_ISDIR(st.st_mode) && st.st_uid == geteuid() &&
	       !(st.st_mode & (S_IWGRP | S_IWOTH));
}

bool listen_admin_address(uint16_t port, bool make, char out[128], struct err *err)
{
	const char *runtime = getenv("XDG_RUNTIME_DIR");
	char dir[96];

	if (runtime && runtime[0] == '/' && strlen(runtime) < 80)
		snprintf(dir, sizeof(dir), "%s/federator", runtime);
	else if (dir_is_ours("/run/federator"))
		strcpy(dir, "/run/federator");
	else
		snprintf(dir, sizeof(dir), "/tmp/federator-%u", (unsigned)geteuid());
	if (make && mkdir(dir, 0700) != 0 && errno != EEXIST)
		return err_set(err, ERR_SYSTEM, dir, "cannot be made: %s", strerror(errno));
	if (make && !dir_is_ours(dir))
		return err_set(err, ERR_CONFIG, dir,
			       "must be a directory of this user that nobody else can write; remove it or "
			       "use --admin");
	snprintf(out, 128, "unix:%s/%u.sock", dir, port);
	return true;
}
