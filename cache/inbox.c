#include "cache/inbox.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "cache/backoff.h"
#include "cache/inbox_read.h"
#include "cache/redis_line.h"

enum {
	ANSWER_MS = 3000, /* beside the time that Redis was asked to wait */
	BLOCK_MS = 1000,
	CLAIM_MS = 1000, /* how often others' entries are looked for */
	IDLE_MS = 5000, /* nobody deals with an entry for so long: who took it is gone */
	AGAIN_MS = 500, /* before what could not be dealt with is handed out again */
};

/* One command at a time is on its way. */
enum inbox_phase {
	DOWN, /* timer: next attempt */
	ASKING, /* timer: the answer is late */
	DEALING, /* entries are out; no timer, whoever has them answers */
	PAUSING, /* timer: begin with our own entries */
	STOPPED,
};

struct inbox {
	struct loop *loop;
	struct redis_account account;
	char *stream, *group, *consumer;
	void (*take)(void *arg, const struct inbox_entry *entry);
	void (*state)(void *arg, bool up, const char *why);
	void *arg;
	struct redis_line line;
	enum inbox_phase phase;
	struct loop_timer timer;
	struct backoff backoff;
	bool told, up; /* the state as it was told last, with its reason */
	const char *why;
	bool own_first; /* entries that are ours already, from before */
	bool more; /* the last answer may not have been all */
	char cursor[INBOX_ID]; /* where XAUTOCLAIM goes on */
	uint64_t claimed_us; /* when it was asked last */
	size_t out; /* entries that are out, and one while they are handed out */
	bool failed; /* one of them could not be dealt with */
	char acks[INBOX_BATCH][INBOX_ID];
	size_t n_acks;
};

static void tell(struct inbox *in, bool up, const char *why)
{
	if (in->told && in->up == up && in->why == why)
		return;
	in->why = why;
	in->told = true;
	in->up = up;
	in->state(in->arg, up, why);
}

/* What is out is answered all the same, and handed out again: it was not acknowledged. */
static void go_down(struct inbox *in, const char *why)
{
	redis_line_close(&in->line);
	if (in->phase == STOPPED)
		return;
	in->phase = DOWN;
	in->own_first = true;
	loop_timer_set(in->loop, &in->timer, deadline_after_ms(backoff_next_ms(&in->backoff)));
	tell(in, false, why);
}

static void line_lost(struct redis_line *line)
{
	go_down(CONTAINER_OF(line, struct inbox, line), line->why ? line->why : "the connection broke");
}

/* ---- what Redis is asked ---- */

static void expect(struct inbox *in, uint32_t wait_ms)
{
	in->phase = ASKING;
	loop_timer_set(in->loop, &in->timer, deadline_after_ms(wait_ms + ANSWER_MS));
}

/* From the first entry on: what was written before the first node came is not lost. */
static void make_group(struct inbox *in)
{
	REDIS_LINE_SEND(&in->line, REDIS_GROUP, STR("XGROUP"), STR("CREATE"), str_of(in->stream), str_of(in->group),
			STR("0"), STR("MKSTREAM"));
	expect(in, 0);
}

static void ask_claim(struct inbox *in)
{
	char idle[16], batch[16];

	snprintf(idle, sizeof(idle), "%d", IDLE_MS);
	snprintf(batch, sizeof(batch), "%d", INBOX_BATCH);
	in->claimed_us = clock_mono_us();
	REDIS_LINE_SEND(&in->line, REDIS_CLAIM, STR("XAUTOCLAIM"), str_of(in->stream), str_of(in->group),
			str_of(in->consumer), str_of(idle), str_of(in->cursor), STR("COUNT"), str_of(batch));
	expect(in, 0);
}

static void ask_entries(struct inbox *in)
{
	char block[16], batch[16];

	snprintf(block, sizeof(block), "%d", BLOCK_MS);
	snprintf(batch, sizeof(batch), "%d", INBOX_BATCH);
	REDIS_LINE_SEND(&in->line, REDIS_ENTRIES, STR("XREADGROUP"), STR("GROUP"), str_of(in->group),
			str_of(in->consumer), STR("COUNT"), str_of(batch), STR("BLOCK"), str_of(block), STR("STREAMS"),
			str_of(in->stream), in->own_first ? STR("0") : STR(">"));
	expect(in, BLOCK_MS);
}

