#include "federator/http/onsite.h"

#include "base/text.h"
#include "federator/http/streams_state.h"
#include "federator/web/watch.h"

enum {
	SHARE = 2, /* of the room, in eighths: others are answered with what is left */
	BEHIND_BYTES = 1 << 18, /* unsent: what is new on the site waits, as all who are there may be megabytes */
};

/* ---- the question ---- */

static void put(struct str text, struct buf *out)
{
	buf_put_str(out, text.p ? text : STR(""));
	buf_putc(out, '\0');
}

void onsite_write(const struct web_ask *ask, struct buf *out)
{
	char minutes[TEXT_I64_MOST];

	put(ask->log, out);
	put(ask->path, out);
	put((struct str){ minutes, text_from_i64(ask->minutes, minutes) }, out);
	for (size_t i = 0; i < ask->n_pairs; i++) {
		put(ask->pairs[i].name, out);
		put(ask->pairs[i].value, out);
	}
}

static bool next(struct str *rest, struct str *out)
{
	const char *end = rest->n ? memchr(rest->p, '\0', rest->n) : NULL;

	if (!end)
		return false;
	*out = (struct str){ rest->p, (size_t)(end - rest->p) };
	*rest = (struct str){ end + 1, rest->n - out->n - 1 };
	return true;
}

bool onsite_read(struct str bytes, struct web_ask *out)
{
	struct web_ask ask = { .what = WEB_LIVE };
	struct str minutes;
	uint64_t n;

	if (!next(&bytes, &ask.log) || !next(&bytes, &ask.path) || !next(&bytes, &minutes) ||
	    !text_to_u64(minutes, &n) || n > WEB_MINUTES_MOST)
		return false;
	ask.minutes = (uint32_t)n;
	if (!ask.log.n)
		ask.log = (struct str){ 0 };
	if (!ask.path.n)
		ask.path = (struct str){ 0 };
	while (bytes.n) {
		if (ask.n_pairs == WEB_PAIRS_MAX || !next(&bytes, &ask.pairs[ask.n_pairs].name) ||
		    !next(&bytes, &ask.pairs[ask.n_pairs].value))
			return false;
		ask.n_pairs++;
	}
	*out = ask;
	return true;
}

/* ---- telling ---- */

/* One that was not told of the visit so far may be told of it later, as it is then. */
static bool later(struct stream *stream, uint64_t visit)
{
	if (visit <= stream->web_from)
		return false;
	stream->web_behind |= stream_unsent(stream) > BEHIND_BYTES;
	if (!stream->web_behind)
		stream->web_from = visit;
	return stream->web_behind;
}

static void tell(struct web_group *group, uint64_t visit, const char *event, struct str json)
{
	SCOPED(buf_free) struct buf out = { 0 };

	stream_event(&out, event, NULL, json);
	for (struct stream *stream = group->listeners; stream; stream = stream->web_next)
		if (!later(stream, visit))
			stream_put(stream, buf_str(&out));
}

static void tell_one(void *listener, const char *event, struct str json)
{
	SCOPED(buf_free) struct buf out = { 0 };

	stream_event(&out, event, NULL, json);
	stream_put(listener, buf_str(&out));
}

static bool takes_more(void *listener)
{
	const struct stream *stream = listener;

	return !stream->dead && stream_unsent(stream) <= BEHIND_BYTES;
}

void onsite_took(struct stream *stream)
{
	const struct web_listener one = { .owner = stream, .tell = tell_one, .takes_more = takes_more };

	if (stream->web && stream->web_behind)
		stream->web_behind = !web_group_catch_up(stream->web, &one, &stream->web_from);
}

static void refuse(struct stream *stream, int status, const char *type, const char *detail)
{
	struct reply reply = { 0 };

	problem_reply(&reply, FORMAT_JSON, status, type, exchange_title(status), detail, NULL);
	tell_one(stream, "problem", (struct str){ reply.body, reply.len });
	reply_free(&reply);
	stream_end(stream);
}

static void end_all(struct web_group *group)
{
	for (struct stream *stream = group->listeners; stream; stream = stream->web_next)
		refuse(stream, 403, "not-allowed", "the mapping does not show this weblog any more");
}

static bool admit(struct lane *lane)
{
	return streams_admit(CONTAINER_OF(lane, struct streams, lane), SHARE) == SHED_NOT;
}

static void leave(struct lane *lane)
{
	streams_leave(CONTAINER_OF(lane, struct streams, lane));
}

/* ---- who watches ---- */

void onsite_begin(struct streams *s)
{
	const struct web_watches_conf conf = {
		.lane = &s->lane, .tell = tell, .end = end_all, .admit = admit, .leave = leave
	};

	s->web = web_watches_new(&conf);
}

void onsite_drain(struct streams *s)
{
	web_watches_stop(s->web);
}

void onsite_end(struct streams *s)
{
	if (s->web)
		web_watches_free(&s->web);
}

void onsite_join(struct streams *s, struct stream *stream, struct str bytes)
{
	struct web_ask ask;
	struct stream *first;

	if (onsite_read(bytes, &ask)) {
		ask.role = str_of(stream->caller.role);
		ask.purpose = str_of(stream->caller.purpose);
		stream->web = web_group_join(s->web, &ask);
	}
	if (!stream->web) {
		refuse(stream, 503, "overloaded", "as many different questions as may be are watched");
		return;
	}
	first = stream->web->listeners;
	stream->web_next = first;
	if (first)
		first->web_at = &stream->web_next;
	stream->web->listeners = stream;
	stream->web_at = NULL;
	stream->web_behind = true;
	onsite_took(stream);
}

void onsite_leave(struct stream *stream)
{
	if (!stream->web)
		return;
	if (stream->web_at)
		*stream->web_at = stream->web_next;
	else
		stream->web->listeners = stream->web_next;
	if (stream->web_next)
		stream->web_next->web_at = stream->web_at;
	web_group_leave(stream->web);
	stream->web = NULL;
}
