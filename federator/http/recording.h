/* recording.h - what of a request goes on record, and in which words. On the loop of the request. */
#ifndef FEDERATOR_HTTP_RECORDING_H
#define FEDERATOR_HTTP_RECORDING_H

#include "base/buf.h"
#include "federator/http/exchange.h"

/* Does the answer, which is in the exchange, go on record? Views do, and what is done to copies, and all that is
 * denied; not what is malformed, or turned away under overload. Also false when no record is kept. */
bool recording_wanted(const struct exchange *x) MUST_CHECK NONNULL(1);
/* The members of its record, but for the client's address. */
void recording_put(const struct exchange *x, struct buf *out) NONNULL(1, 2);
/* A whole record that stands for `n` 401s, 1 at least, of those of whom nothing is known. */
void recording_put_strangers(const struct lane *lane, uint32_t n, struct buf *out) NONNULL(1, 3);
/* The members of a record, but for that address, that the client did not take the whole of an answer on record. */
void recording_put_untaken(const struct exchange *x, struct buf *out) NONNULL(1, 2);
/* The last member. */
void recording_put_address(const char *address, struct buf *out) NONNULL(1, 2);
/* What it is called when nothing can go on record, and said of it. */
#define RECORDING_AWAY "audit-unavailable"
#define RECORDING_AWAY_TEXT "what is shown must go on record, and no record can be written"
/* Answer with that: 503, come again in a second. */
void recording_refuse(struct reply *reply, enum format format) NONNULL(1);
/* The beginning of a record: its kind, who asks, and what. */
void recording_put_caller(const char *kind, const struct lane *lane, const struct caller *caller, struct buf *out)
	NONNULL(1, 2, 3, 4);

#endif
