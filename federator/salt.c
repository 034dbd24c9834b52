#include "federator/salt.h"

#include "federator/secret.h"

enum { SALT_BYTES_LEAST = 16 };

bool salt_of_secret(const struct options *opt, struct arena *mem, unsigned char out[DIGEST_BYTES], struct err *err)
{
	struct str secret;
	struct digest d;

	err->cls = ERR_NONE;
	if (!*opt->salt_secret || !secret_find(opt, opt->salt_secret, mem, &secret, err))
		return false;
	if (secret.n < SALT_BYTES_LEAST)
		return err_set(err, ERR_CONFIG, "salt-secret", "the secret is shorter than %d bytes", SALT_BYTES_LEAST);
	digest_begin(&d, (struct str){ 0 });
	digest_add_str(&d, STR("federator salt"));
	digest_add_str(&d, secret);
	digest_end(&d, out);
	return true;
}
