/* meaning.h - what a line of a log means: a record becomes an event, by the rules of the mapping. What is not to be
 * kept (assets, bots, parameters on the deny list) ends here. One thread. */
#ifndef WEBLOG_MEANING_H
#define WEBLOG_MEANING_H

#include "weblog/event.h"
#include "weblog/rules.h"

struct weblog_meaning; /* opaque */

enum weblog_verdict {
	WEBLOG_EVENT,
	WEBLOG_ASSET, /* pictures, scripts, what the mapping calls so, and requests that are no page (OPTIONS, HEAD) */
	WEBLOG_BOT,
	WEBLOG_NO_REQUEST, /* bytes that are no HTTP, and lines without a time */
};
enum { WEBLOG_VERDICTS = WEBLOG_NO_REQUEST + 1 };

/* `conf` and `rules` outlive it; `salt` of 16 bytes is copied. The caller owns it: end it with weblog_meaning_free().
 */
struct weblog_meaning *weblog_meaning_new(const struct weblog *conf, const struct weblog_rules *rules,
					  const unsigned char salt[16]) NONNULL(1, 2, 3)
	__attribute__((returns_nonnull));
/* Free; accepts NULL inside; sets *meaning to NULL. */
void weblog_meaning_free(struct weblog_meaning **meaning) NONNULL(1);

/* Read one record. Texts of *event point into the record's line or live in `mem`; it is whole only with WEBLOG_EVENT,
 * but for `session`. */
enum weblog_verdict weblog_meaning_of(struct weblog_meaning *meaning, const struct weblog_record *record,
				      struct arena *mem, struct weblog_event *event) MUST_CHECK NONNULL(1, 2, 3, 4);
/* The records that follow stand behind one of that moment (microseconds since 1970), or begin the log (0): so it is
 * known which of the two is meant in an hour that comes twice. */
void weblog_meaning_behind(struct weblog_meaning *meaning, int64_t us) NONNULL(1);

#endif
