/* list.h - the items of one list, gathered from the rows of its parts. Used by view/ and schema/. */
#ifndef FEDERATOR_VIEW_LIST_H
#define FEDERATOR_VIEW_LIST_H

#include "federator/view/merge.h"

/* A row that becomes an item. */
struct item {
	struct fact *fact;
	uint32_t part; /* index in list->parts */
	uint32_t row;
	bool keyed; /* `key` is set: its order field is not NULL */
	uint32_t key_field; /* with `keyed`: the order field, index in list->fields */
	struct typed key;
	size_t rank; /* of a key that has codes: its place among them, best first; their number when it is none */
};

struct items {
	struct item *of;
	size_t n;
	bool any_known; /* of at least one part of the list it is known which rows belong */
	bool all_known; /* of all of them */
};

/* What a nested list is joined to. */
struct outer {
	const struct item *item; /* of the list around it */
	struct str key; /* list->join in it */
};

/* All rows of a list, of a nested one those that belong to the item around it (else `outer` is NULL), in the order of
 * `order_field` (-1: as they came; codes by rank, what is no code after them; NULLs last; ties by part, then by row)
 * and without repeated `distinct` fields. */
struct items list_items(struct merge *m, const struct list *list, const struct outer *outer, int32_t order_field,
			bool desc) NONNULL(1, 2);
/* The fields of one item chosen by `only`, as members of `object`. `skip` is left out (-1: none). */
void list_put_fields(struct merge *m, const struct list *list, uint64_t only, const struct item *item, int32_t skip,
		     struct node *object) NONNULL(1, 2, 4, 6);
/* One field of an item: its verdict and value. False: unknown, because a look-up part did not
 * answer or was not asked for it. */
bool list_cell(struct merge *m, const struct list *list, uint32_t field, const struct item *item,
	       enum typed_verdict *verdict_out, struct typed *out) NONNULL(1, 2, 4, 5, 6);
/* The name of one item in XML: "orders" -> "order", else "item". */
struct str list_item_name(const struct list *list) NONNULL(1);

#endif
