#include "tests/faults/asker.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

enum { READ_BYTES = 65536 };

void asker_close(struct asker *a)
{
	if (a->state != ASKER_CLOSED)
		close(a->fd);
	a->state = ASKER_CLOSED;
	a->used = false;
}

static bool dial(struct asker *a, unsigned port)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
				  .sin_port = htons((uint16_t)port),
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int one = 1;

	a->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (a->fd < 0)
		return false;
	setsockopt(a->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	if (connect(a->fd, (struct sockaddr *)&to, sizeof(to)) < 0) {
		close(a->fd);
		return false;
	}
	a->state = ASKER_IDLE;
	return true;
}

bool asker_ask(struct asker *a, unsigned port, const char *view, const struct answer *answer)
{
	char text[256];
	int n = snprintf(text, sizeof(text), "GET /v1/customers?view=%s&%s%u HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", view,
			 answer->by == ASK_BY_PHONE ? "phone=010" : "member=", answer->customer);

	a->answer = *answer;
	a->in.len = 0;
	if (a->state == ASKER_CLOSED && !dial(a, port))
		return false;
	a->state = ASKER_WAITING;
	/* a request this short goes into the socket at once, or the connection is gone, which reading tells */
	(void)!send(a->fd, text, (size_t)n, MSG_NOSIGNAL);
	return true;
}

/* The value of a header field in the head that ends at `end`; NULL: it has none. */
static const char *field(const char *head, const char *end, const char *name)
{
	size_t n = strlen(name);

	for (const char *p = strstr(head, "\r\n"); p && p < end; p = strstr(p + 2, "\r\n"))
		if (strncasecmp(p + 2, name, n) == 0 && p[2 + n] == ':')
			return p + 3 + n + strspn(p + 3 + n, " ");
	return NULL;
}

/* Is the answer whole? */
static bool is_whole(struct asker *a)
{
	const char *end = a->in.len ? strstr(a->in.data, "\r\n\r\n") : NULL, *length, *connection;
	size_t body;

	if (end == NULL)
		return false;
	length = field(a->in.data, end, "Content-Length");
	body = length ? strtoul(length, NULL, 10) : 0;
	if (a->in.len < (size_t)(end + 4 - a->in.data) + body)
		return false;
	a->answer.status = (uint16_t)atoi(a->in.data + strcspn(a->in.data, " "));
	a->answer.body_bytes = (uint32_t)body;
	a->answer.complete = body && memmem(end + 4, body, "\"complete\":true", 15) != NULL;
	connection = field(a->in.data, end, "Connection");
	if (connection && strncasecmp(connection, "close", 5) == 0)
		asker_close(a);
	else
		a->state = ASKER_IDLE;
	a->used = true;
	return true;
}

static enum asker_event broken(struct asker *a)
{
	bool retry = a->state == ASKER_WAITING && a->used && a->in.len == 0 && !a->again;
	bool waiting = a->state == ASKER_WAITING;

	asker_close(a);
	if (!waiting)
		return ASKER_NOTHING;
	a->answer.status = 0;
	a->answer.complete = 0;
	a->answer.body_bytes = 0;
	return retry ? ASKER_RETRY : ASKER_FAILED;
}

enum asker_event asker_read(struct asker *a)
{
	ssize_t n = recv(a->fd, buf_reserve(&a->in, READ_BYTES), READ_BYTES, MSG_DONTWAIT);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return ASKER_NOTHING;
	if (n <= 0)
		return broken(a);
	a->in.len += (size_t)n;
	a->in.data[a->in.len] = '\0';
	return is_whole(a) ? ASKER_ANSWERED : ASKER_NOTHING;
}

struct str asker_body(const struct asker *a)
{
	return (struct str){ a->in.data + a->in.len - a->answer.body_bytes, a->answer.body_bytes };
}
