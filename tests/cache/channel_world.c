#include "tests/cache/channel_world.h"

#include <stdatomic.h>
#include <stdio.h>

#include "tests/cmocka_all.h"

enum { PATIENCE_MS = 60000 };

static _Atomic uint64_t ahead_us;

uint64_t __real_clock_mono_us(void);
uint64_t __wrap_clock_mono_us(void);
uint64_t __wrap_clock_mono_us(void)
{
	return __real_clock_mono_us() + ahead_us;
}

/* These call it from where the linker has it already. */
struct deadline __wrap_deadline_after_ms(uint32_t ms);
struct deadline __wrap_deadline_after_ms(uint32_t ms)
{
	return (struct deadline){ clock_mono_us() + UINT64_C(1000) * ms };
}

uint64_t __wrap_deadline_left_us(struct deadline due);
uint64_t __wrap_deadline_left_us(struct deadline due)
{
	uint64_t now_us = clock_mono_us();

	return due.at_us <= now_us ? 0 : due.at_us - now_us;
}

void hearing_put_clock_forward(uint64_t us)
{
	ahead_us += us;
}

static void on_changed(void *arg, struct str key)
{
	struct hearing *h = arg;

	buf_put_str(&h->keys, key);
	buf_puts(&h->keys, " ");
}

static void on_everything(void *arg)
{
	struct hearing *h = arg;

	h->everything++;
	h->trusted_then = channel_trusted(h->channel, clock_mono_us());
}

void hearing_begin(struct hearing *h, const struct redis_conf *conf)
{
	struct channel_listener listener = { on_changed, on_everything, h };
	struct err err = { 0 };

	*h = (struct hearing){ .loop = loop_new(&err) };
	assert_non_null(h->loop);
	h->channel = channel_open(conf, h->loop, &listener, &err);
	if (!h->channel)
		fail_msg("%s", err.text);
}

void hearing_end(struct hearing *h)
{
	channel_close(&h->channel);
	assert_null(h->channel);
	loop_free(&h->loop);
	buf_free(&h->keys);
	ahead_us = 0;
}

struct watch {
	struct loop_timer timer;
	struct hearing *h;
	bool (*done)(struct hearing *h, void *arg);
	void *arg;
	uint64_t until_us;
};

static void look(struct loop_timer *t)
{
	struct watch *watch = CONTAINER_OF(t, struct watch, timer);

	if (watch->done(watch->h, watch->arg) || __real_clock_mono_us() >= watch->until_us)
		loop_stop(watch->h->loop);
	else
		loop_timer_set(watch->h->loop, t, deadline_after_ms(1));
}

void hearing_run_until(struct hearing *h, bool (*done)(struct hearing *h, void *arg), void *arg)
{
	struct watch watch = { .timer = { .fire = look }, .h = h, .done = done, .arg = arg };

	watch.until_us = __real_clock_mono_us() + UINT64_C(1000) * PATIENCE_MS;
	loop_timer_set(h->loop, &watch.timer, deadline_after_ms(0));
	loop_run(h->loop);
	if (!done(h, arg))
		fail_msg("not within %d ms; told: %s", PATIENCE_MS, h->keys.data ? h->keys.data : "nothing");
}

static bool is_trusted(struct hearing *h, void *arg)
{
	return channel_trusted(h->channel, clock_mono_us()) == *(bool *)arg;
}

void hearing_run_until_trusted(struct hearing *h, bool trusted)
{
	hearing_run_until(h, is_trusted, &trusted);
}

bool hearing_was_told(const struct hearing *h, const char *key)
{
	char word[160];

	snprintf(word, sizeof(word), "%s ", key);
	return h->keys.data && strstr(h->keys.data, word);
}

static bool was_told(struct hearing *h, void *key)
{
	return hearing_was_told(h, key);
}

void hearing_run_until_told(struct hearing *h, const char *key)
{
	hearing_run_until(h, was_told, (void *)(uintptr_t)key);
}

static bool is_proven_after(struct hearing *h, void *since_us)
{
	return channel_state(h->channel).proven_us > *(uint64_t *)since_us;
}

void hearing_run_until_proven(struct hearing *h)
{
	uint64_t now_us = clock_mono_us();

	hearing_run_until(h, is_proven_after, &now_us);
}

static bool has_moved(struct hearing *h, void *beats)
{
	return h->everything > 0 || channel_state(h->channel).beats > *(uint64_t *)beats;
}

void hearing_run_until_next_beat(struct hearing *h)
{
	uint64_t beats = channel_state(h->channel).beats;

	hearing_run_until(h, has_moved, &beats);
}

void hearing_forget(struct hearing *h)
{
	buf_free(&h->keys);
}
