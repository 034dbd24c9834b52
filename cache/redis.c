#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "cache/name.h"
#include "cache/redis_state.h"

enum { GREETING_MS = 1000, RUN_CHARS = 8, LOAD_BYTES = 64 };

static void set_timer(struct redis *r, uint64_t at_us)
{
	loop_timer_set(r->loop, &r->timer, (struct deadline){ at_us });
}

/* ---- the end of a connection ---- */

static void retry_later(struct redis *r)
{
	loop_timer_set(r->loop, &r->timer, deadline_after_ms(backoff_next_ms(&r->backoff)));
}

static void close_connection(struct redis *r)
{
	loop_timer_cancel(r->loop, &r->timer);
	redis_line_close(&r->line);
	r->phase = REDIS_DOWN;
}

static void miss_all(struct redis *r)
{
	redis_fills_end(r);
	redis_bases_drop(r);
	redis_gets_end(r);
	redis_begins_end(r);
	redis_words_end(r);
	redis_changes_wait(r);
}

static void go_down(struct redis *r)
{
	close_connection(r);
	retry_later(r);
	miss_all(r);
}

static void line_lost(struct redis_line *line)
{
	go_down(CONTAINER_OF(line, struct redis, line));
}

/* ---- commands and replies ---- */

void redis_send(struct redis *r, enum redis_command what, const struct str *words, size_t n)
{
	redis_line_send(&r->line, what, words, n);
}

/* The command of the look-ups that wait to be sent has its place already. */
bool redis_ready_for(const struct redis *r, size_t bytes)
{
	return r->phase == REDIS_UP && redis_pipe_room(&r->line.pipe, 1 + (r->n_unsent > 0), bytes);
}

void redis_expect(struct redis *r, uint64_t sent_us)
{
	redis_expect_by(r, redis_silence_from(r, sent_us));
}

void redis_expect_by(struct redis *r, uint64_t due_us)
{
	if (r->timer.slot == 0 || due_us < r->timer.due.at_us)
		set_timer(r, due_us);
}

void redis_asks_put(struct redis_asks *asks, struct cache_ask *ask)
{
	ask->next = NULL;
	*(asks->newest ? &asks->newest->next : &asks->oldest) = ask;
	asks->newest = ask;
	if (!asks->unflushed)
		asks->unflushed = ask;
}

void redis_asks_flushed(struct redis_asks *asks, uint64_t now_us)
{
	for (struct cache_ask *ask = asks->unflushed; ask; ask = ask->next)
		ask->sent_us = now_us;
	asks->unflushed = NULL;
}

struct cache_ask *redis_asks_take(struct redis_asks *asks)
{
	struct cache_ask *ask = asks->oldest;

	assert(ask);
	asks->oldest = ask->next;
	if (asks->unflushed == ask)
		asks->unflushed = ask->next;
	if (!asks->oldest)
		asks->newest = NULL;
	return ask;
}

void redis_keys_make(struct redis_keys *out, struct str tenant, const struct cache_key *key)
{
	if (key)
		snprintf(out->lease, sizeof(out->lease), "%s:l", key->text);
	snprintf(out->floors, sizeof(out->floors), "fed2:c:{%.*s}:f", STR_ARG(tenant));
	snprintf(out->tombs, sizeof(out->tombs), "fed2:x:{%.*s}:t", STR_ARG(tenant));
}

static bool take_probe(struct redis *r, const struct redis_reply *reply)
{
	if (reply->type != REDIS_REPLY_ARRAY)
		return false;
	r->phase = REDIS_UP;
	redis_silence_begin(r, clock_mono_us() - r->greeted_us);
	loop_timer_cancel(r->loop, &r->timer);
	redis_changes_again(r);
	redis_orphans_release(r);
	return true;
}

static bool take_info(struct redis *r, const struct redis_reply *reply)
{
	static const char label[] = "run_id:";
	struct str text = redis_reply_text(reply);
	const char *at = text.p ? memmem(text.p, text.n, label, sizeof(label) - 1) : NULL;

	if (!at || text.p + text.n < at + sizeof(label) - 1 + RUN_CHARS)
		return false;
	memcpy(r->run, at + sizeof(label) - 1, RUN_CHARS);
	return true;
}

static bool take_loaded(struct redis *r, const struct redis_reply *reply)
{
	struct str sha = redis_reply_text(reply);
	char *to = r->sha[r->loaded++ % SCRIPTS];

	if (!sha.p || sha.n >= sizeof(r->sha[0]))
		return false;
	memcpy(to, sha.p, sha.n);
	to[sha.n] = '\0';
	return true;
}

