/* cursor.h - the pages of a time line. On the request's loop. */
#ifndef FEDERATOR_FLOW_CURSOR_H
#define FEDERATOR_FLOW_CURSOR_H

#include "federator/flow/request.h"

/* Where a page begins: behind the first `skip` events of that moment. What a cursor seals. */
struct cursor {
	int64_t at_us; /* above INT64_MIN */
	uint32_t skip;
	struct str subject; /* whose time line it is */
};
/* The text that is sealed, in `mem`. */
struct str cursor_text(struct cursor cursor, struct arena *mem) NONNULL(2);
/* Read it; the subject points into `text`. False: it is none; *out is then untouched. */
bool cursor_parse(struct str text, struct cursor *out) MUST_CHECK NONNULL(2);

/* Read since, until, limit and the cursor of the question into flow->timeline; refuses what cannot be read. The
 * customer must be known: a cursor belongs to one. */
enum step_end cursor_read(struct flow *flow) NONNULL(1);
/* The cursor of the next page, or the NULL view when there is none. */
struct str cursor_next(struct flow *flow) NONNULL(1);
/* Does the question end before now, as later pages and those with `until` do? */
bool cursor_bounds(const struct flow *flow) NONNULL(1);
/* What :before is bound to, in the zone of the source. */
struct str cursor_before(const struct flow *flow, const struct source *source, struct arena *mem) NONNULL(1, 2, 3);

#endif
