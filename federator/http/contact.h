/* contact.h - a view only with a live contact (--contact required): what stands between a question that is read and the
 * flow that answers it. On the exchange's loop. */
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

#endif
