/* room.c - does a request find room at its sources? All that it is about to ask is judged before the first fetch is
 * queued: when one source is too busy for it, the answer will not be complete, and it takes little from requests whose
 * answers can be: elsewhere it is served while there is room to spare. So a flood gets as many complete answers as the
 * busiest source can give, and the others the parts that are easily had. A source that hangs is no reason to hold back
 * from the others. */
#include "federator/flow/request.h"
#include "federator/waiting.h"

struct room {
	enum { ROOM_UNASKED, ROOM_THERE, ROOM_NONE } is;
	int32_t coming; /* fetches it was told of that are not queued yet */
};

static struct room *room_of(const struct run *run)
{
	return &run->flow->room[run->part->source->index];
}

static struct adapter *adapter_of(const struct run *run)
{
	return run->flow->world->adapters[run->part->source->index];
}

/* Has it still to ask its source, as far as is known? What follows on a fetch of the way to the customer is asked, lest
 * that was for nothing. */
static bool is_to_ask(const struct run *run)
{
	return run->state != RUN_ENDED && !run->queued && !run->joined && !(run->walk && run->n_after);
}

static uint64_t left_us(const struct run *run)
{
	uint64_t part_us = (uint64_t)run->part->deadline_ms * 1000, budget_us = deadline_left_us(run->flow->due);

	return part_us < budget_us ? part_us : budget_us;
}

static enum wait wait_of(const struct run *run)
{
	return waiting_at(run->flow->lane, adapter_of(run), left_us(run));
}

static void expect(const struct run *run, int32_t n)
{
	room_of(run)->coming += n;
	waiting_expect(run->flow->lane, adapter_of(run), n);
}

/* Judge the sources of these runs that were not yet; returns whether one is too busy. */
static bool judge(struct run *runs, size_t n_runs)
{
	bool busy = false;

	for (size_t i = 0; i < n_runs; i++) {
		struct room *room = room_of(&runs[i]);
		enum wait wait;

		if (room->is != ROOM_UNASKED || !is_to_ask(&runs[i]))
			continue;
		wait = wait_of(&runs[i]);
		room->is = wait == WAIT_NOT || wait == WAIT_SHORT ? ROOM_THERE : ROOM_NONE;
		busy = busy || wait == WAIT_LONG;
	}
	return busy;
}

static void hold_back(struct run *runs, size_t n_runs)
{
	for (size_t i = 0; i < n_runs; i++)
		if (is_to_ask(&runs[i]) && !waiting_spares(runs[i].flow->lane, adapter_of(&runs[i]), left_us(&runs[i])))
			room_of(&runs[i])->is = ROOM_NONE;
}

/* Is there nobody who could confirm that the customer exists? Then the rest would be asked in vain. */
static bool nobody_confirms(const struct flow *flow)
{
	for (size_t i = 0; i < flow->n_confirms; i++)
		if (!is_to_ask(flow->confirms[i]) || room_of(flow->confirms[i])->is != ROOM_NONE)
			return false;
	return flow->n_confirms > 0;
}

static void ask_none(struct run *runs, size_t n_runs)
{
	for (size_t i = 0; i < n_runs; i++)
		if (is_to_ask(&runs[i]))
			room_of(&runs[i])->is = ROOM_NONE;
}

static void announce(struct run *runs, size_t n_runs)
{
	for (size_t i = 0; i < n_runs; i++)
		if (is_to_ask(&runs[i]) && room_of(&runs[i])->is == ROOM_THERE)
			expect(&runs[i], 1);
}

static void look_for_room(struct flow *flow, struct run *runs, size_t n_runs)
{
	if (judge(runs, n_runs)) {
		hold_back(runs, n_runs);
		if (runs == flow->runs && nobody_confirms(flow))
			ask_none(runs, n_runs);
	}
	room_leave(flow);
	announce(runs, n_runs);
}

bool room_for(struct run *run, struct err *err)
{
	struct flow *flow = run->flow;

	if (run->walk && run->n_after)
		return true;
	if (!flow->room)
		flow->room = arena_array_of(flow->mem, struct room, flow->world->cat->n_sources);
	if (room_of(run)->is == ROOM_UNASKED && run->walk)
		look_for_room(flow, flow->walks, flow->n_walks);
	else if (room_of(run)->is == ROOM_UNASKED)
		look_for_room(flow, flow->runs, flow->n_runs);
	return room_of(run)->is != ROOM_NONE ||
	       err_set(err, ERR_BUSY, run->part->name, "too many fetches wait already");
}

void room_taken(struct run *run)
{
	run->queued = true;
	waiting_queued(run->flow->lane, adapter_of(run));
	if (run->flow->room && room_of(run)->coming > 0)
		expect(run, -1);
}

void room_leave(struct flow *flow)
{
	for (size_t s = 0; flow->room && s < flow->world->cat->n_sources; s++) {
		if (flow->room[s].coming > 0)
			waiting_expect(flow->lane, flow->world->adapters[s], -flow->room[s].coming);
		flow->room[s].coming = 0;
	}
}
