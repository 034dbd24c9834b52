/* shop.h - a web site for tests of what its log means: its rules, and events as text. */
#ifndef TESTS_WEBLOG_SHOP_H
#define TESTS_WEBLOG_SHOP_H

#include "weblog/meaning.h"

/* HOST CLIENT USER [time] "request" status bytes "referrer" "agent" "cookies" seconds HITS */
#define SHOP_FORMAT                                                                                   \
	"$host $remote_addr - $remote_user [$time_local] \"$request\" $status $body_bytes_sent "      \
	"\"$http_referer\" \"$http_user_agent\" \"$http_cookie\" $request_time $found"
#define SHOP_SALT ((const unsigned char *)"0123456789abcdef")

struct shop {
	struct arena *mem;
	const struct weblog_rules *rules; /* those built in */
	struct weblog *conf; /* times without offset are those of New York */
};

/* Calls digest_init(). False: a rule that is built in is wrong, and *err says which. End it with shop_close(). */
bool shop_open(struct shop *shop, struct err *err) MUST_CHECK NONNULL(1, 2);
/* Free. */
void shop_close(struct shop *shop) NONNULL(1);

/* What an event says, in one line; what is absent is left out. */
void shop_event_put(const struct weblog_event *event, struct buf *out) NONNULL(1, 2);
/* "asset", "bot" or "no request". */
const char *shop_verdict(enum weblog_verdict verdict);

/* Calls `each` with every text that an event holds, but for those of links. */
void shop_texts(const struct weblog_event *event, void (*each)(struct str text, void *arg), void *arg) NONNULL(1, 2);

#endif
