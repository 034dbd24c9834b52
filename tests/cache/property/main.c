/* cache_property - random look-ups, fetches, changes and invalidations on several nodes while Redis has faults; no
 * answer may be older than an invalidation allows, or of somebody else.
 *
 *   cache_property [mode=redis|near|memory] [operations=50000] [seed=N] [nodes=3] [actors=24] [customers=40]
 *                  [every=1500] [learn=0] [fault=NAME] [broken=RULE]
 *
 * near: Redis behind near levels, where what another node voided may be found for 2 s when a channel is lost.
 * every: operations from one fault to the next, about; 0: no faults. learn: copies are packed with words of so many
 * customers, whenever Redis has none. fault: only this one of hand.c. broken: see
 * broken.c. One line of JSON says what was done; ends with 1 when an answer was wrong, with the first of them on
 * stderr. */
#include <inttypes.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "tests/cache/property/broken.h"
#include "tests/cache/property/hand.h"
#include "tests/cache/property/node.h"

enum { NODES_MOST = 8, TICK_MS = 2, STUCK_MS = 60000, TIMEOUT_MS = 50 };
enum { MEMORY_BYTES = 1 << 20, NEAR_BOUND_US = 2000000 };

static struct settings {
	const char *mode, *fault, *broken;
	uint64_t operations, seed, nodes, actors, customers, every, learn;
} settings = { .mode = "redis", .operations = 50000, .nodes = 3, .actors = 24, .customers = 40, .every = 1500 };

static struct field field;
static struct hand hand = { .server = &server };
static struct cache_home *homes[NODES_MOST];
static struct {
	uint64_t learnt, adopted; /* by all nodes */
} books;
static struct node *nodes[NODES_MOST];

static bool option_read(const char *text)
{
	const struct {
		const char *name;
		uint64_t *number;
		const char **text;
	} known[] = { { "mode", NULL, &settings.mode },
		      { "fault", NULL, &settings.fault },
		      { "broken", NULL, &settings.broken },
		      { "operations", &settings.operations, NULL },
		      { "seed", &settings.seed, NULL },
		      { "nodes", &settings.nodes, NULL },
		      { "actors", &settings.actors, NULL },
		      { "customers", &settings.customers, NULL },
		      { "every", &settings.every, NULL },
		      { "learn", &settings.learn, NULL } };
	const char *value = strchr(text, '=');

	for (size_t i = 0; value && i < ARRAY_LEN(known); i++) {
		if (strlen(known[i].name) != (size_t)(value - text) ||
		    strncmp(known[i].name, text, (size_t)(value - text)) != 0)
			continue;
		if (known[i].text)
			*known[i].text = value + 1;
		else
			*known[i].number = strtoull(value + 1, NULL, 10);
		return true;
	}
	return false;
}

static bool is_fault(const char *name)
{
	for (unsigned i = 0; i < HAND_FAULTS; i++)
		if (strcmp(name, hand_name(i)) == 0)
			return true;
	return false;
}

static bool in_redis(void)
{
	return strcmp(settings.mode, "memory") != 0;
}

static bool has_near(void)
{
	return strcmp(settings.mode, "near") == 0;
}

static bool settings_read(int argc, char **argv)
{
	settings.seed = (uint64_t)clock_wall_ms();
	for (int i = 1; i < argc; i++)
		if (!option_read(argv[i]))
			return false;
	if ((in_redis() && !has_near() && strcmp(settings.mode, "redis") != 0) ||
	    (settings.fault && !is_fault(settings.fault)))
		return false;
	return settings.nodes > 0 && settings.nodes <= NODES_MOST && settings.actors > 0 && settings.customers > 1 &&
	       settings.customers % 2 == 0 && broken_choose(settings.broken);
}

static struct cache_home *open_home(void)
{
	struct err err = { 0 };
	struct cache_conf conf = { .kind = in_redis() ? CACHE_IN_REDIS : CACHE_IN_MEMORY,
				   .max_bytes = MEMORY_BYTES,
				   .near_bytes = has_near() ? MEMORY_BYTES : 0,
				   .redis = { .address = server.address,
					      .timeout_ms = TIMEOUT_MS,
					      .learn_from = (uint32_t)settings.learn } };
	struct cache_home *home = cache_home_new(&conf, &err);

	if (!home) {
		fprintf(stderr, "%s\n", err.text);
		exit(2);
	}
	return home;
}

