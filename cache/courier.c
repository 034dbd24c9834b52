#include "cache/courier.h"

#include <stdlib.h>

#include "base/memory.h"
#include "cache/backoff.h"
#include "cache/redis_line.h"

/* A subscription that died in silence hears nothing, and so does one that nobody sends to: an empty message of our own
 * has to come back. */
enum { OPENING_MS = 2000, BEAT_MS = 5000, MESSAGE_MOST = 1 << 20 };

struct courier {
	struct loop *loop;
	struct redis_account account;
	char *channel;
	courier_take *take;
	void (*state)(void *arg, bool up, const char *why);
	void *arg;
	struct redis_line ears, mouth;
	bool up;         /* the state as it was told last, with its reason */
	const char *why;
	bool subscribed;
	bool down;            /* timer: next attempt; else: next empty message, or the first one has not come back */
	bool heard;           /* something since the last empty message was sent */
	struct loop_timer timer;
	struct backoff backoff;
};

static void tell(struct courier *c, bool up, const char *why)
{
	if (c->up == up && c->why == why)
		return;
	c->up = up;
	c->why = why;
	c->state(c->arg, up, why);
}

static void go_down(struct courier *c, const char *why)
{
	redis_line_close(&c->ears);
	redis_line_close(&c->mouth);
	c->down = true;
	loop_timer_set(c->loop, &c->timer, deadline_after_ms(backoff_next_ms(&c->backoff)));
	tell(c, false, why ? why : "the connection broke");
}

static void ears_lost(struct redis_line *line)
{
	go_down(CONTAINER_OF(line, struct courier, ears), line->why);
}

static void mouth_lost(struct redis_line *line)
{
	go_down(CONTAINER_OF(line, struct courier, mouth), line->why);
}

/* ---- what is said ---- */

static void say(struct courier *c, struct str message)
{
	REDIS_LINE_SEND(&c->mouth, REDIS_PUBLISH, STR("PUBLISH"), str_of(c->channel), message);
}

static void mouth_connected(struct redis_line *line)
{
	(void)line; /* the empty message is sent when there is somebody to hear it */
}

static bool mouth_take(struct redis_line *line, enum redis_command what, const struct redis_reply *reply)
{
	struct courier *c = CONTAINER_OF(line, struct courier, mouth);

	if (what != REDIS_PUBLISH || reply->type != REDIS_REPLY_INTEGER) {
		line->why = "PUBLISH was refused";
		return false;
	}
	if (c->subscribed)
		tell(c, true, NULL);
	return true;
}

bool courier_send(struct courier *c, struct str message)
{
	if (!c->mouth.connected || message.n > MESSAGE_MOST || !redis_pipe_room(&c->mouth.pipe, 1, message.n))
		return false;
	say(c, message);
	return true;
}

/* ---- what is heard ---- */

static void ears_connected(struct redis_line *line)
{
	struct courier *c = CONTAINER_OF(line, struct courier, ears);

	REDIS_LINE_SEND(line, REDIS_SUBSCRIBE, STR("SUBSCRIBE"), str_of(c->channel));
}

/* ["subscribe", channel, 1], ["message", channel, text]. */
static bool ears_take(struct redis_line *line, enum redis_command what, const struct redis_reply *reply)
{
	struct courier *c = CONTAINER_OF(line, struct courier, ears);
	struct str message;

	if (what == REDIS_SUBSCRIBE)
		line->why = "SUBSCRIBE was refused";
	if (reply->type != REDIS_REPLY_ARRAY || reply->n != 3)
		return false;
	if (what == REDIS_SUBSCRIBE) {
		c->subscribed = str_eq(redis_reply_text(reply->items[0]), STR("subscribe"));
		line->why = c->subscribed ? NULL : line->why;
		return c->subscribed;
	}
	if (what != REDIS_UNASKED || !str_eq(redis_reply_text(reply->items[0]), STR("message")))
		return false;
	c->heard = true;
	backoff_reset(&c->backoff);
	message = redis_reply_text(reply->items[2]);
	if (message.n)
		c->take(c->arg, message);
	return true;
}

/* ---- time ---- */

static void start(struct courier *c)
{
	c->down = c->subscribed = false;
	c->heard = true; /* nothing was sent yet */
	loop_timer_set(c->loop, &c->timer, deadline_after_ms(OPENING_MS));
	if (!redis_line_open(&c->ears) || !redis_line_open(&c->mouth))
		go_down(c, "no connection");
}

static void on_timer(struct loop_timer *t)
{
	struct courier *c = CONTAINER_OF(t, struct courier, timer);

	if (c->down) {
		start(c);
		return;
	}
	if (!c->heard && c->ears.connected) /* what is already here is not late: the loop may have been busy itself */
		redis_line_receive(&c->ears);
	if (c->down)
		return;
	if (!c->heard || !c->ears.connected || !c->mouth.connected || !courier_send(c, STR(""))) {
		go_down(c, "the channel is silent");
		return;
	}
	c->heard = false;
	loop_timer_set(c->loop, &c->timer, deadline_after_ms(BEAT_MS));
}

/* ---- the outside ---- */

struct courier *courier_open(const struct courier_conf *conf, struct loop *loop, struct err *err)
{
	static const struct redis_line_user ears = { .connected = ears_connected,
						     .take = ears_take,
						     .lost = ears_lost };
	static const struct redis_line_user mouth = { .connected = mouth_connected,
						      .take = mouth_take,
						      .lost = mouth_lost };
	struct redis_account account;
	struct courier *c;

	if (!redis_account_make(&account, conf->redis, err))
		return NULL;
	c = memory_new(sizeof(*c));
	*c = (struct courier){ .loop = loop,
			       .account = account,
			       .channel = memory_text(conf->channel),
			       .take = conf->take,
			       .state = conf->state,
			       .arg = conf->arg,
			       .down = true,
			       .timer = { .fire = on_timer } };
	redis_line_init(&c->ears, loop, &c->account, &ears);
	redis_line_init(&c->mouth, loop, &c->account, &mouth);
	loop_timer_set(loop, &c->timer, (struct deadline){ 1 }); /* in the first turn of the loop */
	return c;
}

void courier_close(struct courier **cp)
{
	struct courier *c = *cp;

	*cp = NULL;
	if (!c)
		return;
	redis_line_close(&c->ears);
	redis_line_close(&c->mouth);
	loop_timer_cancel(c->loop, &c->timer);
	redis_account_end(&c->account);
	free(c->channel);
	free(c);
}
