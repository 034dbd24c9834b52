#include "base/base64.h"

#include <sodium.h>

struct str base64_write(struct str bytes, struct arena *mem)
{
	size_t length = base64_length(bytes.n);
	char *text = arena_alloc(mem, length + 1);

	sodium_bin2base64(text, length + 1, (const unsigned char *)bytes.p, bytes.n, sodium_base64_VARIANT_ORIGINAL);
	return (struct str){ text, length };
}

size_t base64_url(struct str bytes, char *out)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	const unsigned char *p = (const unsigned char *)bytes.p;
	size_t n = bytes.n;
	char *to = out;
	uint32_t bits;

	for (; n >= 3; p += 3, n -= 3) {
		bits = (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2];
		*to++ = letters[bits >> 18];
		*to++ = letters[bits >> 12 & 63];
		*to++ = letters[bits >> 6 & 63];
		*to++ = letters[bits & 63];
	}
	if (n) {
		bits = (uint32_t)p[0] << 16 | (n > 1 ? (uint32_t)p[1] << 8 : 0);
		*to++ = letters[bits >> 18];
		*to++ = letters[bits >> 12 & 63];
		if (n > 1)
			*to++ = letters[bits >> 6 & 63];
	}
	*to = '\0';
	return (size_t)(to - out);
}

/* sodium_base642bin() of libsodium 1.0.18 takes every byte above 127 for a `_`, where char is signed. */
static bool is_ascii(struct str text)
{
	unsigned char any = 0;

	for (size_t i = 0; i < text.n; i++)
		any |= (unsigned char)text.p[i];
	return any <= 127;
}

bool base64_url_read(struct str text, unsigned char *out, size_t room, size_t *n_out)
{
	const char *end;
	size_t n;

	if (!text.p || !is_ascii(text) ||
	    sodium_base642bin(out, room, text.p, text.n, NULL, &n, &end, sodium_base64_VARIANT_URLSAFE_NO_PADDING) !=
		    0 ||
	    end != text.p + text.n)
		return false;
	*n_out = n;
	return true;
}
