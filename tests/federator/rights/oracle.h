/* oracle.h - what an answer may hold, by the text of the mapping alone: read with libxml2, without a line of what the
 * service reads it with. */
#ifndef TESTS_FEDERATOR_RIGHTS_ORACLE_H
#define TESTS_FEDERATOR_RIGHTS_ORACLE_H

#include "tests/federator/rights/made.h"

struct oracle; /* opaque */

/* Who asks, and whose values it may be about. */
struct oracle_asker {
	const char *role, *purpose;
	unsigned unmasked;  /* bits of classes, by a grant that holds */
	unsigned customers; /* bits */
};

/* The caller ends it with oracle_free(). `made` must live as long. */
struct oracle *oracle_new(const struct made *made);
/* End it; sets *o to NULL. */
void oracle_free(struct oracle **o);
/* Does a policy name both? */
bool oracle_knows(const struct oracle *o, const char *role, const char *purpose);
/* Classes that may be unmasked, by bits. */
unsigned oracle_unmaskable(const struct oracle *o, const char *role, const char *purpose);
/* The first value of which the bytes hold what they may not, eight bytes of it at least; NULL: there is none. *seen_out
 * counts values that they hold rightly. */
const struct made_value *oracle_leak(const struct oracle *o, const struct oracle_asker *who, struct str bytes,
				     uint64_t *seen_out);

#endif
