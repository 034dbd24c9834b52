/* redis_ask.c - what comes before a source is asked: the right to ask, a ticket, or the copy of who had both. */
#include <inttypes.h>
#include <stdio.h>

#include "cache/name.h"
#include "cache/redis_state.h"
#include "cache/stamp.h"

enum { PAUSE_LEAST_MS = 20, PAUSE_MOST_MS = 160, WORDS_BYTES = 512, TRIES_MOST = 3 };

/* ---- what is sent ---- */

static uint32_t waited_ms(const struct cache_ask *ask)
{
	return (uint32_t)((clock_mono_us() - ask->begun_us) / 1000);
}

static struct str way_of(const struct cache_ask *ask)
{
	if (ask->how == CACHE_PAST)
		return STR("past");
	if (ask->how == CACHE_BEHIND)
		return STR("ask");
	return waited_ms(ask) < ask->wait_ms || ask->pause_ms == PAUSE_LEAST_MS ? STR("ask") : STR("ahead");
}

/* No ticket: the answer is not kept. */
static void go_without(struct cache_ask *ask)
{
	ask->ticket = (struct cache_ticket){ 0 };
	ask->found(ask, (struct cache_hit){ 0 });
}

static void send_begin(struct redis *r, struct cache_ask *ask)
{
	struct str seen = { (const char *)&ask->version, ask->version ? sizeof(ask->version) : 0 };
	char fresh[REDIS_FRESH_BYTES], lease_ms[16];
	struct redis_keys keys;

	if (!redis_answers_for(r, WORDS_BYTES)) {
		cache_add(&r->base.count.unasked, 1);
		go_without(ask);
		return;
	}
	redis_keys_make(&keys, name_key_tenant(&ask->key), &ask->key);
	redis_fresh_make(fresh);
	snprintf(lease_ms, sizeof(lease_ms), "%" PRIu32, ask->lease_ms ? ask->lease_ms : 1);
	if (ask->tries > TRIES_MOST)
		seen = STR("*");
	near_prepare(r->home->near, ask);
	REDIS_SEND(r, REDIS_BEGIN, STR("EVALSHA"), str_of(r->sha[SCRIPT_BEGIN]), STR("4"),
		   name_key_sheaf(&ask->key), str_of(keys.lease), str_of(keys.floors), str_of(keys.tombs),
		   str_of(r->run), str_of(fresh),
		   str_of(r->home->process), way_of(ask), str_of(lease_ms), seen);
	ask->sent_us = clock_mono_us();
	redis_asks_put(&r->begins, ask);
	redis_expect(r, ask->sent_us);
}

void redis_begin(struct cache *c, struct cache_ask *ask)
{
	ask->begun_us = clock_mono_us();
	ask->pause_ms = PAUSE_LEAST_MS;
	ask->reloaded = false;
	ask->tries = 0;
	ask->waited = false;
	ask->wakeup = NULL;
	ask->again = (struct loop_timer){ 0 };
	send_begin(CONTAINER_OF(c, struct redis, base), ask);
}

/* ---- waiting for another process ---- */

static void leave(struct redis *r, struct cache_ask *ask)
{
	struct cache_ask **link = &r->waiting;

	while (*link != ask)
		link = &(*link)->next;
	*link = ask->next;
	loop_timer_cancel(r->loop, &ask->again);
	wakeup_end(r->bell, ask);
}

void redis_ring(void *arg, struct cache_ask *ask)
{
	leave(arg, ask);
	send_begin(arg, ask);
}

/* The timer knows its ask only, and the bell the cache. */
static void on_again(struct loop_timer *t)
{
	struct cache_ask *ask = CONTAINER_OF(t, struct cache_ask, again);

	redis_ring(wakeup_owner(ask->wakeup), ask);
}

