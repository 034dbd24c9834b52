/* stream.h - clients that listen: server-sent events (HTML Living Standard, 9.2) on a connection each, without
 * libmicrohttpd. An idle one costs its struct, its socket and perhaps a TLS session. Everything on the crowd's loop. */
#ifndef FEDERATOR_HTTP_STREAM_H
#define FEDERATOR_HTTP_STREAM_H

#include "base/buf.h"
#include "base/loop.h"
#include "federator/access/access.h"
#include "federator/http/wire.h"

struct agent;
struct crowd;
struct feed;
struct web_group;

struct stream {
	struct loop_fd watch;
	struct wire wire;
	struct crowd *crowd;
	struct stream *next, **at; /* in the crowd: who was written to longest ago stands first */
	uint64_t wrote_us;         /* when a byte was taken last */
	struct buf out;            /* what the client does not take yet */
	size_t sent;               /* of it */
	bool ends;                 /* when `out` is sent */
	bool dead;                 /* shut down: gone with the next event */
	struct feed *feed;         /* what it listens to; NULL: nothing now */
	struct stream *feed_next, **feed_at;
	struct agent *agent;       /* whose it is; NULL: of one customer */
	struct caller caller;      /* who listens */
	struct access_pass pass;   /* for how long they may */
	bool answered;             /* agents.c: has its feed of a pop */
	bool done;                 /* agents.c: what its agent keeps was sent to it to the end */
	struct stream *agent_next, **agent_at;
	struct web_group *web;     /* onsite.c: what it watches; NULL: nothing */
	struct stream *web_next, **web_at;
	uint64_t web_from;         /* onsite.c: the newest of the visits that it was told of */
	bool web_behind;           /* onsite.c: those behind it follow when it has taken what it was sent */
};

struct crowd {
	struct loop *loop;
	struct stream *first, **end;
	size_t n;
	uint64_t unsent;    /* bytes in all outboxes */
	uint64_t cut;       /* streams that were ended because they did not read */
	struct loop_timer beat;
	uint32_t beat_ms;   /* a comment at least that often, and a client has to take something in that time */
	void (*gone)(struct crowd *crowd, struct stream *s); /* before it is freed */
	void (*took)(struct stream *s); /* all that was put; NULL: nobody wants to know */
};

/* Zeroed before. It stays where it is. */
void crowd_begin(struct crowd *crowd, struct loop *loop, uint32_t beat_ms) NONNULL(1, 2);
/* End all streams at once. */
void crowd_end(struct crowd *crowd) NONNULL(1);

/* A stream on a connection, which is taken over: the header is sent. NULL: it cannot be watched, and is closed.
 * `request_id` is safe in a header. */
struct stream *stream_open(struct crowd *crowd, const struct wire *wire, const char *request_id) MUST_CHECK
	NONNULL(1, 2, 3);
/* Send whole events. A client that lets too much lie is cut. */
void stream_put(struct stream *s, struct str events) NONNULL(1);
/* Bytes that the client does not take yet. */
static inline size_t stream_unsent(const struct stream *s)
{
	return s->out.len - s->sent;
}
/* Has the client's system confirmed all that was put? Of one that is dead nobody knows. */
bool stream_took_all(const struct stream *s) NONNULL(1);
/* End it when all is sent. */
void stream_end(struct stream *s) NONNULL(1);
/* Append one event; `id` may be NULL. `data` is of one line. */
void stream_event(struct buf *out, const char *event, const char *id, struct str data) NONNULL(1, 2);

#endif