/* False: this cannot be the answer to that command, or it says that we cannot work here. */
static bool take_reply(struct redis_line *line, enum redis_command what, const struct redis_reply *reply)
{
	struct redis *r = CONTAINER_OF(line, struct redis, line);
	bool failed = reply->type == REDIS_REPLY_ERROR; /* OOM, READONLY, LOADING, NOAUTH, MOVED ... */

	switch (what) {
	case REDIS_INFO:
		return take_info(r, reply);
	case REDIS_LOAD:
		return take_loaded(r, reply);
	case REDIS_PROBE:
		return take_probe(r, reply);
	case REDIS_GET:
		redis_silence_end(r, r->gets.oldest->sent_us);
		return redis_take_values(r, reply);
	case REDIS_BEGIN:
		redis_silence_end(r, r->begins.oldest->sent_us);
		return redis_take_begun(r, reply);
	case REDIS_FILL:
		return redis_take_filled(r, reply);
	case REDIS_INVALIDATE:
		return redis_take_changed(r, reply);
	case REDIS_CHECK:
		return redis_take_checked(r, reply);
	case REDIS_WORDS_NOW:
	case REDIS_WORDS_GET:
	case REDIS_WORDS_PUT:
	case REDIS_WORDS_TURN:
		return redis_take_words(r, what, reply);
	case REDIS_UNLINK:
	case REDIS_RELEASE:
		return failed || reply->type == REDIS_REPLY_INTEGER;
	case REDIS_AUTH:
	case REDIS_CLIENT_ID:
	case REDIS_TRACKING:
	case REDIS_SUBSCRIBE:
	case REDIS_BEAT:
	case REDIS_PUBLISH:
	case REDIS_GROUP:
	case REDIS_CLAIM:
	case REDIS_ENTRIES:
	case REDIS_ACK:
	case REDIS_UNASKED:
		break;
	}
	return false; /* not sent here, or nobody asked: the order is lost */
}

bool redis_lacks_script(const struct redis_reply *reply)
{
	return reply->type == REDIS_REPLY_ERROR && reply->n >= 8 && memcmp(reply->text, "NOSCRIPT", 8) == 0;
}

void redis_load(struct redis *r)
{
	size_t bytes = 0;

	for (size_t i = 0; i < SCRIPTS; i++)
		bytes += script_text((enum script)i).n + LOAD_BYTES;
	if (r->loaded < r->loading || !redis_pipe_room(&r->line.pipe, SCRIPTS, bytes))
		return; /* they are on their way, for all who lack them; or who comes next tries again */
	r->loading += SCRIPTS;
	for (size_t i = 0; i < SCRIPTS; i++)
		REDIS_SEND(r, REDIS_LOAD, STR("SCRIPT"), STR("LOAD"), script_text((enum script)i));
}

/* ---- the beginning of a connection ---- */

/* The probe is a look-up like ours, so it finds out all that could stand in their way. */
static void line_connected(struct redis_line *line)
{
	struct redis *r = CONTAINER_OF(line, struct redis, line);

	r->phase = REDIS_GREETING;
	r->loading = r->loaded = 0;
	r->greeted_us = clock_mono_us();
	REDIS_SEND(r, REDIS_INFO, STR("INFO"), STR("server"));
	redis_load(r);
	REDIS_SEND(r, REDIS_PROBE, STR("MGET"), STR("fed2:c:"));
}

/* Redis is not to be blamed for the time since they were queued, which is a turn of our own. */
static void line_flushing(struct redis_line *line)
{
	struct redis *r = CONTAINER_OF(line, struct redis, line);
	uint64_t now_us = clock_mono_us();

	redis_gets_send(r);
	redis_asks_flushed(&r->gets, now_us);
	redis_asks_flushed(&r->begins, now_us);
}

static void start(struct redis *r)
{
	if (!redis_line_open(&r->line)) {
		retry_later(r);
		return;
	}
	r->phase = REDIS_CONNECTING;
	loop_timer_set(r->loop, &r->timer, deadline_after_ms(GREETING_MS));
}

/* The earlier of two moments, of which 0 is none. */
static uint64_t earlier(uint64_t a, uint64_t b)
{
	return a && (!b || a < b) ? a : b;
}

/* When the first look-up or begin was sent that has no answer yet; 0: there is none. */
static uint64_t first_sent_us(const struct redis *r)
{
	return earlier(r->gets.oldest ? r->gets.oldest->sent_us : 0, r->begins.oldest ? r->begins.oldest->sent_us : 0);
}

