#include "tests/faultodbc/driver.h"

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

enum { TICK_MS = 10 }; /* between looks into the control file */

/* Held over connect and accept, so that both ends of a connection stay together. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static struct sockaddr_in loopback(unsigned port)
{
	return (struct sockaddr_in){ .sin_family = AF_INET,
				     .sin_port = htons((uint16_t)port),
				     .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
}

static int socket_new(void)
{
	return socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
}

/* The driver's own listener; lasts as long as the process. */
static bool listener_get(int *fd_out, unsigned *port_out)
{
	static int fd = -1;
	static unsigned port;
	struct sockaddr_in at = loopback(0);
	socklen_t n = sizeof(at);

	if (fd < 0) {
		fd = socket_new();
		if (fd < 0)
			return false;
		if (bind(fd, (struct sockaddr *)&at, n) < 0 || listen(fd, 8) < 0 ||
		    getsockname(fd, (struct sockaddr *)&at, &n) < 0) {
			close(fd);
			fd = -1;
			return false;
		}
		port = ntohs(at.sin_port);
	}
	*fd_out = fd;
	*port_out = port;
	return true;
}

static bool dial(struct link *link, unsigned port)
{
	struct sockaddr_in to = loopback(port);

	link->fd = socket_new();
	return link->fd >= 0 && connect(link->fd, (struct sockaddr *)&to, sizeof(to)) == 0;
}

static bool dial_self(struct link *link)
{
	int listener;
	unsigned port;

	if (!listener_get(&listener, &port) || !dial(link, port))
		return false;
	link->peer = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	return link->peer >= 0;
}

bool link_open(struct link *link, unsigned port)
{
	bool ok;

	if (port) {
		ok = dial(link, port);
	} else {
		pthread_mutex_lock(&lock);
		ok = dial_self(link);
		pthread_mutex_unlock(&lock);
	}
	if (!ok)
		link_close(link);
	return ok;
}

void link_close(struct link *link)
{
	int why = errno;

	if (link->fd >= 0)
		close(link->fd);
	if (link->peer >= 0)
		close(link->peer);
	*link = (struct link){ -1, -1 };
	errno = why;
}

bool link_wait(const struct link *link, uint32_t ms)
{
	struct pollfd p = { .fd = link->fd, .events = POLLIN | POLLRDHUP };

	return poll(&p, 1, (int)ms) <= 0; /* nothing is ever sent: whatever comes is the end */
}

bool link_hang(const struct dbc *c, enum fault_kind kind)
{
	while (control_has(c->control, c->source, kind))
		if (!link_wait(&c->link, TICK_MS))
			return false;
	return true;
}

void link_hang_hard(const struct dbc *c, enum fault_kind kind)
{
	while (control_has(c->control, c->source, kind))
		(void)poll(NULL, 0, TICK_MS);
}
