/* condition.h - conditional requests (RFC 9110, 13). No state; safe from any thread. */
#ifndef FEDERATOR_HTTP_CONDITION_H
#define FEDERATOR_HTTP_CONDITION_H

#include "federator/http/headers.h"

/* Does If-None-Match, in one field or several, name the entity tag `etag` (`W/"..."`), by weak comparison, or any by
 * `*`? From a list that cannot be read on, what was read so far counts. False without the field. */
bool condition_met(const struct headers *h, const char *etag) NONNULL(1, 2);

#endif