/* When the first is late that has no answer yet; 0: there is none. */
static uint64_t first_due_us(const struct redis *r)
{
	uint64_t sent_us = first_sent_us(r);

	return earlier(sent_us ? sent_us + r->timeout_us : 0, r->changes.oldest ? r->changes.oldest->due_us : 0);
}

/* Nobody is late yet: look again when somebody is, or when Redis has been silent for too long. */
static void look_later(struct redis *r, uint64_t due_us, uint64_t now_us)
{
	uint64_t sent_us = first_sent_us(r), silent_us = sent_us ? redis_silence_from(r, sent_us) : due_us;

	r->silent = sent_us && now_us >= silent_us;
	set_timer(r, r->silent ? due_us : earlier(silent_us, due_us));
}

/* An answer that is already here is not late: the loop may have been busy itself. */
static void check_late(struct redis *r)
{
	uint64_t due_us, now_us;

	redis_line_receive(&r->line);
	due_us = first_due_us(r);
	if (r->phase != REDIS_UP || !due_us)
		return;
	now_us = clock_mono_us();
	if (now_us < due_us) {
		look_later(r, due_us, now_us);
		return;
	}
	for (const struct cache_ask *ask = r->gets.oldest; ask; ask = ask->next)
		cache_add(&r->base.count.timeouts, 1);
	for (const struct cache_ask *ask = r->begins.oldest; ask; ask = ask->next)
		cache_add(&r->base.count.timeouts, 1);
	go_down(r);
}

static void redis_timer(struct loop_timer *t)
{
	struct redis *r = CONTAINER_OF(t, struct redis, timer);

	switch ((enum redis_phase)r->phase) {
	case REDIS_DOWN:
		start(r);
		return;
	case REDIS_CONNECTING:
	case REDIS_GREETING:
		go_down(r);
		return;
	case REDIS_UP:
		check_late(r);
		return;
	}
}

/* ---- the driver ---- */

static void redis_drop(struct cache *c, const struct cache_key *key)
{
	struct redis *r = (struct redis *)c;

	redis_fills_hurry(r, name_key_sheaf(key)); /* what was put before goes, too */
	near_drop(r->home->near, key);
	if (redis_ready_for(r, sizeof(*key)))
		REDIS_SEND(r, REDIS_UNLINK, STR("UNLINK"), name_key_sheaf(key));
}

static bool redis_lost(struct cache *c, const struct cache_pin *pin)
{
	return near_lost(((struct redis *)c)->home->near, pin);
}

static bool redis_hold(struct cache *c, const struct cache_pin *pins, size_t n, uint64_t now_us)
{
	return near_hold(((struct redis *)c)->home->near, pins, n, now_us);
}

static void redis_state(struct cache *c, struct cache_state *out)
{
	out->up = ((struct redis *)c)->phase == REDIS_UP;
}

static void redis_free(struct cache *c)
{
	struct redis *r = (struct redis *)c;
	bool rest;

	redis_fills_last(r);
	if (r->phase == REDIS_UP && !redis_pipe_flush(&r->line.pipe, r->line.watch.fd, &rest))
		rest = false; /* it was lost anyway */
	close_connection(r);
	miss_all(r);
	sealer_free(&r->sealer);
	buf_free(&r->opened);
	redis_changes_end(r);
	free(r);
}

struct cache *cache_on_redis(struct cache_home *home, struct loop *loop)
{
	static const struct cache_driver driver = {
		.kind = "redis",
		.get = redis_get,
		.begin = redis_begin,
		.put = redis_put,
		.release = redis_release,
		.invalidate = redis_invalidate,
		.hold = redis_hold,
		.lost = redis_lost,
		.drop = redis_drop,
		.state = redis_state,
		.free = redis_free,
	};
	static const struct redis_line_user user = { .connected = line_connected,
						     .take = take_reply,
						     .lost = line_lost,
						     .flushing = line_flushing };
	struct redis *r = memory_new(sizeof(*r));

	r->base.driver = &driver;
	r->base.heard = &home->heard;
	r->home = home;
	r->loop = loop;
	r->timeout_us = UINT64_C(1000) * home->timeout_ms;
	r->sealer = sealer_new(home->ring, home->words);
	r->bell = bell_new(home->wakeups, loop, redis_ring, r);
	redis_line_init(&r->line, loop, &home->account, &user);
	r->timer.fire = redis_timer;
	r->gather.fire = redis_gather;
	r->forget.fire = redis_bases_forget;
	r->settle.fire = redis_settle;
	r->patience.fire = redis_changes_late;
	set_timer(r, 1); /* in the first turn of the loop */
	return &r->base;
}
