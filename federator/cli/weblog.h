/* weblog.h - inside of the command weblog: what `try` finds, and how it is printed; `index`. */
#ifndef FEDERATOR_CLI_WEBLOG_H
#define FEDERATOR_CLI_WEBLOG_H

#include <jansson.h>

#include "federator/cli/cli.h"
#include "weblog/guess.h"
#include "weblog/effect.h"
#include "weblog/survey.h"

enum { WEBLOG_BAD_LINES = 5 };

/* A line that was rejected. */
struct weblog_bad {
	const char *file;
	uint64_t number; /* of the line in its file, from 1 */
	struct weblog_fault fault;
	struct str shown; /* some of it around the fault, fit for a terminal */
	size_t caret; /* the fault's column in `shown`, in terminal cells */
};

struct weblog_trial {
	struct str format; /* its name, or the string */
	const struct weblog_guess *guesses; /* best first; when none: the format was given */
	size_t n_guesses;
	uint64_t lines, read, rejected; /* lines: all, also those about the log and empty ones */
	uint64_t bytes; /* of the lines */
	uint64_t cpu_us; /* of the process, for reading them and counting */
	struct weblog_bad bad[WEBLOG_BAD_LINES];
	size_t n_bad;
	struct weblog_sums sums;
	const struct weblog_effect_sums *effect; /* by the rules of a mapping; NULL: none was given */
};

/* Append what was found, for people. */
void weblog_trial_text(const struct weblog_trial *trial, struct buf *out) NONNULL(1, 2);
/* The same as JSON. */
void weblog_trial_json(const struct weblog_trial *trial, struct buf *out) NONNULL(1, 2);

/* weblog_bad.c: a line that was rejected; what is shown of it lives in `mem`. */
struct weblog_bad weblog_bad_of(const char *file, uint64_t number, struct str line, const struct weblog_fault *fault,
				struct arena *mem) NONNULL(1, 4, 5);
/* weblog_bad.c: append it with its place and a mark under it. */
void weblog_bad_text(const struct weblog_bad *bad, struct buf *out) NONNULL(1, 2);
/* weblog_bad.c: append why the formats that come furthest do not read the first line of `head`. */
void weblog_misses_text(const struct weblog_rules *rules, const char *file, struct str head, struct arena *mem,
			struct buf *out) NONNULL(1, 2, 4, 5);

/* weblog_mapping.c: the log of the mapping of --map with that name; NULL: the only one. Returns EXIT_OK or what to end
 * with, the message already on stderr. The caller drops *cat. */
int weblog_of_mapping(struct args *args, const char *name, struct options *opt, const struct catalog **cat,
		      const struct weblog **out) MUST_CHECK NONNULL(1, 3, 4, 5);
/* weblog_mapping.c: append what is found by the rules of a mapping. */
void weblog_effect_text(const struct weblog_effect_sums *sums, struct buf *out) NONNULL(1, 2);
/* weblog_mapping.c: the same as JSON; the caller owns it. */
json_t *weblog_effect_json(const struct weblog_effect_sums *sums) NONNULL(1);

/* weblog_index.c: `federator weblog index [NAME]`; returns what the process ends with. */
int weblog_index_run(struct args *args) NONNULL(1);

#endif
