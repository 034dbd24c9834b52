#include "federator/flow/flight.h"

#include <stdlib.h>

#include "base/handoff.h"
#include "base/memory.h"

/* Longer each time, so that a frozen source with a queue costs no steady stream of wake-ups. */
enum { NUDGE_FIRST_MS = 1, NUDGE_MOST_MS = 8 };

struct crew {
	atomic_uint left; /* flights the request waits for */
	atomic_uint owners; /* the request, and each flight until it is posted */
};

struct crew *crew_new(void)
{
	struct crew *crew = memory_raw(sizeof(*crew));

	atomic_init(&crew->left, 0);
	atomic_init(&crew->owners, 1);
	return crew;
}

void crew_drop(struct crew *crew)
{
	handoff_give(&crew->owners);
	if (atomic_fetch_sub(&crew->owners, 1) > 1)
		return;
	handoff_take(&crew->owners);
	free(crew);
}

/* At the end of the loop's turn; the latest flights stand first. */
static bool call_workers(struct loop_turn *t)
{
	struct lane *lane = CONTAINER_OF(t, struct lane, call);
	struct adapter *last = NULL;

	for (struct flight *f = lane->flights; f && !f->called; f = f->next) {
		f->called = true;
		if (f->adapter != last)
			adapter_call(f->adapter);
		last = f->adapter;
	}
	return false;
}

static void nudge_in(struct lane *lane, uint32_t ms)
{
	lane->nudge_ms = ms;
	loop_timer_set(lane->loop, &lane->nudge, deadline_after_ms(ms));
}

static bool is_first_of_adapter(const struct lane *lane, const struct flight *f)
{
	const struct flight *first = lane->flights;

	while (first->adapter != f->adapter)
		first = first->next;
	return first == f;
}

/* A fetch turned out slow: those that were left to wait behind it get workers of their own. */
static void on_nudge(struct loop_timer *t)
{
	struct lane *lane = CONTAINER_OF(t, struct lane, nudge);
	bool waiting = false;

	for (struct flight *f = lane->flights; f; f = f->next)
		if (is_first_of_adapter(lane, f))
			waiting = adapter_nudge(f->adapter) || waiting;
	if (waiting)
		nudge_in(lane, lane->nudge_ms < NUDGE_MOST_MS ? 2 * lane->nudge_ms : NUDGE_MOST_MS);
}

static void flight_list(struct flight *fl)
{
	struct lane *lane = fl->lane;

	fl->next = lane->flights;
	fl->link = &lane->flights;
	if (fl->next)
		fl->next->link = &fl->next;
	lane->flights = fl;
	if (!lane->call.turn) { /* behind the hook that brings requests */
		lane->call.turn = call_workers;
		lane->nudge.fire = on_nudge;
		loop_add_turn(lane->loop, &lane->call);
	}
	if (!lane->nudge.slot || lane->nudge_ms > NUDGE_FIRST_MS)
		nudge_in(lane, NUDGE_FIRST_MS);
}

bool flight_begin(struct flight *fl, struct lane *lane, struct crew *crew, struct adapter *adapter, struct fetch *f,
		  struct err *err)
{
	fl->lane = lane;
	fl->crew = crew;
	fl->adapter = adapter;
	fl->called = false;
	atomic_init(&fl->counted_out, false);
	atomic_fetch_add(&crew->owners, 1);
	atomic_fetch_add(&crew->left, 1);
	if (!(fl->behind ? adapter_queue_behind(adapter, f, err) : adapter_queue(adapter, f, err))) {
		atomic_fetch_sub(&crew->left, 1);
		crew_drop(crew);
		return false;
	}
	flight_list(fl);
	return true;
}

void flight_land(struct flight *fl, struct loop_post *landed)
{
	struct lane *lane = fl->lane;
	struct crew *crew = fl->crew;
	unsigned hurries = atomic_load(&lane->hurries);
	bool wanted = !atomic_exchange(&fl->counted_out, true);
	bool urgent = fl->urgent || !wanted; /* not wanted by its crew any more: nobody follows */

	/* Posted before it is counted out: who counts the last one out then knows all others posted. */
	loop_post_quiet(lane->loop, landed);
	if ((wanted && atomic_fetch_sub(&crew->left, 1) == 1) || urgent || atomic_load(&lane->hurries) != hurries)
		loop_wake(lane->loop);
	crew_drop(crew);
}

/* What was posted quietly is run before the loop sleeps again; what is about to be, is told. */
void flight_hurry(struct flight *fl)
{
	if (atomic_exchange(&fl->counted_out, true))
		atomic_fetch_add(&fl->lane->hurries, 1);
	else
		atomic_fetch_sub(&fl->crew->left, 1);
}

void flight_end(struct flight *fl)
{
	struct lane *lane = fl->lane;

	*fl->link = fl->next;
	if (fl->next)
		fl->next->link = fl->link;
	if (!lane->flights)
		loop_timer_cancel(lane->loop, &lane->nudge);
}
