#include "weblog/personal.h"

#include <strings.h>

#include "base/text.h"

/* What stands where the text does. */
enum place {
	OF_A_THING, /* the number of a thing, says the mapping */
	OF_ANYTHING,
	WITH_CARDS, /* and no number of a thing that has a card's form */
};

enum {
	NUMBER_LEAST = 9,
	NUMBER_MOST = 19,
	RRN_DIGITS = 13,
	FOLDED_MOST = 4096, /* bytes; no text that is kept is longer */
	TOKEN_LEAST = 16, /* of the first part of a JWT, which says how it is signed */
	GAP_MOST = 6, /* bytes between two digits of one number */
};

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Also of any other script. */
static bool is_word(char c)
{
	return text_is_digit(c) || is_letter(c) || (unsigned char)c >= 0x80;
}

/* ---- e-mail ---- */

/* A host with a point, and two letters behind it. */
static bool is_host(struct str s)
{
	bool point = false;
	size_t letters = 0;

	for (size_t i = 0; i < s.n; i++) {
		if (!is_word(s.p[i]) && s.p[i] != '-' && s.p[i] != '.')
			return false;
		letters = is_letter(s.p[i]) || (unsigned char)s.p[i] >= 0x80 ? letters + 1 : 0;
		point |= s.p[i] == '.' && i > 0;
		if (point && letters >= 2)
			return true;
	}
	return false;
}

static bool has_email(struct str s)
{
	for (size_t i = 1; i + 1 < s.n; i++) {
		size_t sign = s.p[i] == '@' ? 1 : 0;

		if (s.p[i] == '%' && i + 3 < s.n && memcmp(s.p + i, "%40", 3) == 0)
			sign = 3;
		if (sign && (is_word(s.p[i - 1]) || strchr("._-+", s.p[i - 1])) &&
		    is_host((struct str){ s.p + i + sign, s.n - i - sign }))
			return true;
	}
	return false;
}

/* user:password@host, and //user@host. */
static bool has_login(struct str s)
{
	size_t begin = 0, colon = 0; /* behind it; 0: none */

	for (size_t i = 0; i < s.n; i++) {
		bool is_behind_slashes = begin > 1 && s.p[begin - 2] == '/' && s.p[begin - 1] == '/';

		if (s.p[i] == ':' && i > begin && !colon) {
			colon = i + 1;
		} else if (s.p[i] == '@' && i + 1 < s.n && (is_word(s.p[i + 1]) || s.p[i + 1] == '[')) {
			if ((colon && i > colon) || (is_behind_slashes && i > begin))
				return true;
		} else if ((unsigned char)s.p[i] <= ' ' || strchr("/?#", s.p[i])) {
			begin = i + 1;
			colon = 0;
		}
	}
	return false;
}

/* ---- numbers ---- */

struct number {
	char digits[NUMBER_MOST];
	size_t n, groups, last; /* last: digits of the last group */
	bool plus;
};

static unsigned two(const char *digits)
{
	return (unsigned)(digits[0] - '0') * 10 + (unsigned)(digits[1] - '0');
}

/* All mobile numbers that are in use: 010 and eight digits, without the 0. */
static bool is_mobile_now(const char *digits, size_t n)
{
	return n == 10 && digits[0] == '1' && digits[1] == '0';
}

/* 010, 011 and so on, without what stands in front. */
static bool is_mobile(const char *digits, size_t n)
{
	return (n == 9 || n == 10) && digits[0] == '1' && strchr("016789", digits[1]);
}

/* 82, and a mobile number with or without its 0. */
static bool is_korean_mobile(const char *digits, size_t n)
{
	return n > 3 && memcmp(digits, "82", 2) == 0 &&
	       (is_mobile(digits + 2, n - 2) || (digits[2] == '0' && is_mobile(digits + 3, n - 3)));
}

/* 00, perhaps with the number of who carries the call abroad (001, 00700), then as from abroad. */
static bool is_dialled_abroad(const struct number *s)
{
	if (memcmp(s->digits, "00", 2) != 0)
		return false;
	for (size_t at = 2; at <= 5; at++)
		if (is_korean_mobile(s->digits + at, s->n - at))
			return true;
	return s->groups >= 3 && memcmp(s->digits + 2, "82", 2) == 0 && s->n >= 12 && s->n <= 15;
}

