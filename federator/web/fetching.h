/* fetching.h - one query of our own to the store of a web log, through the source's adapter: it never holds up the
 * loop, and its asker is told at its deadline whatever the database does. On one lane's loop. */
#ifndef FEDERATOR_WEB_FETCHING_H
#define FEDERATOR_WEB_FETCHING_H

#include "federator/service.h"
#include "federator/web/sql.h"

enum { WEB_CAP_MS = 10000 }; /* of a query */

struct web_fetch; /* opaque */

/* Gets the rows, which live until web_fetch_free(), or NULL and why there are none. */
typedef void web_fetch_done(void *owner, const struct rows *rows, const struct err *err);

/* Ask `source` of `world`. done() is called once on the loop, not before this returns. NULL: *err says why it cannot be
 * asked, as of adapter_queue(). The caller owns the result: end it with web_fetch_free(). */
struct web_fetch *web_fetch_begin(struct lane *lane, const struct world *world, const struct source *source,
				  const struct web_sql *sql, struct err *err) MUST_CHECK NONNULL(1, 2, 3, 4, 5);
/* Who is told, and by when; right after web_fetch_begin(). */
void web_fetch_await(struct web_fetch *f, struct deadline due, web_fetch_done *done, void *owner) NONNULL(1, 3);
/* Tell the log of the process that the store did not answer. */
void web_fetch_note(const struct weblog *log, const struct err *err) NONNULL(1, 2);
/* End it: nobody is told any more, and rows are gone. What is still under way goes on without us. Accepts NULL inside;
 * sets *f to NULL. */
void web_fetch_free(struct web_fetch **f) NONNULL(1);

#endif
