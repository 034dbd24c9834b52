/* merge.h - facts into the customer tree: scalars by their pick rule, lists, time lines. The result does not depend
 * on the order in which parts answered. One thread; everything lives in m->mem. */
#ifndef FEDERATOR_VIEW_MERGE_H
#define FEDERATOR_VIEW_MERGE_H

#include "federator/view/fact.h"
#include "federator/view/tree.h"

/* Which entries of a time line are wanted. */
struct timeline_filter {
	bool has_since, has_until;
	int64_t since_us, until_us;
	uint32_t limit; /* 0: the time line's own */
	bool paged; /* events are only shown as far back as every list that can be paged reaches */
	bool has_before; /* a later page: only events not after before_us, without the first `skip` of that moment */
	int64_t before_us;
	uint32_t skip;
	/* made by timeline_merge() when there are older events: where the next page begins */
	bool more;
	int64_t next_us;
	uint32_t next_skip;
};

struct merge {
	const struct catalog *cat;
	struct arena *mem;
	struct fact *facts; /* by part index */
	uint64_t visible; /* classes shown or masked; everything else is withheld */
	uint64_t masked; /* those of them whose values will be masked: the label of a code would tell it */
	bool provenance;
	struct timeline_filter timeline;
	struct str *no_consent; /* paths of lists left out for want of consent; made by the merge */
	size_t n_no_consent;
	bool **codes_seen; /* by codes index, then by code: labels that the answer needs; made by the merge */
};

/* All uses of a view into `customer`. */
void merge_uses(struct merge *m, const struct use *uses, size_t n_uses, struct node *customer) NONNULL(1, 4);
/* A view of shape flat: every use under its `as`, as text, with its default when the value is not known. */
void merge_flat(struct merge *m, const struct use *uses, size_t n_uses, struct node *customer) NONNULL(1, 4);
/* The labels of the codes that were seen, in a language, as members of `labels`. */
void merge_labels(const struct merge *m, struct str lang, struct node *labels) NONNULL(1, 3);
/* The value of one scalar field as a new member of `customer`; nothing when it is unknown. */
void scalar_merge(struct merge *m, const struct field *field, struct node *customer) NONNULL(1, 2, 3);
/* Is the value of a boolean field true for certain: with no stale copy, nor a part that is missing and might say
 * otherwise? */
bool scalar_is_true(struct merge *m, const struct field *field) NONNULL(1, 2);
/* May the list be shown? One without consent is noted in m->no_consent. */
bool list_consented(struct merge *m, const struct list *list) NONNULL(1, 2);
/* A list as a new member; nothing when no part of it answered, or one is missing and the others have no row. `only`
 * and `limit` as in struct use. */
void list_merge(struct merge *m, const struct list *list, uint64_t only, uint32_t limit, struct node *customer)
	NONNULL(1, 2, 5);
/* A time line as a new member: newest first; a late source is an entry {"kind":…,"missing":reason} at the end. */
void timeline_merge(struct merge *m, const struct timeline *timeline, uint32_t limit, struct node *customer)
	NONNULL(1, 2, 4);

#endif
