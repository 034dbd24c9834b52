/* fake_redis.h - a Redis that does what a story says: a loop on a thread of its own behind a unix socket, with the
 * commands that the cache uses. Made and told by the director of virtual time. */
#ifndef TESTS_SCENARIOS_FAKE_REDIS_H
#define TESTS_SCENARIOS_FAKE_REDIS_H

#include "tests/scenarios/story.h"

struct fake_redis; /* opaque */

/* Is it something a fake Redis can do? */
bool fake_redis_check(struct words w, struct err *err) MUST_CHECK NONNULL(2);
/* Listen on the unix socket `path`. The caller owns the result: end it with fake_redis_free(). */
struct fake_redis *fake_redis_new(const char *path, struct err *err) MUST_CHECK NONNULL(1, 2);
/* It behaves so from now on; words that passed fake_redis_check(). */
void fake_redis_tell(struct fake_redis *r, struct words w) NONNULL(1);
/* "redis.connects", "redis.gets", "redis.sets", "redis.keys"; false: no such counter. */
bool fake_redis_counter(const struct fake_redis *r, const char *name, int64_t *out) MUST_CHECK NONNULL(1, 2, 3);
/* End its thread and free it. Accepts NULL inside; sets *r to NULL. */
void fake_redis_free(struct fake_redis **r) NONNULL(1);

#endif
