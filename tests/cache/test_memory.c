#include <pthread.h>

#include "tests/cache/samples.h"
#include "tests/cmocka_all.h"

/* The linker gives our own clock to the code under test (--wrap). */
static _Atomic uint64_t now_us = 1000000;

uint64_t __wrap_clock_mono_us(void);
uint64_t __wrap_clock_mono_us(void)
{
	return now_us;
}

struct world {
	struct arena *mem;
	struct cache_home *home;
	struct cache *cache;
};

static struct cache_home *home_new(size_t max_bytes)
{
	struct err err;
	struct cache_home *home =
		cache_home_new(&(struct cache_conf){ .kind = CACHE_IN_MEMORY, .max_bytes = max_bytes }, &err);

	assert_non_null(home);
	return home;
}

/* Nothing here comes later. */
static struct loop *no_loop(void)
{
	static char loop;

	return (struct loop *)(void *)&loop;
}

static struct world begin_with(size_t max_bytes)
{
	struct world w = { .mem = arena_new(), .home = home_new(max_bytes) };

	w.cache = cache_open(w.home, no_loop());
	return w;
}

static void end(struct world *w)
{
	cache_free(&w->cache);
	assert_null(w->cache);
	cache_home_free(&w->home);
	assert_null(w->home);
	arena_wipe_free(&w->mem);
}

struct ask {
	struct cache_ask ask;
	struct cache_hit hit;
	unsigned answers;
};

static void found(struct cache_ask *ask, struct cache_hit hit)
{
	struct ask *a = CONTAINER_OF(ask, struct ask, ask);

	a->hit = hit;
	a->answers++;
}

static struct cache_hit look_up(struct world *w, unsigned who)
{
	struct ask a = { .ask = { .key = sample_key(who),
				  .wholes = *sample_wholes(),
				  .mem = w->mem,
				  .found = found } };

	cache_get(w->cache, &a.ask);
	assert_int_equal(a.answers, 1);
	return a.hit;
}

static void on_changed(struct cache_change *change, const struct err *err)
{
	(void)change;
	assert_int_equal(err->cls, ERR_NONE);
}

static void put(struct world *w, unsigned who, uint64_t ttl_ms)
{
	sample_put_at_once(w->cache, who, ttl_ms);
}

static void what_is_put_is_found(void **state)
{
	struct world w = begin_with(1 << 20);
	struct cache_state s;

	(void)state;
	assert_null(look_up(&w, 1).rows);
	put(&w, 1, 1000);
	put(&w, 2, 1000);
	sample_check(look_up(&w, 1).rows, 1);
	sample_check(look_up(&w, 2).rows, 2);
	assert_int_equal(look_up(&w, 2).stored_ms, 1002);
	s = cache_state(w.cache);
	assert_string_equal(s.kind, "memory");
	assert_int_equal(s.hits, 3);
	assert_int_equal(s.misses, 1);
	assert_int_equal(s.puts, 2);
	assert_int_equal(s.entries, 2);
	end(&w);
}

static void a_copy_ends_with_its_time(void **state)
{
	struct world w = begin_with(1 << 20);

	(void)state;
	put(&w, 1, 1000);
	put(&w, 2, UINT64_MAX);
	now_us += 999999;
	sample_check(look_up(&w, 1).rows, 1);
	now_us += 1;
	assert_null(look_up(&w, 1).rows);
	assert_int_equal(cache_state(w.cache).entries, 1);
	sample_check(look_up(&w, 2).rows, 2);
	end(&w);
}

static void a_newer_copy_takes_the_place_of_the_older(void **state)
{
	struct world w = begin_with(1 << 20);
	uint64_t bytes;

	(void)state;
	put(&w, 1, 200);
	bytes = cache_state(w.cache).bytes;
	put(&w, 1, 1000);
	assert_int_equal(cache_state(w.cache).entries, 1);
	assert_int_equal(cache_state(w.cache).bytes, bytes);
	now_us += 500000;
	sample_check(look_up(&w, 1).rows, 1);
	end(&w);
}

static void a_dropped_copy_is_gone(void **state)
{
	struct world w = begin_with(1 << 20);
	struct cache_key key = sample_key(1);

	(void)state;
	put(&w, 1, 1000);
	cache_drop(w.cache, &key);
	cache_drop(w.cache, &key);
	assert_null(look_up(&w, 1).rows);
	assert_int_equal(cache_state(w.cache).bytes, 0);
	end(&w);
}

