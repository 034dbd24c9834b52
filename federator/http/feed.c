#include <stdlib.h>

#include "base/memory.h"
#include "federator/http/streams_state.h"

struct feed {
	struct onlooker onlooker;
	struct streams *all;
	struct arena *mem;
	struct pop pop; /* in mem */
	struct stream *streams;
	bool admitted;
	bool answered, over; /* the two ends of a flow */
};

struct feed *feed_new(struct streams *s, const struct pop *pop, struct arena *mem)
{
	struct feed *feed = memory_new(sizeof(*feed));

	feed->all = s;
	feed->mem = mem;
	feed->pop = *pop;
	return feed;
}

void feed_leave(struct stream *stream)
{
	if (!stream->feed)
		return;
	*stream->feed_at = stream->feed_next;
	if (stream->feed_next)
		stream->feed_next->feed_at = stream->feed_at;
	stream->feed = NULL;
}

void feed_add(struct feed *feed, struct stream *stream)
{
	feed_leave(stream);
	stream->feed = feed;
	stream->feed_next = feed->streams;
	stream->feed_at = &feed->streams;
	if (stream->feed_next)
		stream->feed_next->feed_at = &stream->feed_next;
	feed->streams = stream;
}

/* Those of one customer end with their answer. */
void feed_free(struct feed *feed)
{
	while (feed->streams) {
		struct stream *stream = feed->streams;

		feed_leave(stream);
		if (!stream->agent)
			stream_end(stream);
	}
	arena_wipe_free(&feed->mem);
	free(feed);
}

static void put_all(struct feed *feed, const char *event, const char *id, struct str data)
{
	SCOPED(buf_free) struct buf out = { 0 };

	stream_event(&out, event, id, data);
	for (struct stream *stream = feed->streams; stream; stream = stream->feed_next)
		stream_put(stream, buf_str(&out));
}

static const char *last_id(struct feed *feed)
{
	return arena_printf(feed->mem, "%s.done", feed->pop.id).p;
}

static void on_news(struct onlooker *who, enum news what, struct str json)
{
	static const char *const words[] = { [NEWS_IDENTITY] = "identity",
					     [NEWS_VIEW] = "view",
					     [NEWS_PART] = "part",
					     [NEWS_PROBLEM] = "problem",
					     [NEWS_DONE] = "done" };
	struct feed *feed = CONTAINER_OF(who, struct feed, onlooker);

	feed->over = what == NEWS_PROBLEM || what == NEWS_DONE;
	put_all(feed, words[what], feed->over ? last_id(feed) : NULL, json);
	for (struct stream *stream = feed->streams; feed->over && stream; stream = stream->feed_next)
		agents_done(stream, feed->pop.id);
	if (feed->over && feed->answered)
		feed_free(feed);
}

static void on_reply(void *owner, struct reply *reply)
{
	struct feed *feed = owner;

	reply_free(reply);
	if (feed->admitted)
		streams_leave(feed->all);
	feed->answered = true;
	if (feed->over)
		feed_free(feed);
}

static void turn_away(struct feed *feed, enum shed why)
{
	struct reply reply = { 0 };

	problem_reply(&reply, FORMAT_JSON, 503, "overloaded", exchange_title(503), admission_text(why),
		      "ask again in a moment");
	on_news(&feed->onlooker, NEWS_PROBLEM, (struct str){ reply.body, reply.len });
	on_reply(feed, &reply);
}

/* The first event says which answer it is; a client that is cut off later has its id. */
void feed_run(struct feed *feed)
{
	SCOPED(buf_free) struct buf data = { 0 };
	enum shed why = streams_admit(feed->all, 8);

	feed->onlooker.tell = on_news;
	feed->pop.ask.onlooker = &feed->onlooker;
	buf_printf(&data, "{\"id\":\"%s\"}", feed->pop.id);
	put_all(feed, feed->pop.agent[0] ? "pop" : "begin", feed->pop.id, buf_str(&data));
	feed->admitted = why == SHED_NOT;
	if (feed->admitted)
		flow_start(&feed->all->lane, &feed->pop.ask, on_reply, feed);
	else
		turn_away(feed, why);
}
