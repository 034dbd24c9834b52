/* toxics.h - what the fault proxy does to one direction of its connections, and when each piece of data goes on. */
#ifndef TESTS_FAULTPROXY_TOXICS_H
#define TESTS_FAULTPROXY_TOXICS_H

#include "base/base.h"

/* Zero: nothing. Written as `name=number`, by these names. */
struct toxics {
	uint64_t latency_us; /* later by this */
	uint64_t jitter_us; /* and by a random time up to this; the order stays */
	uint64_t rate_bytes; /* at most so many in a second */
	uint64_t slice_bytes; /* in pieces of so many */
	uint64_t slice_us; /* each so much after the one before */
	uint64_t limit_bytes; /* the connection is closed behind so many */
	uint64_t slow_close_us; /* the end of the stream comes later by this */
	uint64_t reset; /* 1: connections end with RST, old ones and new ones */
	uint64_t hole; /* 1: connections are taken, and nothing passes until it is 0 again */
};

/* Set what the words of `text` say, the rest to zero. False: *wrong is the word that is not known. */
bool toxics_read(const char *text, struct toxics *out, char wrong[64]) MUST_CHECK NONNULL(1, 2, 3);

/* How many of `n` bytes go on as one piece. */
size_t toxics_piece(const struct toxics *t, size_t n) NONNULL(1);
/* When a piece of `n` bytes that came at `now_us` goes on, the one before having gone at `last_us`. `random` is any
 * number. */
uint64_t toxics_due(const struct toxics *t, size_t n, uint64_t now_us, uint64_t last_us, uint32_t random) NONNULL(1);

#endif
