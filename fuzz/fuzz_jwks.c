/* What jwks_parse() takes has keys that are found by their kids; what it refuses has a reason. */
#include "federator/access/jwks.h"
#include "fuzz/fuzz_target.h"

#include <stdlib.h>

static void check(bool kept)
{
	if (!kept)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *mem = arena_new();
	struct jwks set = { 0 };
	struct err err = { 0 };

	if (jwks_parse((struct str){ size ? (const char *)data : "", size }, "jwks", mem, &set, &err)) {
		check(set.n > 0 && set.n <= JWKS_KEYS_MOST);
		for (size_t i = 0; i < set.n; i++) {
			check(jwks_find(&set, set.of[i].kid, set.of[i].alg) == &set.of[i]);
			check(!jwk_verify(&set.of[i], STR("text"), STR("no signature")));
		}
	} else {
		check(err.cls == ERR_CONFIG && err.text[0] && set.n == 0);
	}
	jwks_free(&set);
	jwks_free(&set);
	arena_wipe_free(&mem);
	return 0;
}
