/* change_cost - how soon a change told to one process is known in another one, and whether all know it in the end.
 *
 *   change_cost REDIS quiet|loaded SAMPLES
 *
 * Two caches on one Redis, each with a home, loop and thread of its own as if they were two processes. For each sample
 * the second one gets a copy near, and the first one is told that it changed: the output has a line "near_us done_us
 * bare_us", from the call until the second one would no longer serve it, and until the first one was told that it is
 * done; the last one is bare_push.h at the same moment, which is what Redis and the machine take of it.
 * `loaded`: the second one is asked until it answers with what is new, and meanwhile both read keys from a made-up
 * source and keep them, as fast as they can, and the keys change, at either of them. At the end nothing moves any more,
 * and every key is read at both: the last line is "stale KEYS READS HITS CHANGES", the first number keys whose copy is
 * not what the source has. */
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "bench/bare_push.h"
#include "cache/cache.h"

enum { NODES = 2, KEYS = 512, ASKERS = 16, CHANGERS = 4, LEASE_MS = 1000, WAIT_MS = 200, TTL_MS = 600000 };
enum { POLL_NS = 5000, QUIET_POLLS = 100, PATIENCE_US = 20000000 };

struct node;

/* One who reads a key, fetches it from the source on a miss, and keeps it. */
struct asker {
	struct node *node;
	struct loop_post post;
	struct cache_ask ask;
	unsigned key;
	uint64_t value; /* of the copy or of the source */
	bool hit;
	struct cache_pin pin; /* of the hit */
	void (*ended)(struct asker *a); /* on the node's thread */
	uint32_t random;
};

/* One who changes a key at the source, and tells its node. */
struct changer {
	struct node *node;
	struct loop_post post;
	struct cache_change change;
	unsigned key;
	_Atomic uint64_t begun_us, done_us;
	bool failed;
	void (*ended)(struct changer *c);
	uint32_t random;
};

struct node {
	struct cache_home *home;
	struct loop *loop;
	struct cache *cache;
	pthread_t thread;
	struct asker askers[ASKERS], probe;
	struct changer changers[CHANGERS], teller;
};

static struct node nodes[NODES];
static _Atomic uint64_t source[KEYS + 1]; /* the last one belongs to the samples */
static _Atomic uint64_t reads, hits, changes;
static _Atomic bool loading;
static sem_t ended, told; /* posted by each that ends for good; by the teller */
static struct cache_wholes wholes;
static const struct str tenant = STR("bench");
static struct str salt; /* of this run: it finds no copies of others */

static void fail(const char *what)
{
	fprintf(stderr, "change_cost: %s\n", what);
	exit(1);
}

static void pause_briefly(void)
{
	nanosleep(&(struct timespec){ .tv_nsec = POLL_NS }, NULL);
}

static struct cache_name name_of(unsigned key)
{
	struct cache_name name;
	char text[16];

	snprintf(text, sizeof(text), "%u", key);
	cache_name_make(&name, tenant, salt, STR("member"), str_of(text));
	return name;
}

static void key_of(unsigned key, struct cache_key *out)
{
	static const unsigned char definition[DIGEST_BYTES] = { 1 };
	struct cache_name tag = name_of(key);
	char text[16];
	struct str values[] = { STR("member"), { text, 0 } };

	values[1].n = (size_t)snprintf(text, sizeof(text), "%u", key);
	cache_key_make(out, &(struct cache_asked){ .tenant = tenant,
						   .salt = salt,
						   .definition = definition,
						   .tag = &tag,
						   .values = values,
						   .n_values = ARRAY_LEN(values) });
}

/* ---- reading ---- */

static void asker_end(struct asker *a)
{
	arena_wipe_free(&a->ask.mem);
	a->ended(a);
}

static bool take_hit(struct asker *a, const struct cache_hit *hit)
{
	if (!hit->rows)
		return false;
	a->hit = true;
	a->pin = hit->pin;
	a->value = strtoull(rows_cell(hit->rows, 0, 0).p, NULL, 10);
	asker_end(a);
	return true;
}

/* A copy of another one, or the right to ask the source. */
static void on_begun(struct cache_ask *ask, struct cache_hit hit)
{
	struct asker *a = CONTAINER_OF(ask, struct asker, ask);
	struct cache_name name = name_of(a->key);
	char text[700] = "";
	struct str cell = { text, 0 };
	const struct rows rows = { .n_rows = 1, .n_cols = 1, .cells = &cell };

	if (take_hit(a, &hit))
		return;
	a->value = source[a->key];
	snprintf(text, sizeof(text), "%llu", (unsigned long long)a->value);
	memset(text + strlen(text), ' ', sizeof(text) - 1 - strlen(text)); /* as long as parts are */
	cell.n = sizeof(text) - 1;
	cache_put(a->node->cache, &(struct cache_fill){ .key = &ask->key,
							.wholes = &wholes,
							.rows = &rows,
							.stored_ms = clock_wall_ms(),
							.ttl_ms = TTL_MS,
							.ticket = ask->ticket,
							.names = &name,
							.n_names = 1 });
	asker_end(a);
}

