/* parsers.h - a parser for each of the files that are read in turn, which goes on where it left its file: what a log in
 * W3C extended format said of its columns is not read again at each turn. Formats in which lines do not depend on each
 * other have one for all files. One thread. */
#ifndef WEBLOG_PARSERS_H
#define WEBLOG_PARSERS_H

#include "weblog/format.h"
#include "weblog/tail.h"

enum { WEBLOG_PARSERS_MAX = 256 }; /* files whose parsers are kept; of further ones the beginning is read again */

struct weblog_parsers; /* opaque */

/* None yet. The caller owns it: end it with weblog_parsers_free(). */
struct weblog_parsers *weblog_parsers_new(void) __attribute__((returns_nonnull));
/* End; accepts NULL inside; sets *parsers to NULL. */
void weblog_parsers_free(struct weblog_parsers **parsers) NONNULL(1);
/* The parser of the file that this line is of; valid until the next call. `format` is the same at each call, and lives
 * as long. When nothing is known of the lines in front, and the format has a memory, the file is read up to there. */
struct weblog_parser *weblog_parsers_at(struct weblog_parsers *parsers, const struct weblog_format *format,
					const struct weblog_tail_line *line) NONNULL(1, 2, 3)
	__attribute__((returns_nonnull));
/* Are there more files than parsers are kept of, so that each change between them means reading from the beginning? */
bool weblog_parsers_crowded(const struct weblog_parsers *parsers) MUST_CHECK NONNULL(1);
/* The parser last given has read this line of its file. */
void weblog_parsers_read(struct weblog_parsers *parsers, const struct weblog_tail_line *line) NONNULL(1, 2);

#endif