/* As an agent's customer, while a script walks through all the others, in between more of them than fit. */
static void who_is_asked_for_stays_when_many_pass_by(void **state)
{
	struct world w = begin_with(65536);
	unsigned kept = 0;

	(void)state;
	put(&w, 1, 60000);
	for (unsigned i = 0; i < 6; i++)
		sample_check(look_up(&w, 1).rows, 1);
	for (unsigned who = 2; who < 2000; who++) {
		assert_null(look_up(&w, who).rows);
		put(&w, who, 60000);
		assert_in_range(cache_state(w.cache).bytes, 1, 65536);
		if (who % 200 != 0)
			continue;
		assert_in_range(cache_state(w.cache).entries, 20, 199);
		kept += look_up(&w, 1).rows != NULL;
	}
	assert_int_equal(kept, 9);
	end(&w);
}

static void what_made_room_is_not_vouched_for(void **state)
{
	struct world w = begin_with(8192);
	struct cache_hit hit;

	(void)state;
	put(&w, 1, 60000);
	hit = look_up(&w, 1);
	assert_true(cache_pin_holds(w.cache, &hit.pin));
	for (unsigned who = 2; who < 80; who++) {
		for (unsigned i = 0; i < 6; i++)
			look_up(&w, who);
		put(&w, who, 60000);
		look_up(&w, who);
	}
	assert_null(look_up(&w, 1).rows);
	assert_false(cache_pin_holds(w.cache, &hit.pin));
	end(&w);
}

/* Keep a copy under the name `under` that gives so many values. */
static void put_giving(struct world *w, unsigned who, unsigned under, const unsigned *given, size_t n,
		       uint64_t ttl_ms)
{
	struct cache_key key = sample_key(who);
	struct cache_name name = sample_name(under), values[CACHE_NAMES_MOST];
	struct ask a = { .ask = { .key = key, .wholes = *sample_wholes(), .mem = w->mem, .found = found } };

	for (size_t i = 0; i < n; i++)
		values[i] = sample_name(given[i]);
	cache_begin(w->cache, &a.ask);
	cache_put(w->cache, &(struct cache_fill){ .key = &key,
						  .wholes = sample_wholes(),
						  .rows = sample_rows(who, w->mem),
						  .stored_ms = 1000 + who,
						  .ttl_ms = ttl_ms,
						  .ticket = a.ask.ticket,
						  .names = &name,
						  .n_names = 1,
						  .given = values,
						  .n_given = n });
}

/* Keep a copy of customer 9 that gives `given`; 0: nothing. */
static void put_giver(struct world *w, unsigned who, unsigned given, uint64_t ttl_ms)
{
	put_giving(w, who, 9, &given, given != 0, ttl_ms);
}

static uint64_t invalidate(struct world *w, unsigned who)
{
	struct cache_change change = { .tenant = STR("t"), .name = sample_name(who), .done = on_changed };

	cache_invalidate(w->cache, &change);
	return change.removed;
}

static void what_a_lapsed_copy_gave_goes_with_its_customer(void **state)
{
	struct world w = begin_with(1 << 20);

	(void)state;
	put_giver(&w, 1, 50, 1000);
	put(&w, 50, 100000);
	put(&w, 51, 100000);
	now_us += 2000000;
	assert_null(look_up(&w, 1).rows);
	put_giver(&w, 1, 50, 1000); /* and once more: it is known already */
	now_us += 2000000;
	assert_null(look_up(&w, 1).rows);
	assert_int_equal(invalidate(&w, 9), 1);
	assert_null(look_up(&w, 50).rows);
	sample_check(look_up(&w, 51).rows, 51);
	end(&w);
}

/* In a store where a copy that gives nothing just fits. */
static void what_a_copy_gave_that_does_not_fit_goes_with_its_customer(void **state)
{
	struct world w = begin_with(1024);

	(void)state;
	for (size_t max = 1024; put(&w, 50, 100000), cache_state(w.cache).entries == 0; max += 64) {
		end(&w);
		w = begin_with(max);
	}
	put_giver(&w, 1, 50, 100000);
	assert_null(look_up(&w, 1).rows);
	sample_check(look_up(&w, 50).rows, 50);
	assert_int_equal(invalidate(&w, 9), 1);
	assert_null(look_up(&w, 50).rows);
	end(&w);
}

