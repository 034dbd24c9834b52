/* asking.h - how a part is asked, and what of its rows is taken: what a request and a fetch that outlives it have in
 * common. Used by the files of flow/ only. No state; from any thread, each with a `mem` of its own. */
#ifndef FEDERATOR_FLOW_ASKING_H
#define FEDERATOR_FLOW_ASKING_H

#include "adapters/adapter.h"
#include "federator/view/tuples.h"
#include "metadata/sqltext.h"

struct run; /* request.h */

/* proof.c - no row that does not carry the key it was asked for */

/* Are two of the values alike but for case and accents? Some databases take them for one. */
bool proof_alike(const struct key_set *set, struct arena *mem) NONNULL(1, 2);

/* Does the row carry the keys it was asked for? */
bool proof_row(const struct query *query, const struct key_set *keys, struct fact *fact, uint32_t row,
	       struct arena *mem) MUST_CHECK NONNULL(1, 2, 3, 5);
/* Does every row prove the keys it was asked by? Rows that only a collation takes for such are left out (ROWS_ALIKE)
 * where that loses none of the others: the rows that are left live in `mem`. *alike_out is set when a collation may
 * be why rows prove nothing or are not there. Used on live rows and on copies. */
bool proof_rows(const struct query *query, const struct key_set *keys, struct fact *fact, struct arena *mem,
		bool *alike_out) MUST_CHECK NONNULL(1, 2, 3, 4, 5);

/* combine.c - keys that an earlier part gave together */

/* Set run->fact.tuples, and the values of the keys in them. The runs it waits for have ended. */
void combine_gather(struct run *run) NONNULL(1);
/* A copy in `mem`; NULL of NULL. The keys stay the catalog's. */
const struct tuples *combine_copy(const struct tuples *tuples, struct arena *mem) NONNULL(2);
/* Leave out rows of combinations that were not given: lists of values bring them along, and they are other
 * customers'. */
void combine_keep(struct fact *fact, struct arena *mem) NONNULL(1, 2);
/* For how many asked values rows may come, before combine_keep(). */
uint64_t combine_asked(const struct query *query, const struct key_set *keys, const struct tuples *tuples)
	NONNULL(1, 2);

/* What a part is asked. */
struct asking {
	const struct part *part;
	const struct query *query;
	const struct key_set *keys; /* by key of the query */
	const struct tuples *tuples; /* NULL: every combination */
	struct str before; /* what :before is bound to */
};

/* executions.c - one statement, with which values how often */

enum { EXECUTIONS_MAX = 64 };
struct executions {
	struct key_values *of[EXECUTIONS_MAX]; /* each by key, as the source writes them; one more for :before */
	size_t n;
};

/* All executions, at least one, in `mem`; `all` is like one of them, with all values. False: more than EXECUTIONS_MAX.
 * Any thread. */
bool executions_make(const struct asking *asking, struct key_values *all, struct arena *mem, struct executions *out)
	MUST_CHECK NONNULL(1, 2, 3, 4);

/* wording.c - what a source is asked: the text and its parameters */

/* Write f->sql, params and n_runs; in f->mem. ERR_MAPPING: too many executions. Any thread. */
bool wording_write(const struct asking *asking, struct fetch *f, struct err *err) MUST_CHECK NONNULL(1, 2, 3);

/* guard.c - not more rows than the mapping says */

/* How many rows to read for so many asked values. */
uint32_t guard_max_rows(const struct part *part, uint64_t asked) NONNULL(1);
/* Hold a fact's rows, which prove the keys they were asked by, against the part: what is too much for one asked value
 * is cut off (ROWS_CUT, or ROWS_TRUNCATED where that leaves a value without rows), and several rows of one customer
 * are told where single values are taken from the part (ROWS_SEVERAL). The rows that are left live in `mem`. */
void guard_rows(const struct catalog *cat, const struct query *query, const struct key_set *keys, struct fact *fact,
		struct arena *mem) NONNULL(1, 2, 3, 4, 5);

/* together.c - several requests' fetches of one part as one query */

/* How a fetch can be asked together with others of the same query, in `mem`, which must live as long as the fetch;
 * NULL: alone only. */
const struct fetch_batch *together_batch(const struct part *part, const struct query *query, const struct key_set *keys,
					 struct arena *mem) NONNULL(1, 2, 3, 4);

#endif
