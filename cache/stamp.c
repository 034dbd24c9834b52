#include "cache/stamp.h"

#include "cache/name.h"

bool stamp_hex(const char *text, uint64_t *out)
{
	uint64_t value = 0;

	for (size_t i = 0; i < STAMP_CHARS; i++) {
		char c = text[i];

		if (c >= '0' && c <= '9')
			value = value << 4 | (unsigned)(c - '0');
		else if (c >= 'a' && c <= 'f')
			value = value << 4 | (unsigned)(c - 'a' + 10);
		else
			return false;
	}
	*out = value;
	return true;
}

bool stamp_decimal(const char *text, uint64_t *out)
{
	uint64_t value = 0;

	for (size_t i = 0; i < STAMP_CHARS; i++) {
		if (text[i] < '0' || text[i] > '9')
			return false;
		value = 10 * value + (unsigned)(text[i] - '0');
	}
	*out = value;
	return true;
}

bool stamp_admits(struct str floors, const struct cache_wholes *wholes, struct cache_ticket ticket)
{
	const char *const names[] = { STAMP_ALL, wholes->source.text, wholes->part.text };
	uint64_t era, at;

	if (!floors.p || floors.n % (NAME_CHARS + STAMP_CHARS) != STAMP_CHARS || !stamp_hex(floors.p, &era) ||
	    era != ticket.era)
		return false;
	for (const char *p = floors.p + STAMP_CHARS; p < floors.p + floors.n; p += NAME_CHARS + STAMP_CHARS)
		for (size_t i = 0; i < ARRAY_LEN(names); i++)
			if (memcmp(p, names[i], NAME_CHARS) == 0 &&
			    (!stamp_decimal(p + NAME_CHARS, &at) || at >= ticket.began))
				return false;
	return true;
}