/* The first of them, the last and those between, in the order in which they came, and the other way. */
static void a_name_may_have_many_copies(void **state)
{
	struct world w = begin_with(64 << 20);
	enum { COPIES = 20000, OTHER = COPIES };

	(void)state;
	for (unsigned who = 0; who < COPIES; who++)
		put_giver(&w, who, 0, 60000);
	put(&w, OTHER, 60000);
	for (unsigned i = 0; i < COPIES / 4; i++) {
		struct cache_key old = sample_key(i), young = sample_key(COPIES - 1 - i);

		cache_drop(w.cache, &old);
		cache_drop(w.cache, &young);
	}
	assert_int_equal(cache_state(w.cache).entries, COPIES / 2 + 1);
	sample_check(look_up(&w, COPIES / 2).rows, COPIES / 2);
	assert_int_equal(invalidate(&w, 9), COPIES / 2);
	assert_null(look_up(&w, COPIES / 2).rows);
	sample_check(look_up(&w, OTHER).rows, OTHER);
	put_giver(&w, 1, 0, 60000);
	assert_int_equal(invalidate(&w, 9), 1);
	end(&w);
}

/* Of one name it is known a few times only. */
static void when_it_is_not_known_what_lapsed_copies_gave_everything_goes(void **state)
{
	struct world w = begin_with(1 << 20);

	(void)state;
	for (unsigned i = 0; i < 9; i++) {
		put_giver(&w, 1, 50 + i, 1000);
		now_us += 2000000;
		assert_null(look_up(&w, 1).rows);
	}
	put(&w, 58, 100000);
	put(&w, 70, 100000);
	invalidate(&w, 9);
	assert_null(look_up(&w, 58).rows);
	assert_null(look_up(&w, 70).rows);
	put(&w, 70, 100000);
	invalidate(&w, 9);
	sample_check(look_up(&w, 70).rows, 70);
	end(&w);
}

/* 4 is given at once by 1, and by a longer way: what it gives is near enough by the short one. */
static void the_shortest_way_to_a_name_counts(void **state)
{
	static const unsigned orders[][2] = { { 2, 4 }, { 4, 2 } };
	struct world w = begin_with(1 << 20);

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(orders); i++) {
		put_giving(&w, 1, 1, orders[i], 2, 60000);
		for (unsigned who = 2; who <= 4; who++)
			put_giving(&w, who, who, &(unsigned){ who + 1 }, 1, 60000);
		put_giving(&w, 5, 5, &(unsigned){ 6 }, 1, 60000);
		put(&w, 6, 60000);
		put(&w, 7, 60000);
		assert_int_equal(invalidate(&w, 1), 6);
		assert_null(look_up(&w, 6).rows);
		sample_check(look_up(&w, 7).rows, 7);
	}
	end(&w);
}

static void what_leads_to_too_much_voids_everything(void **state)
{
	enum { GIVERS = 80, EACH = 126 };
	struct world w = begin_with(16 << 20);
	unsigned given[EACH];

	(void)state;
	put(&w, 1, 60000);
	for (unsigned n = GIVERS - 1; n <= GIVERS; n++) {
		for (unsigned who = 0; who < n; who++) {
			for (unsigned i = 0; i < EACH; i++)
				given[i] = 1000 + who * EACH + i;
			put_giving(&w, 100 + who, 9, given, EACH, 60000);
		}
		assert_int_equal(invalidate(&w, 9), n);
		assert_int_equal(look_up(&w, 1).rows == NULL, n == GIVERS);
	}
	end(&w);
}

static void what_is_larger_than_the_store_is_not_kept(void **state)
{
	struct world w = begin_with(100);

	(void)state;
	put(&w, 1, 1000);
	assert_null(look_up(&w, 1).rows);
	assert_int_equal(cache_state(w.cache).put_failures, 1);
	assert_int_equal(cache_state(w.cache).puts, 0);
	end(&w);
}

static void many_copies_are_all_found(void **state)
{
	struct world w = begin_with(64 << 20);

	(void)state;
	for (unsigned who = 0; who < 5000; who++)
		put(&w, who, 1000);
	assert_int_equal(cache_state(w.cache).entries, 5000);
	for (unsigned who = 0; who < 5000; who++)
		sample_check(look_up(&w, who).rows, who);
	end(&w);
}

