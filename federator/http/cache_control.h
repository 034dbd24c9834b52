/* cache_control.h - the Cache-Control of a request (RFC 9111, 5.2.1). No state; safe from any thread. */
#ifndef FEDERATOR_HTTP_CACHE_CONTROL_H
#define FEDERATOR_HTTP_CACHE_CONTROL_H

#include "federator/http/headers.h"

/* Take one member: "max-age" and "30", without quotes; a NULL view: it has no value. What is not known is ignored. Of
 * members that say the same twice the stricter one counts. Returns NULL, or says what the member takes. */
const char *cache_control_take(struct ask *ask, struct str name, struct str value) NONNULL(1);
/* Take all fields of that name, as one list. Returns NULL, or what is wrong with the first member that is. */
const char *cache_control_read(struct ask *ask, const struct headers *h) NONNULL(1, 2);

#endif
