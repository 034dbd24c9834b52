/* What was voided as a whole, as Redis says: whatever stands there, a ticket is admitted only by what has the right
 * form and its era, and then every later one is, too. */
#include "cache/stamp.h"
#include "fuzz/fuzz_target.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct cache_wholes wholes = { .source = { "ssssssssssssssss" }, .part = { "pppppppppppppppp" } };
	static const uint64_t moments[] = { 0, 1, 1764208000000000, 9999999999999999 };
	char *exact = malloc(size ? size : 1); /* a sanitizer sees what is read behind it */
	struct cache_ticket ticket = { .era = 0x0123456789abcdef };
	bool before = false;

	if (!exact)
		abort();
	memcpy(exact, data, size);
	for (size_t i = 0; i < ARRAY_LEN(moments); i++) {
		bool admitted;

		ticket.began = moments[i];
		admitted = stamp_admits((struct str){ exact, size }, &wholes, ticket);
		if (before && !admitted)
			abort();
		if (admitted && (size % 32 != 16 || memcmp(exact, "0123456789abcdef", 16) != 0))
			abort();
		before = admitted;
	}
	free(exact);
	return 0;
}
