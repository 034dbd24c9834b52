/* effect.h - what a log comes to by the rules of a mapping, before anything of it is kept: how its lines are told
 * apart, which pages and evidence there are, how much of it is linked, what is hidden. One thread. Bounded: further
 * visitors, products and so on than WEBLOG_EFFECT_MAX of each are only counted as events. */
#ifndef WEBLOG_EFFECT_H
#define WEBLOG_EFFECT_H

#include "weblog/meaning.h"

enum { WEBLOG_EFFECT_MAX = 1 << 20, WEBLOG_EFFECT_TOP = 10, WEBLOG_EFFECT_SHOWN = 5 };

struct weblog_effect; /* opaque */

struct weblog_counted {
	struct str name;
	uint64_t n;
};

/* Sums, whenever they are asked for; arrays live as long as the arena. */
struct weblog_effect_sums {
	uint64_t verdicts[WEBLOG_VERDICTS], results[WEBLOG_RESULTS];
	const struct weblog_counted *kinds; /* most frequent first */
	size_t n_kinds;
	const struct weblog_counted *evidence; /* by the mapping's order: how many events have it */
	size_t n_evidence;
	struct weblog_counted hidden[WEBLOG_EFFECT_TOP]; /* parameters, most frequent first; n 0 behind the last */
	uint64_t searches, distinct_terms, products, categories, orders; /* the last four: distinct */
	uint64_t visitors, named, linked_visitors; /* named: those that have no hash; linked: with any evidence */
	uint64_t linked_events; /* of linked visitors, also before the evidence: the stitch rate is of these */
	struct str shown[WEBLOG_EFFECT_SHOWN]; /* the first events: what they have, without the values */
	size_t n_shown;
};

/* An empty one. It lives in `mem`, and so does what it remembers; conf and rules live as long. End it with
 * weblog_effect_end(). */
struct weblog_effect *weblog_effect_new(const struct weblog *conf, const struct weblog_rules *rules,
					  struct arena *mem) NONNULL(1, 2, 3) __attribute__((returns_nonnull));
/* Give back what is not in the arena; accepts NULL inside; sets *effect to NULL. */
void weblog_effect_end(struct weblog_effect **effect) NONNULL(1);
/* One more record. */
void weblog_effect_add(struct weblog_effect *effect, const struct weblog_record *record) NONNULL(1, 2);
/* The sums so far. */
void weblog_effect_sums(const struct weblog_effect *effect, struct weblog_effect_sums *out) NONNULL(1, 2);

#endif