static void ask_next(struct inbox *in)
{
	bool claim = in->more || clock_mono_us() - in->claimed_us >= UINT64_C(1000) * CLAIM_MS;

	if (!in->own_first && claim)
		ask_claim(in);
	else
		ask_entries(in);
}

static void send_acks(struct inbox *in)
{
	struct str words[3 + INBOX_BATCH] = { STR("XACK"), str_of(in->stream), str_of(in->group) };

	for (size_t i = 0; i < in->n_acks; i++)
		words[3 + i] = str_of(in->acks[i]);
	if (in->n_acks)
		redis_line_send(&in->line, REDIS_ACK, words, 3 + in->n_acks);
	in->n_acks = 0;
}

/* ---- entries ---- */

static void batch_over(struct inbox *in)
{
	if (in->phase != DEALING) { /* the connection was lost, or will be made again */
		in->n_acks = 0;
		return;
	}
	send_acks(in);
	if (!in->failed) {
		ask_next(in);
		return;
	}
	in->failed = false;
	in->own_first = true;
	in->phase = PAUSING;
	loop_timer_set(in->loop, &in->timer, deadline_after_ms(AGAIN_MS));
}

static void leave(struct inbox *in)
{
	if (--in->out == 0)
		batch_over(in);
}

void inbox_done(struct inbox *in, struct str id, bool dealt_with)
{
	assert(in->out > 0 && id.n < INBOX_ID);
	if (!dealt_with) {
		in->failed = true;
	} else if (in->n_acks < INBOX_BATCH) {
		memcpy(in->acks[in->n_acks], id.p, id.n);
		in->acks[in->n_acks++][id.n] = '\0';
	}
	leave(in);
}

static bool hand_out(struct inbox *in, const struct redis_reply *entries)
{
	struct str words[INBOX_WORDS];
	struct inbox_entry entry;
	bool good = true;

	loop_timer_cancel(in->loop, &in->timer);
	in->phase = DEALING;
	in->failed = false;
	in->out = 1;
	for (size_t i = 0; i < entries->n && i < INBOX_BATCH && good; i++) {
		good = inbox_read_entry(entries->items[i], words, &entry);
		if (!good || !entry.id.p)
			continue;
		in->out++;
		if (entry.n_words == 0)
			inbox_done(in, entry.id, true); /* deleted */
		else
			in->take(in->arg, &entry);
	}
	leave(in);
	return good;
}

static bool take_entries(struct inbox *in, const struct redis_reply *reply)
{
	const struct redis_reply *entries;
	bool own = in->own_first;

	if (!inbox_read_group(reply, &entries))
		return false;
	if (own && (!entries || entries->n == 0))
		in->own_first = false;
	if (entries)
		return hand_out(in, entries);
	ask_next(in);
	return true;
}

static bool take_claimed(struct inbox *in, const struct redis_reply *reply)
{
	const struct redis_reply *entries;

	if (!inbox_read_claimed(reply, &entries, in->cursor))
		return false;
	in->more = strcmp(in->cursor, "0-0") != 0;
	return hand_out(in, entries);
}

/* ---- answers ---- */

static bool begins(const struct redis_reply *reply, const char *word)
{
	return reply->type == REDIS_REPLY_ERROR && reply->n >= strlen(word) &&
	       memcmp(reply->text, word, strlen(word)) == 0;
}

static bool take_group(struct inbox *in, const struct redis_reply *reply)
{
	if (reply->type == REDIS_REPLY_ERROR && !begins(reply, "BUSYGROUP"))
		return false;
	ask_next(in);
	return true;
}

