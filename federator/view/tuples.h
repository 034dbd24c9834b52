/* tuples.h - keys that an earlier part gave together, row by row. Asking for them as sets asks for every combination of
 * their values, other customers' among them; so a row counts only when its values stood together in one row that gave
 * them. Used by flow/ too. One thread. */
#ifndef FEDERATOR_VIEW_TUPLES_H
#define FEDERATOR_VIEW_TUPLES_H

#include "federator/view/fact.h"

/* Some keys of a query that one part gives together, or several parts of which each gives these. */
struct tuple_set {
	const struct key *const *keys; /* at least two */
	size_t n_keys;
	const struct str *values; /* n times n_keys, canonical; sorted, each tuple once */
	size_t n;
};

/* All of a query's keys that were given together. */
struct tuples {
	const struct tuple_set *of;
	size_t n;
};

/* The order of a set's tuples. */
int tuple_cmp(const struct str *a, const struct str *b, size_t n_keys) NONNULL(1, 2);
/* Is the key one of a set's? */
bool tuple_has_key(const struct tuple_set *set, const struct key *key) NONNULL(1, 2);

/* A search for the tuple of a row. */
struct tuple_seek {
	const struct tuple_set *set;
	struct fact *fact;
	struct arena *mem;
	uint32_t *used; /* by tuple; NULL: every tuple will do */
	uint32_t most; /* with `used`: only a tuple that is used less */
	struct str *now; /* n_keys of them: room to work in */
};

/* The first tuple whose values the row proves; false: none. */
bool tuple_seek(struct tuple_seek *seek, uint32_t row, size_t *index_out) MUST_CHECK NONNULL(1, 3);
/* Is known which rows of `inner` belong to a row of `outer`, to which they are joined by `value` of `key`, and by what
 * was given together with it? */
bool tuples_tell(struct fact *inner, const struct key *key, struct str value, struct fact *outer, uint32_t outer_row,
		 struct arena *mem) NONNULL(1, 2, 4, 6);
/* Does the row of `inner`, which is joined by `key` to a row of `outer`, carry what that row gives of the keys that
 * were given together with it, too? True for an `inner` that was not asked by several. */
bool tuples_join(struct fact *inner, uint32_t row, const struct key *key, struct fact *outer, uint32_t outer_row,
		 struct arena *mem) NONNULL(1, 3, 4, 6);

#endif
