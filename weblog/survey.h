/* survey.h - what the requests of a log come to: visitors, sessions, bots, searches. One thread. Bounded: beyond
 * WEBLOG_SURVEY_MAX visitors, agents or terms further ones are only counted as such. */
#ifndef WEBLOG_SURVEY_H
#define WEBLOG_SURVEY_H

#include "weblog/rules.h"

struct weblog_survey; /* opaque */

enum { WEBLOG_SURVEY_MAX = 1 << 20, WEBLOG_TOP = 10 };

struct weblog_term {
	struct str text; /* UTF-8 */
	uint64_t n;
};

/* Sums, whenever they are asked for. */
struct weblog_sums {
	uint64_t requests;
	int64_t first_us, last_us; /* of the requests, when there are any */
	uint64_t bot_requests; /* by agents on the list, and by visitors who asked for robots.txt */
	uint64_t bot_agents, robots_visitors;
	uint64_t agents, visitors; /* distinct; a visitor is a client with an agent, and no bot */
	uint64_t sessions; /* of visitors that are no bots: 30 minutes idle end one, 24 hours at most */
	uint64_t not_followed; /* requests of visitors beyond the bound */
	uint64_t searches, engine_searches; /* of visitors that are no bots */
	uint64_t korean_terms, broken_terms; /* of these, in CP949, and in no charset that is known */
	uint64_t distinct_terms, distinct_engine_terms;
	struct weblog_term top[WEBLOG_TOP], engine_top[WEBLOG_TOP]; /* most frequent first; n 0 behind the last */
};

/* An empty one. It lives in `mem`, and so does what it remembers; the rules must live as long. End it with
 * weblog_survey_end(). */
struct weblog_survey *weblog_survey_new(const struct weblog_rules *rules, struct arena *mem)
	NONNULL(1, 2) __attribute__((returns_nonnull));
/* Give back what is not in the arena; sets *survey to NULL. */
void weblog_survey_end(struct weblog_survey **survey) NONNULL(1);
/* Count one request. */
void weblog_survey_add(struct weblog_survey *survey, const struct weblog_record *record) NONNULL(1, 2);
/* The sums so far. Texts live as long as the arena. */
void weblog_survey_sums(const struct weblog_survey *survey, struct weblog_sums *out) NONNULL(1, 2);

#endif
