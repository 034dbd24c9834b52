/* Copies close at hand, in front of a real Redis: they spare it the asking, and go when anything has changed there. */
#include <stdatomic.h>
#include <stdio.h>

#include "cache/home.h"
#include "tests/cache/cache_world.h"
#include "tests/cache/redis_server.h"
#include "tests/cache/samples.h"
#include "tests/cmocka_all.h"

enum { NEAR_BYTES = 4 << 20, LONG_MS = 3600000 };

static _Atomic uint64_t ahead_us;

uint64_t __real_clock_mono_us(void);
uint64_t __wrap_clock_mono_us(void);
uint64_t __wrap_clock_mono_us(void)
{
	return __real_clock_mono_us() + ahead_us;
}

static struct redis_conf conf(void)
{
	return (struct redis_conf){ .address = server.address, .timeout_ms = 30000 };
}

/* ---- a world ---- */

static struct cache_near_state near_of(const struct world *w)
{
	return cache_near_state(w->home);
}

static bool channel_is_up(struct world *w, void *up)
{
	return near_of(w).up == *(bool *)up;
}

static void run_until_channel(struct world *w, bool up)
{
	world_run_until(w, channel_is_up, &up);
}

static struct world near_up(void)
{
	struct redis_conf where = conf();
	struct world w = world_near(&where, NEAR_BYTES);

	world_run_until_up(&w, true);
	run_until_channel(&w, true);
	return w;
}

static bool is_past(struct world *w, void *at_us)
{
	return near_of(w).proven_us > *(uint64_t *)at_us;
}

/* Until all is known that has changed before. */
static void run_until_heard(struct world *w)
{
	uint64_t now_us = clock_mono_us();

	near_hurry(w->home->near);
	world_run_until(w, is_past, &now_us);
}

static void put_for(struct world *w, unsigned who, uint64_t ttl_ms)
{
	struct cache_key key = sample_key(who);
	struct cache_name name = sample_name(who);
	uint64_t puts = cache_state(w->cache).puts + 1;

	cache_put(w->cache, &(struct cache_fill){ .key = &key,
						  .wholes = sample_wholes(),
						  .rows = sample_rows(who, w->mem),
						  .stored_ms = clock_wall_ms(),
						  .ttl_ms = ttl_ms,
						  .ticket = world_ticket(w, who),
						  .names = &name,
						  .n_names = 1 });
	world_run_until_puts(w, puts);
	run_until_heard(w); /* the put itself is a change */
}

static void put(struct world *w, unsigned who)
{
	put_for(w, who, LONG_MS);
}

/* Look up; says whether it was close at hand. */
static bool is_near(struct world *w, unsigned who, struct cache_hit *hit)
{
	uint64_t before = near_of(w).hits;

	*hit = world_look_up(w, who);
	if (hit->rows)
		sample_check(hit->rows, who);
	return near_of(w).hits > before;
}

static void make_near(struct world *w, unsigned who, struct cache_hit *hit)
{
	put(w, who);
	assert_false(is_near(w, who, hit));
	assert_non_null(hit->rows);
	assert_true(is_near(w, who, hit));
	assert_true(cache_pin_holds(w->cache, &hit->pin));
}

/* Another process voids something; this one has no copy of it. */
static void what_others_void_is_heard(void **state)
{
	struct world w = near_up(), other = near_up();
	struct cache_name name = sample_name(7);
	uint64_t before = clock_mono_us();

	(void)state;
	assert_true(cache_heard_us(w.cache, &name) < before);
	world_invalidate(&other, name, false);
	run_until_heard(&w);
	assert_in_range(cache_heard_us(w.cache, &name), before, clock_mono_us());
	assert_in_range(cache_heard_us(other.cache, &name), before, clock_mono_us());
	world_invalidate(&other, sample_wholes()->source, true);
	run_until_heard(&w);
	assert_true(cache_heard_us(w.cache, &sample_wholes()->source) > 0);
	world_free(&other);
	world_free(&w);
}

/* ---- what is near ---- */

