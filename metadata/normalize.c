#include "metadata/normalize.h"

#include "base/text.h"
#include "metadata/block.h"
#include "metadata/phone.h"
#include "metadata/spelling.h"

enum { RAW_MOST = 256, INTEGER_MOST = 20, UUID_DIGITS = 32 };

static bool is_space(uint32_t cp)
{
	return cp == ' ' || (cp >= '\t' && cp <= '\r') || cp == 0xA0 || cp == 0x3000;
}

static bool is_control(uint32_t cp)
{
	return cp < 0x20 || (cp >= 0x7F && cp < 0xA0);
}

static char upper(char c)
{
	return c >= 'a' && c <= 'z' ? (char)(c - ('a' - 'A')) : c;
}

/* Without white space at both ends. `s` is UTF-8. */
static struct str trim(struct str s)
{
	size_t first = s.n, end = 0;
	uint32_t cp;

	for (size_t i = 0, n; i < s.n; i += n) {
		n = text_next((struct str){ s.p + i, s.n - i }, &cp);
		if (is_space(cp))
			continue;
		first = i < first ? i : first;
		end = i + n;
	}
	return end ? (struct str){ s.p + first, end - first } : STR("");
}

/* Most keys: a few characters that are printed, ASCII, without a blank. */
static bool is_plain(struct str s)
{
	bool plain = s.n > 0 && s.n <= RAW_MOST;

	for (size_t i = 0; i < s.n && plain; i++)
		plain = s.p[i] > ' ' && s.p[i] < 0x7F;
	return plain;
}

/* Trimmed text that any type may look at: UTF-8, bounded, no control characters. */
static bool clean(struct str raw, struct str *out)
{
	struct str s;
	uint32_t cp;

	if (raw.p && is_plain(raw)) {
		*out = raw;
		return true;
	}
	if (raw.p == NULL || !text_is_utf8(raw))
		return false;
	s = trim(raw);
	if (s.n == 0 || s.n > RAW_MOST)
		return false;
	for (size_t i = 0; i < s.n;) {
		i += text_next((struct str){ s.p + i, s.n - i }, &cp);
		if (is_control(cp))
			return false;
	}
	*out = s;
	return true;
}

/* The ASCII twin of full-width forms and of the dashes and spaces that keyboards and documents put into
 * numbers. */
static uint32_t narrow(uint32_t cp)
{
	if (cp >= 0xFF01 && cp <= 0xFF5E)
		return cp - 0xFF01 + '!';
	if ((cp >= 0x2010 && cp <= 0x2015) || cp == 0x2212)
		return '-';
	return is_space(cp) ? ' ' : cp;
}

/* Numbers only: their characters in ASCII. Never longer than `s`, which may be it. */
static struct str fold(struct str s, struct arena *mem)
{
	char *out;
	size_t used = 0;
	uint32_t cp;

	if (is_plain(s))
		return s;
	out = arena_alloc(mem, s.n + 1);
	for (size_t i = 0; i < s.n;) {
		i += text_next((struct str){ s.p + i, s.n - i }, &cp);
		used += text_encode(narrow(cp), out + used);
	}
	return (struct str){ out, used };
}

static bool recase(struct str s, char (*to)(char), struct arena *mem, struct str *out)
{
	char *text = arena_alloc(mem, s.n + 1);

	for (size_t i = 0; i < s.n; i++)
		text[i] = to(s.p[i]);
	*out = (struct str){ text, s.n };
	return true;
}

/* Also "4587.0": what spreadsheets and decimal columns make of a number. */
static bool read_integer(struct str s, struct arena *mem, struct str *out)
{
	size_t first = 0, end;

	while (first < s.n && s.p[first] == '0')
		first++;
	for (end = first; end < s.n && text_is_digit(s.p[end]); end++)
		;
	if (end == 0 || end - first > INTEGER_MOST)
		return false;
	if (end < s.n) {
		size_t zeros = end + 1;

		while (zeros < s.n && s.p[zeros] == '0')
			zeros++;
		if (s.p[end] != '.' || zeros < s.n || zeros == end + 1)
			return false;
	}
	*out = arena_str(mem, end > first ? (struct str){ s.p + first, end - first } : STR("0"));
	return true;
}

static bool read_digits(struct str s, struct arena *mem, struct str *out)
{
	char *text = arena_alloc(mem, s.n + 1);
	size_t n = 0;

	for (size_t i = 0; i < s.n; i++) {
		if (text_is_digit(s.p[i]))
			text[n++] = s.p[i];
		else if (!strchr(" -.()/", s.p[i]))
			return false;
	}
	if (n == 0)
		return false;
	*out = (struct str){ text, n };
	return true;
}

static bool read_email(struct str s, struct arena *mem, struct str *out)
{
	const char *sign = memchr(s.p, '@', s.n);
	size_t local = sign ? (size_t)(sign - s.p) : 0;
	uint32_t cp;

	if (local == 0 || local + 1 == s.n || memchr(sign + 1, '@', s.n - local - 1))
		return false;
	for (size_t i = 0; i < s.n;) {
		i += text_next((struct str){ s.p + i, s.n - i }, &cp);
		if (is_space(cp))
			return false;
	}
	return recase(s, text_lower, mem, out);
}

