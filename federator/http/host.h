/* host.h - on a listener where nobody has to prove who asks, pages in a browser of the same machine are kept away:
 * those of a site whose name was made to lead to loopback (DNS rebinding) ask by that name, and others say that they
 * ask from elsewhere. No state; safe from any thread. */
#ifndef FEDERATOR_HTTP_HOST_H
#define FEDERATOR_HTTP_HOST_H

#include "federator/http/exchange.h"

/* Are these names, with commas between? */
bool host_names_are_good(const char *names) MUST_CHECK NONNULL(1);
/* Is the value of Host, or of Origin behind its scheme, loopback itself, localhost, or one of the names? Its port does
 * not matter. */
bool host_is_ours(struct str host, const char *names) MUST_CHECK NONNULL(2);
/* May the request be answered where x->hosts is not NULL? One without Host, which is of HTTP/1.0, is of no browser.
 * False: it is answered. */
bool host_admits(struct exchange *x) MUST_CHECK NONNULL(1);

#endif
