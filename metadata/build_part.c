/* build_part.c - parts: one question to one source. */
#include "metadata/build.h"

#include "base/text.h"
#include "metadata/keyparts.h"

enum { NOBODY_MOST_MS = 5000 };

/* "0..20"; the schema has seen to its form. */
static bool build_rows(struct build *b, const struct elem *e, struct part *part)
{
	struct str rows = elem_token(e, "rows");
	const char *dots = memmem(rows.p, rows.n, "..", 2);
	size_t least_n = dots ? (size_t)(dots - rows.p) : 0;
	uint64_t least, most;

	if (!dots || !text_to_u64((struct str){ rows.p, least_n }, &least) ||
	    !text_to_u64((struct str){ dots + 2, rows.n - least_n - 2 }, &most))
		return false;
	part->rows_min = (uint32_t)least;
	part->rows_max = (uint32_t)most;
	if (least > most)
		diag_add(b->ds, "M0210", elem_at(e, "rows"), "the smaller number stands first",
			 "rows from %u to %u are none", part->rows_min, part->rows_max);
	return true;
}

static bool build_times(struct build *b, const struct elem *e, struct part *part)
{
	uint32_t three, second;

	if (!build_wait_ms(b, e, "deadline", &part->deadline_ms))
		return false;
	if (elem_attr(e, "cap")) {
		if (!build_wait_ms(b, e, "cap", &part->cap_ms))
			return false;
	} else {
		three = 3 * part->deadline_ms;
		second = part->deadline_ms + 1000;
		part->cap_ms = three > second ? three : second;
	}
	if (part->cap_ms < part->deadline_ms)
		diag_add(b->ds, "M0211", elem_at(e, "cap"),
			 "it ends the query after the answer stopped waiting", "cap is below deadline");
	return true;
}

static bool gives_identity(const struct part *part)
{
	for (size_t i = 0; i < part->n_columns; i++)
		if (part->columns[i].gives && part->columns[i].gives->role == KEY_IDENTITY)
			return true;
	return false;
}

/* How long copies are good for. A customer who has just come must not be nobody for long. */
static void build_copies(struct build *b, const struct elem *e, struct part *part)
{
	bool names = gives_identity(part);
	uint64_t most;

	part->ttl_ms = elem_duration_ms(e, "ttl", 0);
	part->stale_ms = elem_duration_ms(e, "stale", 0);
	part->revalidate_ms = elem_duration_ms(e, "revalidate", 0);
	if (part->revalidate_ms > part->stale_ms)
		diag_add(b->ds, "M0230", elem_at(e, "revalidate"), "make it stale or less",
			 "an old copy of part `%s` would be shown for longer than it may stand in", part->name);
	if (part->revalidate_ms && names)
		diag_add(b->ds, "M0231", elem_at(e, "revalidate"), "leave it out",
			 "part `%s` gives the identity: an old copy never says who the customer is", part->name);
	most = names && part->ttl_ms > NOBODY_MOST_MS ? NOBODY_MOST_MS : part->ttl_ms;
	part->negative_ms = elem_duration_ms(e, "negative", most);
	if (part->negative_ms <= most)
		return;
	if (most < part->ttl_ms)
		diag_add(b->ds, "M0225", elem_at(e, "negative"), "write 5s or less, or leave it out",
			 "part `%s` gives the identity: that there is nobody is kept for 5s at most", part->name);
	else
		diag_add(b->ds, "M0225", elem_at(e, "negative"), "make it ttl or less, or leave it out",
			 "an answer of part `%s` without rows would be kept for longer than one with rows", part->name);
}

static void check_find_only(struct build *b, const struct elem *e, const struct part *part)
{
	for (size_t i = 0; i < part->n_columns; i++)
		if (part->columns[i].gives)
			return;
	if (part->find_only)
		diag_add(b->ds, "M0221", elem_at(e, "find-only"), "declare a column with gives=\"...\"",
			 "part `%s` is find-only and gives no key", part->name);
}

/* Asked by the keys of things alone, and each row says of which one it is. */
static bool is_of_things(const struct part *part)
{
	for (size_t q = 0; q < part->n_queries; q++)
		if (part->queries[q].n_by != 1 || part->queries[q].by[0].optional ||
		    part->queries[q].by[0].key->role != KEY_ITEM)
			return false;
	for (size_t c = 0; c < part->n_columns; c++) {
		const struct column *column = &part->columns[c];

		if ((column->gives && column->gives->role != KEY_ITEM) ||
		    (column->proves && column->proves->role != KEY_ITEM))
			return false;
	}
	return true;
}

static void check_common(struct build *b, const struct elem *e, const struct part *part)
{
	if (part->common && !is_of_things(part))
		diag_add(b->ds, "M0232", elem_at(e, "common"), "leave it out, or ask by one item key only",
			 "part `%s` is common, and asked by or gives keys of customers", part->name);
}

bool build_part(struct build *b, const struct elem *e, uint32_t index, void *thing)
{
	struct part *part = thing;
	bool ok, columns;

	*part = (struct part){ .name = build_keep(b, elem_token(e, "name")),
			       .find_only = elem_true(e, "find-only"),
			       .common = elem_true(e, "common"),
			       .labels = build_labels(b, e),
			       .at = e->at,
			       .index = index };
	part->source = names_want(b->names, NAMES_SOURCE, elem_token(e, "source"), elem_at(e, "source"));
	ok = part->source != NULL;
	ok &= build_rows(b, e, part);
	ok &= build_times(b, e, part);
	columns = build_columns(b, e, part);
	build_copies(b, e, part);
	ok &= build_queries(b, e, columns, part) && columns;
	ok &= build_watermark(b, e, part);
	check_find_only(b, e, part);
	check_common(b, e, part);
	if (ok)
		keyparts_definition(part, part->definition);
	return ok;
}
