/* house.h - the service of a story: both listeners, their loops, workers and cache are those of production, on unix
 * sockets in a directory of its own. What it logs is kept. One at a time; called by the director of virtual time. */
#ifndef TESTS_SCENARIOS_HOUSE_H
#define TESTS_SCENARIOS_HOUSE_H

#include "federator/service.h"
#include "tests/scenarios/fake_redis.h"
#include "tests/scenarios/story.h"

struct house {
	struct arena *mem;
	char dir[64];
	const char *public_path, *admin_path; /* of the sockets */
	struct options opt;
	struct service *service;
	struct lane *lane; /* of the public listener: its cache's counters */
	struct fake_redis *redis; /* NULL: the cache is another one */
	uint64_t stopped_us; /* monotonic: drained; 0: not yet */
	struct house_state *state; /* house.c's */
};

/* Begin: mapping, options and cache as the story says, `cache` in place of the story's. Findings of the mapping go to
 * *err. The caller owns it, also on failure: end it with house_end(). */
bool house_begin(struct house *h, const struct story *story, const char *cache, const char *base, struct err *err)
	MUST_CHECK NONNULL(1, 2, 3, 4, 5);
/* The mapping directory is this one now; a reload is still to be asked for. ERR_CONFIG: it is not there. */
bool house_set_mapping(struct house *h, const char *dir, struct err *err) MUST_CHECK NONNULL(1, 2, 3);
/* Write the password into the secret of a source; at the beginning it is `first`. */
void house_set_password(struct house *h, const char *source, const char *password) NONNULL(1, 2, 3);
/* Begin to drain, as SIGTERM does; h->stopped_us tells the end. */
void house_drain(struct house *h) NONNULL(1);
/* A counter by its name: of scripted sources, "SOURCE.fetches" and others of struct adapter_state, "cache.hits" and
 * others of struct cache_state, "redis.gets", samples of /metrics; false: no such counter. */
bool house_counter(struct house *h, const char *name, int64_t *out) MUST_CHECK NONNULL(1, 2, 3);
/* What was logged so far. */
void house_log(const struct house *h, struct buf *out) NONNULL(1, 2);
/* End everything, hung sources released. */
void house_end(struct house *h) NONNULL(1);

#endif
