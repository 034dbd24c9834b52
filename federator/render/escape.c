#include "federator/render/escape.h"

#include "base/text.h"

typedef int8_t lanes __attribute__((vector_size(16)));
typedef uint64_t halves __attribute__((vector_size(16)));

/* May one of 16 bytes be written otherwise? As signed numbers those beyond ASCII are below the blank, too. */
static bool any_odd(uint64_t first, uint64_t second, const struct escape *how)
{
	lanes bytes = (lanes)(halves){ first, second };
	halves odd = (halves)((bytes < ' ') | (bytes == how->marks[0]) | (bytes == how->marks[1]) |
			      (bytes == how->marks[2]));

	return (odd[0] | odd[1]) != 0;
}

static uint64_t load8(const char *p)
{
	uint64_t word;

	memcpy(&word, p, sizeof(word));
	return word;
}

static uint32_t load4(const char *p)
{
	uint32_t word;

	memcpy(&word, p, sizeof(word));
	return word;
}

/* Copy two words that may overlap, from the beginning and the end of what is copied. False: one may not stay. */
static bool copy_ends_8(char *to, const char *p, size_t n, const struct escape *how)
{
	uint64_t first = load8(p), last = load8(p + n - 8);

	memcpy(to, &first, sizeof(first));
	memcpy(to + n - 8, &last, sizeof(last));
	return !any_odd(first, last, how);
}

static bool copy_ends_4(char *to, const char *p, size_t n, const struct escape *how)
{
	uint32_t first = load4(p), last = load4(p + n - 4);

	memcpy(to, &first, sizeof(first));
	memcpy(to + n - 4, &last, sizeof(last));
	return !any_odd(first | (uint64_t)first << 32, last | (uint64_t)last << 32, how);
}

bool escape_copy(char *to, struct str text, const struct escape *how)
{
	const char *p = text.p;
	size_t n = text.n;

	for (; n > 16; p += 16, to += 16, n -= 16) {
		uint64_t first = load8(p), second = load8(p + 8);

		memcpy(to, &first, sizeof(first));
		memcpy(to + 8, &second, sizeof(second));
		if (any_odd(first, second, how))
			return false;
	}
	if (n >= 8)
		return copy_ends_8(to, p, n, how);
	if (n >= 4)
		return copy_ends_4(to, p, n, how);
	for (; n; n--, p++, to++) {
		*to = *p;
		if ((unsigned char)*p >= 0x80 || how->ascii[(unsigned char)*p])
			return false;
	}
	return true;
}

/* A character of three bytes that every writer leaves as it is: U+1000 to U+CFFF, Hangul up to there, and Han. */
static bool is_plain_3(struct str s)
{
	unsigned char lead = (unsigned char)s.p[0];

	return lead > 0xE0 && lead < 0xED && s.n >= 3 && ((unsigned char)s.p[1] & 0xC0) == 0x80 &&
	       ((unsigned char)s.p[2] & 0xC0) == 0x80;
}

/* The character at s.p, which is not ASCII, or what is written for it. Returns its end; *used: its bytes in `s`. */
static char *write_wide(char *to, struct str s, const struct escape *how, size_t *used)
{
	uint32_t cp;

	if (is_plain_3(s)) {
		*used = 3;
		return mempcpy(to, s.p, 3);
	}
	*used = text_next(s, &cp);
	if (cp == 0xFFFD || (how->no_fffe && (cp == 0xFFFE || cp == 0xFFFF)))
		return mempcpy(to, ESCAPE_REPLACEMENT, sizeof(ESCAPE_REPLACEMENT) - 1);
	return mempcpy(to, s.p, *used);
}

/* `to` has room for ESCAPE_MOST times the bytes of the text. Returns the end of what was written. */
static char *write_any(char *to, struct str text, const struct escape *how)
{
	for (size_t i = 0, used; i < text.n; i += used) {
		unsigned char c = (unsigned char)text.p[i];

		used = 1;
		if (c >= 0x80)
			to = write_wide(to, (struct str){ text.p + i, text.n - i }, how, &used);
		else if (!how->ascii[c])
			*to++ = (char)c;
		else
			for (const char *instead = how->ascii[c]; *instead; instead++)
				*to++ = *instead;
	}
	return to;
}

/* So much of the text as is written at once: it is cut between characters, if it is UTF-8. */
static size_t piece(struct str text)
{
	enum { PIECE_BYTES = 512 };
	size_t n = PIECE_BYTES;

	if (text.n <= PIECE_BYTES)
		return text.n;
	while (n > PIECE_BYTES - 3 && ((unsigned char)text.p[n] & 0xC0) == 0x80)
		n--;
	return n;
}

void escape_put(struct str text, const struct escape *how, struct buf *out)
{
	if (escape_copy(buf_reserve(out, text.n), text, how)) {
		buf_add(out, text.n);
		return;
	}
	while (text.n) {
		size_t n = piece(text);
		char *to = buf_reserve(out, ESCAPE_MOST * n);

		buf_add(out, (size_t)(write_any(to, (struct str){ text.p, n }, how) - to));
		text = (struct str){ text.p + n, text.n - n };
	}
}
