/* What keyring_parse() takes has a first key that is found by its number; what it refuses has a reason. */
#include "cache/keyring.h"
#include "fuzz/fuzz_target.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err err = { 0 };
	struct keyring *ring = keyring_parse((struct str){ (const char *)data, size }, "keys", &err);
	uint32_t number = 0;

	if (!ring) {
		if (err.cls != ERR_CONFIG || err.text[0] == '\0')
			abort();
		return 0;
	}
	if (keyring_first(ring, &number) != keyring_find(ring, number) || number == 0)
		abort();
	keyring_free(&ring);
	return 0;
}
