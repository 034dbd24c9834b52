#include "federator/render/escape.h"

#include "base/text.h"

/* What to write for the character at s.p, or NULL: itself. *used: its bytes. */
static const char *replacement(struct str s, const struct escape *how, size_t *used)
{
	unsigned char c = (unsigned char)s.p[0];
	uint32_t cp;

	if (c < 0x80) {
		*used = 1;
		return how->ascii[c];
	}
	*used = text_next(s, &cp);
	if (cp == 0xFFFD || (how->no_fffe && (cp == 0xFFFE || cp == 0xFFFF)))
		return ESCAPE_REPLACEMENT;
	return NULL;
}

void escape_put(struct str text, const struct escape *how, struct buf *out)
{
	size_t run = 0, i = 0, used;

	while (i < text.n) {
		const char *instead = replacement((struct str){text.p + i, text.n - i}, how, &used);

		if (instead) {
			buf_put(out, text.p + run, i - run);
			buf_puts(out, instead);
			run = i + used;
		}
		i += used;
	}
	if (i > run)
		buf_put(out, text.p + run, i - run);
}
