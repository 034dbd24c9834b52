#include "cache/channel.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "cache/backoff.h"
#include "cache/redis_line.h"

/* Default tracking is of no use here: it tells a key once until it is read again, and goes on in silence when the
 * connection that reads dies (Redis issue 11767). In broadcast mode all hangs on the one connection that listens. */
enum phase {
	DOWN, /* timer: next attempt */
	OPENING, /* timer: give up */
	BEATING, /* timer: the heartbeat is late */
	RESTING, /* timer: next heartbeat */
};

enum { OPENING_MS = 1000, BEAT_TTL_MS = 4000 };
static const uint64_t beat_us = 500000, trust_us = 2000000;
#define BEATS CHANNEL_PREFIX "h:"

struct channel {
	struct loop *loop;
	struct redis_account account;
	struct channel_listener listener;
	struct redis_line ears, mouth;
	bool listening; /* subscribed */
	enum phase phase;
	struct loop_timer timer;
	struct backoff backoff;
	char process[17];
	/* Each heartbeat has a key of its own: no notice of another can be taken for it. */
	char beat[sizeof(BEATS) + 16 + 1 + 20];
	uint64_t beat_sent_us;
	struct loop_post hurry;
	atomic_bool hurried; /* and `hurry` has not run yet */
	bool again; /* when the heartbeat is back */
	_Atomic uint64_t proven_us; /* 0: not up */
	_Atomic(const char *) why;
	_Atomic uint64_t told, everything, losses, beats;
};

static void count(_Atomic uint64_t *counter)
{
	atomic_fetch_add_explicit(counter, 1, memory_order_relaxed);
}

static void set_timer(struct channel *ch, uint64_t at_us)
{
	loop_timer_set(ch->loop, &ch->timer, (struct deadline){ at_us });
}

static void tell_everything(struct channel *ch)
{
	count(&ch->everything);
	ch->listener.everything(ch->listener.arg);
}

/* ---- the end of a connection ---- */

/* The listener is told last, and when nothing is trusted any more. */
static void go_down(struct channel *ch, const char *why)
{
	bool was_up = atomic_exchange(&ch->proven_us, 0) != 0;

	redis_line_close(&ch->ears);
	redis_line_close(&ch->mouth);
	ch->listening = false;
	ch->phase = DOWN;
	atomic_store(&ch->why, why);
	set_timer(ch, clock_mono_us() + UINT64_C(1000) * backoff_next_ms(&ch->backoff));
	if (!was_up)
		return;
	count(&ch->losses);
	tell_everything(ch);
}

static void ears_lost(struct redis_line *line)
{
	go_down(CONTAINER_OF(line, struct channel, ears), line->why);
}

static void mouth_lost(struct redis_line *line)
{
	go_down(CONTAINER_OF(line, struct channel, mouth), line->why);
}

/* ---- the heartbeat ---- */

/* A script, because only a script may say that it is to run when Redis is full. */
static void send_beat(struct channel *ch)
{
	static const char script[] = "#!lua flags=allow-oom\nreturn redis.call('SET', KEYS[1], '', 'PX', ARGV[1])";
	uint64_t number = atomic_fetch_add_explicit(&ch->beats, 1, memory_order_relaxed);
	char ttl[16];

	snprintf(ch->beat, sizeof(ch->beat), BEATS "%s:%" PRIu64, ch->process, number);
	snprintf(ttl, sizeof(ttl), "%d", BEAT_TTL_MS);
	REDIS_LINE_SEND(&ch->mouth, REDIS_BEAT, STR("EVAL"), str_of(script), STR("1"), str_of(ch->beat), str_of(ttl));
	ch->beat_sent_us = clock_mono_us();
	ch->phase = BEATING;
	set_timer(ch, ch->beat_sent_us + trust_us);
}

static void beat_when_ready(struct channel *ch)
{
	if (ch->phase == OPENING && ch->listening && ch->mouth.connected)
		send_beat(ch);
}

