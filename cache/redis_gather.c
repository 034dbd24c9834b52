/* redis_gather.c - copies of one sheaf that come within a moment wait for each other. */
#include <stdio.h>

#include "base/memory.h"
#include "cache/entry.h"
#include "cache/redis_fill.h"

enum {
	GATHER_MS = 1,
	COPIES_MOST = 32, /* of one fill */
	BYTES_MOST = 384 << 10, /* of one fill, unless it is one copy */
	BEHIND_MOST = 4,
	WORDS_BYTES = 4096, /* of a copy, without its rows */
};

const struct sheaf_copy *redis_fill_find(const struct redis_fill *fill, uint64_t place)
{
	for (const struct fill_copy *c = fill->copies; c; c = c->next)
		if (c->copy.place == place)
			return &c->copy;
	return NULL;
}

void redis_fills_send(struct redis *r)
{
	struct redis_fill *fill = r->gathered;

	r->gathered = NULL;
	loop_timer_cancel(r->loop, &r->gather);
	for (struct redis_fill *next; fill; fill = next) {
		next = fill->next;
		redis_fill_send(r, fill);
	}
}

void redis_gather(struct loop_timer *t)
{
	redis_fills_send(CONTAINER_OF(t, struct redis, gather));
}

void redis_fills_hurry(struct redis *r, struct str sheaf)
{
	for (struct redis_fill **link = &r->gathered; *link; link = &(*link)->next) {
		struct redis_fill *fill = *link;

		if (!str_eq(str_of(fill->sheaf), sheaf))
			continue;
		*link = fill->next;
		redis_fill_send(r, fill);
		return;
	}
}

static unsigned char *names_copy(const struct cache_fill *fill, struct arena *mem)
{
	unsigned char *out = arena_array_of(mem, unsigned char, fill->n_given * NAME_BYTES + 1);

	for (size_t i = 0; i < fill->n_given; i++)
		name_bytes(str_of(fill->given[i].text), out + i * NAME_BYTES);
	return out;
}

/* Each name of its own list, in order. */
static unsigned char *places_of(size_t n, struct arena *mem)
{
	unsigned char *out = arena_array_of(mem, unsigned char, n + 1);

	for (size_t i = 0; i < n; i++)
		out[i] = (unsigned char)i;
	return out;
}

static struct fill_copy *copy_new(const struct cache_fill *fill, struct str rows, struct arena *mem)
{
	struct fill_copy *c = arena_new_of(mem, struct fill_copy);
	int64_t now_ms = clock_wall_ms();

	c->key = *fill->key;
	c->wholes = *fill->wholes;
	c->ttl_ms = fill->ttl_ms;
	c->n_names = fill->n_names;
	c->names = arena_alloc(mem, (fill->n_names + 1) * sizeof(*c->names));
	for (size_t i = 0; i < fill->n_names; i++)
		snprintf(c->names[i], sizeof(c->names[i]), "%s%d", fill->names[i].text, i < fill->n_asked);
	c->copy = (struct sheaf_copy){
		.place = name_key_place(fill->key),
		.began = fill->ticket.began,
		.stored_ms = fill->stored_ms,
		.ends_ms = now_ms + (int64_t)entry_span(now_ms, fill->ttl_ms),
		.rows = arena_str(mem, rows),
		.names = names_copy(fill, mem),
		.n_keys = fill->n_given - fill->n_leads,
		.given = places_of(fill->n_given, mem),
		.n_given = fill->n_given,
	};
	return c;
}

static struct redis_fill *find(struct redis_fill *fill, struct str sheaf)
{
	while (fill && !str_eq(str_of(fill->sheaf), sheaf))
		fill = fill->next;
	return fill;
}

static bool has_room(const struct redis_fill *fill, const struct cache_fill *put, size_t bytes)
{
	return fill->n < COPIES_MOST && fill->bytes + bytes <= BYTES_MOST && fill->ticket.era == put->ticket.era &&
	       !redis_fill_find(fill, name_key_place(put->key));
}

static struct redis_fill *fill_new(const struct cache_fill *put)
{
	struct str sheaf = name_key_sheaf(put->key);
	struct redis_fill *fill = memory_new(sizeof(*fill));

	fill->mem = arena_new();
	fill->ticket.era = put->ticket.era;
	memcpy(fill->sheaf, sheaf.p, sheaf.n);
	return fill;
}

/* The last of those that go one after the other behind the one that was sent. NULL: there are too many. */
static struct redis_fill *fill_behind(struct redis_fill *sent, const struct cache_fill *put, size_t bytes)
{
	struct redis_fill *last = sent;

	for (unsigned i = 0; last->behind; i++, last = last->behind)
		if (i == BEHIND_MOST)
			return NULL;
	if (last == sent || !has_room(last, put, bytes)) {
		last->behind = fill_new(put);
		last = last->behind;
	}
	return last;
}

/* The one that gathers for this sheaf. While one is on its way the others wait: what is there then is not known before
 * its answer. */
static struct redis_fill *fill_for(struct redis *r, const struct cache_fill *put, size_t bytes)
{
	struct str sheaf = name_key_sheaf(put->key);
	struct redis_fill *fill = find(r->gathered, sheaf), *sent;

	if (fill && has_room(fill, put, bytes))
		return fill;
	if (fill)
		redis_fills_hurry(r, sheaf);
	if ((sent = find(r->sent.oldest, sheaf)))
		return fill_behind(sent, put, bytes);
	fill = fill_new(put);
	fill->next = r->gathered;
	r->gathered = fill;
	if (r->gather.slot == 0)
		loop_timer_set(r->loop, &r->gather, deadline_after_ms(GATHER_MS));
	return fill;
}

void redis_put(struct cache *c, const struct cache_fill *put)
{
	SCOPED(buf_free) struct buf encoded = { 0 };
	struct redis *r = (struct redis *)c;
	struct redis_fill *fill;
	struct fill_copy *copy;
	size_t bytes;

	entry_put_rows(put->rows, &encoded);
	bytes = encoded.len + WORDS_BYTES;
	if (!redis_ready_for(r, r->held + bytes) || !(fill = fill_for(r, put, bytes))) {
		redis_fill_refuse(r, put->key, put->ticket); /* there is no room for it */
		return;
	}
	copy = copy_new(put, buf_str(&encoded), fill->mem);
	copy->next = fill->copies;
	fill->copies = copy;
	fill->n++;
	fill->bytes += bytes;
	r->held += bytes;
	fill->of_customer = fill->of_customer || put->of_customer;
	words_learn(r->home->words, str_of(fill->sheaf), put);
	redis_words_offer(r);
}