/* What we are not told of we ask for, less and less often. */
static void wait_for(struct redis *r, struct cache_ask *ask, int64_t lease_ms)
{
	uint32_t waited = waited_ms(ask), left = waited < ask->wait_ms ? ask->wait_ms - waited : 0;
	uint32_t pause = ask->pause_ms;

	pause = lease_ms >= 0 && lease_ms < pause ? (uint32_t)lease_ms + 1 : pause;
	pause = left < pause ? left : pause;
	ask->tries = 0;
	ask->waited = true;
	ask->pause_ms = 2 * ask->pause_ms < PAUSE_MOST_MS ? 2 * ask->pause_ms : PAUSE_MOST_MS;
	ask->next = r->waiting;
	r->waiting = ask;
	wakeup_begin(r->bell, ask);
	ask->again.fire = on_again;
	loop_timer_set(r->loop, &ask->again, deadline_after_ms(pause));
}

/* ---- what is answered ---- */

/* Another version than the one looked into: it may hold a younger copy. If not, once more; for a sheaf that changes all
 * the time, not for ever. */
static bool take_sheaf(struct redis *r, struct cache_ask *ask, struct str value, struct str floors)
{
	struct cache_hit hit = { 0 };
	bool found = false;

	if (!value.p)
		return false;
	if (redis_open(r, ask, value)) {
		near_keep(r->home->near, ask, floors, buf_str(&r->opened));
		found = redis_read(r, ask, floors, &hit) && hit.began > ask->seen;
		redis_put_away(r);
	}
	ask->tries++;
	if (found)
		cache_found(&r->base, ask, hit);
	else
		send_begin(r, ask);
	return true;
}

static bool take_ticket(struct cache_ask *ask, const struct redis_reply *began, const struct redis_reply *era)
{
	struct str text = redis_reply_text(era);

	if (began->type != REDIS_REPLY_INTEGER || text.n != STAMP_CHARS || !stamp_hex(text.p, &ask->ticket.era))
		return false;
	ask->ticket.began = (uint64_t)began->number;
	ask->found(ask, (struct cache_hit){ 0 });
	return true;
}

/* By the first number; see SCRIPT_BEGIN. */
static bool take_array(struct redis *r, struct cache_ask *ask, const struct redis_reply *reply)
{
	const struct redis_reply *const *of = (const struct redis_reply *const *)reply->items;

	if (reply->n < 2 || of[0]->type != REDIS_REPLY_INTEGER)
		return false;
	if (of[0]->number == 2)
		return reply->n == 3 && take_sheaf(r, ask, redis_reply_text(of[1]), redis_reply_text(of[2]));
	if (of[0]->number == 1)
		return reply->n == 3 && take_ticket(ask, of[1], of[2]);
	if (of[0]->number != 0 || of[1]->type != REDIS_REPLY_INTEGER)
		return false;
	if (ask->how == CACHE_BEHIND)
		go_without(ask);
	else
		wait_for(r, ask, of[1]->number);
	return true;
}

bool redis_take_begun(struct redis *r, const struct redis_reply *reply)
{
	struct cache_ask *ask = r->begins.oldest;

	if (reply->type != REDIS_REPLY_ARRAY && reply->type != REDIS_REPLY_ERROR)
		return false;
	redis_asks_take(&r->begins);
	if (redis_lacks_script(reply) && !ask->reloaded) {
		ask->reloaded = true;
		redis_load(r);
		send_begin(r, ask);
		return true;
	}
	if (reply->type == REDIS_REPLY_ARRAY && take_array(r, ask, reply))
		return true;
	go_without(ask);
	return reply->type == REDIS_REPLY_ERROR;
}

void redis_begins_end(struct redis *r)
{
	struct redis_asks asks = r->begins;

	for (const struct cache_ask *ask = asks.oldest; ask; ask = ask->next)
		if (ask->how != CACHE_PAST)
			redis_orphan(r, &ask->key, 0);
	r->begins = (struct redis_asks){ 0 };
	while (r->waiting) {
		struct cache_ask *ask = r->waiting;

		leave(r, ask);
		redis_asks_put(&asks, ask);
	}
	while (asks.oldest)
		go_without(redis_asks_take(&asks));
}
