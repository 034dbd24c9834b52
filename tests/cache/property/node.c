#include "tests/cache/property/node.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/memory.h"
#include "tests/cache/property/copies.h"

enum {
	LEASE_MS = 40,
	WAIT_MS = 30,
	SLOW_US = 3000, /* a slow source */
	SHORT_MS = 15, /* a copy that soon ends */
	LONG_MS = 60000,
	REST_US = 10000, /* without a store */
};

/* Who does one thing at a time. */
struct actor {
	struct node *node;
	uint64_t random;
	struct loop_timer timer;
	struct arena *mem; /* of this operation */
	struct cache_ask ask;
	struct cache_reread reread;
	struct copy copy, then; /* then: what the same request looks for next */
	uint32_t least[CUSTOMERS_OF_COPY], versions[CUSTOMERS_OF_COPY];
	uint32_t least_then[CUSTOMERS_OF_COPY]; /* from the beginning of the request */
	bool goes_on;
	struct cache_change change;
	bool touched[PARTS]; /* parts that the change voids */
	unsigned first, n; /* and customers */
	uint32_t *was; /* what the source said before: customers * PARTS */
};

struct node {
	struct field *field;
	unsigned number;
	struct loop *loop;
	struct cache *cache;
	pthread_t thread;
	unsigned busy; /* actors */
	struct actor actors[];
};

