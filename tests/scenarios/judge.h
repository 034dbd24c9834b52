/* judge.h - was what happened what a story expects? */
#ifndef TESTS_SCENARIOS_JUDGE_H
#define TESTS_SCENARIOS_JUDGE_H

#include "tests/scenarios/client.h"
#include "tests/scenarios/house.h"

/* What there is to judge. */
struct evidence {
	struct house *house;
	const struct story *story;
	uint64_t begun_us; /* monotonic: the beginning of the story */
	struct str log;
	struct buf *complaints; /* a line for each, with file and line */
};

/* An expectation about an answer, the log or the end. */
void judge_wish(const struct evidence *e, const struct wish *wish) NONNULL(1, 2);
/* What holds for every story: answers are well-formed, and no value of a source stands in the log. */
void judge_always(const struct evidence *e) NONNULL(1);
/* Complain with the line of the story. */
void judge_complain(const struct evidence *e, unsigned line, const char *fmt, ...) NONNULL(1, 3) PRINTF_LIKE(3, 4);

#endif
