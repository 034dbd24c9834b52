#include <stdio.h>
#include <stdlib.h>

#include "base/digest.h"
#include "base/memory.h"
#include "federator/http/streams_state.h"

static struct agent **bucket_of(struct agents *agents, const char *name)
{
	return &agents->buckets[digest_sip(str_of(name)) % AGENT_BUCKETS];
}

static struct agent *agent_named(struct agents *agents, const char *name, bool make)
{
	struct agent **bucket = bucket_of(agents, name), *agent = *bucket;

	while (agent && strcmp(agent->name, name) != 0)
		agent = agent->next;
	if (agent || !make)
		return agent;
	agent = memory_new(sizeof(*agent));
	memcpy(agent->name, name, strlen(name) + 1);
	agent->next = *bucket;
	agent->at = bucket;
	if (agent->next)
		agent->next->at = &agent->next;
	*bucket = agent;
	return agent;
}

/* Nobody listens to it, and nothing waits. */
static void drop_idle(struct agent *agent)
{
	if (agent->streams || agent->kept.len)
		return;
	*agent->at = agent->next;
	if (agent->next)
		agent->next->at = agent->at;
	free(agent);
}

/* ---- the pops that are kept ---- */

static void forget(struct agents *agents, struct agent *agent)
{
	if (!agent->kept.len)
		return;
	agents->kept_bytes -= agent->kept.cap;
	buf_free(&agent->kept);
	agent->kept = (struct buf){ 0 };
	*agent->kept_at = agent->newer;
	if (agent->newer)
		agent->newer->kept_at = agent->kept_at;
	else
		agents->newest = agent->kept_at;
	agents->n_kept--;
}

static void forget_later(struct streams *s)
{
	struct agents *agents = &s->agents;

	if (agents->oldest && !agents->forget.slot)
		loop_timer_set(s->loop, &agents->forget, (struct deadline){ agents->oldest->kept_until_us });
}

static void on_forget(struct loop_timer *t)
{
	struct streams *s = CONTAINER_OF(t, struct streams, agents.forget);
	struct agents *agents = &s->agents;
	uint64_t now_us = clock_mono_us();

	while (agents->oldest && agents->oldest->kept_until_us <= now_us) {
		struct agent *agent = agents->oldest;

		forget(agents, agent);
		drop_idle(agent);
	}
	forget_later(s);
}

static void keep(struct streams *s, struct agent *agent, struct str bytes, const char *id)
{
	struct agents *agents = &s->agents;

	forget(agents, agent);
	buf_put_str(&agent->kept, bytes);
	agents->kept_bytes += agent->kept.cap;
	while (agents->n_kept == KEPT_MOST || agents->kept_bytes > KEPT_BYTES) {
		struct agent *oldest = agents->oldest;

		forget(agents, oldest);
		drop_idle(oldest);
	}
	memcpy(agent->kept_id, id, POP_ID_BYTES);
	agent->had = false;
	for (struct stream *one = agent->streams; one; one = one->agent_next)
		one->done = false;
	agent->kept_until_us = clock_mono_us() + UINT64_C(1000) * KEPT_MS;
	agent->newer = NULL;
	agent->kept_at = agents->newest;
	*agents->newest = agent;
	agents->newest = &agent->newer;
	agents->n_kept++;
	forget_later(s);
}

void agents_begin(struct streams *s)
{
	s->agents.newest = &s->agents.oldest;
	s->agents.forget.fire = on_forget;
}

void agents_end(struct streams *s)
{
	loop_timer_cancel(s->loop, &s->agents.forget);
	while (s->agents.oldest) {
		struct agent *agent = s->agents.oldest;

		forget(&s->agents, agent);
		drop_idle(agent);
	}
}

/* ---- streams ---- */

typedef void own_of(const struct streams *s, struct ask *ask, const struct caller *caller);

/* A feed of the pop in `bytes`, which can be read. */
static struct feed *feed_of(struct streams *s, struct str bytes, own_of *own, const struct caller *caller)
{
	struct arena *mem = arena_new();
	struct pop pop;