static void on_found(struct cache_ask *ask, struct cache_hit hit)
{
	struct asker *a = CONTAINER_OF(ask, struct asker, ask);

	if (take_hit(a, &hit))
		return;
	ask->found = on_begun;
	cache_begin(a->node->cache, ask);
}

static void asker_run(struct loop_post *post)
{
	struct asker *a = CONTAINER_OF(post, struct asker, post);

	a->hit = false;
	a->ask = (struct cache_ask){ .wholes = wholes,
				     .mem = arena_new(),
				     .found = on_found,
				     .how = CACHE_SHARED,
				     .lease_ms = LEASE_MS,
				     .wait_ms = WAIT_MS };
	key_of(a->key, &a->ask.key);
	cache_get(a->node->cache, &a->ask);
}

static void on_read(struct asker *a)
{
	reads++;
	hits += a->hit;
	if (!loading) {
		sem_post(&ended);
		return;
	}
	a->random = a->random * 1664525 + 1013904223;
	a->key = (a->random >> 8) % KEYS;
	loop_post(a->node->loop, &a->post);
}

static void on_probed(struct asker *a)
{
	(void)a;
	sem_post(&ended);
}

/* Read one key now; the answer stands in the probe. */
static const struct asker *probe(struct node *node, unsigned key)
{
	node->probe.key = key;
	loop_post(node->loop, &node->probe.post);
	sem_wait(&ended);
	return &node->probe;
}

/* ---- changing ---- */

static void on_changed(struct cache_change *change, const struct err *err)
{
	struct changer *c = CONTAINER_OF(change, struct changer, change);

	c->failed = err->cls != ERR_NONE;
	c->done_us = clock_mono_us();
	c->ended(c);
}

static void changer_run(struct loop_post *post)
{
	struct changer *c = CONTAINER_OF(post, struct changer, post);

	source[c->key]++;
	c->change = (struct cache_change){ .tenant = tenant, .name = name_of(c->key), .done = on_changed };
	c->done_us = 0;
	if (!c->failed) /* else it is told again, and began then */
		c->begun_us = clock_mono_us();
	cache_invalidate(c->node->cache, &c->change);
}

/* A change that could not be told is told again, as its done() says. */
static void on_told(struct changer *c)
{
	changes++;
	if (!loading && !c->failed) {
		sem_post(&ended);
		return;
	}
	if (!c->failed) {
		c->random = c->random * 1664525 + 1013904223;
		c->key = (c->random >> 8) % KEYS;
	}
	loop_post(c->node->loop, &c->post);
}

static void on_sample_told(struct changer *c)
{
	if (c->failed)
		loop_post(c->node->loop, &c->post);
	else
		sem_post(&told);
}

/* ---- samples ---- */

/* The copy that the second node has near, once the news of its own filling is over. */
static struct cache_pin pin_of_near(void)
{
	uint64_t until_us = clock_mono_us() + PATIENCE_US;

	for (;;) {
		const struct asker *seen = probe(&nodes[1], KEYS);
		struct cache_pin pin = seen->pin;

		if (seen->hit)
			for (int i = 0; i < QUIET_POLLS && cache_pin_holds(nodes[1].cache, &pin); i++)
				pause_briefly();
		if (seen->hit && cache_pin_holds(nodes[1].cache, &pin))
			return pin;
		if (clock_mono_us() > until_us)
			fail("no copy comes near");
	}
}

/* Pins of different copies may share a counter: under load one breaks before its own copy changes, so the copy itself
 * is read. False: the pin broke before the change was told. */
static bool sample(bool loaded)
{
	struct changer *teller = &nodes[0].teller;
	const struct cache_pin pin = pin_of_near();
	uint64_t old = source[KEYS], near_us, bare_us;

	teller->key = KEYS;
	loop_post(nodes[0].loop, &teller->post);
	while (loaded ? probe(&nodes[1], KEYS)->value == old : cache_pin_holds(nodes[1].cache, &pin))
		if (!loaded)
			pause_briefly();
	near_us = clock_mono_us();
	sem_wait(&told);
	bare_us = bare_push_sample(pause_briefly);
	if (bare_us == UINT64_MAX)
		fail("the bare connection to Redis broke");
	if (near_us < teller->begun_us)
		return false;
	printf("%llu %llu %llu\n", (unsigned long long)(near_us - teller->begun_us),
	       (unsigned long long)(teller->done_us - teller->begun_us), (unsigned long long)bare_us);
	return true;
}

