/* guess.h - which of the known formats is a log in? No state; safe from any thread. */
#ifndef WEBLOG_GUESS_H
#define WEBLOG_GUESS_H

#include "weblog/rules.h"

struct weblog_guess {
	const struct weblog_named *named;
	size_t read, rejected; /* of the lines looked at */
	size_t values; /* that the lines read have, all together */
};

enum { WEBLOG_GUESS_LINES = 1000 };

/* Read the first lines of a log, WEBLOG_GUESS_LINES at most, in all formats; what stands behind the last line feed of
 * `head` counts when `is_all`. `out` takes rules->n_formats of them. Returns how many read something, the best ones
 * first: who rejects the least part of the lines, then who finds the most values, then the order of the file. */
size_t weblog_guess(const struct weblog_rules *rules, struct str head, bool is_all, struct weblog_guess *out)
	NONNULL(1, 4);
/* Why a format does not read a log. */
struct weblog_miss {
	const struct weblog_named *named;
	bool is_like; /* the log is of its kind: JSON, W3C extended, or text */
	uint64_t number; /* of the first line that it does not read, from 1 on */
	struct str line;
	struct weblog_fault fault;
};

/* Why the formats do not read the first lines of a log: those of its kind first, then those that came furthest. `out`
 * takes rules->n_formats of them; what faults name lives in `mem`. Returns how many; formats that have nothing against
 * these lines are not among them. */
size_t weblog_guess_misses(const struct weblog_rules *rules, struct str head, struct arena *mem,
			   struct weblog_miss *out) NONNULL(1, 3, 4);

#endif
