/* contact.h - a view only with a live contact (--contact required): what stands between a question that is read and
 * what answers it. On the exchange's loop. */
#ifndef FEDERATOR_HTTP_CONTACT_H
#define FEDERATOR_HTTP_CONTACT_H

#include "federator/http/exchange.h"
#include "federator/http/question.h"

/* Goes on with a question that may be asked. */
typedef void contact_then(struct exchange *x, struct question *q);

/* Is a contact needed for each view? */
bool contact_needed(const struct exchange *x) NONNULL(1);
/* Go on with `then`, at once or later and with a copy of the question, when X-Contact names a live contact of this
 * caller and of whom the question is about, or none is needed; else the exchange is answered. */
void contact_guard(struct exchange *x, struct question *q, contact_then *then) NONNULL(1, 2, 3);

/* Goes on with a pop. `said` are members of its answer, in the exchange's arena; the NULL view: there are none. */
typedef void contact_rung(struct exchange *x, struct question *q, struct str said);
/* A pop for the agent of the path, by keys that are none of others: where contacts are needed and the caller may say
 * which go on, the one that it names begins as with contact_put(). Then go on with `then`, at once or later and with a
 * copy of the question; or the exchange is answered, as it cannot begin. */
void contact_ring(struct exchange *x, struct question *q, contact_rung *then) NONNULL(1, 2, 3);

#endif
