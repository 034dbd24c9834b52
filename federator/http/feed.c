#include <stdlib.h>

#include "base/memory.h"
#include "federator/audit/text.h"
#include "federator/http/recording.h"
#include "federator/http/streams_state.h"

struct feed {
	struct onlooker onlooker;
	struct streams *all;
	struct arena *mem;
	struct pop pop; /* in mem */
	struct stream *streams;
	bool admitted, shed;
	bool answered, over; /* the two ends of a flow */
	struct buf held;     /* events that were not sent */
	size_t records;      /* that are not durable yet */
	bool recorded;       /* they were handed in, if there is a record */
	bool unrecorded;     /* they cannot be: nothing is shown */
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

bool feed_share(struct feed *feed, struct stream *stream, struct reply *refusal)
{
	struct viewer *viewer = arena_new_of(feed->mem, struct viewer);

	*viewer = (struct viewer){ .client = arena_str(feed->mem, str_of(stream->caller.client)),
				   .agent = arena_str(feed->mem, str_of(stream->caller.agent)),
				   .agent_proven = stream->caller.agent_proven,
				   .next = feed->pop.ask.viewers };
	if (!flow_counts(&feed->all->lane, &feed->pop.ask, viewer, refusal))
		return false;
	feed->pop.ask.viewers = viewer;
	feed_add(feed, stream);
	return true;
}

bool feed_is_heard(const struct feed *feed)
{
	return feed->streams != NULL;
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
	buf_free(&feed->held);
	arena_wipe_free(&feed->mem);
	free(feed);
}

static const char *last_id(struct feed *feed)
{
	return arena_printf(feed->mem, "%s.done", feed->pop.id).p;
}

static void put_all(struct feed *feed, struct str events)
{
	for (struct stream *stream = feed->streams; stream; stream = stream->feed_next)
		stream_put(stream, events);
}

/* Send what is there. The feed may be gone afterwards. */
static void send_on(struct feed *feed)
{
	if (feed->records)
		return;
	if (feed->held.len)
		put_all(feed, buf_str(&feed->held));
	feed->held.len = 0;
	for (struct stream *stream = feed->streams; feed->over && !feed->unrecorded && stream;
	     stream = stream->feed_next)
		agents_done(stream, feed->pop.id);
	if (feed->over && feed->answered)
		feed_free(feed);
}

/* ---- the record ---- */

/* One for each who is shown the customer. */
struct showing {
	struct audit_ticket ticket;
	struct feed *feed;
};

/* What was held is not shown, nor what comes. */
static void cannot_record(struct feed *feed)
{
	struct reply reply;

	recording_refuse(&reply, FORMAT_JSON);
	feed->held.len = 0;
	stream_event(&feed->held, "problem", NULL, (struct str){ reply.body, reply.len });
	feed->unrecorded = true;
	reply_free(&reply);
}

static void on_recorded(struct audit_ticket *ticket, bool durable)
{
	struct feed *feed = CONTAINER_OF(ticket, struct showing, ticket)->feed;

	if (!durable && !feed->unrecorded)
		cannot_record(feed);
	feed->records--;
	send_on(feed);
}

static void record_put(const struct feed *feed, const struct caller *caller, bool denied, struct buf *out)
{
	const struct onlooker *who = &feed->onlooker;

	recording_put_caller(denied ? "denial" : "view", &feed->all->lane, caller, out);
	audit_put("operation", feed->pop.agent[0] ? STR("/v1/agents/{agent}/pops") :
						    STR("/v1/customers/{id}/stream"), out);
	audit_put_number("status", who->status ? who->status : 200, out);
	if (who->problem)
		audit_put("rule", str_of(who->problem), out);
	if (who->seen.p)
		buf_put_str(out, who->seen);
	else
		audit_put("outcome", denied ? STR("denied") : STR("error"), out);
	audit_put("contact", feed->pop.ask.contact, out);
	audit_put("pop", str_of(feed->pop.id), out);
	recording_put_address(caller->address, out);
}

/* Before the first that tells of a customer is sent. */
static void record_all(struct feed *feed)
{
	SCOPED(buf_free) struct buf text = { 0 };
	struct audit_port *port = feed->all->lane.audit;
	int status = feed->onlooker.status;
	bool denied = status == 401 || status == 403 || status == 404 || status == 429;

	feed->recorded = true;
	if (status >= 400 && status < 500 && !denied && !feed->onlooker.seen.p)
		return; /* malformed */
	for (struct stream *stream = feed->streams; stream && !feed->unrecorded; stream = stream->feed_next) {
		struct showing *showing = arena_new_of(feed->mem, struct showing);

		*showing = (struct showing){ .ticket.told = on_recorded, .feed = feed };
		text.len = 0;
		record_put(feed, &stream->caller, denied, &text);
		if (audit_hand_in(port, buf_str(&text), lane_wall_ms(&feed->all->lane), &showing->ticket))
			feed->records++;
		else
			cannot_record(feed);
	}
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
	if (feed->all->lane.audit && !feed->recorded && !feed->shed)
		record_all(feed);
	if (!feed->unrecorded)
		stream_event(&feed->held, words[what], feed->over ? last_id(feed) : NULL, json);
	send_on(feed);
}

static void on_reply(void *owner, struct reply *reply)
{
	struct feed *feed = owner;

	reply_free(reply);
	if (feed->admitted)
		streams_leave(feed->all);
	feed->answered = true;
	send_on(feed);
}

static void turn_away(struct feed *feed, enum shed why)
{
	struct reply reply = { 0 };

	feed->shed = true;
	problem_reply(&reply, FORMAT_JSON, 503, "overloaded", exchange_title(503), admission_text(why),
		      "ask again in a moment");
	on_news(&feed->onlooker, NEWS_PROBLEM, (struct str){ reply.body, reply.len });
	on_reply(feed, &reply);
}

/* Which answer it is, and which call or chat it is for; both are tokens. A client that is cut off later has the id of
 * this first event. */
static void put_begin(struct feed *feed)
{
	SCOPED(buf_free) struct buf data = { 0 };
	SCOPED(buf_free) struct buf begin = { 0 };
	struct str contact = feed->pop.ask.contact;

	buf_printf(&data, "{\"id\":\"%s\"", feed->pop.id);
	if (contact.n)
		buf_printf(&data, ",\"contact\":\"%.*s\"", STR_ARG(contact));
	buf_putc(&data, '}');
	stream_event(&begin, feed->pop.agent[0] ? "pop" : "begin", feed->pop.id, buf_str(&data));
	put_all(feed, buf_str(&begin));
}

void feed_refuse(struct feed *feed, struct reply *refusal)
{
	put_begin(feed);
	feed->onlooker.status = refusal->status;
	feed->onlooker.problem = refusal->problem;
	on_news(&feed->onlooker, NEWS_PROBLEM, (struct str){ refusal->body, refusal->len });
	on_reply(feed, refusal);
}

void feed_run(struct feed *feed)
{
	enum shed why = streams_admit(feed->all, 8);

	feed->onlooker.tell = on_news;
	feed->pop.ask.onlooker = &feed->onlooker;
	put_begin(feed);
	feed->admitted = why == SHED_NOT;
	if (feed->admitted)
		flow_start(&feed->all->lane, &feed->pop.ask, on_reply, feed);
	else
		turn_away(feed, why);
}