static void what_was_read_is_near(void **state)
{
	struct world w = near_up();
	struct cache_hit read, again;

	(void)state;
	put(&w, 1);
	assert_false(is_near(&w, 1, &read));
	assert_true(cache_pin_holds(w.cache, &read.pin));
	redis_server_do(&server, "CONFIG RESETSTAT");
	for (int i = 0; i < 100; i++)
		assert_true(is_near(&w, 1, &again));
	assert_int_equal(again.stored_ms, read.stored_ms);
	assert_int_equal(again.began, read.began);
	assert_true(cache_pin_holds(w.cache, &again.pin));
	assert_true(cache_pin_holds(w.cache, &read.pin));
	assert_int_equal(near_of(&w).puts, 1);
	assert_int_equal(near_of(&w).entries, 1);
	redisReply *stats = redis_server_command(&server, "INFO commandstats");
	assert_null(strstr(stats->str, "cmdstat_mget"));
	freeReplyObject(stats);
	world_free(&w);
}

static void without_room_nothing_is_near(void **state)
{
	struct redis_conf where = conf();
	struct world w = world_near(&where, 0);
	struct cache_hit hit;

	(void)state;
	world_run_until_up(&w, true);
	assert_false(near_of(&w).used);
	hit = world_look_up(&w, 1);
	assert_false(cache_pin_holds(w.cache, &hit.pin));
	world_free(&w);
}

/* However it changes: the next look-up asks Redis. */
static void a_change_in_redis_takes_it_away(void **state)
{
	static const char *const changes[] = { "UNLINK %s", "SET %s x", "PEXPIRE %s 1", "APPEND %s x" };
	struct world w = near_up();
	struct cache_hit hit, after;

	(void)state;
	for (unsigned i = 0; i < ARRAY_LEN(changes); i++) {
		make_near(&w, 10 + i, &hit);
		make_near(&w, 50, &after);
		redis_server_do(&server, changes[i], sample_sheaf_key(10 + i).text);
		run_until_heard(&w);
		assert_false(cache_pin_holds(w.cache, &hit.pin));
		assert_false(is_near(&w, 10 + i, &hit));
		assert_true(is_near(&w, 50, &after)); /* nothing happened to that one */
	}
	world_free(&w);
}

static void a_flush_or_a_floor_takes_all_away(void **state)
{
	static const char *const changes[] = { "FLUSHALL", "SET fed2:c:{t}:f x", "PUBLISH __redis__:invalidate x" };
	struct world w = near_up();
	struct cache_hit hit;

	(void)state;
	for (unsigned i = 0; i < ARRAY_LEN(changes); i++) {
		uint64_t flushes;

		make_near(&w, 20 + i, &hit);
		flushes = near_of(&w).flushes;
		redis_server_do(&server, changes[i]);
		run_until_heard(&w);
		assert_false(cache_pin_holds(w.cache, &hit.pin));
		assert_int_equal(near_of(&w).entries, 0);
		assert_true(near_of(&w).flushes > flushes);
	}
	redis_server_do(&server, "FLUSHALL");
	world_free(&w);
}

static void what_is_near_ends_with_the_copy(void **state)
{
	struct world w = near_up();
	struct cache_hit hit;

	(void)state;
	put_for(&w, 30, 60000);
	assert_false(is_near(&w, 30, &hit));
	assert_true(is_near(&w, 30, &hit));
	run_until_heard(&w);
	ahead_us += 61000000; /* here only: Redis has it still */
	run_until_heard(&w);
	assert_false(is_near(&w, 30, &hit));
	assert_non_null(hit.rows);
	ahead_us = 0;
	world_free(&w);
}

/* ---- the channel ---- */

static bool has_lost(struct world *w, void *losses)
{
	return near_of(w).losses > *(uint64_t *)losses;
}