	if (!pop_read(&bytes, mem, &pop))
		abort(); /* it was read before */
	own(s, &pop.ask, caller);
	return feed_new(s, &pop, mem);
}

/* What one of them may not have, such as a customer beyond its limit, is no reason for the others. */
static void share(struct streams *s, struct feed *feed, struct stream *stream, struct str bytes)
{
	struct reply refusal;
	struct feed *alone;

	stream->answered = true;
	if (feed_share(feed, stream, &refusal))
		return;
	alone = feed_of(s, bytes, streams_own, &stream->caller);
	feed_add(alone, stream);
	feed_refuse(alone, &refusal);
}

/* Each sees what its role and purpose may see: those of the same ones share a question, which counts for each. */
static void answer_all(struct streams *s, struct agent *agent, struct str bytes)
{
	for (struct stream *one = agent->streams; one; one = one->agent_next)
		one->answered = false;
	for (struct stream *one = agent->streams; one; one = one->agent_next) {
		struct feed *feed = one->answered ? NULL : feed_of(s, bytes, streams_own, &one->caller);

		for (struct stream *other = one; feed && other; other = other->agent_next)
			if (caller_sees_alike(&other->caller, &one->caller))
				share(s, feed, other, bytes);
		if (feed && feed_is_heard(feed))
			feed_run(feed);
		else if (feed)
			feed_free(feed);
	}
}

/* Did a stream of the agent, here, get to its end what is kept? */
static bool was_had(const struct agent *agent)
{
	for (struct stream *one = agent->streams; one; one = one->agent_next)
		if (one->done && stream_took_all(one))
			return true;
	return agent->had;
}

/* Shall the client that comes get what is kept? One that says what it had last is believed. */
static bool is_due(const struct agent *agent, struct str last)
{
	char end[POP_ID_BYTES + sizeof(".done")];

	if (!agent->kept.len)
		return false;
	snprintf(end, sizeof(end), "%s.done", agent->kept_id);
	return last.n ? !str_eq(last, str_of(end)) : !was_had(agent);
}

void agents_done(struct stream *stream, const char *pop_id)
{
	stream->done = stream->agent && strcmp(stream->agent->kept_id, pop_id) == 0;
}

void agents_join(struct streams *s, struct stream *stream, const char *name, struct str last)
{
	struct agent *agent = agent_named(&s->agents, name, true);
	struct feed *feed;

	stream->agent = agent;
	stream->agent_next = agent->streams;
	stream->agent_at = &agent->streams;
	if (stream->agent_next)
		stream->agent_next->agent_at = &stream->agent_next;
	agent->streams = stream;
	agent->n_streams++;
	if (!is_due(agent, last))
		return;
	feed = feed_of(s, buf_str(&agent->kept), streams_own, &stream->caller);
	feed_add(feed, stream);
	feed_run(feed);
}

void agents_leave(struct streams *s, struct stream *stream)
{
	struct agent *agent = stream->agent;

	(void)s;
	if (!agent)
		return;
	*stream->agent_at = stream->agent_next;
	if (stream->agent_next)
		stream->agent_next->agent_at = stream->agent_at;
	agent->had = agent->had || (stream->done && stream_took_all(stream));
	agent->n_streams--;
	drop_idle(agent);
}

size_t agents_pop(struct streams *s, struct str bytes, const struct caller *caller)
{
	SCOPED(arena_wipe_free) struct arena *mem = arena_new();
	struct str rest = bytes;
	struct agent *agent;
	struct pop pop;

	if (bytes.n > POP_BYTES_MOST || !pop_read(&rest, mem, &pop))
		return 0;
	agent = agent_named(&s->agents, pop.agent, true);
	keep(s, agent, bytes, pop.id);
	counters_add(s->lane.meters, METER_POPS + (agent->n_streams > 0), 1);
	if (!agent->n_streams && caller)
		feed_run(feed_of(s, bytes, streams_own_unseen, caller));
	answer_all(s, agent, bytes);
	return agent->n_streams;
}
