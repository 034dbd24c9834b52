/* watermarks.h - sources that can tell whether a table changed: what each <watermark> of the mapping says is asked now
 * and then, and when it is another value than before all copies of its part are void. A thread of its own. */
#ifndef FEDERATOR_PURGE_WATERMARKS_H
#define FEDERATOR_PURGE_WATERMARKS_H

#include "federator/service.h"

struct watermarks; /* opaque */

/* Begin. *out is NULL when the running set has none, or no copies are kept. ERR_SYSTEM. */
bool watermarks_start(struct service *svc, struct watermarks **out, struct err *err) MUST_CHECK NONNULL(1, 2, 3);
/* Ask no more. Before service_wait_idle(). Accepts NULL. */
void watermarks_drain(struct watermarks *all);
/* Stop; none may be under way. Its loop stays, as a worker that has just posted to it may still wake it. Accepts
 * NULL. */
void watermarks_stop(struct watermarks *all);
/* Free, when no worker runs any more. Accepts NULL inside; sets *all to NULL. */
void watermarks_free(struct watermarks **all) NONNULL(1);

#endif
