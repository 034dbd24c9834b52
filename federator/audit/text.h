/* text.h - members of a JSON object, as records have them: each begins with its comma, and a value that is empty is
 * left out. No state; any thread. */
#ifndef FEDERATOR_AUDIT_TEXT_H
#define FEDERATOR_AUDIT_TEXT_H

#include "base/buf.h"

/* A text in quotes, escaped; what is not UTF-8 becomes U+FFFD. Control characters are written as escapes. */
void audit_quote(struct str text, struct buf *out) NONNULL(2);
/* ,"name":"value" */
void audit_put(const char *name, struct str value, struct buf *out) NONNULL(1, 3);
/* ,"name":value */
void audit_put_number(const char *name, int64_t value, struct buf *out) NONNULL(1, 3);
/* ,"name":true, or nothing. */
void audit_put_true(const char *name, bool value, struct buf *out) NONNULL(1, 3);

#endif