/* What changed before the heartbeat was sent has been told by now. */
static void beat_back(struct channel *ch)
{
	atomic_store(&ch->proven_us, ch->beat_sent_us);
	atomic_store(&ch->why, NULL);
	backoff_reset(&ch->backoff);
	ch->phase = RESTING;
	set_timer(ch, ch->again ? 1 : ch->beat_sent_us + beat_us);
	ch->again = false;
}

static void on_hurry(struct loop_post *p)
{
	struct channel *ch = CONTAINER_OF(p, struct channel, hurry);

	atomic_store(&ch->hurried, false);
	if (ch->phase == RESTING)
		send_beat(ch);
	else
		ch->again = true;
}

void channel_hurry(struct channel *ch)
{
	if (!atomic_exchange(&ch->hurried, true))
		loop_post(ch->loop, &ch->hurry);
}

static void mouth_connected(struct redis_line *line)
{
	beat_when_ready(CONTAINER_OF(line, struct channel, mouth));
}

static bool mouth_take(struct redis_line *line, enum redis_command what, const struct redis_reply *reply)
{
	line->why = "the heartbeat was refused";
	if (what != REDIS_BEAT || reply->type != REDIS_REPLY_STATUS)
		return false;
	line->why = NULL;
	return true;
}

/* ---- what is told ---- */

/* Keys of one message are in no order: our heartbeat counts when all have been told. */
static void tell_keys(struct channel *ch, const struct redis_reply *keys)
{
	bool back = false;

	for (size_t i = 0; i < keys->n; i++) {
		struct str key = redis_reply_text(keys->items[i]);

		if (key.n > strlen(BEATS) && memcmp(key.p, BEATS, strlen(BEATS)) == 0) {
			back |= ch->phase == BEATING && str_eq(key, str_of(ch->beat));
		} else if (key.p) {
			count(&ch->told);
			ch->listener.changed(ch->listener.arg, key);
		} else {
			tell_everything(ch);
		}
	}
	if (back)
		beat_back(ch);
}

static bool is_of_three(const struct redis_reply *reply, struct str first)
{
	return reply->type == REDIS_REPLY_ARRAY && reply->n == 3 && str_eq(redis_reply_text(reply->items[0]), first);
}

/* ["message", "__redis__:invalidate", keys]. Nil instead of keys: FLUSHALL; text: somebody has published there. */
static bool take_told(struct channel *ch, const struct redis_reply *reply)
{
	if (!is_of_three(reply, STR("message")) || reply->items[2]->type == REDIS_REPLY_NO_ARRAY)
		return false;
	if (reply->items[2]->type == REDIS_REPLY_ARRAY)
		tell_keys(ch, reply->items[2]);
	else
		tell_everything(ch);
	return true;
}

static bool take_subscribed(struct channel *ch, const struct redis_reply *reply)
{
	if (!is_of_three(reply, STR("subscribe")))
		return false;
	ch->listening = true;
	beat_when_ready(ch);
	return true;
}

/* ---- the beginning of a connection ---- */

static void ears_connected(struct redis_line *line)
{
	REDIS_LINE_SEND(line, REDIS_CLIENT_ID, STR("CLIENT"), STR("ID"));
}

/* The connection redirects to itself: what is told and the subscription can be lost only together. */
static bool track(struct redis_line *line, const struct redis_reply *reply)
{
	char id[24];

	if (reply->type != REDIS_REPLY_INTEGER)
		return false;
	snprintf(id, sizeof(id), "%" PRId64, reply->number);
	REDIS_LINE_SEND(line, REDIS_TRACKING, STR("CLIENT"), STR("TRACKING"), STR("ON"), STR("REDIRECT"), str_of(id),
			STR("BCAST"), STR("PREFIX"), STR(CHANNEL_PREFIX));
	REDIS_LINE_SEND(line, REDIS_SUBSCRIBE, STR("SUBSCRIBE"), STR("__redis__:invalidate"));
	return true;
}

static bool fits(struct redis_line *line, bool good, const char *why)
{
	if (!good)
		line->why = why;
	return good;
}