bool normalize_uuid(struct str s, struct arena *mem, struct str *out)
{
	char hex[UUID_DIGITS];
	bool dashes;

	if (s.n > 2 && s.p[0] == '{' && s.p[s.n - 1] == '}')
		s = (struct str){ s.p + 1, s.n - 2 };
	dashes = s.n == UUID_DIGITS + 4;
	if (!dashes && s.n != UUID_DIGITS)
		return false;
	for (size_t i = 0, n = 0; i < s.n; i++) {
		if (dashes && (i == 8 || i == 13 || i == 18 || i == 23)) {
			if (s.p[i] != '-')
				return false;
		} else if (text_hex_digit(s.p[i]) < 0) {
			return false;
		} else {
			hex[n++] = text_lower(s.p[i]);
		}
	}
	*out = arena_printf(mem, "%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8, hex + 12, hex + 16, hex + 20);
	return true;
}

/* By the type alone, in any form people write. */
static bool read_type(enum key_type type, struct str s, struct arena *mem, struct str *out)
{
	switch (type) {
	case KEY_TEXT:
		*out = arena_str(mem, s);
		return true;
	case KEY_UPPER:
		return recase(s, upper, mem, out);
	case KEY_LOWER:
		return recase(s, text_lower, mem, out);
	case KEY_INTEGER:
		return read_integer(fold(s, mem), mem, out);
	case KEY_DIGITS:
		return read_digits(fold(s, mem), mem, out);
	case KEY_EMAIL:
		return read_email(s, mem, out);
	case KEY_UUID:
		return normalize_uuid(s, mem, out);
	case KEY_PHONE_KR:
	case KEY_PHONE_US:
		return phone_read(type, fold(s, mem), mem, out);
	}
	return false;
}

/* Beside its masks a value may be written as bare digits; for text types as nothing else. */
static bool read_bare(enum key_type type, struct str s, struct arena *mem, struct str *out)
{
	struct str digits = s;

	if (type == KEY_TEXT || type == KEY_UPPER || type == KEY_LOWER)
		return spelling_read("#+", fold(s, mem), mem, &digits) &&
		       read_type(type, digits, mem, out);
	return read_type(type, s, mem, out);
}

static bool read_mask(enum key_type type, const char *mask, struct str s, struct arena *mem, struct str *out)
{
	struct str digits;

	return (spelling_read(mask, s, mem, &digits) || spelling_read(mask, fold(s, mem), mem, &digits)) &&
	       read_type(type, digits, mem, out);
}

static enum key_verdict judge(const struct key *key, bool read, struct str value, struct str *out)
{
	if (!read)
		return KEY_MALFORMED;
	if (key->block_re && block_matches(key->block_re, value))
		return KEY_BLOCKED;
	*out = value;
	return KEY_OK;
}

enum key_verdict normalize_key(const struct key *key, struct str raw, struct arena *mem, struct str *out)
{
	bool masks = false, read = false;
	struct str s, value = { 0 };

	if (!clean(raw, &s))
		return KEY_MALFORMED;
	for (size_t i = 0; i < key->n_spellings && !read; i++) {
		if (key->spellings[i].mask == NULL)
			continue;
		masks = true;
		read = read_mask(key->type, key->spellings[i].mask, s, mem, &value);
	}
	if (!read)
		read = masks ? read_bare(key->type, s, mem, &value) :
			       read_type(key->type, s, mem, &value);
	return judge(key, read, value, out);
}

enum key_verdict normalize_cell(const struct key *key, const struct spelling *const *as, size_t n_as,
				struct str cell, struct arena *mem, struct str *out)
{
	struct str s, value = { 0 };
	bool read = false;

	if (n_as == 0)
		return normalize_key(key, cell, mem, out);
	if (!clean(cell, &s))
		return KEY_MALFORMED;
	for (size_t i = 0; i < n_as && !read; i++)
		if (as[i]->mask)
			read = read_mask(key->type, as[i]->mask, s, mem, &value);
	if (!read)
		read = read_bare(key->type, s, mem, &value);
	return judge(key, read, value, out);
}

static bool is_phone(const struct key *key)
{
	return key->type == KEY_PHONE_KR || key->type == KEY_PHONE_US;
}

bool spell_key(const struct key *key, const struct spelling *spelling, struct str canonical,
	       struct arena *mem, struct str *out)
{
	if (spelling == NULL && key->n_spellings > 0)
		spelling = &key->spellings[0];
	if (spelling == NULL || (spelling->mask == NULL && !is_phone(key))) {
		*out = canonical;
		return true;
	}
	if (spelling->mask == NULL)
		return phone_write(key->type, spelling->name, canonical, mem, out);
	return canonical.n + strlen(spelling->mask) <= RAW_MOST && /* or it could not be read back */
	       spelling_write(spelling->mask, canonical, key->type == KEY_INTEGER, mem, out);
}

const char *normalize_expects(enum key_type type)
{
	switch (type) {
	case KEY_TEXT:
	case KEY_UPPER:
	case KEY_LOWER:
		return "text of at most 256 bytes without control characters";
	case KEY_INTEGER:
		return "a whole number";
	case KEY_DIGITS:
		return "digits";
	case KEY_EMAIL:
		return "an e-mail address";
	case KEY_UUID:
		return "a UUID";
	case KEY_PHONE_KR:
		return "a telephone number such as 010-1234-5678 or +82 10 1234 5678";
	case KEY_PHONE_US:
		return "a telephone number such as 831-155-1615";
	}
	return "such a value";
}