static bool take_answer(struct inbox *in, enum redis_command what, const struct redis_reply *reply)
{
	if (what == REDIS_GROUP)
		return take_group(in, reply);
	if (begins(reply, "NOGROUP") || begins(reply, "UNBLOCKED")) { /* the stream was deleted, also while we waited */
		make_group(in);
		return true;
	}
	if (!(what == REDIS_ENTRIES ? take_entries(in, reply) : what == REDIS_CLAIM && take_claimed(in, reply)))
		return false;
	tell(in, true, NULL);
	return true;
}

static const char *refusal(const struct redis_reply *reply)
{
	if (begins(reply, "WRONGTYPE"))
		return "the key is no stream";
	if (begins(reply, "NOPERM"))
		return "the ACL user may not";
	if (begins(reply, "ERR unknown command"))
		return "Redis 6.2 or later is needed";
	return reply->type == REDIS_REPLY_ERROR ? "Redis refused" : "the answer cannot be read";
}

static bool line_take(struct redis_line *line, enum redis_command what, const struct redis_reply *reply)
{
	struct inbox *in = CONTAINER_OF(line, struct inbox, line);
	bool good;

	line->why = refusal(reply);
	if (what == REDIS_ACK)
		good = reply->type == REDIS_REPLY_INTEGER;
	else
		good = in->phase == ASKING && take_answer(in, what, reply);
	if (good) {
		line->why = NULL;
		backoff_reset(&in->backoff);
	}
	return good;
}

static void line_connected(struct redis_line *line)
{
	make_group(CONTAINER_OF(line, struct inbox, line));
}

/* ---- time ---- */

/* Entries that are still out from the last connection are waited for: there is one batch at a time. */
static void start(struct inbox *in)
{
	if (in->out) {
		loop_timer_set(in->loop, &in->timer, deadline_after_ms(BACKOFF_LEAST_MS));
		return;
	}
	expect(in, 0);
	if (!redis_line_open(&in->line))
		go_down(in, "no connection");
}

static void on_timer(struct loop_timer *t)
{
	struct inbox *in = CONTAINER_OF(t, struct inbox, timer);

	switch (in->phase) {
	case DOWN:
		start(in);
		return;
	case ASKING:
		if (in->line.connected) /* what is already here is not late: the loop may have been busy itself */
			redis_line_receive(&in->line);
		if (in->phase == ASKING && in->timer.slot == 0)
			go_down(in, "no answer");
		return;
	case PAUSING:
		ask_next(in);
		return;
	case DEALING:
	case STOPPED:
		return;
	}
}

/* ---- the outside ---- */

struct inbox *inbox_open(const struct inbox_conf *conf, struct loop *loop, struct err *err)
{
	static const struct redis_line_user user = { .connected = line_connected,
						     .take = line_take,
						     .lost = line_lost };
	struct redis_account account;
	struct inbox *in;

	if (!redis_account_make(&account, conf->redis, err))
		return NULL;
	in = memory_new(sizeof(*in));
	*in = (struct inbox){ .loop = loop,
			      .account = account,
			      .stream = memory_text(conf->stream),
			      .group = memory_text(conf->group),
			      .consumer = memory_text(conf->consumer),
			      .take = conf->take,
			      .state = conf->state,
			      .arg = conf->arg,
			      .timer = { .fire = on_timer },
			      .own_first = true,
			      .cursor = "0-0" };
	redis_line_init(&in->line, loop, &in->account, &user);
	loop_timer_set(loop, &in->timer, (struct deadline){ 1 }); /* in the first turn of the loop */
	return in;
}

void inbox_stop(struct inbox *in)
{
	in->phase = STOPPED;
	redis_line_close(&in->line);
	loop_timer_cancel(in->loop, &in->timer);
}

size_t inbox_out(const struct inbox *in)
{
	return in->out;
}

void inbox_close(struct inbox **inp)
{
	struct inbox *in = *inp;

	*inp = NULL;
	if (!in)
		return;
	assert(in->out == 0);
	inbox_stop(in);
	redis_account_end(&in->account);
	free(in->stream);
	free(in->group);
	free(in->consumer);
	free(in);
}
