/* warm.c - questions that only leave copies behind. A few at a time, and only while no source has a queue and there is
 * room for many more questions of others: what waits for too long is not asked. */
#include <stdlib.h>

#include "base/memory.h"
#include "federator/http/streams_state.h"

enum {
	AT_ONCE = 4,
	QUEUED_MOST = 5000,
	QUEUED_BYTES = 4 << 20,
	SHARE = 2, /* of the room, in eighths: others are answered with what is left */
	A_TURN = 8, /* copies are there at once: what else waits on the loop shall not wait for them all */
	AGAIN_MS = 20,
	PATIENCE_MS = 60000,
};

struct warming {
	struct streams *all;
	struct arena *mem;
};

static void warm_on(struct streams *s);

static void count(struct streams *s, enum meter which, size_t n)
{
	counters_add(s->lane.meters, which, (int64_t)n);
}

static void on_reply(void *owner, struct reply *reply)
{
	struct warming *w = owner;
	struct streams *s = w->all;

	count(s, reply->status == 200 ? METER_WARMED : METER_WARM_FAILED, 1);
	reply_free(reply);
	arena_wipe_free(&w->mem);
	free(w);
	streams_leave(s);
	s->warm.running--;
	if (!s->warm.asking)
		warm_on(s);
}

static bool any_source_waits(const struct streams *s)
{
	const struct world *world = service_world(s->lane.service);
	bool waits = false;

	for (size_t i = 0; i < world->cat->n_sources && !waits; i++)
		waits = adapter_state(world->adapters[i]).queued > 0;
	world_unref(&world);
	return waits;
}

static void drop_first(struct warm *warm)
{
	struct batch *batch = warm->first;

	warm->queued -= batch->left;
	warm->bytes -= batch->bytes.cap;
	warm->first = batch->next;
	if (!warm->first)
		warm->end = &warm->first;
	buf_free(&batch->bytes);
	free(batch);
}

static void drop_old(struct streams *s)
{
	uint64_t now_us = clock_mono_us();

	while (s->warm.first && s->warm.first->until_us <= now_us) {
		count(s, METER_WARM_SKIPPED, s->warm.first->left);
		drop_first(&s->warm);
	}
}

/* What is wanted, and the next keys. */
static void read_next(struct batch *batch, struct arena *mem, struct pop *out)
{
	struct str rest = buf_str(&batch->bytes);
	bool good = pop_read(&rest, mem, out);

	if (batch->read)
		rest = (struct str){ batch->bytes.data + batch->read, batch->bytes.len - batch->read };
	if (!good || !pop_read_keys(&rest, mem, &out->ask))
		abort(); /* it was written here */
	batch->read = batch->bytes.len - rest.n;
}

/* It was let in. */
static void ask_next(struct streams *s)
{
	struct warming *w = memory_new(sizeof(*w));
	struct batch *batch = s->warm.first;
	struct pop pop = { 0 };

	*w = (struct warming){ s, arena_new() };
	read_next(batch, w->mem, &pop);
	streams_own_unseen(s, &pop.ask, &batch->caller);
	batch->left--;
	s->warm.queued--;
	s->warm.running++;
	flow_start(&s->lane, &pop.ask, on_reply, w); /* it only wakes us up: `asking` is set */
	if (!batch->left)
		drop_first(&s->warm);
}

/* May the next question be asked now? What was let in has to leave. */
static bool is_time(struct streams *s)
{
	return s->warm.running < AT_ONCE && !any_source_waits(s) && streams_admit(s, SHARE) == SHED_NOT;
}

static void warm_on(struct streams *s)
{
	struct warm *warm = &s->warm;
	int n = 0;

	drop_old(s);
	warm->asking = true;
	while (warm->first && n < A_TURN && is_time(s)) {
		ask_next(s);
		n++;
	}
	warm->asking = false;
	if (warm->first && warm->running < AT_ONCE)
		loop_timer_set(s->loop, &warm->again, deadline_after_ms(n == A_TURN ? 1 : AGAIN_MS));
}

static void on_again(struct loop_timer *t)
{
	warm_on(CONTAINER_OF(t, struct streams, warm.again));
}

void warm_begin(struct streams *s)
{
	s->warm.end = &s->warm.first;
	s->warm.again.fire = on_again;
}

void warm_end(struct streams *s)
{
	loop_timer_cancel(s->loop, &s->warm.again);
	count(s, METER_WARM_SKIPPED, s->warm.queued);
	while (s->warm.first)
		drop_first(&s->warm);
}

bool warm_add(struct streams *s, const struct caller *caller, struct buf *bytes, size_t n)
{
	struct warm *warm = &s->warm;
	struct batch *batch;

	if (warm->queued + n > QUEUED_MOST || warm->bytes + bytes->cap > QUEUED_BYTES)
		return false;
	batch = memory_new(sizeof(*batch));
	warm->bytes += bytes->cap;
	batch->bytes = *bytes;
	*bytes = (struct buf){ 0 };
	batch->left = n;
	batch->caller = *caller;
	batch->until_us = clock_mono_us() + UINT64_C(1000) * PATIENCE_MS;
	*warm->end = batch;
	warm->end = &batch->next;
	warm->queued += n;
	warm_on(s);
	return true;
}
