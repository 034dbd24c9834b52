/* unmask.h - the grants of break-glass: given by POST /v1/unmask, taken back in the header X-Unmask of a question
 * (access/grant.h). On the exchange's loop. */
#ifndef FEDERATOR_HTTP_UNMASK_H
#define FEDERATOR_HTTP_UNMASK_H

#include "federator/http/exchange.h"
#include "federator/http/question.h"

/* Read X-Unmask into a question whose purpose is known, and into the exchange, for its record. False: the header is
 * there, and is no grant for this caller and this question; q->fault is set. */
bool unmask_read(struct exchange *x, struct question *q) MUST_CHECK NONNULL(1, 2);

#endif
