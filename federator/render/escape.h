/* escape.h - text with some characters replaced, as both writers need it: runs of plain bytes are copied
 * whole. No state; safe from any thread. */
#ifndef FEDERATOR_RENDER_ESCAPE_H
#define FEDERATOR_RENDER_ESCAPE_H

#include "base/buf.h"

enum { ESCAPE_MOST = 6 }; /* the most bytes that stand for one: "\u001f", "&quot;" */

#define ESCAPE_REPLACEMENT "\xEF\xBF\xBD" /* U+FFFD */

struct escape {
	const char *ascii[128]; /* what stands for the character; NULL: itself */
	char marks[3];          /* all characters from the blank on for which something else stands */
	bool no_fffe;           /* U+FFFE and U+FFFF become U+FFFD */
};

/* Append `text`; bytes that are not UTF-8 become U+FFFD. */
void escape_put(struct str text, const struct escape *how, struct buf *out) NONNULL(2, 3);
/* Copy a text that is written as it is, ASCII only, to where there is room for it. False: it is another one, and the
 * bytes there are of no use. */
bool escape_copy(char *to, struct str text, const struct escape *how) MUST_CHECK NONNULL(1, 3);

#endif
