/* inbox.h - a Redis stream that others write to, of which each entry is taken by one of the nodes that share a consumer
 * group. An entry is acknowledged when it has been dealt with; what a node leaves behind that ends before that is taken
 * over by another. So each entry is handed out at least once, and sometimes twice. Everything on the thread of its
 * loop. Needs Redis 6.2 (XAUTOCLAIM). */
#ifndef CACHE_INBOX_H
#define CACHE_INBOX_H

#include "base/loop.h"
#include "cache/cache.h"

enum { INBOX_BATCH = 64, INBOX_ID = 44 };

/* One entry; its views are gone when take() returns. */
struct inbox_entry {
	struct str id; /* "1526919030474-55": milliseconds of the clock of Redis, unless the writer chose another */
	const struct str *words; /* fields and values by turns */
	size_t n_words;
};

struct inbox; /* opaque */

struct inbox_conf {
	const struct redis_conf *redis; /* its timeout_ms is not used */
	const char *stream, *group, *consumer; /* copied, like all of it */
	/* Exactly one inbox_done() answers each, at once or later, also after the connection was lost. */
	void (*take)(void *arg, const struct inbox_entry *entry);
	/* It works, or does not, and why (a constant). Told when one of both changes. */
	void (*state)(void *arg, bool up, const char *why);
	void *arg;
};

/* Connects in the background and again after failures, with a growing pause; makes stream and group where they lack.
 * ERR_CONFIG: the address cannot be read. The caller ends it before its loop. */
struct inbox *inbox_open(const struct inbox_conf *conf, struct loop *loop, struct err *err) MUST_CHECK NONNULL(1, 2, 3);
/* An entry was dealt with, or could not be and will be handed out again. */
void inbox_done(struct inbox *in, struct str id, bool dealt_with) NONNULL(1);
/* Take no more. Entries that are out are still answered by inbox_done(). */
void inbox_stop(struct inbox *in) NONNULL(1);
/* How many entries are out. */
size_t inbox_out(const struct inbox *in) NONNULL(1);
/* End it, with no entry out. Accepts NULL inside; sets *in to NULL. */
void inbox_close(struct inbox **in) NONNULL(1);

#endif