/* Loops on one store; each its cache, made and ended by the test. */
static void *hammer(void *arg)
{
	struct world w = { .mem = arena_new(), .cache = arg };

	for (unsigned i = 0; i < 3000; i++) {
		unsigned who = i % 37;
		struct cache_key key = sample_key(who);
		const struct rows *rows = look_up(&w, who).rows;

		if (rows)
			sample_check(rows, who);
		put(&w, who, 1000);
		if (i % 11 == 0)
			cache_drop(w.cache, &key);
	}
	arena_wipe_free(&w.mem);
	return NULL;
}

static void threads_share_a_store_and_anybody_may_look_at_it(void **state)
{
	struct cache_home *home = home_new(32768);
	struct cache *caches[3];
	pthread_t threads[3];
	uint64_t seen = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(threads); i++) {
		caches[i] = cache_open(home, no_loop());
		assert_int_equal(pthread_create(&threads[i], NULL, hammer, caches[i]), 0);
	}
	for (int i = 0; i < 1000; i++) {
		struct cache_state s = cache_state(caches[0]);

		assert_true(s.puts >= seen && s.bytes <= 32768);
		seen = s.puts;
	}
	for (size_t i = 0; i < ARRAY_LEN(threads); i++) {
		pthread_join(threads[i], NULL);
		assert_int_equal(cache_state(caches[i]).hits + cache_state(caches[i]).misses, 3000);
		cache_free(&caches[i]);
	}
	cache_home_free(&home);
}

static void without_a_cache_all_is_a_miss(void **state)
{
	struct world w = { .mem = arena_new(), .cache = cache_off() };
	struct cache_key key = sample_key(1);

	(void)state;
	put(&w, 1, 1000);
	cache_drop(w.cache, &key);
	assert_null(look_up(&w, 1).rows);
	assert_string_equal(cache_state(w.cache).kind, "off");
	assert_int_equal(cache_state(w.cache).misses, 1);
	cache_free(&w.cache);
	cache_free(&w.cache);
	arena_wipe_free(&w.mem);
}

/* Rows of the customer that `owner` names, stored at 7. */
static struct cache_hit copy_of(void *owner, struct cache_ask *ask)
{
	const unsigned *who = owner;

	return (struct cache_hit){ .rows = *who ? sample_rows(*who, ask->mem) : NULL, .stored_ms = 7 };
}

static void a_stand_in_says_what_is_found(void **state)
{
	unsigned who = 3;
	struct world w = { .mem = arena_new(), .cache = cache_stand_in(copy_of, &who) };

	(void)state;
	put(&w, 1, 1000);
	sample_check(look_up(&w, 1).rows, 3);
	assert_int_equal(look_up(&w, 1).stored_ms, 7);
	who = 0;
	assert_null(look_up(&w, 1).rows);
	assert_int_equal(cache_state(w.cache).hits, 2);
	assert_int_equal(cache_state(w.cache).misses, 1);
	cache_free(&w.cache);
	arena_wipe_free(&w.mem);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_made_room_is_not_vouched_for),
		cmocka_unit_test(what_a_lapsed_copy_gave_goes_with_its_customer),
		cmocka_unit_test(when_it_is_not_known_what_lapsed_copies_gave_everything_goes),
		cmocka_unit_test(what_is_put_is_found),
		cmocka_unit_test(a_copy_ends_with_its_time),
		cmocka_unit_test(a_newer_copy_takes_the_place_of_the_older),
		cmocka_unit_test(a_dropped_copy_is_gone),
		cmocka_unit_test(who_is_asked_for_stays_when_many_pass_by),
		cmocka_unit_test(what_a_copy_gave_that_does_not_fit_goes_with_its_customer),
		cmocka_unit_test(a_name_may_have_many_copies),
		cmocka_unit_test(the_shortest_way_to_a_name_counts),
		cmocka_unit_test(what_leads_to_too_much_voids_everything),
		cmocka_unit_test(what_is_larger_than_the_store_is_not_kept),
		cmocka_unit_test(many_copies_are_all_found),
		cmocka_unit_test(threads_share_a_store_and_anybody_may_look_at_it),
		cmocka_unit_test(without_a_cache_all_is_a_miss),
		cmocka_unit_test(a_stand_in_says_what_is_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
