#include "federator/http/stream.h"

#include <errno.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/memory.h"

enum {
	UNSENT_MOST = 1 << 20, /* of one stream: a few large views */
	UNSENT_ALL = 64 << 20, /* of all */
	KERNEL_BYTES = 64 << 10, /* what the kernel may keep for a client: else megabytes */
	BEATS_A_TURN = 64,     /* thousands that came together shall not hold up the loop together */
};

static const uint32_t listening = EPOLLIN | EPOLLRDHUP;

/* ---- the list ---- */

static void list_leave(struct stream *s)
{
	*s->at = s->next;
	if (s->next)
		s->next->at = s->at;
	else
		s->crowd->end = s->at;
}

static void list_join(struct stream *s)
{
	struct crowd *crowd = s->crowd;

	s->next = NULL;
	s->at = crowd->end;
	*crowd->end = s;
	crowd->end = &s->next;
}

static void note_written(struct stream *s)
{
	s->wrote_us = clock_mono_us();
	list_leave(s);
	list_join(s);
}

/* ---- sending ---- */

static void forget_unsent(struct stream *s)
{
	s->crowd->unsent -= s->out.len - s->sent;
	buf_free(&s->out);
	s->out = (struct buf){ 0 };
	s->sent = 0;
}

/* It is freed with the event that follows: whoever is about to write to it may do so. */
static void stream_kill(struct stream *s)
{
	forget_unsent(s);
	s->dead = true;
	wire_finish(&s->wire);
	shutdown(s->wire.fd, SHUT_RDWR);
}

static void stream_cut(struct stream *s)
{
	s->crowd->cut++;
	stream_kill(s);
}

/* How many of the bytes the client took; -1: it is gone. */
static ssize_t take(struct stream *s, struct str bytes)
{
	ssize_t n = wire_send(&s->wire, bytes);

	if (n < 0)
		return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR ? 0 : -1;
	if (n > 0)
		note_written(s);
	return n;
}

static void flush(struct stream *s)
{
	struct str rest = { s->out.data + s->sent, s->out.len - s->sent };
	ssize_t n = rest.n ? take(s, rest) : 0;

	if (n < 0) {
		stream_kill(s);
		return;
	}
	s->sent += (size_t)n;
	s->crowd->unsent -= (uint64_t)n;
	if (s->sent < s->out.len)
		return;
	forget_unsent(s);
	loop_rewatch(s->crowd->loop, &s->watch, listening);
	if (s->ends)
		stream_kill(s);
	else if (s->crowd->took)
		s->crowd->took(s);
}

void stream_put(struct stream *s, struct str events)
{
	struct crowd *crowd = s->crowd;
	ssize_t n = 0;

	if (s->dead || s->ends)
		return;
	if (!s->out.len)
		n = take(s, events);
	if (n < 0) {
		stream_kill(s);
		return;
	}
	events = (struct str){ events.p + n, events.n - (size_t)n };
	if (!events.n)
		return;
	if (stream_unsent(s) + events.n > UNSENT_MOST || crowd->unsent + events.n > UNSENT_ALL) {
		stream_cut(s);
		return;
	}
	if (!s->out.len)
		loop_rewatch(crowd->loop, &s->watch, listening | EPOLLOUT);
	buf_put_str(&s->out, events);
	crowd->unsent += events.n;
}

bool stream_took_all(const struct stream *s)
{
	int unconfirmed;

	return !s->dead && !s->out.len && ioctl(s->watch.fd, SIOCOUTQ, &unconfirmed) == 0 && unconfirmed == 0;
}

void stream_end(struct stream *s)
{
	s->ends = true;
	if (!s->dead && !s->out.len)
		stream_kill(s);
}

void stream_event(struct buf *out, const char *event, const char *id, struct str data)
{
	buf_printf(out, "event: %s\n", event);
	if (id)
		buf_printf(out, "id: %s\n", id);
	buf_puts(out, "data: ");
	buf_put_str(out, data);
	buf_puts(out, "\n\n");
}

