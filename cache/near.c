#include "cache/near.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/memory.h"
#include "cache/entry.h"
#include "cache/name.h"
#include "cache/sheaf.h"
#include "cache/stamp.h"

/* However long a copy may be kept in Redis: what slips through all else does not stay for ever. */
static const uint64_t kept_most_us = UINT64_C(600) * 1000000;

struct near {
	struct shelf *shelf;
	struct near_listeners to;
	struct loop *loop; /* the keeper's, as is the channel */
	struct channel *channel;
	pthread_t keeper;
	_Atomic uint64_t hits, misses, puts, late, flushes;
};

static void count(_Atomic uint64_t *counter)
{
	atomic_fetch_add_explicit(counter, 1, memory_order_relaxed);
}

static uint64_t counted(const _Atomic uint64_t *counter)
{
	return atomic_load_explicit(counter, memory_order_relaxed);
}

/* ---- the keeper ---- */

static bool ends_with(struct str text, struct str end)
{
	return text.n >= end.n && memcmp(text.p + text.n - end.n, end.p, end.n) == 0;
}

static void on_everything(void *arg)
{
	struct near *n = arg;

	count(&n->flushes);
	shelf_flush(n->shelf);
	heard_all(n->to.heard);
}

/* "fed2:c:{TENANT:" name "}:v": see invalidate.lua. */
static void on_voided(struct near *n, struct str key)
{
	struct cache_name name = { 0 };

	if (key.n < sizeof("fed2:c:{:}:v") - 1 + NAME_CHARS)
		return;
	memcpy(name.text, key.p + key.n - 3 - NAME_CHARS, NAME_CHARS);
	heard_name(n->to.heard, &name);
}

/* The floors of a tenant concern all its copies, a lease none. */
static void on_changed(void *arg, struct str key)
{
	struct near *n = arg;

	if (ends_with(key, STR("}:f"))) {
		on_everything(n);
		return;
	}
	if (ends_with(key, STR("}:v"))) {
		on_voided(n, key);
		return;
	}
	if (!ends_with(key, STR(":l")))
		shelf_drop(n->shelf, key);
	wakeups_wake(n->to.wakeups, key);
}

static void *keeper_run(void *arg)
{
	struct near *n = arg;

	loop_run(n->loop);
	return NULL;
}

static bool keeper_start(struct near *n, struct err *err)
{
	sigset_t all, before;
	int failed;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	failed = pthread_create(&n->keeper, NULL, keeper_run, n);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (failed)
		return err_set(err, ERR_SYSTEM, "cache", "no thread can be started");
	pthread_setname_np(n->keeper, "fed-keeper");
	return true;
}

static void free_all(struct near *n)
{
	channel_close(&n->channel);
	loop_free(&n->loop);
	shelf_free(&n->shelf);
	free(n);
}

struct near *near_new(const struct redis_conf *redis, size_t max_bytes, const struct near_listeners *to,
		      struct err *err)
{
	struct near *n = memory_new(sizeof(*n));

	n->shelf = shelf_new(max_bytes);
	n->to = *to;
	n->loop = loop_new(err);
	if (n->loop)
		n->channel = channel_open(redis, n->loop, &(struct channel_listener){ on_changed, on_everything, n },
					  err);
	if (n->channel && keeper_start(n, err))
		return n;
	free_all(n);
	return NULL;
}

void near_free(struct near **np)
{
	struct near *n = *np;

	*np = NULL;
	if (!n)
		return;
	loop_stop(n->loop);
	pthread_join(n->keeper, NULL);
	free_all(n);
}

/* ---- look-ups ---- */

static struct shelf_stamp stamp_of(const struct cache_pin *pin)
{
	return (struct shelf_stamp){ .slot = pin->slot, .count = pin->count, .epoch = pin->epoch };
}

static struct cache_pin pin_of(const struct shelf_stamp *stamp)
{
	return (struct cache_pin){ .slot = stamp->slot, .count = stamp->count, .epoch = stamp->epoch, .set = true };
}

/* Each item is the length of floors, those that concern a copy of the sheaf, and the opened sheaf. Floors of the moment
 * when it was read: when they change everything goes. */
struct taking {
	const struct cache_ask *ask;
	uint64_t place, era, version;
	struct sheaf_copy copy;
	struct cache_pin pin;
	bool found;
};

/* Under the lock of the shelf: what takes longer than finding and copying comes later. */
static void take(void *arg, const struct shelf_item *item)
{
	struct taking *t = arg;
	struct str opened = item->bytes, floors;
	uint32_t n;

	memcpy(&n, opened.p, sizeof(n));
	floors = (struct str){ opened.p + sizeof(n), n };
	opened = (struct str){ floors.p + n, opened.n - sizeof(n) - n };
	t->version = sheaf_version(opened);
	t->pin = pin_of(&item->stamp);
	t->found = sheaf_find(opened, t->place, &t->copy) &&
		   stamp_admits(floors, &t->ask->wholes,
				(struct cache_ticket){ .began = t->copy.began, .era = sheaf_era(opened) });
	if (t->found)
		t->copy.rows = arena_str(t->ask->mem, t->copy.rows);
}

/* First the stamp, then the question of trust: a loss after the answer breaks the stamp. */
void near_prepare(const struct near *n, struct cache_ask *ask)
{
	struct shelf_stamp stamp;

	ask->pin = (struct cache_pin){ 0 };
	if (!n)
		return;
	stamp = shelf_stamp(n->shelf, name_key_sheaf(&ask->key));
	if (channel_trusted(n->channel, clock_mono_us()))
		ask->pin = pin_of(&stamp);
}