static void load_begin(void)
{
	loading = true;
	for (size_t n = 0; n < NODES; n++) {
		for (size_t i = 0; i < ASKERS; i++)
			loop_post(nodes[n].loop, &nodes[n].askers[i].post);
		for (size_t i = 0; i < CHANGERS; i++)
			loop_post(nodes[n].loop, &nodes[n].changers[i].post);
	}
}

static void load_end(void)
{
	loading = false;
	for (size_t i = 0; i < NODES * (ASKERS + CHANGERS); i++)
		sem_wait(&ended);
}

/* The news of the last change is on its way until the second node has heard it. */
static unsigned stale_keys(void)
{
	unsigned stale = 0;

	sleep(1);
	for (size_t n = 0; n < NODES; n++)
		for (unsigned key = 0; key < KEYS; key++)
			stale += probe(&nodes[n], key)->value != source[key];
	return stale;
}

/* ---- nodes ---- */

static void *node_run(void *arg)
{
	struct node *node = arg;

	prctl(PR_SET_TIMERSLACK, 1);
	loop_run(node->loop);
	return NULL;
}

static void node_start(struct node *node, const char *address, uint32_t random)
{
	const struct cache_conf conf = { .kind = CACHE_IN_REDIS,
					 .near_bytes = 64 << 20,
					 .redis = { .address = address, .timeout_ms = 1000 } };
	struct err err = { 0 };

	node->home = cache_home_new(&conf, &err);
	node->loop = node->home ? loop_new(&err) : NULL;
	if (!node->loop)
		fail(err.text);
	node->cache = cache_open(node->home, node->loop);
	for (size_t i = 0; i < ASKERS; i++)
		node->askers[i] = (struct asker){
			.node = node, .post = { .run = asker_run }, .ended = on_read, .random = random + (uint32_t)i
		};
	for (size_t i = 0; i < CHANGERS; i++)
		node->changers[i] = (struct changer){ .node = node,
						      .post = { .run = changer_run },
						      .ended = on_told,
						      .random = random + 100 + (uint32_t)i };
	node->probe = (struct asker){ .node = node, .post = { .run = asker_run }, .ended = on_probed };
	node->teller = (struct changer){ .node = node, .post = { .run = changer_run }, .ended = on_sample_told };
	if (pthread_create(&node->thread, NULL, node_run, node) != 0)
		fail("no thread");
	for (uint64_t until_us = clock_mono_us() + PATIENCE_US; !cache_state(node->cache).up; pause_briefly())
		if (clock_mono_us() > until_us)
			fail("no connection to Redis");
}

/* Who looks on in short sleeps gives way at once: else it keeps Redis and the nodes waiting for a core up to the end of
 * its slice, 3 ms. */
static void give_way(void)
{
	static const struct sched_param none;

	if (pthread_setschedparam(pthread_self(), SCHED_IDLE, &none) != 0)
		fail("no SCHED_IDLE");
}

int main(int argc, char **argv)
{
	unsigned long n = argc == 4 ? strtoul(argv[3], NULL, 10) : 0;
	bool loaded = argc == 4 && strcmp(argv[2], "loaded") == 0;
	struct err err = { 0 };

	if (n == 0) {
		fprintf(stderr, "usage: change_cost REDIS quiet|loaded SAMPLES\n");
		return 2;
	}
	if (!digest_init(&err) || sem_init(&ended, 0, 0) != 0 || sem_init(&told, 0, 0) != 0)
		fail(err.text);
	prctl(PR_SET_TIMERSLACK, 1);
	salt = arena_printf(arena_new(), "%llu of %d", (unsigned long long)clock_mono_us(), getpid());
	cache_whole_make(&wholes.source, CACHE_SOURCE, STR("source"));
	cache_whole_make(&wholes.part, CACHE_PART, STR("part"));
	if (!bare_push_begin(argv[1]))
		fail("no bare connection to Redis");
	for (size_t i = 0; i < NODES; i++)
		node_start(&nodes[i], argv[1], (uint32_t)(i + 1) * 7919);
	if (loaded)
		load_begin();
	else
		give_way();
	for (unsigned long i = 0; i < n;)
		i += sample(loaded);
	if (loaded)
		load_end();
	printf("stale %u %llu %llu %llu\n", stale_keys(), (unsigned long long)reads, (unsigned long long)hits,
	       (unsigned long long)changes);
	return fflush(stdout) == 0 ? 0 : 1; /* the process ends with all of it */
}
