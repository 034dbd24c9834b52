/* layout.h - does a header lie in libmicrohttpd's buffer as its client must have written it? 0.9.75 reads lines as C
 * strings and mends what is malformed: bytes behind a NUL, folded lines, lines without CR, several blanks and all that
 * follows a line beginning with `:` are hidden from us, but not from a proxy in front. They show as gaps. */
#ifndef FEDERATOR_HTTP_LAYOUT_H
#define FEDERATOR_HTTP_LAYOUT_H

#include "federator/http/headers.h"

/* As libmicrohttpd gives them, all in one buffer. */
struct layout {
	const char *method;
	struct str target; /* as it was before libmicrohttpd cut it at `?`; in the buffer */
	const struct headers *headers; /* all of them */
	size_t bytes; /* from the method to the end of the blank line */
};

/* True where nothing is hidden. Always true with another libmicrohttpd than 0.9.75, whose buffer is unknown. */
bool layout_is_whole(const struct layout *l) MUST_CHECK NONNULL(1);

#endif
