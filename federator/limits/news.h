/* news.h - what was counted, as bytes for other processes that count with this one. No state; safe from any thread. */
#ifndef FEDERATOR_LIMITS_NEWS_H
#define FEDERATOR_LIMITS_NEWS_H

#include "base/buf.h"
#include "federator/limits/limits.h"

struct limits_news {
	struct limits_who who; /* names of 64 bytes at most */
	uint64_t subject; /* limits_hash() */
	bool found;       /* a key led there: it does not count itself */
};

/* Append them. */
void limits_news_write(const struct limits_news *news, struct buf *out) NONNULL(1, 2);
/* Cut the first ones off *bytes, whose names point into it. False: they are none; the outputs are untouched. */
bool limits_news_read(struct str *bytes, struct limits_news *out) MUST_CHECK NONNULL(1, 2);

#endif
