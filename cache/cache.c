#include "cache/cache_driver.h"

#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"
#include "cache/heard.h"

void cache_found(struct cache *c, struct cache_ask *ask, struct cache_hit hit)
{
	if (hit.rows)
		cache_add(&c->count.hits, 1);
	else
		cache_add(&c->count.misses, 1);
	ask->found(ask, hit);
}

void cache_get(struct cache *c, struct cache_ask *ask)
{
	assert(ask->mem && ask->found);
	c->driver->get(c, ask);
}

void cache_begin(struct cache *c, struct cache_ask *ask)
{
	assert(ask->mem && ask->found);
	ask->ticket = (struct cache_ticket){ 0 };
	c->driver->begin(c, ask);
}

void cache_put(struct cache *c, const struct cache_fill *fill)
{
	assert(fill->rows->flags == 0 && fill->rows->bad_cells == 0 && fill->ttl_ms > 0);
	if (fill->ticket.era == 0 || fill->n_names + fill->n_given > CACHE_NAMES_MOST) {
		cache_release(c, fill->key, fill->ticket);
		cache_add(&c->count.put_failures, 1);
		return;
	}
	c->driver->put(c, fill);
}

void cache_release(struct cache *c, const struct cache_key *key, struct cache_ticket ticket)
{
	if (ticket.era)
		c->driver->release(c, key, ticket);
}

void cache_invalidate(struct cache *c, struct cache_change *change)
{
	assert(change->done);
	change->removed = 0;
	c->driver->invalidate(c, change);
}

bool cache_pins_hold(struct cache *c, const struct cache_pin *pins, size_t n, uint64_t now_us)
{
	for (size_t i = 0; i < n; i++)
		if (!pins[i].set)
			return false;
	return c->driver->hold(c, pins, n, now_us);
}

bool cache_pin_holds(struct cache *c, const struct cache_pin *pin)
{
	return cache_pins_hold(c, pin, 1, clock_mono_us());
}

bool cache_pin_lost(struct cache *c, const struct cache_pin *pin)
{
	return pin->set && c->driver->lost(c, pin);
}

uint64_t cache_heard_us(const struct cache *c, const struct cache_name *name)
{
	return c->heard ? heard_when(c->heard, name) : 0;
}

void cache_drop(struct cache *c, const struct cache_key *key)
{
	c->driver->drop(c, key);
}

static uint64_t counted(const _Atomic uint64_t *counter)
{
	return atomic_load_explicit(counter, memory_order_relaxed);
}

struct cache_state cache_state(struct cache *c)
{
	struct cache_state state = {
		.kind = c->driver->kind,
		.hits = counted(&c->count.hits),
		.misses = counted(&c->count.misses),
		.puts = counted(&c->count.puts),
		.put_failures = counted(&c->count.put_failures),
		.timeouts = counted(&c->count.timeouts),
		.unasked = counted(&c->count.unasked),
		.bad_values = counted(&c->count.bad_values),
	};

	c->driver->state(c, &state);
	return state;
}

void cache_free(struct cache **c)
{
	if (*c)
		(*c)->driver->free(*c);
	*c = NULL;
}

/* ---- no cache ---- */

static void off_get(struct cache *c, struct cache_ask *ask)
{
	cache_found(c, ask, (struct cache_hit){ 0 });
}

static void off_begin(struct cache *c, struct cache_ask *ask)
{
	(void)c;
	ask->found(ask, (struct cache_hit){ 0 });
}

static void off_put(struct cache *c, const struct cache_fill *fill)
{
	(void)c, (void)fill;
}

static void off_release(struct cache *c, const struct cache_key *key, struct cache_ticket ticket)
{
	(void)c, (void)key, (void)ticket;
}

static void off_invalidate(struct cache *c, struct cache_change *change)
{
	(void)c;
	change->done(change, &(const struct err){ 0 });
}

static bool off_lost(struct cache *c, const struct cache_pin *pin)
{
	(void)c, (void)pin;
	return false;
}

static bool off_hold(struct cache *c, const struct cache_pin *pins, size_t n, uint64_t now_us)
{
	(void)c, (void)pins, (void)n, (void)now_us;
	return false;
}

static void off_drop(struct cache *c, const struct cache_key *key)
{
	(void)c, (void)key;
}

static void off_state(struct cache *c, struct cache_state *out)
{
	(void)c, (void)out;
}

static void off_free(struct cache *c) /* the first member of what was allocated */
{
	free(c);
}

static const struct cache_driver off = {
	"off",    off_get,  off_begin, off_put,   off_release, off_invalidate,
	off_hold, off_lost, off_drop,  off_state, off_free,
};

bool cache_keeps(const struct cache *c)
{
	return c->driver != &off;
}

struct cache *cache_off(void)
{
	struct cache *c = memory_new(sizeof(*c));

	c->driver = &off;
	return c;
}

/* ---- a stand-in ---- */

struct stand_in {
	struct cache c;
	struct cache_hit (*copy)(void *owner, struct cache_ask *ask);
	void *owner;
};

static void stand_in_get(struct cache *c, struct cache_ask *ask)
{
	struct stand_in *s = CONTAINER_OF(c, struct stand_in, c);

	cache_found(c, ask, s->copy(s->owner, ask));
}

struct cache *cache_stand_in(struct cache_hit (*copy)(void *owner, struct cache_ask *ask), void *owner)
{
	static const struct cache_driver driver = {
		"stand-in", stand_in_get, off_begin, off_put,  off_release, off_invalidate,
		off_hold,  off_lost, off_drop,     off_state, off_free,
	};
	struct stand_in *s = memory_new(sizeof(*s));

	*s = (struct stand_in){ .c = { .driver = &driver }, .copy = copy, .owner = owner };
	return &s->c;
}