/* splitmix64 */
static uint64_t next_random(uint64_t *state)
{
	uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

static unsigned pick(struct actor *a, unsigned n)
{
	return (unsigned)(next_random(&a->random) % n);
}

static void go_on(struct actor *a, void (*fire)(struct loop_timer *t), uint64_t in_us)
{
	a->timer.fire = fire;
	loop_timer_set(a->node->loop, &a->timer, (struct deadline){ clock_mono_us() + in_us });
}

static void begin_operation(struct loop_timer *t);

static void end_operation(struct actor *a, uint64_t rest_us)
{
	arena_wipe_free(&a->mem);
	go_on(a, begin_operation, rest_us);
}

/* ---- look-ups ---- */

static void least_now(const struct actor *a, const struct copy *copy, uint32_t *out)
{
	for (unsigned i = 0; i < copy->n; i++)
		out[i] = truth_least(a->node->field->truth, copy->first + i, copy->part, a->node->number);
}

static void require_from_now(struct actor *a)
{
	least_now(a, &a->copy, a->least);
}

static void complain(struct actor *a, _Atomic uint64_t *count, const char *what)
{
	if (atomic_fetch_add(count, 1) > 0)
		return;
	fprintf(stderr, "%s: node %u, part %u of %u:", what, a->node->number, (unsigned)a->copy.part, a->copy.first);
	for (unsigned i = 0; i < a->copy.n; i++)
		fprintf(stderr, " version %" PRIu32 ", at least %" PRIu32, a->versions[i], a->least[i]);
	fputc('\n', stderr);
}

static void check(struct actor *a, const struct rows *rows)
{
	struct tally *tally = &a->node->field->tally;

	a->versions[0] = a->versions[1] = 0;
	if (!copy_versions(&a->copy, rows, a->versions)) {
		complain(a, &tally->foreign, "foreign");
		return;
	}
	for (unsigned i = 0; i < a->copy.n; i++)
		if (a->versions[i] < a->least[i]) {
			complain(a, &tally->stale, "stale");
			return;
		}
}

/* The source has answered: the copy is kept, or it is none, or whoever asked is no more. */
static void end_fetch(struct loop_timer *t)
{
	struct actor *a = CONTAINER_OF(t, struct actor, timer);
	struct tally *tally = &a->node->field->tally;

	switch (pick(a, 16)) {
	case 0:
		atomic_fetch_add(&tally->left, 1);
		break;
	case 1:
		cache_release(a->node->cache, &a->ask.key, a->ask.ticket);
		atomic_fetch_add(&tally->released, 1);
		break;
	default:
		copy_put(a->node->cache, &a->copy, copy_rows(&a->copy, a->versions, a->mem), &a->ask,
			 pick(a, 8) ? LONG_MS : 1 + pick(a, SHORT_MS));
		atomic_fetch_add(&tally->kept, 1);
	}
	end_operation(a, 0);
}

static void read_source(struct loop_timer *t)
{
	struct actor *a = CONTAINER_OF(t, struct actor, timer);

	for (unsigned i = 0; i < a->copy.n; i++)
		a->versions[i] = truth_read(a->node->field->truth, a->copy.first + i, a->copy.part);
	go_on(a, end_fetch, pick(a, 2) ? pick(a, SLOW_US) : 0);
}

static void on_begun(struct cache_ask *ask, struct cache_hit hit)
{
	struct actor *a = CONTAINER_OF(ask, struct actor, ask);
	struct tally *tally = &a->node->field->tally;

	if (hit.rows) {
		check(a, hit.rows);
		atomic_fetch_add(&tally->younger, 1);
		end_operation(a, 0);
	} else if (ask->ticket.era) {
		atomic_fetch_add(&tally->tickets, 1);
		go_on(a, read_source, pick(a, 2) ? pick(a, SLOW_US) : 0);
	} else {
		atomic_fetch_add(&tally->without_ticket, 1);
		end_operation(a, REST_US);
	}
}

static void begin_fetch(struct actor *a, enum cache_begin how, uint64_t seen)
{
	a->ask.found = on_begun;
	a->ask.how = how;
	a->ask.seen = seen;
	a->ask.lease_ms = LEASE_MS;
	a->ask.wait_ms = WAIT_MS;
	require_from_now(a);
	cache_begin(a->node->cache, &a->ask);
}

static void on_found(struct cache_ask *ask, struct cache_hit hit);

static void get(struct actor *a)
{
	a->ask = (struct cache_ask){ .mem = a->mem, .reread = &a->reread, .found = on_found };
	copy_ask(&a->copy, &a->ask);
	cache_get(a->node->cache, &a->ask);
}

static void get_then(struct actor *a)
{
	a->goes_on = false;
	a->copy = a->then;
	memcpy(a->least, a->least_then, sizeof(a->least));
	get(a);
}

/* Some copies are too old for who asks. */
static void on_found(struct cache_ask *ask, struct cache_hit hit)
{
	struct actor *a = CONTAINER_OF(ask, struct actor, ask);

	if (hit.rows) {
		check(a, hit.rows);
		atomic_fetch_add(&a->node->field->tally.hits, 1);
		if (a->goes_on) {
			get_then(a);
			return;
		}
		if (pick(a, 16)) {
			end_operation(a, 0);
			return;
		}
	}
	begin_fetch(a, CACHE_SHARED, hit.rows ? hit.began : 0);
}

static void look_up(struct actor *a, bool past)
{
	unsigned customer = pick(a, a->node->field->customers);

	a->copy = copy_of((enum part)pick(a, PARTS), customer);
	a->then = copy_of((enum part)pick(a, PARTS), customer);
	a->goes_on = pick(a, 2);
	a->reread = (struct cache_reread){ 0 };
	if (past) {
		a->ask = (struct cache_ask){ .mem = a->mem };
		copy_ask(&a->copy, &a->ask);
		begin_fetch(a, CACHE_PAST, 0);
		return;
	}
	least_now(a, &a->then, a->least_then);
	require_from_now(a);
	get(a);
}

/* ---- changes ---- */

static void each_touched(struct actor *a, void (*call)(struct actor *a, unsigned customer, unsigned part))
{
	for (unsigned c = a->first; c < a->first + a->n; c++)
		for (unsigned p = 0; p < PARTS; p++)
			if (a->touched[p])
				call(a, c, p);
}

static void write_some(struct actor *a, unsigned customer, unsigned part)
{
	if (pick(a, 4) == 0)
		truth_write(a->node->field->truth, customer, part);
}

static void remember(struct actor *a, unsigned customer, unsigned part)
{
	a->was[customer * PARTS + part] = truth_read(a->node->field->truth, customer, part);
}

static void commit(struct actor *a, unsigned customer, unsigned part)
{
	truth_void(a->node->field->truth, customer, part, a->was[customer * PARTS + part], a->node->number);
}

static void on_voided(struct cache_change *change, const struct err *err)
{
	struct actor *a = CONTAINER_OF(change, struct actor, change);
	struct tally *tally = &a->node->field->tally;

	if (err->cls == ERR_NONE)
		each_touched(a, commit);
	atomic_fetch_add(err->cls == ERR_NONE ? &tally->voided : &tally->not_voided, 1);
	end_operation(a, err->cls == ERR_NONE ? 0 : REST_US);
}

/* Sources, parts and everything are voided rarely. */
static void choose_whole(struct actor *a)
{
	unsigned which = pick(a, 4), part = pick(a, PARTS);
	enum cache_whole whole = which < 2 ? CACHE_PART : which == 2 ? CACHE_SOURCE : CACHE_ALL;

	for (unsigned p = 0; p < PARTS; p++)
		a->touched[p] = whole == CACHE_ALL || (whole == CACHE_PART && p == part) ||
				(whole == CACHE_SOURCE && copy_source((enum part)p) == copy_source((enum part)part));
	a->first = 0;
	a->n = a->node->field->customers;
	a->change.whole = true;
	a->change.name = copy_whole_name(whole, whole == CACHE_SOURCE ? copy_source((enum part)part) : part);
}

/* A customer with all that it is in, or what is asked by one key. */
static void choose_name(struct actor *a)
{
	struct copy copy = copy_of(pick(a, 2) ? BY_PHONE : BY_COOKIE, pick(a, a->node->field->customers));
	bool customer = pick(a, 3) > 0;

	for (unsigned p = 0; p < PARTS; p++)
		a->touched[p] = customer || p == (unsigned)copy.part;
	a->first = copy.first;
	a->n = customer ? 1 : copy.n;
	a->change.name = customer ? copy_customer_name(copy.first) : copy_asked_name(&copy);
}

static void change_and_void(struct actor *a)
{
	a->change = (struct cache_change){ .tenant = copy_tenant(), .done = on_voided };
	if (pick(a, 128) == 0)
		choose_whole(a);
	else
		choose_name(a);
	each_touched(a, write_some);
	each_touched(a, remember);
	cache_invalidate(a->node->cache, &a->change);
}

/* ---- the life of an actor ---- */

static void begin_operation(struct loop_timer *t)
{
	struct actor *a = CONTAINER_OF(t, struct actor, timer);
	struct field *field = a->node->field;
	unsigned what = pick(a, 100);

	if (atomic_fetch_add(&field->tally.operations, 1) >= field->operations) {
		if (--a->node->busy == 0)
			loop_stop(a->node->loop);
		return;
	}
	a->mem = arena_new();
	if (what < 12) {
		change_and_void(a);
	} else if (what < 15) {
		truth_write(field->truth, pick(a, field->customers), pick(a, PARTS));
		end_operation(a, 0);
	} else {
		look_up(a, what < 20);
	}
}

static void *run(void *arg)
{
	struct node *node = arg;

	loop_run(node->loop);
	return NULL;
}

struct node *node_start(struct field *field, struct cache_home *home, unsigned number)
{
	struct node *node = memory_new(sizeof(*node) + field->actors * sizeof(node->actors[0]));
	struct err err = { 0 };

	node->field = field;
	node->number = number;
	node->loop = loop_new(&err);
	if (!node->loop)
		abort();
	node->cache = cache_open(home, node->loop);
	node->busy = field->actors;
	for (unsigned i = 0; i < field->actors; i++) {
		struct actor *a = &node->actors[i];

		a->node = node;
		a->random = field->seed * UINT64_C(1000003) + number * 1000 + i;
		a->was = memory_new_array((size_t)field->customers * PARTS, sizeof(*a->was));
		go_on(a, begin_operation, 0);
	}
	if (pthread_create(&node->thread, NULL, run, node) != 0)
		abort();
	return node;
}

void node_end(struct node **node)
{
	pthread_join((*node)->thread, NULL);
	cache_free(&(*node)->cache);
	loop_free(&(*node)->loop);
	for (unsigned i = 0; i < (*node)->field->actors; i++)
		free((*node)->actors[i].was);
	free(*node);
	*node = NULL;
}
