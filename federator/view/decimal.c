#include "federator/view/decimal.h"

#include <assert.h>

#include "base/text.h"

enum { EXPONENT_MAX = 400 }; /* a double ends at 308; beyond is garbage that would only fill memory */

/* A number in pieces: digits before and behind the point. */
struct number {
	bool negative;
	struct str whole, frac;
	int exponent;
};

/* Cut the digits in front of *s. */
static struct str take_digits(struct str *s)
{
	struct str digits = {s->p, 0};

	while (digits.n < s->n && text_is_digit(s->p[digits.n]))
		digits.n++;
	s->p += digits.n;
	s->n -= digits.n;
	return digits;
}

static bool take_byte(struct str *s, char c)
{
	if (s->n == 0 || s->p[0] != c)
		return false;
	s->p++;
	s->n--;
	return true;
}

/* The exponent behind "e"; false: none, or too large. */
static bool take_exponent(struct str *s, int *out)
{
	bool negative = take_byte(s, '-');
	struct str digits;
	int value = 0;

	if (!negative)
		take_byte(s, '+');
	digits = take_digits(s);
	for (size_t i = 0; i < digits.n; i++) {
		value = value * 10 + (digits.p[i] - '0');
		if (value > EXPONENT_MAX)
			return false;
	}
	*out = negative ? -value : value;
	return digits.n > 0;
}

static bool all_zero(struct str digits)
{
	for (size_t i = 0; i < digits.n; i++)
		if (digits.p[i] != '0')
			return false;
	return true;
}

/* Split any accepted spelling. */
static bool split(struct str raw, struct number *out)
{
	struct number n = {.negative = take_byte(&raw, '-')};

	if (!n.negative)
		take_byte(&raw, '+');
	n.whole = take_digits(&raw);
	if (take_byte(&raw, '.'))
		n.frac = take_digits(&raw);
	if (n.whole.n + n.frac.n == 0)
		return false;
	if ((take_byte(&raw, 'e') || take_byte(&raw, 'E')) && !take_exponent(&raw, &n.exponent))
		return false;
	if (raw.n > 0)
		return false;
	n.negative = n.negative && !(all_zero(n.whole) && all_zero(n.frac));
	*out = n;
	return true;
}

static struct number split_canonical(struct str text)
{
	struct number n;
	bool ok = split(text, &n);

	assert(ok && n.exponent == 0);
	(void)ok;
	return n;
}

/* Digit i counted from the first one written; zeros in front and behind. */
static char digit(const struct number *n, int64_t i)
{
	int64_t whole = (int64_t)n->whole.n;

	if (i < 0 || i >= whole + (int64_t)n->frac.n)
		return '0';
	return i < whole ? n->whole.p[i] : n->frac.p[i - whole];
}

/* Write a number canonically. */
static struct str print(const struct number *n, struct arena *mem)
{
	int64_t digits = (int64_t)(n->whole.n + n->frac.n);
	int64_t point = (int64_t)n->whole.n + n->exponent; /* the digit in front of which the point stands */
	int64_t first = 0;
	char *p = arena_alloc(mem, (size_t)digits + EXPONENT_MAX + 4), *start = p;

	if (n->negative)
		*p++ = '-';
	while (first < point - 1 && digit(n, first) == '0')
		first++;
	if (point <= 0)
		*p++ = '0';
	for (int64_t i = first; i < point; i++)
		*p++ = digit(n, i);
	if (point < digits)
		*p++ = '.';
	for (int64_t i = point; i < digits; i++)
		*p++ = digit(n, i);
	return (struct str){start, (size_t)(p - start)};
}

/* Is the text of `n` canonical as it stands? */
static bool is_canonical(struct str raw, const struct number *n)
{
	size_t bytes = n->whole.n + n->frac.n + (n->frac.n > 0) + n->negative;

	return bytes == raw.n && n->exponent == 0 && n->whole.n > 0 &&
	       (n->whole.p[0] != '0' || n->whole.n == 1);
}

bool decimal_read(struct str raw, struct arena *mem, struct str *out)
{
	struct number n;

	if (!split(raw, &n))
		return false;
	*out = is_canonical(raw, &n) ? raw : print(&n, mem);
	return true;
}

static int cmp_magnitude(const struct number *a, const struct number *b)
{
	size_t scale = a->frac.n > b->frac.n ? a->frac.n : b->frac.n;
	int c;

	if (a->whole.n != b->whole.n)
		return a->whole.n < b->whole.n ? -1 : 1;
	c = memcmp(a->whole.p, b->whole.p, a->whole.n);
	for (size_t i = 0; i < scale && c == 0; i++)
		c = digit(a, (int64_t)(a->whole.n + i)) - digit(b, (int64_t)(b->whole.n + i));
	return (c > 0) - (c < 0);
}

int decimal_cmp(struct str a, struct str b)
{
	struct number x = split_canonical(a), y = split_canonical(b);

	if (x.negative != y.negative)
		return x.negative ? -1 : 1;
	return x.negative ? cmp_magnitude(&y, &x) : cmp_magnitude(&x, &y);
}

/* The digit at 10^power as a number. */
static int at_power(const struct number *n, int64_t power)
{
	return digit(n, (int64_t)n->whole.n - 1 - power) - '0';
}

struct str decimal_add(struct str a, struct str b, struct arena *mem)
{
	struct number x = split_canonical(a), y = split_canonical(b), sum;
	int64_t scale = (int64_t)(x.frac.n > y.frac.n ? x.frac.n : y.frac.n);
	int64_t whole = (int64_t)(x.whole.n > y.whole.n ? x.whole.n : y.whole.n) + 1;
	char *digits = arena_alloc(mem, (size_t)(whole + scale));
	bool minus = x.negative != y.negative;
	int carry = 0;

	if (minus && cmp_magnitude(&x, &y) < 0) {
		struct number larger = y;

		y = x;
		x = larger;
	}
	for (int64_t power = -scale; power < whole; power++) {
		int d = at_power(&x, power) + carry + (minus ? -at_power(&y, power) : at_power(&y, power));

		carry = d < 0 ? -1 : d / 10;
		digits[whole - 1 - power] = (char)('0' + (d + 10) % 10);
	}
	assert(carry == 0);
	sum = (struct number){.whole = {digits, (size_t)whole}, .frac = {digits + whole, (size_t)scale}};
	sum.negative = x.negative && !(all_zero(sum.whole) && all_zero(sum.frac));
	return print(&sum, mem);
}

bool decimal_whole(struct str number, struct str *out)
{
	struct number n = split_canonical(number);

	if (!all_zero(n.frac))
		return false;
	*out = (struct str){number.p, n.whole.n + (number.n > 0 && number.p[0] == '-')};
	return true;
}
