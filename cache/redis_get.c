/* redis_get.c - look-ups: those of one turn of the loop, and of one tenant, go as one MGET of sheaves and floors. */
#include "cache/entry.h"
#include "cache/name.h"
#include "cache/redis_state.h"
#include "cache/sheaf.h"
#include "cache/stamp.h"

enum {
	OPENED_KEPT = 64 << 10,
	RUN_CHARS = sizeof(((struct redis *)NULL)->run) - 1,
};

/* ---- what is sent ---- */

void redis_gets_send(struct redis *r)
{
	struct str words[1 + REDIS_GET_KEYS + 1] = { STR("MGET") };
	const struct cache_ask *ask = r->unsent;
	struct redis_keys keys;
	size_t n = 1;

	if (!ask)
		return;
	redis_keys_make(&keys, name_key_tenant(&ask->key), NULL);
	for (size_t i = 0; i < r->n_unsent; i++)
		words[n++] = r->unsent_keys[i];
	words[n++] = str_of(keys.floors);
	r->gets.newest->last = true;
	r->unsent = NULL;
	r->n_unsent = 0;
	redis_pipe_add(&r->line.pipe, REDIS_GET, words, n);
}

/* The place of the sheaf among the keys that wait, or the next one. */
static size_t place_of(const struct redis *r, struct str sheaf)
{
	size_t i = 0;

	while (i < r->n_unsent && !str_eq(r->unsent_keys[i], sheaf))
		i++;
	return i;
}

/* Behind those that go with it; what cannot go with the others lets them go first. */
static void queue(struct redis *r, struct cache_ask *ask)
{
	struct str sheaf = name_key_sheaf(&ask->key);
	size_t place = place_of(r, sheaf);

	if (place == REDIS_GET_KEYS ||
	    (r->unsent && !str_eq(name_key_tenant(&r->unsent->key), name_key_tenant(&ask->key)))) {
		redis_gets_send(r);
		place = 0;
	}
	ask->last = false;
	ask->place = (unsigned)place;
	redis_asks_put(&r->gets, ask);
	if (!r->unsent)
		r->unsent = ask;
	if (place == r->n_unsent)
		r->unsent_keys[r->n_unsent++] = sheaf;
	redis_line_flush_soon(&r->line);
}

void redis_get(struct cache *c, struct cache_ask *ask)
{
	struct redis *r = (struct redis *)c;
	struct cache_hit hit;

	ask->version = 0;
	if (near_get(r->home->near, ask, &hit) || redis_reread_find(r, ask, &hit)) {
		cache_found(c, ask, hit);
		return;
	}
	redis_fills_hurry(r, name_key_sheaf(&ask->key)); /* before the place is taken that it may need itself */
	if (!redis_answers_for(r, (r->n_unsent + 1) * sizeof(ask->key) + sizeof(struct redis_keys))) {
		cache_add(&c->count.unasked, 1);
		cache_found(c, ask, (struct cache_hit){ 0 });
		return;
	}
	near_prepare(r->home->near, ask);
	ask->sent_us = clock_mono_us();
	queue(r, ask);
	redis_expect(r, ask->sent_us);
}

/* ---- what is answered ---- */

/* Kept for the next one unless it is large. */
void redis_put_away(struct redis *r)
{
	if (r->opened.cap > OPENED_KEPT)
		buf_free(&r->opened);
	else if (r->opened.data)
		explicit_bzero(r->opened.data, r->opened.len);
	r->opened.len = 0;
}

bool redis_open(struct redis *r, struct cache_ask *ask, struct str value)
{
	size_t clear = sheaf_clear(value);

	ask->version = sheaf_version(value);
	if (!value.p)
		return false;
	if (clear && sealer_open(r->sealer, name_key_sheaf(&ask->key), value, clear, &r->opened))
		return true;
	redis_put_away(r);
	if (redis_words_lacks(r))
		return false;
	cache_add(&r->base.count.bad_values, 1);
	cache_drop(&r->base, &ask->key);
	return false;
}

