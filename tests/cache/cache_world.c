#include "tests/cache/cache_world.h"

#include "tests/cache/samples.h"
#include "tests/cmocka_all.h"

enum { PATIENCE_MS = 60000 };

struct world world_near(const struct redis_conf *conf, size_t near_bytes)
{
	return world_of(&(struct cache_conf){ .kind = CACHE_IN_REDIS, .redis = *conf, .near_bytes = near_bytes });
}

struct world world_of(const struct cache_conf *conf)
{
	struct world w = { .mem = arena_new() };
	struct err err = { 0 };

	w.loop = loop_new(&err);
	assert_non_null(w.loop);
	w.home = cache_home_new(conf, &err);
	if (!w.home)
		fail_msg("%s", err.text);
	w.cache = cache_open(w.home, w.loop);
	return w;
}

struct world world_new(const struct redis_conf *conf)
{
	return world_near(conf, 0);
}

void world_free(struct world *w)
{
	cache_free(&w->cache);
	loop_free(&w->loop);
	cache_home_free(&w->home);
	arena_wipe_free(&w->mem);
}

struct watch {
	struct loop_timer timer;
	struct world *w;
	bool (*done)(struct world *w, void *arg);
	void *arg;
	struct deadline patience;
};

static void look(struct loop_timer *t)
{
	struct watch *watch = CONTAINER_OF(t, struct watch, timer);

	if (watch->done(watch->w, watch->arg) || deadline_left_us(watch->patience) == 0)
		loop_stop(watch->w->loop);
	else
		loop_timer_set(watch->w->loop, t, deadline_after_ms(1));
}

void world_run_until(struct world *w, bool (*done)(struct world *w, void *arg), void *arg)
{
	struct watch watch = { .timer = { .fire = look },
			       .w = w,
			       .done = done,
			       .arg = arg,
			       .patience = deadline_after_ms(PATIENCE_MS) };

	loop_timer_set(w->loop, &watch.timer, deadline_after_ms(0));
	loop_run(w->loop);
	assert_true(deadline_left_us(watch.patience) > 0);
}

static bool is_up(struct world *w, void *arg)
{
	return cache_state(w->cache).up == *(bool *)arg;
}

void world_run_until_up(struct world *w, bool up)
{
	world_run_until(w, is_up, &up);
}

struct world world_up(const char *address, uint32_t timeout_ms)
{
	struct world w = world_new(&(struct redis_conf){ .address = address, .timeout_ms = timeout_ms });

	world_run_until_up(&w, true);
	return w;
}

static bool are_put(struct world *w, void *arg)
{
	struct cache_state s = cache_state(w->cache);

	return s.puts + s.put_failures >= *(uint64_t *)arg;
}

void world_run_until_puts(struct world *w, uint64_t puts)
{
	world_run_until(w, are_put, &puts);
}

static void found(struct cache_ask *ask, struct cache_hit hit)
{
	struct ask *a = CONTAINER_OF(ask, struct ask, ask);

	a->hit = hit;
	a->answers++;
}

void world_ask(struct world *w, struct ask *a, unsigned who)
{
	*a = (struct ask){ .ask = { .key = sample_key(who),
				      .wholes = *sample_wholes(),
				      .mem = w->mem,
				      .found = found } };
	cache_get(w->cache, &a->ask);
}

static bool is_answered(struct world *w, void *arg)
{
	(void)w;
	return ((struct ask *)arg)->answers > 0;
}

struct cache_hit world_look_up(struct world *w, unsigned who)
{
	struct ask a;

	world_ask(w, &a, who);
	world_run_until(w, is_answered, &a);
	assert_int_equal(a.answers, 1);
	return a.hit;
}

static bool is_hit(struct world *w, void *arg)
{
	struct ask *a = arg;

	if (a->answers == 0)
		return false;
	if (a->hit.rows)
		return true;
	*a = (struct ask){ .ask = { .key = a->ask.key,
				      .wholes = *sample_wholes(),
				      .mem = w->mem,
				      .found = found } };
	cache_get(w->cache, &a->ask);
	return false;
}

void world_until_hit(struct world *w, unsigned who)
{
	struct ask a;

	world_ask(w, &a, who);
	world_run_until(w, is_hit, &a);
	sample_check(a.hit.rows, who);
}

void world_begin(struct world *w, struct ask *a, unsigned who)
{
	a->ask.key = sample_key(who);
	a->ask.wholes = *sample_wholes();
	a->ask.mem = w->mem;
	a->ask.found = found;
	a->answers = 0;
	cache_begin(w->cache, &a->ask);
}

void world_until_answered(struct world *w, struct ask *a)
{
	world_run_until(w, is_answered, a);
	assert_int_equal(a->answers, 1);
}

struct change {
	struct cache_change change;
	int removed;
	bool done;
};

static void changed(struct cache_change *change, const struct err *err)
{
	struct change *c = CONTAINER_OF(change, struct change, change);

	assert_false(c->done);
	c->done = true;
	c->removed = err->cls == ERR_NONE ? (int)change->removed : -1;
	if (err->cls != ERR_NONE)
		assert_int_equal(err->cls, ERR_REFUSED);
}

static bool is_changed(struct world *w, void *arg)
{
	(void)w;
	return ((struct change *)arg)->done;
}

static int invalidate(struct world *w, const struct cache_change *change)
{
	struct change c = { .change = *change };

	c.change.tenant = STR("t");
	c.change.done = changed;
	cache_invalidate(w->cache, &c.change);
	world_run_until(w, is_changed, &c);
	return c.removed;
}

int world_invalidate(struct world *w, struct cache_name name, bool whole)
{
	return invalidate(w, &(const struct cache_change){ .whole = whole, .name = name });
}

int world_invalidate_bare(struct world *w, struct cache_name name)
{
	return invalidate(w, &(const struct cache_change){ .bare = true, .name = name });
}

struct cache_ticket world_ticket(struct world *w, unsigned who)
{
	struct ask a = { .ask = { .key = sample_key(who), .mem = w->mem, .found = found, .how = CACHE_PAST } };

	cache_begin(w->cache, &a.ask);
	world_run_until(w, is_answered, &a);
	return a.ask.ticket;
}

void world_put(struct world *w, unsigned who, uint64_t ttl_ms)
{
	sample_put(w->cache, who, world_ticket(w, who), ttl_ms);
}