/* ---- one stream ---- */

static void stream_free(struct stream *s)
{
	struct crowd *crowd = s->crowd;

	if (crowd->gone)
		crowd->gone(crowd, s);
	forget_unsent(s);
	list_leave(s);
	crowd->n--;
	loop_unwatch(crowd->loop, &s->watch);
	wire_close(&s->wire);
	free(s);
}

/* A client has nothing to say any more: its bytes are thrown away, and their end is the stream's. */
static bool hear(struct stream *s)
{
	char bytes[512];
	ssize_t n = wire_recv(&s->wire, bytes, sizeof(bytes));

	return n > 0 || (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR));
}

static void on_ready(struct loop_fd *w, uint32_t events)
{
	struct stream *s = CONTAINER_OF(w, struct stream, watch);

	if (s->dead || (events & (EPOLLERR | EPOLLHUP)) || ((events & (EPOLLIN | EPOLLRDHUP)) && !hear(s))) {
		stream_free(s);
		return;
	}
	if (events & EPOLLOUT)
		flush(s);
}

/* The kernel ends a connection whose client does not even acknowledge any more. */
static void socket_prepare(int fd, uint32_t patience_ms)
{
	int on = 1, bytes = KERNEL_BYTES;

	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes));
	(void)setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &patience_ms, sizeof(patience_ms));
}

struct stream *stream_open(struct crowd *crowd, const struct wire *wire, const char *request_id)
{
	struct stream *s = memory_new(sizeof(*s));
	SCOPED(buf_free) struct buf header = { 0 };
	struct err err;

	s->crowd = crowd;
	s->wire = *wire;
	s->watch = (struct loop_fd){ .fd = wire->fd, .ready = on_ready };
	if (!loop_watch(crowd->loop, &s->watch, listening, &err)) {
		wire_close(&s->wire);
		free(s);
		return NULL;
	}
	socket_prepare(wire->fd, 2 * crowd->beat_ms);
	list_join(s);
	crowd->n++;
	s->wrote_us = clock_mono_us();
	buf_printf(&header,
		   "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: private, no-store\r\n"
		   "X-Content-Type-Options: nosniff\r\nX-Accel-Buffering: no\r\nX-Request-Id: %s\r\n"
		   "Connection: close\r\n\r\n",
		   request_id);
	stream_put(s, buf_str(&header));
	return s;
}

/* ---- all of them ---- */

static void on_beat(struct loop_timer *t)
{
	struct crowd *crowd = CONTAINER_OF(t, struct crowd, beat);
	uint64_t now_us = clock_mono_us(), beat_us = UINT64_C(1000) * crowd->beat_ms;
	uint32_t wait_ms = crowd->beat_ms / 8 + 1;
	struct stream *next;
	int n = 0;

	for (struct stream *s = crowd->first; s && s->wrote_us + beat_us <= now_us; s = next) {
		next = s->next;
		if (n++ == BEATS_A_TURN) {
			wait_ms = 1;
			break;
		}
		if (s->out.len)
			stream_cut(s);
		else
			stream_put(s, STR(":\n\n"));
		note_written(s); /* also of one that took nothing: it has until the next beat */
	}
	loop_timer_set(crowd->loop, &crowd->beat, deadline_after_ms(wait_ms));
}

void crowd_begin(struct crowd *crowd, struct loop *loop, uint32_t beat_ms)
{
	crowd->loop = loop;
	crowd->end = &crowd->first;
	crowd->beat_ms = beat_ms;
	crowd->beat.fire = on_beat;
	loop_timer_set(loop, &crowd->beat, deadline_after_ms(beat_ms / 8 + 1));
}

void crowd_end(struct crowd *crowd)
{
	while (crowd->first)
		stream_free(crowd->first);
	loop_timer_cancel(crowd->loop, &crowd->beat);
}
