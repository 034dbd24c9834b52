#include "adapters/limiter.h"

enum {
	WEIGHT = 8, /* the last fetch counts an eighth of a mean */
	LATE_SHARE = 4, /* one late of so many is too many */
	FEW_SHARE = 4, /* so many of the most, or one, are few at once */
};

void limiter_begin(struct limiter *l, uint32_t most)
{
	*l = (struct limiter){ .most = most, .limit = most };
}

static uint64_t toward(uint64_t mean, uint64_t value)
{
	return mean - mean / WEIGHT + value / WEIGHT;
}

static bool is_few(const struct limiter *l, uint32_t at_once)
{
	return at_once <= 1 || at_once <= l->most / FEW_SHARE;
}

/* A time that is low under load is taken at once, one that is high only while few run: then it is the source, or other
 * people's load, and a lower limit would not make it better. */
static void learn(struct limiter *l, const struct limiter_fetch *f)
{
	size_t i = f->kind % LIMITER_KINDS;

	if (l->kinds[i].kind != f->kind || l->kinds[i].mean_us == 0) {
		l->kinds[i].kind = f->kind;
		l->kinds[i].mean_us = l->kinds[i].alone_us = f->took_us + WEIGHT; /* toward() loses less than that */
	}
	l->kinds[i].mean_us = toward(l->kinds[i].mean_us, f->took_us);
	if (l->kinds[i].mean_us < l->kinds[i].alone_us)
		l->kinds[i].alone_us = l->kinds[i].mean_us;
	else if (is_few(l, f->at_once))
		l->kinds[i].alone_us = toward(l->kinds[i].alone_us, l->kinds[i].mean_us);
	l->took_us += f->took_us;
	l->alone_us += l->kinds[i].alone_us;
	l->timed++;
}

static void judge(struct limiter *l)
{
	if (l->late * LATE_SHARE > l->late + l->timed)
		l->limit -= l->limit / 2;
	else if (l->took_us > LIMITER_TIMES * l->alone_us &&
		 l->took_us - l->alone_us > (uint64_t)l->timed * LIMITER_EXCESS_US)
		l->limit -= (l->limit + 2) / 4; /* 2 becomes 1, and 1 stays */
	else if (l->limit < l->most)
		l->limit++;
}

void limiter_ended(struct limiter *l, const struct limiter_fetch *f, uint64_t now_us)
{
	if (f->late && is_few(l, f->at_once)) /* fewer would be no sooner */
		return;
	if (l->late + l->timed == 0)
		l->begun_us = now_us;
	if (f->late)
		l->late++;
	else
		learn(l, f);
	if (l->late + l->timed < LIMITER_WINDOW_LEAST || now_us - l->begun_us < LIMITER_WINDOW_US)
		return;
	judge(l);
	l->took_us = l->alone_us = 0;
	l->timed = l->late = 0;
}
