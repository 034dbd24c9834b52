/* uri.h - raw request targets: split, percent-decode strictly. libmicrohttpd would cut at %00 and turn %2f
 * into a path separator. No state; safe from any thread. */
#ifndef FEDERATOR_HTTP_URI_H
#define FEDERATOR_HTTP_URI_H

#include "base/arena.h"

enum uri_in { URI_PATH, URI_QUERY }; /* in a query `+` is a space and `/` is allowed */

/* Decode one path segment, query name or value into `mem`. False: a bad escape, a control character (also
 * %00), not UTF-8, or an encoded `/` in a path. */
bool uri_decode(struct str raw, enum uri_in in, struct arena *mem, struct str *out) MUST_CHECK NONNULL(3, 4);

/* Split "path?query" of a request target; *query_out is the NULL view without `?`. False unless it begins
 * with `/`, and for what holds a blank or `#`. */
bool uri_split(struct str target, struct str *path_out, struct str *query_out) MUST_CHECK NONNULL(2, 3);

/* Cut the first "name=value" off *rest (separated by `&`, empty ones skipped); raw views. False at the end.
 */
bool uri_next_pair(struct str *rest, struct str *name_out, struct str *value_out) MUST_CHECK NONNULL(1, 2, 3);

#endif
