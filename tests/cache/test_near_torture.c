/* Copies close at hand under many writers and readers: once all is written and heard of, nobody reads an old one. */
#include <pthread.h>
#include <stdatomic.h>

#include "cache/home.h"
#include "cache/sealer.h"
#include "cache/sheaf.h"
#include "tests/cache/cache_world.h"
#include "tests/cache/redis_server.h"
#include "tests/cache/samples.h"
#include "tests/cmocka_all.h"

enum { NEAR_BYTES = 4 << 20, LONG_MS = 3600000, KEYS = 40, WRITERS = 2, READERS = 2, WRITES = 4000 };

struct torture {
	const struct keyring *ring;
	struct cache_ticket ticket;
	_Atomic unsigned writing; /* writers that are not at their end */
	uint64_t last[KEYS]; /* its writer's until that is at its end */
};

struct writer {
	struct torture *t;
	unsigned number;
	pthread_t thread;
};

static void *write_on(void *arg)
{
	struct writer *wr = arg;
	struct torture *t = wr->t;
	struct sealer *sealer = sealer_new(t->ring, NULL);
	redisContext *c = redisConnectUnix(server.socket);

	for (unsigned i = 0; i < WRITES; i++) {
		SCOPED(buf_free) struct buf bytes = { 0 }, sealed = { 0 };
		unsigned who = (i * 7 % (KEYS / WRITERS)) * WRITERS + wr->number;
		struct cache_key key = sample_key(who);

		t->last[who] = t->ticket.began + i;
		sample_sheaf(who, (struct cache_ticket){ t->last[who], t->ticket.era }, LONG_MS, &bytes);
		sealer_seal(sealer, name_key_sheaf(&key), buf_str(&bytes), sheaf_clear(buf_str(&bytes)), INT64_MAX,
			    &sealed);
		freeReplyObject(redisCommand(c, "SET %b %b", key.text, name_key_sheaf(&key).n, sealed.data,
					     sealed.len));
	}
	sealer_free(&sealer);
	redisFree(c);
	atomic_fetch_sub(&t->writing, 1);
	return NULL;
}

struct reader {
	struct torture *t;
	struct world w;
	struct ask ask;
	unsigned next;
	uint64_t hits;
	pthread_t thread;
};

static bool have_written(struct world *w, void *arg)
{
	struct reader *rd = arg;

	for (unsigned i = 0; i < 50 && rd->ask.answers > 0; i++) {
		unsigned who = rd->next++ % KEYS;

		rd->hits += rd->ask.hit.rows != NULL;
		arena_wipe_free(&w->mem);
		w->mem = arena_new();
		world_ask(w, &rd->ask, who);
	}
	return atomic_load(&rd->t->writing) == 0 && rd->ask.answers > 0;
}

static void *read_on(void *arg)
{
	struct reader *rd = arg;

	world_ask(&rd->w, &rd->ask, rd->next++);
	world_run_until(&rd->w, have_written, rd);
	return NULL;
}

static bool is_heard(struct world *w, void *at_us)
{
	struct cache_near_state s = cache_near_state(w->home);

	return s.up && s.proven_us > *(uint64_t *)at_us;
}

static void run_until_heard(struct world *w)
{
	uint64_t now_us = clock_mono_us();

	near_hurry(w->home->near);
	world_run_until(w, is_heard, &now_us);
}

static void after_all_writes_nobody_reads_an_old_one(void **state)
{
	struct redis_conf where = { .address = server.address, .timeout_ms = 30000 };
	struct world w = world_near(&where, NEAR_BYTES);
	struct torture t = { .ring = w.home->ring, .writing = WRITERS };
	struct writer writers[WRITERS];
	struct reader readers[READERS];
	struct err err = { 0 };

	(void)state;
	world_run_until_up(&w, true);
	t.ticket = world_ticket(&w, 0);
	run_until_heard(&w);
	for (unsigned i = 0; i < READERS; i++) {
		readers[i] = (struct reader){ .t = &t, .w = w };
		readers[i].w.mem = arena_new();
		readers[i].w.loop = loop_new(&err);
		readers[i].w.cache = cache_open(w.home, readers[i].w.loop);
		world_run_until_up(&readers[i].w, true);
	}
	for (unsigned i = 0; i < WRITERS; i++) {
		writers[i] = (struct writer){ .t = &t, .number = i };
		assert_int_equal(pthread_create(&writers[i].thread, NULL, write_on, &writers[i]), 0);
	}
	for (unsigned i = 0; i < READERS; i++)
		assert_int_equal(pthread_create(&readers[i].thread, NULL, read_on, &readers[i]), 0);
	for (unsigned i = 0; i < WRITERS; i++)
		pthread_join(writers[i].thread, NULL);
	for (unsigned i = 0; i < READERS; i++)
		pthread_join(readers[i].thread, NULL);
	run_until_heard(&w);
	for (unsigned i = 0; i < READERS; i++) {
		for (unsigned who = 0; who < KEYS; who++)
			assert_int_equal(world_look_up(&readers[i].w, who).began, t.last[who]);
		assert_true(readers[i].hits > 0);
		cache_free(&readers[i].w.cache);
		loop_free(&readers[i].w.loop);
		arena_wipe_free(&readers[i].w.mem);
	}
	assert_true(cache_near_state(w.home).hits > 0);
	world_free(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(after_all_writes_nobody_reads_an_old_one) };
	int failed;

	redis_server_start(&server, NULL);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	redis_server_end(&server);
	return failed;
}
