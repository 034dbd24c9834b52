/* redis_get.c - look-ups: those of one turn of the loop, and of one tenant, go as one MGET of copies and floors. */
#include <assert.h>

#include "cache/entry.h"
#include "cache/name.h"
#include "cache/redis_state.h"
#include "cache/stamp.h"

enum {
	KEYS_MOST = 32, /* of one command: the reply may be as large as so many fetches (redis_reply.c) */
	OPENED_KEPT = 64 << 10,
	RUN_CHARS = sizeof(((struct redis *)NULL)->run) - 1,
};

/* ---- what is sent ---- */

void redis_gets_send(struct redis *r)
{
	struct str words[1 + KEYS_MOST + 1] = { STR("MGET") };
	struct cache_ask *ask = r->unsent;
	struct redis_keys keys;
	size_t n = 1;

	if (!ask)
		return;
	redis_keys_make(&keys, name_key_tenant(&ask->key), NULL);
	for (; ask; ask = ask->next)
		words[n++] = str_of(ask->key.text);
	words[n++] = str_of(keys.floors);
	r->gets.newest->last = true;
	r->unsent = NULL;
	r->n_unsent = 0;
	redis_pipe_add(&r->line.pipe, REDIS_GET, words, n);
}

/* Behind those that go with it; what cannot go with the others lets them go first. */
static void queue(struct redis *r, struct cache_ask *ask)
{
	if (r->n_unsent == KEYS_MOST ||
	    (r->unsent && !str_eq(name_key_tenant(&r->unsent->key), name_key_tenant(&ask->key))))
		redis_gets_send(r);
	ask->last = false;
	redis_asks_put(&r->gets, ask);
	if (r->n_unsent++ == 0)
		r->unsent = ask;
	redis_line_flush_soon(&r->line);
}

void redis_get(struct cache *c, struct cache_ask *ask)
{
	struct redis *r = (struct redis *)c;
	struct cache_hit hit;

	if (near_get(r->home->near, ask, &hit)) {
		cache_found(c, ask, hit);
		return;
	}
	if (!redis_answers_for(r, (r->n_unsent + 1) * sizeof(ask->key) + sizeof(struct redis_keys))) {
		cache_found(c, ask, (struct cache_hit){ 0 });
		return;
	}
	near_prepare(r->home->near, ask);
	ask->sent_us = clock_mono_us();
	queue(r, ask);
	redis_expect(r, ask->sent_us);
}

/* ---- what is answered ---- */

/* Wiped, but kept for the next one unless it is large. */
static void put_away(struct buf *entry)
{
	if (entry->cap > OPENED_KEPT)
		buf_free(entry);
	else
		explicit_bzero(entry->data, entry->len);
	entry->len = 0;
}

bool redis_read(struct redis *r, const struct cache_ask *ask, struct str value, struct cache_hit *out)
{
	if (sealer_open(r->sealer, str_of(ask->key.text), value, &r->opened) &&
	    entry_decode(buf_str(&r->opened), ask->mem, out)) {
		near_keep(r->home->near, ask, buf_str(&r->opened), out);
		put_away(&r->opened);
		return true;
	}
	buf_free(&r->opened);
	cache_add(&r->base.count.bad_values, 1);
	cache_drop(&r->base, &ask->key);
	return false;
}

/* Was it kept while this server ran, and is not void? What is no copy of ours is admitted, and fails later. */
static bool is_admitted(const struct redis *r, const struct cache_ask *ask, struct str value, struct str floors)
{
	struct cache_ticket ticket;

	return !entry_ticket(value, &ticket) || (memcmp(value.p + ENTRY_ERA_AT, r->run, RUN_CHARS) == 0 &&
						 stamp_admits(floors, &ask->wholes, ticket));
}

/* Copies, and what was voided as a whole. */
static bool are_values(const struct redis_reply *reply, size_t n)
{
	if (reply->type != REDIS_REPLY_ARRAY || reply->n != n)
		return false;
	for (size_t i = 0; i < n; i++)
		if (reply->items[i]->type != REDIS_REPLY_STRING && reply->items[i]->type != REDIS_REPLY_NIL)
			return false;
	return true;
}

static void take_value(struct redis *r, struct str value, struct str floors)
{
	struct cache_ask *ask = redis_asks_take(&r->gets);
	struct cache_hit hit = { 0 };

	if (value.p && is_admitted(r, ask, value, floors) && !redis_read(r, ask, value, &hit))
		hit = (struct cache_hit){ 0 };
	cache_found(&r->base, ask, hit);
}

bool redis_take_values(struct redis *r, const struct redis_reply *reply)
{
	bool failed = reply->type == REDIS_REPLY_ERROR;
	const struct cache_ask *ask = r->gets.oldest;
	size_t n = 1;

	for (; !ask->last; ask = ask->next)
		n++;
	if (!failed && !are_values(reply, n + 1))
		return false;
	backoff_reset(&r->backoff);
	for (size_t i = 0; i < n; i++)
		take_value(r, failed ? (struct str){ 0 } : redis_reply_text(reply->items[i]),
			   failed ? (struct str){ 0 } : redis_reply_text(reply->items[n]));
	return true;
}

/* Whoever waits is answered last: found() may come back to us, and must meet a closed connection. */
void redis_gets_end(struct redis *r)
{
	struct redis_asks gets = r->gets;

	r->gets = (struct redis_asks){ 0 };
	r->unsent = NULL;
	r->n_unsent = 0;
	while (gets.oldest)
		cache_found(&r->base, redis_asks_take(&gets), (struct cache_hit){ 0 });
}
