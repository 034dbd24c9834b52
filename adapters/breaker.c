#include "adapters/breaker.h"

void breaker_begin(struct breaker *b, uint64_t seed)
{
	*b = (struct breaker){ .doubt = true, .random = seed | 1 };
}

bool breaker_judge(enum err_class cls, enum breaker_event *event_out)
{
	switch (cls) {
	case ERR_NONE:
	case ERR_SOURCE: /* an error of the query: the source is there and speaks */
	case ERR_SCHEMA:
	case ERR_TOO_LARGE:
	case ERR_SUBJECT:
	case ERR_MAPPING:
		*event_out = BREAKER_ANSWERED;
		return true;
	case ERR_LATE:
	case ERR_REFUSED:
	case ERR_AUTH:
		*event_out = BREAKER_FAILED;
		return true;
	case ERR_CALLER:
	case ERR_BUSY:
	case ERR_CONFIG:
	case ERR_SYSTEM:
		break;
	}
	return false;
}

static uint64_t next_random(struct breaker *b)
{
	b->random ^= b->random << 13;
	b->random ^= b->random >> 7;
	b->random ^= b->random << 17;
	return b->random;
}

static void window_add(struct breaker *b, bool failed, uint64_t now_us)
{
	uint64_t second = now_us / 1000000;
	size_t i = second % BREAKER_WINDOW_S;

	if (b->window[i].second != second) {
		b->window[i].second = second;
		b->window[i].answered = b->window[i].failed = 0;
	}
	b->window[i].answered += !failed;
	b->window[i].failed += failed;
}

static bool window_is_bad(const struct breaker *b, uint64_t now_us)
{
	uint64_t answered = 0, failed = 0;

	for (size_t i = 0; i < BREAKER_WINDOW_S; i++) {
		if (b->window[i].second + BREAKER_WINDOW_S <= now_us / 1000000)
			continue;
		answered += b->window[i].answered;
		failed += b->window[i].failed;
	}
	return answered + failed >= BREAKER_WINDOW_LEAST && failed > answered;
}

/* Double the rest, and a quarter more at random so that many servers do not come back in step. A rest under way stays:
 * several connects that fail together are one fault. */
static void rest(struct breaker *b, uint64_t now_us)
{
	uint64_t us;

	if (b->retry_us > now_us)
		return;
	b->rest_ms = b->rest_ms == 0 ? BREAKER_REST_FIRST_MS : b->rest_ms * 2;
	if (b->rest_ms > BREAKER_REST_MOST_MS)
		b->rest_ms = BREAKER_REST_MOST_MS;
	us = b->rest_ms * UINT64_C(1000);
	b->retry_us = now_us + us + next_random(b) % (us / 4);
}

/* What the cells of the table do; true: go to the cell's state. */

static bool nothing(struct breaker *b, uint64_t now_us)
{
	(void)b;
	(void)now_us;
	return false;
}

/* The rests begin anew only with an answer: a source that takes connections and answers nothing rests longer each
 * time. */
static bool count_answer(struct breaker *b, uint64_t now_us)
{
	b->in_a_row = 0;
	if (!b->unconnected)
		b->rest_ms = 0;
	window_add(b, false, now_us);
	return false;
}

static bool open_up(struct breaker *b, uint64_t now_us)
{
	b->doubt = true;
	rest(b, now_us);
	return true;
}

static bool count_failure(struct breaker *b, uint64_t now_us)
{
	b->in_a_row++;
	window_add(b, true, now_us);
	return (b->in_a_row >= BREAKER_IN_A_ROW || window_is_bad(b, now_us)) && open_up(b, now_us);
}

static bool doubt(struct breaker *b, uint64_t now_us)
{
	(void)now_us;
	b->doubt = true;
	return false;
}

/* The other connections may be good, so this by itself refuses no fetch. */
static bool unconnect(struct breaker *b, uint64_t now_us)
{
	b->unconnected = true;
	return open_up(b, now_us);
}

