#include "federator/audit/subject.h"

void audit_subject(struct str salt, struct str tenant, struct str key, struct str value,
		   char out[AUDIT_SUBJECT_DIGITS + 1])
{
	unsigned char hash[DIGEST_BYTES];
	struct digest d;

	digest_begin(&d, salt);
	digest_add_str(&d, STR("federator audit subject"));
	digest_add_str(&d, tenant);
	digest_add_str(&d, key);
	digest_add_str(&d, value);
	digest_end(&d, hash);
	digest_hex(hash, AUDIT_SUBJECT_BYTES, out);
}
