#include "metadata/overlap.h"

#include "metadata/normalize.h"

enum { LENGTH_MOST = 256, /* of a value that can be read */
       TRIES = 8 };

/* The mask as long as a text of `n` bytes, with # for each digit; false: it has no such texts. */
static bool stretch(const char *mask, size_t n, char *out)
{
	size_t length = strlen(mask), used = 0;
	const char *plus = strstr(mask, "#+");

	if (plus ? n + 1 < length : n != length)
		return false;
	for (const char *m = mask; *m; m++) {
		if (m == plus) {
			memset(out + used, '#', n + 2 - length);
			used += n + 2 - length;
			m++;
		} else {
			out[used++] = *m;
		}
	}
	return true;
}

/* What both say of each byte; false: they contradict each other. */
static bool join(char *a, const char *b, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		char fixed = a[i] == '#' ? b[i] : a[i];

		if (a[i] != b[i] && ((a[i] != '#' && b[i] != '#') || fixed < '0' || fixed > '9'))
			return false;
		a[i] = fixed;
	}
	return true;
}

static bool read_apart(const struct key *key, const struct spelling *a, const struct spelling *b, struct str text,
		       struct arena *mem)
{
	struct str as_a, as_b;

	return normalize_cell(key, &a, 1, text, mem, &as_a) == KEY_OK &&
	       normalize_cell(key, &b, 1, text, mem, &as_b) == KEY_OK && !str_eq(as_a, as_b);
}

/* Digits that are alike only by accident, so that two values which can differ do. The same in every run. */
static void fill(const char *pattern, size_t n, uint32_t try, char *text)
{
	uint32_t random = try;

	for (size_t i = 0; i < n; i++) {
		random = random * UINT32_C(1664525) + UINT32_C(1013904223);
		text[i] = pattern[i] == '#' ? (char)('1' + (random >> 16) % 9) : pattern[i];
	}
}

bool overlap_find(const struct key *key, const struct spelling *a, const struct spelling *b, struct arena *mem,
		  struct str *text_out)
{
	char one[LENGTH_MOST], other[LENGTH_MOST];
	size_t most;

	if (!a->mask || !b->mask)
		return false;
	/* a text longer than both masks together only has more of the digits that #+ stands for in both */
	most = strlen(a->mask) + strlen(b->mask) + 1;
	for (size_t n = 1; n <= most && n <= LENGTH_MOST; n++) {
		if (!stretch(a->mask, n, one) || !stretch(b->mask, n, other) || !join(one, other, n))
			continue;
		for (uint32_t try = 0; try < TRIES; try++) {
			struct str text = { other, n };

			fill(one, n, try, other);
			if (!read_apart(key, a, b, text, mem))
				continue;
			*text_out = arena_str(mem, text);
			return true;
		}
	}
	return false;
}
