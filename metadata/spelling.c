#include "metadata/spelling.h"

#include "base/text.h"

/* What a mask asks for. Only `#+` has no width of its own. */
struct shape {
	size_t ones; /* single `#` */
	size_t others; /* bytes that stand for themselves */
	size_t plus; /* `#+` */
};

static struct shape shape_of(const char *mask)
{
	struct shape shape = { 0 };

	for (const char *m = mask; *m; m++) {
		if (*m != '#') {
			shape.others++;
		} else if (m[1] == '+') {
			shape.plus++;
			m++;
		} else {
			shape.ones++;
		}
	}
	return shape;
}

bool spelling_mask_ok(const char *mask)
{
	struct shape shape = shape_of(mask);

	return shape.plus <= 1 && shape.ones + shape.plus > 0;
}

/* How many digits `#+` stands for when there are `all` bytes and the rest of the mask takes `rest` of
 * them. */
static bool plus_width(struct shape shape, size_t all, size_t rest, size_t *width)
{
	*width = all > rest ? all - rest : 0;
	return shape.plus == 0 ? all == rest : shape.plus == 1 && all > rest;
}

bool spelling_read(const char *mask, struct str text, struct arena *mem, struct str *digits_out)
{
	struct shape shape = shape_of(mask);
	size_t width, at = 0, n = 0;
	char *digits;

	if (!plus_width(shape, text.n, shape.ones + shape.others, &width) ||
	    !spelling_mask_ok(mask))
		return false;
	digits = arena_alloc(mem, shape.ones + width + 1);
	for (const char *m = mask; *m; m++) {
		bool plus = m[0] == '#' && m[1] == '+';

		if (*m != '#') {
			if (text.p[at++] != *m)
				return false;
			continue;
		}
		for (size_t left = plus ? width : 1; left > 0; left--) {
			if (!text_is_digit(text.p[at]))
				return false;
			digits[n++] = text.p[at++];
		}
		m += plus;
	}
	*digits_out = (struct str){ digits, n };
	return true;
}

static bool all_digits(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!text_is_digit(s.p[i]))
			return false;
	return s.n > 0;
}

bool spelling_write(const char *mask, struct str digits, bool pad, struct arena *mem, struct str *out)
{
	struct shape shape = shape_of(mask);
	size_t places = shape.ones + shape.plus;
	size_t zeros = pad && digits.n < places ? places - digits.n : 0;
	size_t width, n = 0, used = 0;
	char *text;

	if (!all_digits(digits) || !spelling_mask_ok(mask) ||
	    !plus_width(shape, zeros + digits.n, shape.ones, &width))
		return false;
	text = arena_alloc(mem, shape.others + zeros + digits.n + 1);
	for (const char *m = mask; *m; m++) {
		bool plus = m[0] == '#' && m[1] == '+';

		if (*m != '#') {
			text[n++] = *m;
			continue;
		}
		for (size_t left = plus ? width : 1; left > 0; left--, used++)
			text[n++] = used < zeros ? '0' : digits.p[used - zeros];
		m += plus;
	}
	*out = (struct str){ text, n };
	return true;
}