/* Not of another run of the server: what is read with them may be older than what was voided last. */
static bool are_of_run(const struct redis *r, struct str floors)
{
	return floors.n >= RUN_CHARS && memcmp(floors.p, r->run, RUN_CHARS) == 0;
}

bool redis_read_from(const struct redis *r, const struct cache_ask *ask, struct str opened, struct str floors,
		     struct cache_hit *out)
{
	struct sheaf_copy copy;
	const struct rows *rows;

	if (!sheaf_find(opened, name_key_place(&ask->key), &copy) || copy.ends_ms <= clock_wall_ms() ||
	    !stamp_admits(floors, &ask->wholes,
			  (struct cache_ticket){ .began = copy.began, .era = sheaf_era(opened) }))
		return false;
	if (!are_of_run(r, floors) || !(rows = entry_take_rows(copy.rows, ask->mem)))
		return false;
	*out = (struct cache_hit){ .rows = rows,
				   .stored_ms = copy.stored_ms,
				   .ends_ms = copy.ends_ms,
				   .began = copy.began,
				   .pin = ask->pin };
	return true;
}

bool redis_read(struct redis *r, const struct cache_ask *ask, struct str floors, struct cache_hit *out)
{
	return redis_read_from(r, ask, buf_str(&r->opened), floors, out);
}

/* Sheaves, and what was voided as a whole. */
static bool are_values(const struct redis_reply *reply, size_t n)
{
	if (reply->type != REDIS_REPLY_ARRAY || reply->n != n)
		return false;
	for (size_t i = 0; i < n; i++)
		if (reply->items[i]->type != REDIS_REPLY_STRING && reply->items[i]->type != REDIS_REPLY_NIL)
			return false;
	return true;
}

/* For all that were asked for with it. */
static void take_value(struct redis *r, struct redis_asks *asks, unsigned place, struct str value, struct str floors)
{
	bool opened = false, tried = false;

	for (struct cache_ask *ask = asks->oldest; ask; ask = ask->next) {
		if (ask->place != place)
			continue;
		ask->version = sheaf_version(value);
		if (!tried && (opened = redis_open(r, ask, value)) && are_of_run(r, floors))
			near_keep(r->home->near, ask, floors, buf_str(&r->opened));
		tried = true;
		if (opened)
			redis_reread_keep(r, ask, floors);
		if (!opened || !redis_read(r, ask, floors, &ask->hit))
			ask->hit = (struct cache_hit){ 0 };
	}
	if (opened)
		redis_put_away(r);
}

/* Those of the oldest command. */
static struct redis_asks take_asks(struct redis *r)
{
	struct redis_asks asks = { 0 };
	struct cache_ask *ask;

	do {
		ask = redis_asks_take(&r->gets);
		redis_asks_put(&asks, ask);
	} while (!ask->last);
	return asks;
}

static size_t count_keys(const struct redis *r)
{
	size_t n = 0;

	for (const struct cache_ask *ask = r->gets.oldest;; ask = ask->next) {
		n = ask->place >= n ? ask->place + 1 : n;
		if (ask->last)
			return n;
	}
}

bool redis_take_values(struct redis *r, const struct redis_reply *reply)
{
	bool failed = reply->type == REDIS_REPLY_ERROR;
	size_t n = count_keys(r);
	struct redis_asks asks;

	if (!failed && !are_values(reply, n + 1))
		return false;
	backoff_reset(&r->backoff);
	asks = take_asks(r);
	for (size_t i = 0; i < n; i++)
		take_value(r, &asks, (unsigned)i, failed ? (struct str){ 0 } : redis_reply_text(reply->items[i]),
			   failed ? (struct str){ 0 } : redis_reply_text(reply->items[n]));
	while (asks.oldest) {
		struct cache_ask *ask = redis_asks_take(&asks);

		cache_found(&r->base, ask, ask->hit);
	}
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