/* Each node is a process of its own for Redis; in memory they are the loops of one. */
static void start(void)
{
	field.truth = truth_new((unsigned)settings.customers, has_near() ? NEAR_BOUND_US : 0);
	field.customers = (unsigned)settings.customers;
	field.actors = (unsigned)settings.actors;
	field.seed = settings.seed;
	field.operations = settings.operations;
	for (unsigned i = 0; i < settings.nodes; i++) {
		if (i == 0 || in_redis())
			homes[i] = open_home();
		nodes[i] = node_start(&field, in_redis() ? homes[i] : homes[0], i);
	}
}

/* ---- faults, by the number of operations ---- */

struct watch {
	struct loop_timer timer;
	struct loop *loop;
	unsigned seed;
	uint64_t next_fault, seen;
	struct deadline patience;
};

static void strike(struct watch *w, uint64_t done)
{
	unsigned which = (unsigned)rand_r(&w->seed) % HAND_FAULTS;

	while (settings.fault && strcmp(settings.fault, hand_name(which)) != 0)
		which = (which + 1) % HAND_FAULTS;
	hand_strike(&hand, which);
	w->next_fault = done + settings.every / 2 + (unsigned)rand_r(&w->seed) % settings.every;
}

static void on_tick(struct loop_timer *t)
{
	struct watch *w = CONTAINER_OF(t, struct watch, timer);
	uint64_t done = atomic_load(&field.tally.operations);

	if (done >= settings.operations) {
		loop_stop(w->loop);
		return;
	}
	if (done != w->seen)
		w->patience = deadline_after_ms(STUCK_MS);
	w->seen = done;
	if (deadline_left_us(w->patience) == 0) {
		fprintf(stderr, "nothing is answered any more (seed %" PRIu64 ")\n", settings.seed);
		_exit(3);
	}
	if (in_redis() && settings.every && done >= w->next_fault)
		strike(w, done);
	loop_timer_set(w->loop, t, deadline_after_ms(TICK_MS));
}

static void watch(void)
{
	struct err err = { 0 };
	struct watch w = { .timer = { .fire = on_tick },
			   .loop = loop_new(&err),
			   .seed = (unsigned)settings.seed,
			   .patience = deadline_after_ms(STUCK_MS) };

	if (!w.loop)
		abort();
	w.next_fault = settings.every;
	loop_timer_set(w.loop, &w.timer, deadline_after_ms(TICK_MS));
	loop_run(w.loop);
	loop_free(&w.loop);
	if (in_redis())
		hand_rest(&hand);
}

static void end(void)
{
	for (unsigned i = 0; i < settings.nodes; i++)
		node_end(&nodes[i]);
	for (unsigned i = 0; in_redis() && i < settings.nodes; i++) {
		struct cache_words_state state = cache_words_state(homes[i]);

		books.learnt += state.learnt;
		books.adopted += state.adopted;
	}
	for (unsigned i = 0; i < settings.nodes; i++)
		cache_home_free(&homes[i]);
	truth_free(&field.truth);
}

static void report(uint64_t took_us)
{
	const struct tally *t = &field.tally;

	printf("{\"mode\":\"%s\",\"seed\":%" PRIu64 ",\"operations\":%" PRIu64 ",\"seconds\":%.1f,\"hits\":%" PRIu64
	       ",\"younger\":%" PRIu64 ",\"tickets\":%" PRIu64 ",\"without_ticket\":%" PRIu64 ",\"kept\":%" PRIu64
	       ",\"voided\":%" PRIu64 ",\"not_voided\":%" PRIu64 ",\"faults\":{",
	       settings.mode, settings.seed, settings.operations, (double)took_us / 1e6, t->hits, t->younger,
	       t->tickets, t->without_ticket, t->kept, t->voided, t->not_voided);
	for (unsigned i = 0; i < HAND_FAULTS; i++)
		printf("%s\"%s\":%" PRIu64, i ? "," : "", hand_name(i), hand.struck[i]);
	printf("},\"learnt\":%" PRIu64 ",\"adopted\":%" PRIu64 ",\"stale\":%" PRIu64 ",\"foreign\":%" PRIu64 "}\n",
	       books.learnt, books.adopted, t->stale, t->foreign);
}

int main(int argc, char **argv)
{
	uint64_t begin_us = clock_mono_us();

	if (!settings_read(argc, argv)) {
		fprintf(stderr, "see the head of %s\n", __FILE__);
		return 2;
	}
	signal(SIGPIPE, SIG_IGN);
	if (in_redis())
		redis_server_start(&server, NULL);
	start();
	watch();
	end();
	if (in_redis()) {
		hand_clean(&hand);
		redis_server_end(&server);
	}
	report(clock_mono_us() - begin_us);
	return field.tally.stale || field.tally.foreign;
}
