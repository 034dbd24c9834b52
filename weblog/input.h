/* input.h - the lines of a log file, plain or gzip, whole members one behind the other, or of the standard input. One
 * thread at a time. */
#ifndef WEBLOG_INPUT_H
#define WEBLOG_INPUT_H

#include "base/err.h"

struct weblog_input; /* opaque */

enum { WEBLOG_LINE_MAX = 1 << 20 }; /* bytes; longer lines are TOO_LONG */

enum weblog_line { WEBLOG_LINE, WEBLOG_LINE_TOO_LONG, WEBLOG_LINES_END, WEBLOG_LINES_FAILED };

/* Open a file; "-" is the standard input. The caller owns the result: end it with weblog_input_close(). NULL with
 * ERR_CONFIG: it cannot be opened. */
struct weblog_input *weblog_input_open(const char *path, struct err *err) MUST_CHECK NONNULL(1, 2);
/* Close; accepts NULL inside; sets *in to NULL. Usable with SCOPED. */
void weblog_input_close(struct weblog_input **in) NONNULL(1);

/* The next line without its line feed; *line is valid until the next call. Of one that is TOO_LONG only the beginning
 * is there, WEBLOG_LINE_MAX bytes; the rest is passed over. FAILED: *err has ERR_CONFIG, the file cannot be read, or is
 * gzip that is damaged or ends early. */
enum weblog_line weblog_input_line(struct weblog_input *in, struct str *line, struct err *err)
	MUST_CHECK NONNULL(1, 2, 3);
/* What comes next, some or all of WEBLOG_LINE_MAX bytes, without taking it; *is_all: nothing is behind it. */
bool weblog_input_head(struct weblog_input *in, struct str *head, bool *is_all, struct err *err)
	MUST_CHECK NONNULL(1, 2, 3, 4);

#endif
