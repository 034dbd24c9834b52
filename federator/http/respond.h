/* respond.h - an answered exchange into a libmicrohttpd response with all header fields, and into one log
 * event. */
#ifndef FEDERATOR_HTTP_RESPOND_H
#define FEDERATOR_HTTP_RESPOND_H

#include <microhttpd.h>

#include "base/log.h"
#include "federator/http/exchange.h"

/* The response; takes over x->reply.body. NULL without memory. The caller destroys it after queueing. */
struct MHD_Response *respond_make(struct exchange *x, bool close) NONNULL(1);
/* The same, with a copy of the body that is wiped when the last who sends it has done so: for several answers. */
struct MHD_Response *respond_make_shared(const struct exchange *x) NONNULL(1);
/* The level of the event of respond_log(). */
enum log_level respond_log_level(const struct exchange *x) NONNULL(1);
/* Its text for log_formed(), without the time it took; returns how much stands before that. */
size_t respond_log_form(const struct exchange *x, struct buf *out) NONNULL(1, 2);
/* Tell the log about an exchange, never with a value of a customer. */
void respond_log(const struct exchange *x) NONNULL(1);

#endif