static bool ears_take(struct redis_line *line, enum redis_command what, const struct redis_reply *reply)
{
	struct channel *ch = CONTAINER_OF(line, struct channel, ears);

	if (what == REDIS_CLIENT_ID)
		return fits(line, track(line, reply), "CLIENT ID was refused");
	if (what == REDIS_TRACKING)
		return fits(line, reply->type == REDIS_REPLY_STATUS, "CLIENT TRACKING was refused");
	if (what == REDIS_SUBSCRIBE)
		return fits(line, take_subscribed(ch, reply), "SUBSCRIBE was refused");
	return fits(line, what == REDIS_UNASKED && take_told(ch, reply), "what was told cannot be read");
}

static void start(struct channel *ch)
{
	ch->phase = OPENING;
	set_timer(ch, clock_mono_us() + UINT64_C(1000) * OPENING_MS);
	if (!redis_line_open(&ch->ears) || !redis_line_open(&ch->mouth))
		go_down(ch, "no connection");
}

/* What is already here is not late: the loop may have been busy itself. */
static void check_late(struct channel *ch)
{
	redis_line_receive(&ch->ears);
	if (ch->phase == BEATING)
		go_down(ch, "the heartbeat was late");
}

static void channel_timer(struct loop_timer *t)
{
	struct channel *ch = CONTAINER_OF(t, struct channel, timer);

	switch (ch->phase) {
	case DOWN:
		start(ch);
		return;
	case OPENING:
		go_down(ch, "no answer");
		return;
	case BEATING:
		check_late(ch);
		return;
	case RESTING:
		send_beat(ch);
		return;
	}
}

/* ---- the outside ---- */

struct channel *channel_open(const struct redis_conf *conf, struct loop *loop, const struct channel_listener *listener,
			     struct err *err)
{
	static const struct redis_line_user ears = { .connected = ears_connected,
						     .take = ears_take,
						     .lost = ears_lost };
	static const struct redis_line_user mouth = { .connected = mouth_connected,
						      .take = mouth_take,
						      .lost = mouth_lost };
	unsigned char random[8];
	struct redis_account account;
	struct channel *ch;

	if (!redis_account_make(&account, conf, err))
		return NULL;
	ch = memory_new(sizeof(*ch));
	ch->loop = loop;
	ch->account = account;
	ch->listener = *listener;
	randombytes_buf(random, sizeof(random));
	sodium_bin2hex(ch->process, sizeof(ch->process), random, sizeof(random));
	redis_line_init(&ch->ears, loop, &ch->account, &ears);
	redis_line_init(&ch->mouth, loop, &ch->account, &mouth);
	ch->timer.fire = channel_timer;
	ch->hurry.run = on_hurry;
	set_timer(ch, 1); /* in the first turn of the loop */
	return ch;
}

void channel_close(struct channel **chp)
{
	struct channel *ch = *chp;

	*chp = NULL;
	if (!ch)
		return;
	redis_line_close(&ch->ears);
	redis_line_close(&ch->mouth);
	loop_timer_cancel(ch->loop, &ch->timer);
	redis_account_end(&ch->account);
	free(ch);
}

bool channel_trusted(const struct channel *ch, uint64_t now_us)
{
	uint64_t proven_us = atomic_load(&ch->proven_us);

	return proven_us != 0 && now_us < proven_us + trust_us;
}

struct channel_state channel_state(const struct channel *ch)
{
	uint64_t proven_us = atomic_load(&ch->proven_us);

	return (struct channel_state){
		.up = proven_us != 0,
		.why = proven_us == 0 ? atomic_load(&ch->why) : NULL,
		.proven_us = proven_us,
		.told = atomic_load_explicit(&ch->told, memory_order_relaxed),
		.everything = atomic_load_explicit(&ch->everything, memory_order_relaxed),
		.losses = atomic_load_explicit(&ch->losses, memory_order_relaxed),
		.beats = atomic_load_explicit(&ch->beats, memory_order_relaxed),
	};
}