static bool find(struct near *n, struct cache_ask *ask, struct cache_hit *out)
{
	struct taking t = { .ask = ask, .place = name_key_place(&ask->key) };
	uint64_t now_us = clock_mono_us();
	const struct rows *rows;

	if (!channel_trusted(n->channel, now_us) ||
	    !shelf_get(n->shelf, name_key_sheaf(&ask->key), now_us, take, &t) || !t.found ||
	    t.copy.ends_ms <= clock_wall_ms() || !(rows = entry_take_rows(t.copy.rows, ask->mem)))
		return false;
	ask->version = t.version;
	*out = (struct cache_hit){ .rows = rows,
				   .stored_ms = t.copy.stored_ms,
				   .ends_ms = t.copy.ends_ms,
				   .began = t.copy.began,
				   .pin = t.pin };
	return true;
}

bool near_get(struct near *n, struct cache_ask *ask, struct cache_hit *out)
{
	bool found = n && find(n, ask, out);

	if (n)
		count(found ? &n->hits : &n->misses);
	return found;
}

/* Floors that came after the oldest copy, or cannot be read: the others concern none. */
static void put_floors(struct str floors, uint64_t oldest, struct buf *out)
{
	enum { LINE = NAME_CHARS + STAMP_CHARS };
	uint32_t n = 0;
	uint64_t at;

	buf_put(out, &n, sizeof(n));
	buf_put(out, floors.p, STAMP_CHARS);
	for (size_t i = STAMP_CHARS; i + LINE <= floors.n; i += LINE)
		if (!stamp_decimal(floors.p + i + NAME_CHARS, &at) || at >= oldest)
			buf_put(out, floors.p + i, LINE);
	n = (uint32_t)(out->len - sizeof(n));
	memcpy(out->data, &n, sizeof(n));
}

/* When the last of its copies ends, and when the first began. False: it cannot be read. */
static bool measure(struct str opened, int64_t *ends_ms, uint64_t *oldest)
{
	struct sheaf *s = memory_raw(sizeof(*s));
	bool good = sheaf_decode(opened, s);

	*ends_ms = 0;
	*oldest = UINT64_MAX;
	for (size_t i = 0; good && i < s->n; i++) {
		*ends_ms = s->copies[i].ends_ms > *ends_ms ? s->copies[i].ends_ms : *ends_ms;
		*oldest = s->copies[i].began < *oldest ? s->copies[i].began : *oldest;
	}
	free(s);
	return good;
}

void near_keep(struct near *n, const struct cache_ask *ask, struct str floors, struct str opened)
{
	struct shelf_stamp stamp = stamp_of(&ask->pin);
	SCOPED(buf_free) struct buf item = { 0 };
	int64_t ends_ms, left_ms;
	uint64_t oldest, left_us;

	if (!n || !ask->pin.set || floors.n < STAMP_CHARS || !measure(opened, &ends_ms, &oldest))
		return;
	left_ms = ends_ms - clock_wall_ms();
	left_us = left_ms > 0 ? (uint64_t)left_ms * 1000 : 0;
	if (left_us == 0)
		return;
	put_floors(floors, oldest, &item);
	buf_put_str(&item, opened);
	if (!shelf_stamp_holds(n->shelf, &stamp))
		count(&n->late);
	else if (shelf_put(n->shelf, name_key_sheaf(&ask->key), buf_str(&item),
			   clock_mono_us() + (left_us < kept_most_us ? left_us : kept_most_us), &stamp))
		count(&n->puts);
}

void near_drop(struct near *n, const struct cache_key *key)
{
	if (n)
		shelf_drop(n->shelf, name_key_sheaf(key));
}

void near_drop_all(struct near *n)
{
	if (n)
		on_everything(n);
}

bool near_hold(const struct near *n, const struct cache_pin *pins, size_t n_pins, uint64_t now_us)
{
	for (size_t i = 0; i < n_pins && n; i++) {
		struct shelf_stamp stamp = stamp_of(&pins[i]);

		if (!shelf_stamp_holds(n->shelf, &stamp))
			return false;
	}
	return n && channel_trusted(n->channel, now_us);
}

bool near_lost(const struct near *n, const struct cache_pin *pin)
{
	struct shelf_stamp stamp = stamp_of(pin);

	return n && channel_trusted(n->channel, clock_mono_us()) && !shelf_stamp_holds(n->shelf, &stamp);
}

/* ---- changes of our own ---- */

void near_hurry(struct near *n)
{
	if (n)
		channel_hurry(n->channel);
}

bool near_is_past(const struct near *n, uint64_t at_us)
{
	uint64_t proven_us = n ? channel_state(n->channel).proven_us : 0;

	return proven_us == 0 || proven_us >= at_us;
}

struct cache_near_state near_state(const struct near *n)
{
	struct channel_state channel;
	struct shelf_state shelf;

	if (!n)
		return (struct cache_near_state){ 0 };
	channel = channel_state(n->channel);
	shelf = shelf_state(n->shelf);
	return (struct cache_near_state){
		.used = true,
		.up = channel.up,
		.why = channel.why,
		.proven_us = channel.proven_us,
		.hits = counted(&n->hits),
		.misses = counted(&n->misses),
		.puts = counted(&n->puts),
		.late = counted(&n->late),
		.flushes = counted(&n->flushes),
		.told = channel.told,
		.losses = channel.losses,
		.entries = shelf.entries,
		.bytes = shelf.bytes,
	};
}
