/* ways.h - how a source, or one part of it, behaves: read from the words of a story, and written as the file that the
 * fixture driver answers from. No state. */
#ifndef TESTS_SCENARIOS_WAYS_H
#define TESTS_SCENARIOS_WAYS_H

#include "adapters/fixture.h"
#include "base/buf.h"
#include "tests/scenarios/story.h"

struct ways {
	const char *rows; /* the file with its rows; NULL: it has no parts */
	const char *wants; /* the password; NULL: any */
	uint64_t after_us, connect_after_us;
	bool silent; /* until the query's cap, where the server ends it */
	bool frozen; /* for ever, connects and queries: nothing in the source ends them */
	bool refuses, rejects;
	char sqlstate[6]; /* what queries fail with */
	int64_t resets_after; /* rows; -1: never */
	unsigned drops; /* how often it dropped its connections */
	/* about what it answers */
	bool floods; /* far more rows than anybody wants */
	bool others; /* rows of other keys than the asked ones */
	bool reverses; /* columns in another order */
	const char *lacks; /* a column that is gone */
	const char *garbles; /* a column whose cells are... */
	struct str garbage; /* ...this */
};

/* A healthy source without rows. */
struct ways ways_good(void);
/* Change *ways as the words say. ERR_CONFIG; *ways may be changed in part. */
bool ways_read(struct words w, struct arena *mem, struct ways *ways, struct err *err) MUST_CHECK NONNULL(2, 3, 4);
/* Append the part as the source tells it now to `out`, and its cells as they are given to `values`. */
void ways_write(const struct ways *ways, const struct fixture_part *part, struct buf *out, struct buf *values)
	NONNULL(1, 2, 3, 4);

#endif
