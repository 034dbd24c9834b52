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

/* Connects in the background and again after failures, with a growing pause. ERR_CONFIG: the address cannot be read.
 * The caller ends it before its loop. `timeout_ms` of the conf is not used. */
struct courier *courier_open(const struct redis_conf *conf, struct loop *loop, const char *channel, courier_take *take,
			     void *arg, struct err *err) MUST_CHECK NONNULL(1, 2, 3, 4, 6);
/* Send; a message has a byte at least. False: there is no connection, or too much waits for it. */
bool courier_send(struct courier *c, struct str message) MUST_CHECK NONNULL(1);
/* End it. Accepts NULL inside; sets *c to NULL. */
void courier_close(struct courier **c) NONNULL(1);

#endif
