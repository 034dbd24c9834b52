/* courier.h - messages between the nodes that share a Redis (PUBLISH and SUBSCRIBE): each one that is sent reaches all
 * nodes that listen at that moment, the sender's, too, or is lost. Two connections, because one that has subscribed can
 * do nothing else. Everything on the thread of its loop. */
#ifndef CACHE_COURIER_H
#define CACHE_COURIER_H

#include "base/loop.h"
#include "cache/cache.h"

struct courier; /* opaque */

/* Gets each message; the view is gone afterwards. It must not close the courier. */
typedef void courier_take(void *arg, struct str message);

struct courier_conf {
	const struct redis_conf *redis; /* its timeout_ms is not used */
	const char *channel; /* copied, like all of it */
	courier_take *take;
	/* Messages go both ways, or do not, and why (a constant). Told when one of both changes. */
	void (*state)(void *arg, bool up, const char *why);
	void *arg;
};

/* Connects in the background and again after failures, with a growing pause. ERR_CONFIG: the address cannot be read.
 * The caller ends it before its loop. */
struct courier *courier_open(const struct courier_conf *conf, struct loop *loop, struct err *err)
	MUST_CHECK NONNULL(1, 2, 3);
/* Send; a message has a byte at least. False: there is no connection, or too much waits for it. */
bool courier_send(struct courier *c, struct str message) MUST_CHECK NONNULL(1);
/* End it. Accepts NULL inside; sets *c to NULL. */
void courier_close(struct courier **c) NONNULL(1);

#endif
