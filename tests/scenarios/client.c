#include "tests/scenarios/client.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

void client_hang_up(struct client *c)
{
	if (c->watch.fd < 0)
		return;
	loop_unwatch(c->loop, &c->watch);
	close(c->watch.fd);
	c->watch.fd = -1;
}

static const char *head_line(const struct client *c, const char *name)
{
	size_t n = strlen(name);
	const char *end = c->in.data + c->head_n;

	for (const char *line = strstr(c->in.data, "\r\n"); line && line + 2 < end;
	     line = strstr(line + 2, "\r\n"))
		if (strncasecmp(line + 2, name, n) == 0 && line[2 + n] == ':')
			return line + 2 + n + 1;
	return NULL;
}

const char *client_header(const struct client *c, const char *name, struct arena *mem)
{
	const char *value = c->head_n ? head_line(c, name) : NULL;

	if (!value)
		return NULL;
	value += strspn(value, " ");
	return arena_cstr(mem, (struct str){value, strcspn(value, "\r")});
}

struct str client_body(const struct client *c)
{
	return c->answered_us ? (struct str){c->in.data + c->head_n, c->body_n} : STR("");
}

/* Is the whole answer there? */
static void take_answer(struct client *c)
{
	const char *split, *length;

	if (c->answered_us || !c->in.data)
		return;
	split = strstr(c->in.data, "\r\n\r\n");
	if (!split || c->in.len < 12)
		return;
	c->head_n = (size_t)(split + 4 - c->in.data);
	length = head_line(c, "Content-Length");
	c->body_n = length && !c->head ? strtoul(length, NULL, 10) : 0;
	if (c->in.len < c->head_n + c->body_n)
		return;
	c->answered_us = clock_mono_us();
	c->status = (int)strtol(c->in.data + 9, NULL, 10);
	c->json =
		json_loadb(c->in.data + c->head_n, c->body_n, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, NULL);
	c->changed(c->owner, c);
}

static void client_ready(struct loop_fd *w, uint32_t events)
{
	struct client *c = CONTAINER_OF(w, struct client, watch);
	ssize_t n = recv(w->fd, buf_reserve(&c->in, 1 << 16), 1 << 16, MSG_DONTWAIT);

	(void)events;
	if (n > 0) {
		c->in.len += (size_t)n;
		c->in.data[c->in.len] = '\0';
		take_answer(c);
		return;
	}
	c->closed_us = clock_mono_us();
	client_hang_up(c);
	c->changed(c->owner, c);
}

struct client *client_new(struct loop *loop, const char *path)
{
	struct client *c = calloc(1, sizeof(*c));
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	struct err err;

	if (!c)
		abort();
	snprintf(at.sun_path, sizeof(at.sun_path), "%s", path);
	c->loop = loop;
	c->begun_us = clock_mono_us();
	c->watch = (struct loop_fd){socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), client_ready};
	if (c->watch.fd >= 0 && connect(c->watch.fd, (const struct sockaddr *)&at, sizeof(at)) == 0 &&
	    loop_watch(loop, &c->watch, EPOLLIN | EPOLLRDHUP, &err))
		return c;
	if (c->watch.fd >= 0)
		close(c->watch.fd);
	free(c);
	return NULL;
}

/* Who is told no more hears it by the close. */
void client_send(struct client *c, struct str bytes)
{
	if (c->watch.fd >= 0 && send(c->watch.fd, bytes.p, bytes.n, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
		return;
}

json_t *client_at(const struct client *c, const char *path)
{
	json_t *at = c->json;
	const char *p = path + 1; /* behind the $ */
	char name[128];

	while (at && *p) {
		size_t n;

		if (*p == '[') {
			char *end;

			at = json_array_get(at, strtoul(p + 1, &end, 10));
			p = *end == ']' ? end + 1 : end;
			continue;
		}
		p += *p == '.';
		n = strcspn(p, ".[");
		snprintf(name, sizeof(name), "%.*s", (int)n, p);
		at = json_object_get(at, name);
		p += n;
	}
	return at;
}

void client_free(struct client **cp)
{
	struct client *c = *cp;

	if (!c)
		return;
	client_hang_up(c);
	json_decref(c->json);
	buf_free(&c->in);
	free(c);
	*cp = NULL;
}