static void a_lost_channel_takes_all_away(void **state)
{
	struct world w = near_up();
	struct cache_hit hit, other;
	uint64_t losses = near_of(&w).losses;

	(void)state;
	make_near(&w, 40, &hit);
	redis_server_do(&server, "CLIENT KILL TYPE pubsub");
	world_run_until(&w, has_lost, &losses);
	assert_false(cache_pin_holds(w.cache, &hit.pin));
	assert_int_equal(near_of(&w).entries, 0);
	run_until_channel(&w, true);
	assert_false(cache_pin_holds(w.cache, &hit.pin));
	assert_false(is_near(&w, 40, &other));
	assert_non_null(other.rows);
	assert_true(is_near(&w, 40, &other));
	world_free(&w);
}

static void what_a_snapshot_brings_back_is_not_near(void **state)
{
	struct world w = near_up();
	uint64_t losses = near_of(&w).losses;
	struct cache_hit hit;

	(void)state;
	make_near(&w, 45, &hit);
	redis_server_do(&server, "SAVE");
	redis_server_kill(&server);
	world_run_until(&w, has_lost, &losses);
	world_run_until_up(&w, false);
	redis_server_restart(&server);
	world_run_until_up(&w, true);
	run_until_channel(&w, true);
	for (int i = 0; i < 3; i++) {
		assert_false(is_near(&w, 45, &hit));
		assert_null(hit.rows);
	}
	redis_server_do(&server, "FLUSHALL");
	world_free(&w);
}

static void in_silence_nothing_is_given_out(void **state)
{
	struct world w = near_up();
	struct ask a;
	struct cache_hit hit;

	(void)state;
	make_near(&w, 41, &hit);
	redis_server_freeze(&server);
	ahead_us += 2000000;
	assert_false(cache_pin_holds(w.cache, &hit.pin));
	world_ask(&w, &a, 41);
	assert_int_equal(a.answers, 0); /* it waits for Redis */
	redis_server_thaw(&server);
	ahead_us = 0;
	world_run_until_up(&w, true);
	world_free(&w);
}

/* ---- answers on their way ---- */

struct direct {
	struct heard heard;
	struct near *near;
	struct wakeups *wakeups;
	struct arena *mem;
	struct cache_ask ask;
	struct buf bytes;
};

static bool near_is_up(struct world *w, void *near)
{
	(void)w;
	return near_state(near).up;
}

static bool near_is_proven(struct world *w, void *arg)
{
	const struct direct *d = arg;

	(void)w;
	return near_is_past(d->near, d->ask.sent_us) && near_state(d->near).up;
}

/* A copy as Redis would give it, now. */
static void direct_begin(struct direct *d, struct world *w, unsigned who)
{
	struct redis_conf where = conf();
	struct err err = { 0 };
	struct cache_key key = sample_key(who);

	*d = (struct direct){ .wakeups = wakeups_new(), .mem = arena_new(), .ask = { .key = key } };
	d->ask.mem = d->mem;
	d->near = near_new(&where, NEAR_BYTES,
			   &(struct near_listeners){ .wakeups = d->wakeups, .heard = &d->heard }, &err);
	assert_non_null(d->near);
	sample_sheaf(who, (struct cache_ticket){ 1, 1 }, LONG_MS, &d->bytes);
	if (w)
		world_run_until(w, near_is_up, d->near);
}

static void direct_end(struct direct *d)
{
	near_free(&d->near);
	wakeups_free(&d->wakeups);
	buf_free(&d->bytes);
	arena_wipe_free(&d->mem);
}

/* The answer of a look-up that was prepared comes now: is it near afterwards? */
static bool is_kept(struct direct *d)
{
	struct cache_hit hit;
	bool held;

	near_keep(d->near, &d->ask, STR("0000000000000001"), buf_str(&d->bytes));
	held = d->ask.pin.set && near_hold(d->near, &d->ask.pin, 1, clock_mono_us());

	assert_int_equal(held, near_get(d->near, &d->ask, &hit));
	return d->ask.pin.set && near_hold(d->near, &d->ask.pin, 1, clock_mono_us());
}

static void run_until_proven(struct direct *d, struct world *w)
{
	d->ask.sent_us = clock_mono_us();
	near_hurry(d->near);
	world_run_until(w, near_is_proven, d);
}

