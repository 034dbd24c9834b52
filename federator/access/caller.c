#include "federator/access/caller.h"

void caller_name_set(char name[CALLER_NAME_BYTES], struct str text)
{
	size_t n = text.n < CALLER_NAME_BYTES ? text.n : 0;

	memcpy(name, n ? text.p : "", n);
	name[n] = '\0';
}

void caller_everybody(const struct options *opt, struct caller *out)
{
	*out = (struct caller){ .proof = PROOF_NONE, .may = MAY_ALL };
	caller_name_set(out->role, str_of(opt->role));
	caller_name_set(out->purpose, str_of(opt->purpose));
}

bool caller_sees_alike(const struct caller *a, const struct caller *b)
{
	return strcmp(a->role, b->role) == 0 && strcmp(a->purpose, b->purpose) == 0;
}