static bool is_phone(const struct number *s)
{
	const char *d = s->digits;

	if (s->plus && s->n >= 10 && s->n <= 15)
		return true;
	/* Ten digits with 010 in front are a number of anything when nothing stands between them. */
	if (d[0] == '0' && is_mobile(d + 1, s->n - 1) && (s->groups > 1 || d[2] != '0' || s->n > 10))
		return true;
	if (is_korean_mobile(d, s->n) || is_dialled_abroad(s))
		return true;
	/* So are these, and all that do not end with four digits. */
	return s->groups >= 3 && s->last == 4 && d[0] == '0' &&
	       ((d[1] == '2' && s->n <= 10) || (d[1] >= '3' && d[1] <= '7' && s->n >= 10 && s->n <= 12));
}

/* The check digit that these numbers had until October 2020; of foreigners it is two more. */
static bool is_rrn_checked(const struct number *s)
{
	static const unsigned char weights[RRN_DIGITS - 1] = { 2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5 };
	unsigned sum = 0, check;

	for (size_t i = 0; i < ARRAY_LEN(weights); i++)
		sum += weights[i] * (unsigned)(s->digits[i] - '0');
	check = (11 - sum % 11) % 10;
	if (s->digits[6] >= '5')
		check = (check + 2) % 10;
	return check == (unsigned)(s->digits[RRN_DIGITS - 1] - '0');
}

/* Year, month, day of birth, then the century and sex. Without a dash a bar code looks the same, so the check digit
 * counts where there is one. */
static bool is_rrn(const struct number *s)
{
	unsigned year = two(s->digits), month = two(s->digits + 2), day = two(s->digits + 4);

	if (s->n != RRN_DIGITS || month < 1 || month > 12 || day < 1 || day > 31 || s->digits[6] < '1' ||
	    s->digits[6] > '8')
		return false;
	if (s->groups > 1)
		return true;
	if (strchr("3478", s->digits[6])) /* born since 2000; else a bar code, as Korean ones begin with 880 */
		return year < 50 && (year >= 20 || is_rrn_checked(s));
	return is_rrn_checked(s);
}

static bool is_checked(const struct number *s)
{
	unsigned sum = 0;

	for (size_t i = 0; i < s->n; i++) {
		unsigned digit = (unsigned)(s->digits[s->n - 1 - i] - '0') << (i & 1u);

		sum += digit > 9 ? digit - 9 : digit;
	}
	return sum % 10 == 0;
}

/* Ranges of ISO/IEC 7812 that cards have, and 9, which Korean cards for use at home have. */
static bool is_card(const struct number *s)
{
	unsigned first = s->n >= 13 ? two(s->digits) : 0;
	bool range = false;

	if (s->n == 13)
		range = first / 10 == 4;
	else if (s->n == 14)
		range = first == 30 || first == 36 || first == 38;
	else if (s->n == 15)
		range = first == 34 || first == 37;
	else if (s->n == 16)
		range = (first >= 22 && first <= 27) || first == 35 || (first >= 40 && first <= 69) || first >= 90;
	else if (s->n > 16)
		range = first >= 50 && first <= 69;
	return range && is_checked(s);
}

/* Not what may be one, since the number of a thing may look so. */
static bool is_phone_surely(const struct number *s)
{
	const char *d = s->digits;

	return (d[0] == '0' && is_mobile_now(d + 1, s->n - 1)) || (s->plus && s->n >= 10 && s->n <= 15) ||
	       is_korean_mobile(d, s->n) || is_dialled_abroad(s);
}

static bool is_number_of_person(const struct number *s, enum place place)
{
	return s->n >= NUMBER_LEAST && ((place == OF_A_THING ? is_phone_surely(s) : is_phone(s)) || is_rrn(s) ||
					((place == WITH_CARDS || s->groups >= 3) && is_card(s)));
}

/* How many bytes stand between two digits of one number; 0: it ends there. */
static size_t gap(struct str s, size_t at)
{
	size_t n = 0;

	while (n < GAP_MOST && at + n < s.n &&
	       ((unsigned char)s.p[at + n] <= ' ' || strchr("-./()_+", s.p[at + n])))
		n++;
	return at + n < s.n && text_is_digit(s.p[at + n]) ? n : 0;
}