static void an_answer_that_a_change_has_overtaken_is_not_kept(void **state)
{
	struct world w = near_up();
	struct direct d;

	(void)state;
	direct_begin(&d, &w, 60);
	near_prepare(d.near, &d.ask);
	redis_server_do(&server, "SET %s younger", sample_sheaf_key(60).text);
	run_until_proven(&d, &w);
	assert_false(is_kept(&d));
	assert_int_equal(near_state(d.near).late, 1);
	near_prepare(d.near, &d.ask);
	redis_server_do(&server, "SET fed2:c:{t}:f x");
	run_until_proven(&d, &w);
	assert_false(is_kept(&d));
	near_prepare(d.near, &d.ask);
	assert_true(is_kept(&d));
	direct_end(&d);
	redis_server_do(&server, "FLUSHALL");
	world_free(&w);
}

static void an_answer_that_a_loss_has_overtaken_is_not_kept(void **state)
{
	struct world w = near_up();
	struct direct d;

	(void)state;
	direct_begin(&d, NULL, 61);
	near_prepare(d.near, &d.ask); /* most likely before the channel is up */
	if (!d.ask.pin.set) {
		world_run_until(&w, near_is_up, d.near);
		assert_false(is_kept(&d));
	}
	world_run_until(&w, near_is_up, d.near);
	near_prepare(d.near, &d.ask);
	assert_true(d.ask.pin.set);
	redis_server_do(&server, "CLIENT KILL TYPE pubsub");
	run_until_proven(&d, &w);
	assert_false(is_kept(&d));
	direct_end(&d);
	world_free(&w);
}

static void what_has_ended_is_not_kept(void **state)
{
	struct world w = near_up();
	struct direct d;

	(void)state;
	direct_begin(&d, &w, 62);
	near_prepare(d.near, &d.ask);
	d.bytes.len = 0;
	sample_sheaf(62, (struct cache_ticket){ 1, 1 }, -1, &d.bytes);
	near_keep(d.near, &d.ask, STR("0000000000000001"), buf_str(&d.bytes));
	assert_int_equal(near_state(d.near).puts, 0);
	direct_end(&d);
	world_free(&w);
}

/* ---- changes of our own ---- */

struct voiding {
	struct cache_change change;
	struct world *w;
	struct cache_pin pin;
	unsigned done;
	bool good, held;
};

static void on_done(struct cache_change *change, const struct err *err)
{
	struct voiding *v = CONTAINER_OF(change, struct voiding, change);

	v->good = err->cls == ERR_NONE;
	v->held = cache_pin_holds(v->w->cache, &v->pin);
	v->done++;
}

static bool is_done(struct world *w, void *arg)
{
	(void)w;
	return ((struct voiding *)arg)->done > 0;
}

static void void_now(struct world *w, struct voiding *v)
{
	v->change.done = on_done;
	v->change.tenant = STR("t");
	v->w = w;
	cache_invalidate(w->cache, &v->change);
	world_run_until(w, is_done, v);
	assert_int_equal(v->done, 1);
	assert_true(v->good);
	assert_false(v->held);
}

static void what_we_void_is_gone_when_it_is_done(void **state)
{
	struct world w = near_up();
	struct cache_hit hit;

	(void)state;
	for (unsigned i = 0; i < 20; i++) {
		struct voiding v = { .change.name = sample_name(70 + i) };

		make_near(&w, 70 + i, &hit);
		v.pin = hit.pin;
		void_now(&w, &v);
		assert_false(is_near(&w, 70 + i, &hit));
		assert_null(hit.rows);
	}
	make_near(&w, 70, &hit);
	void_now(&w, &(struct voiding){ .change = { .whole = true, .name = sample_wholes()->source }, .pin = hit.pin });
	assert_false(is_near(&w, 70, &hit));
	assert_null(hit.rows);
	world_free(&w);
}

/* As docs/operations.md has them. */
static bool is_ended(struct world *w, void *arg)
{
	(void)w;
	return ((struct ask *)arg)->answers > 0;
}

