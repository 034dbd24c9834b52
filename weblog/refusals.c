#include "weblog/refusals.h"

/* With several logs the next line read is not always the one that was refused, so what is left out is told by where it
 * stands, and batches stay small until all of that is behind. */

enum { PASSED = 64 }; /* batches, then what was refused is gone with its file */

void weblog_refusals_begin(struct weblog_refusals *r)
{
	*r = (struct weblog_refusals){ .limit = WEBLOG_BATCH_EVENTS };
}

static void put_out(struct weblog_refusals *r, size_t index)
{
	memmove(r->refused + index, r->refused + index + 1, (--r->n - index) * sizeof(r->refused[0]));
}

void weblog_refused(struct weblog_refusals *r, struct weblog_reading *reading, const struct weblog_gathered *batch)
{
	bool alone = batch->n == 1 && r->limit == 1;

	r->passed = 0;
	r->limit = batch->n > 1 && r->limit >= 8 ? r->limit / 8 : 1;
	if (alone) {
		if (r->n == WEBLOG_REFUSED_MAX)
			put_out(r, 0);
		r->refused[r->n++] = batch->last;
	}
	weblog_reading_limit(reading, r->limit);
	weblog_reading_skip(reading, r->refused, r->n);
}

void weblog_taken(struct weblog_refusals *r, struct weblog_reading *reading, const struct weblog_gathered *batch)
{
	for (size_t i = r->n; batch->skipped && i-- > 0;)
		if (weblog_spot_is(&r->refused[i], &batch->last))
			put_out(r, i);
	if (r->n && ++r->passed >= PASSED)
		r->n = 0;
	if (r->n == 0 && r->limit < WEBLOG_BATCH_EVENTS) /* behind what was refused all may be well */
		r->limit *= 2;
	weblog_reading_limit(reading, r->limit);
	weblog_reading_skip(reading, r->refused, r->n);
}
