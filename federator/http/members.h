/* members.h - small JSON bodies that are no questions: an object whose members are known by name. On the exchange's
 * loop. */
#ifndef FEDERATOR_HTTP_MEMBERS_H
#define FEDERATOR_HTTP_MEMBERS_H

#include "base/jsontext.h"
#include "federator/http/exchange.h"

/* The body, an object with no other members than `names`, each at most once; in the exchange's arena. NULL: it is
 * answered. */
const struct jsontext *members_read(struct exchange *x, const char *const *names, size_t n) MUST_CHECK NONNULL(1, 2);
/* A text of 1 to `most` bytes without control characters; the NULL view when the member is not there. False: it is no
 * such text. */
bool members_text(const struct jsontext *object, struct str name, size_t most, struct str *out) MUST_CHECK
	NONNULL(1, 4);
/* A whole number from 1 to `most`; `otherwise` when the member is not there. False: it is none. */
bool members_number(const struct jsontext *object, struct str name, uint32_t most, uint32_t otherwise, uint32_t *out)
	MUST_CHECK NONNULL(1, 5);
/* Answer 400: what the member should be. */
void members_refuse(struct exchange *x, const char *name, const char *expected) NONNULL(1, 2, 3);

#endif
