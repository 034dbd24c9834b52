/* salt.h - the salt of an installation, from --salt-secret: what is keyed by it is the same in all processes that have
 * the secret, and nobody else makes it. */
#ifndef FEDERATOR_SALT_H
#define FEDERATOR_SALT_H

#include "base/digest.h"
#include "federator/options.h"

/* The salt of the option's secret, which is read into `mem`. ERR_CONFIG: it cannot be read, or is shorter than 16
 * bytes. False with err->cls ERR_NONE: no secret is named, and *out is untouched. */
bool salt_of_secret(const struct options *opt, struct arena *mem, unsigned char out[DIGEST_BYTES], struct err *err)
	MUST_CHECK NONNULL(1, 2, 3, 4);

#endif
