/* respond.h - an answered exchange into a libmicrohttpd response with all header fields, and into one log
 * event. */
#ifndef FEDERATOR_HTTP_RESPOND_H
#define FEDERATOR_HTTP_RESPOND_H

#include <microhttpd.h>

#include "federator/http/exchange.h"

/* The response; takes over x->reply.body. NULL without memory. The caller destroys it after queueing. */
struct MHD_Response *respond_make(struct exchange *x, bool close) NONNULL(1);
/* Tell the log about an exchange, never with a value of a customer. */
void respond_log(const struct exchange *x) NONNULL(1);

#endif