/* A look-up that is late ends the connection; the change is made on the next one. */
static void a_change_has_more_time_than_a_look_up(void **state)
{
	struct redis_conf where = conf();
	struct voiding v = { .change = { .tenant = STR("t"), .name = sample_name(1), .done = on_done } };
	struct ask late = { 0 };
	struct world w;

	(void)state;
	where.timeout_ms = 20;
	w = world_near(&where, NEAR_BYTES);
	v.w = &w;
	world_run_until_up(&w, true);
	redis_server_freeze(&server);
	cache_invalidate(w.cache, &v.change);
	world_ask(&w, &late, 1);
	world_run_until(&w, is_ended, &late);
	assert_null(late.hit.rows);
	redis_server_thaw(&server);
	world_run_until(&w, is_done, &v);
	assert_true(v.good);
	world_free(&w);
}

static void what_we_cannot_void_is_not_near_either(void **state)
{
	struct redis_conf where = conf();
	struct cache_name name = sample_name(1);
	struct cache_hit hit;
	struct world w;
	uint64_t now_us;

	(void)state;
	where.timeout_ms = 300;
	w = world_near(&where, NEAR_BYTES);
	world_run_until_up(&w, true);
	run_until_channel(&w, true);
	put(&w, 1);
	make_near(&w, 1, &hit);
	assert_true(cache_pin_holds(w.cache, &hit.pin));
	now_us = clock_mono_us();
	redis_server_freeze(&server);
	assert_int_equal(world_invalidate(&w, sample_name(2), false), -1);
	assert_int_equal(near_of(&w).entries, 0);
	assert_false(cache_pin_holds(w.cache, &hit.pin));
	assert_true(cache_heard_us(w.cache, &name) >= now_us);
	redis_server_thaw(&server);
	world_free(&w);
}

static void the_documented_rights_suffice(void **state)
{
	struct redis_conf where = conf();
	struct world w;
	struct voiding v = { .change.name = sample_name(95) };
	struct cache_hit hit;

	(void)state;
	redis_server_do(&server, "ACL SETUSER federator on >PASSWORD ~fed2:* resetchannels &__redis__:invalidate "
				 "+mget +get +set +getrange +unlink +pttl +pexpire +zadd +zscore +zrange "
				 "+zremrangebyscore +zcard +hget +hset +hdel +hrandfield "
				 "+time +info +evalsha +eval +script|load +client|id +client|tracking +subscribe");
	where.user = "federator";
	where.password = "PASSWORD";
	w = world_near(&where, NEAR_BYTES);
	world_run_until_up(&w, true);
	run_until_channel(&w, true);
	make_near(&w, 95, &hit);
	v.pin = hit.pin;
	void_now(&w, &v);
	make_near(&w, 95, &hit);
	void_now(&w, &(struct voiding){ .change = { .whole = true, .name = sample_wholes()->part }, .pin = hit.pin });
	world_free(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_read_is_near),
		cmocka_unit_test(what_others_void_is_heard),
		cmocka_unit_test(without_room_nothing_is_near),
		cmocka_unit_test(a_change_in_redis_takes_it_away),
		cmocka_unit_test(a_flush_or_a_floor_takes_all_away),
		cmocka_unit_test(what_is_near_ends_with_the_copy),
		cmocka_unit_test(a_lost_channel_takes_all_away),
		cmocka_unit_test(what_a_snapshot_brings_back_is_not_near),
		cmocka_unit_test(in_silence_nothing_is_given_out),
		cmocka_unit_test(an_answer_that_a_change_has_overtaken_is_not_kept),
		cmocka_unit_test(an_answer_that_a_loss_has_overtaken_is_not_kept),
		cmocka_unit_test(what_has_ended_is_not_kept),
		cmocka_unit_test(what_we_void_is_gone_when_it_is_done),
		cmocka_unit_test(a_change_has_more_time_than_a_look_up),
		cmocka_unit_test(what_we_cannot_void_is_not_near_either),
		cmocka_unit_test(the_documented_rights_suffice),
	};

	return cmocka_run_group_tests(tests, redis_server_set_up, redis_server_tear_down);
}
