#include "base/base64.h"

#include <sodium.h>

struct str base64_write(struct str bytes, struct arena *mem)
{
	size_t length = base64_length(bytes.n);
	char *text = arena_alloc(mem, length + 1);

	sodium_bin2base64(text, length + 1, (const unsigned char *)bytes.p, bytes.n, sodium_base64_VARIANT_ORIGINAL);
	return (struct str){ text, length };
}