/* Do the digits from there on, to the end of any of their groups, make such a number? */
static bool begins_number(struct str s, size_t at, enum place place)
{
	struct number number = { .plus = at > 0 && s.p[at - 1] == '+' };

	while (at < s.n) {
		size_t between, before = number.n;

		while (at < s.n && text_is_digit(s.p[at])) {
			if (number.n == NUMBER_MOST)
				return false;
			number.digits[number.n++] = s.p[at++];
		}
		number.groups++;
		number.last = number.n - before;
		if (is_number_of_person(&number, place))
			return true;
		between = gap(s, at);
		if (between == 0)
			return false;
		at += between;
	}
	return false;
}

static bool has_number(struct str s, enum place place)
{
	for (size_t i = 0; i < s.n; i++)
		if (text_is_digit(s.p[i]) && (i == 0 || !text_is_digit(s.p[i - 1])) && begins_number(s, i, place))
			return true;
	return false;
}

/* ---- tokens ---- */

static bool has_token(struct str s)
{
	while (s.n > TOKEN_LEAST) {
		const char *at = memmem(s.p, s.n, "eyJ", 3);
		size_t n = 0;

		if (!at)
			return false;
		s = (struct str){ at, s.n - (size_t)(at - s.p) };
		while (n < s.n && (text_is_digit(s.p[n]) || is_letter(s.p[n]) || s.p[n] == '-' || s.p[n] == '_'))
			n++;
		if (n >= TOKEN_LEAST && n < s.n && s.p[n] == '.')
			return true;
		s = (struct str){ s.p + n, s.n - n }; /* what begins inside ends there, too */
	}
	return false;
}

enum { AS_IT_IS = -1, NOT_SEEN = 0 };

/* The byte of ASCII that a character stands for. */
static int folded(uint32_t cp)
{
	if (cp >= 0xff01 && cp <= 0xff5e)
		return (int)(cp - 0xff01) + '!';
	if ((cp >= 0x2010 && cp <= 0x2015) || cp == 0x2212 || cp == 0xb7 || cp == 0x30fb)
		return '-';
	if (cp == 0xa0 || cp == 0x3000 || (cp >= 0x2000 && cp <= 0x200a))
		return ' ';
	if (cp == 0xad || (cp >= 0x200b && cp <= 0x200d) || cp == 0x2060 || cp == 0xfeff)
		return NOT_SEEN;
	return AS_IT_IS;
}

bool weblog_fold(struct str text, char *out, size_t *n_out)
{
	size_t n = 0;
	bool found = false;

	for (size_t i = 0; i < text.n;) {
		uint32_t cp;
		size_t taken = text_next((struct str){ text.p + i, text.n - i }, &cp);
		int as = folded(cp);

		if (as == AS_IT_IS) {
			memcpy(out + n, text.p + i, taken);
			n += taken;
		} else if (as != NOT_SEEN) {
			out[n++] = (char)as;
		}
		found |= as != AS_IT_IS;
		i += taken;
	}
	*n_out = n;
	return found;
}

static bool is_personal_ascii(struct str text, enum place place)
{
	size_t digits = 0;
	bool sign = false, token = false;

	for (size_t i = 0; i < text.n; i++) {
		digits += text_is_digit(text.p[i]);
		sign |= text.p[i] == '@' || text.p[i] == '%';
		token |= text.p[i] == 'J';
	}
	return (sign && (has_email(text) || has_login(text))) || (digits >= NUMBER_LEAST && has_number(text, place)) ||
	       (token && has_token(text));
}

static bool is_personal(struct str text, enum place place)
{
	char ascii[FOLDED_MOST];
	bool wide = false;
	size_t n;

	for (size_t i = 0; i < text.n && !wide; i++)
		wide = (unsigned char)text.p[i] >= 0x80;
	if (wide && weblog_fold(text_cut(text, sizeof(ascii)), ascii, &n) &&
	    is_personal_ascii((struct str){ ascii, n }, place))
		return true;
	return is_personal_ascii(text, place);
}

bool weblog_is_personal(struct str text)
{
	return is_personal(text, OF_ANYTHING);
}

bool weblog_is_personal_or_card(struct str text)
{
	return is_personal(text, WITH_CARDS);
}

bool weblog_is_personal_as_thing(struct str text)
{
	return is_personal(text, OF_A_THING);
}