static bool begin_probe(struct breaker *b, uint64_t now_us)
{
	(void)now_us;
	b->probes++;
	return true;
}

static bool close_up(struct breaker *b, uint64_t now_us)
{
	(void)now_us;
	b->unconnected = b->doubt = false;
	b->retry_us = 0;
	return true;
}

/* What was counted before the outage says nothing about the time after it. */
static bool begin_anew(struct breaker *b, uint64_t now_us)
{
	b->in_a_row = 0;
	memset(b->window, 0, sizeof(b->window));
	return close_up(b, now_us);
}

/* Any connect that succeeds closes it, whoever made it: a probe is nothing else. */
static const struct {
	bool (*act)(struct breaker *b, uint64_t now_us);
	enum breaker_state then;
} table[BREAKER_STATES][BREAKER_EVENTS] = {
	[BREAKER_CLOSED] = {
		[BREAKER_ANSWERED] = { count_answer, BREAKER_CLOSED },
		[BREAKER_FAILED] = { count_failure, BREAKER_OPEN },
		[BREAKER_LOST] = { doubt, BREAKER_CLOSED },
		[BREAKER_CONNECTED] = { close_up, BREAKER_CLOSED },
		[BREAKER_UNCONNECTED] = { unconnect, BREAKER_CLOSED },
		[BREAKER_DESERTED] = { open_up, BREAKER_OPEN },
		[BREAKER_PROBE] = { nothing, BREAKER_CLOSED },
	},
	[BREAKER_OPEN] = {
		[BREAKER_ANSWERED] = { nothing, BREAKER_OPEN },
		[BREAKER_FAILED] = { nothing, BREAKER_OPEN },
		[BREAKER_LOST] = { nothing, BREAKER_OPEN },
		[BREAKER_CONNECTED] = { begin_anew, BREAKER_CLOSED },
		[BREAKER_UNCONNECTED] = { unconnect, BREAKER_OPEN },
		[BREAKER_DESERTED] = { nothing, BREAKER_OPEN },
		[BREAKER_PROBE] = { begin_probe, BREAKER_PROBING },
	},
	[BREAKER_PROBING] = {
		[BREAKER_ANSWERED] = { nothing, BREAKER_PROBING },
		[BREAKER_FAILED] = { nothing, BREAKER_PROBING },
		[BREAKER_LOST] = { nothing, BREAKER_PROBING },
		[BREAKER_CONNECTED] = { begin_anew, BREAKER_CLOSED },
		[BREAKER_UNCONNECTED] = { unconnect, BREAKER_OPEN },
		[BREAKER_DESERTED] = { nothing, BREAKER_PROBING },
		[BREAKER_PROBE] = { nothing, BREAKER_PROBING },
	},
};

void breaker_event(struct breaker *b, enum breaker_event event, const struct err *err, uint64_t now_us)
{
	/* while connects fail their reason is the one to tell, not that old connections were lost before */
	if (err && (event == BREAKER_UNCONNECTED || (b->state == BREAKER_CLOSED && !b->unconnected)))
		b->fault = *err;
	if (table[b->state][event].act(b, now_us))
		b->state = table[b->state][event].then;
}

bool breaker_may_connect(const struct breaker *b, uint64_t now_us)
{
	return b->state != BREAKER_PROBING && b->retry_us <= now_us;
}

bool breaker_refuses(const struct breaker *b)
{
	return b->state != BREAKER_CLOSED;
}

bool breaker_troubled(const struct breaker *b)
{
	return b->state != BREAKER_CLOSED || b->unconnected;
}

const char *breaker_word(enum breaker_state state)
{
	static const char *const words[BREAKER_STATES] = {
		[BREAKER_CLOSED] = "closed",
		[BREAKER_OPEN] = "open",
		[BREAKER_PROBING] = "probing",
	};

	return words[state];
}
