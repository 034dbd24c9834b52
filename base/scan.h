/* scan.h - take small pieces off the front of a text; what does not match is left where it was.
 * No state; safe from any thread. */
#ifndef BASE_SCAN_H
#define BASE_SCAN_H

#include "base/base.h"

/* Take the character `c` if it is next. */
static inline bool scan_char(struct str *s, char c)
{
	if (s->n == 0 || s->p[0] != c)
		return false;
	*s = (struct str){ s->p + 1, s->n - 1 };
	return true;
}

/* Take a decimal number of at least `least` and at most `most` (<= 9) digits; a further digit is left. */
static inline bool scan_digits(struct str *s, size_t least, size_t most, unsigned *out)
{
	unsigned value = 0;
	size_t n = 0;

	for (; n < s->n && n < most && s->p[n] >= '0' && s->p[n] <= '9'; n++)
		value = value * 10 + (unsigned)(s->p[n] - '0');
	if (n < least)
		return false;
	*s = (struct str){ s->p + n, s->n - n };
	*out = value;
	return true;
}

#endif
