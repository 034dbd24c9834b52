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

static uint64_t load4(const char *p)
{
	uint32_t word;

	memcpy(&word, p, sizeof(word));
	return word | (uint64_t)word << 32;
}

/* True: all of it is ASCII that is written as it is. Ends are read twice rather than byte by byte. */
static bool is_plain(struct str s, const struct escape *how)
{
	const char *p = s.p, *end = s.p + s.n;

	if (s.n < 4) {
		for (; p < end; p++)
			if ((unsigned char)*p >= 0x80 || how->ascii[(unsigned char)*p])
				return false;
		return true;
	}
	if (s.n < 8)
		return !any_odd(load4(p), load4(end - 4), how);
	for (; end - p >= 16; p += 16)
		if (any_odd(load8(p), load8(p + 8), how))
			return false;
	return !any_odd(load8(end - p >= 8 ? p : end - 8), load8(end - 8), how);
}

/* A character of three bytes that every writer leaves as it is: U+1000 to U+CFFF, Hangul up to there, and Han. */
static bool is_plain_3(struct str s)
{
	unsigned char lead = (unsigned char)s.p[0];

	return lead > 0xE0 && lead < 0xED && s.n >= 3 && ((unsigned char)s.p[1] & 0xC0) == 0x80 &&
	       ((unsigned char)s.p[2] & 0xC0) == 0x80;
}

/* What to write for the character at s.p, which is not ASCII, or NULL: itself. *used: its bytes. */
static const char *replacement(struct str s, const struct escape *how, size_t *used)
{
	uint32_t cp;

	*used = 3;
	if (is_plain_3(s))
		return NULL;
	*used = text_next(s, &cp);
	if (cp == 0xFFFD || (how->no_fffe && (cp == 0xFFFE || cp == 0xFFFF)))
		return ESCAPE_REPLACEMENT;
	return NULL;
}

/* Where the first character stands that is not written as it is, from `i` on, and what is written for it; else the end
 * and NULL. *used: its bytes. */
static size_t next_odd(struct str text, size_t i, const struct escape *how, const char **instead, size_t *used)
{
	*instead = NULL;
	for (; i < text.n; i += *used) {
		unsigned char c = (unsigned char)text.p[i];

		*used = 1;
		*instead = c < 0x80 ? how->ascii[c] :
				      replacement((struct str){ text.p + i, text.n - i }, how, used);
		if (*instead)
			return i;
	}
	return text.n;
}

void escape_put(struct str text, const struct escape *how, struct buf *out)
{
	const char *instead;
	size_t used = 0;

	if (is_plain(text, how)) {
		buf_put_str(out, text);
		return;
	}
	for (size_t i = 0, at; i < text.n; i = at + used) {
		at = next_odd(text, i, how, &instead, &used);
		buf_put(out, text.p + i, at - i);
		if (!instead)
			return;
		buf_puts(out, instead);
	}
}

void escape_put_within(char mark, struct str text, const struct escape *how, struct buf *out)
{
	const char *instead;
	size_t used;

	if (is_plain(text, how) || next_odd(text, 0, how, &instead, &used) == text.n) {
		char *to = buf_reserve(out, text.n + 2);

		*to++ = mark;
		to = text.n ? mempcpy(to, text.p, text.n) : to;
		*to++ = mark;
		*to = '\0';
		out->len += text.n + 2;
		return;
	}
	buf_putc(out, mark);
	escape_put(text, how, out);
	buf_putc(out, mark);
}
