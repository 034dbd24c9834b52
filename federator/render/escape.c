#include "federator/render/escape.h"

#include "base/text.h"

/* What to write for the character at s.p, which is not ASCII, or NULL: itself. *used: its bytes. */
static const char *replacement(struct str s, const struct escape *how, size_t *used)
{
	uint32_t cp;

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

	if (next_odd(text, 0, how, &instead, &used) == text.n) {
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
