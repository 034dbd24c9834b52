/* subject.h - whom a record is about, without saying who: a keyed hash of a customer's identity, or of a key that was
 * asked by. The same for one installation's salt, tenant, key and value. No state; any thread. */
#ifndef FEDERATOR_AUDIT_SUBJECT_H
#define FEDERATOR_AUDIT_SUBJECT_H

#include "base/digest.h"

enum { AUDIT_SUBJECT_BYTES = 16, AUDIT_SUBJECT_DIGITS = 2 * AUDIT_SUBJECT_BYTES };

/* Its hexadecimal digits, with a NUL. `key` is the name of the key, `value` as the mapping normalises it. */
void audit_subject(struct str salt, struct str tenant, struct str key, struct str value,
		   char out[AUDIT_SUBJECT_DIGITS + 1]) NONNULL(5);

#endif
