/* fact.h - what one part answered, as the merge sees it. Lives in the request's arena; one thread. */
#ifndef FEDERATOR_VIEW_FACT_H
#define FEDERATOR_VIEW_FACT_H

#include "base/rows.h"
#include "federator/view/typed.h"
#include "metadata/catalog.h"

enum fact_state {
	FACT_UNASKED, /* not needed for this question */
	FACT_LIVE, /* asked now */
	FACT_FRESH, /* a copy within its ttl */
	FACT_STALE, /* an older copy, because the source did not answer (reason), or as it was to be taken */
	FACT_SKIPPED, /* nothing to ask with: an earlier part answered that there is no such key */
	FACT_MISSING, /* no answer: unknown, never absent */
};

/* Cells of one column that could not be read as their type, or are shown though they are none of the field's codes. */
struct fact_warning {
	uint32_t column;
	const char *code; /* a word of the interface */
	uint32_t cells;
	bool *seen; /* by row: counted already */
	struct fact_warning *next;
};

/* The canonical values of one key that a part was asked with. */
struct key_set {
	const struct key *key;
	struct str *values;
	size_t n;
	bool crowded; /* more came up than the key lets be in play */
};

struct tuples; /* tuples.h */

struct fact {
	const struct part *part;
	enum fact_state state;
	const struct rows *rows; /* NULL when unknown or skipped */
	const char *reason; /* FACT_MISSING, FACT_SKIPPED, FACT_STALE or NULL: a word of the interface */
	const char *depends_on; /* FACT_MISSING for want of a key: the part that should have given it */
	int64_t stored_ms; /* copies: wall clock of the source's answer */
	int64_t age_ms; /* copies */
	bool refreshing; /* the source is late, and its rows will be a copy when they come */
	uint64_t took_us;
	bool pages; /* its query takes :before: older rows can be had */
	bool more; /* a list shows fewer items than there are rows */
	const struct key_set *asked; /* by key of its query */
	size_t n_asked;
	const struct tuples *tuples; /* keys of its query that were given together; NULL: none were */
	bool old_keys; /* it was asked by keys that a stale copy gave */
	bool several; /* single values are taken from one of several rows */
	struct fact_warning *warnings;
	const struct str **keys; /* by column: canonical keys by row, made by fact_key() */
	uint32_t scalar_row; /* 1 + the row scalars come from; 0 = not chosen yet */
};

/* Did the part answer, be it with no rows? */
bool fact_known(const struct fact *fact) NONNULL(1);
/* Was it not asked because the customer has not agreed, be it to a part that gives its keys? */
bool fact_withheld(const struct fact *fact) NONNULL(1);
/* Rows it answered with; 0 when unknown. */
uint32_t fact_rows(const struct fact *fact) NONNULL(1);
/* Was there more of it, rows or keys, than the mapping allows? */
bool fact_excess(const struct fact *fact) NONNULL(1);
/* Were some of the keys that earlier parts gave not asked, as more came up than may be in play? */
bool fact_crowded(const struct fact *fact) NONNULL(1);
/* May it lack rows, because of keys that were not asked or of rows that were cut off? */
bool fact_cut(const struct fact *fact) NONNULL(1);
/* Is known what it says: has it a row, or does it have none because there is none? */
bool fact_tells(const struct fact *fact) NONNULL(1);
/* The same of the rows that carry one value of a key. A NULL view is told of when the part answered at all. */
bool fact_tells_of(struct fact *fact, const struct key *key, struct str value, struct arena *mem) NONNULL(1, 2, 4);
/* Is a cell NULL or blank? */
bool fact_blank(const struct fact *fact, uint32_t row, uint32_t column) NONNULL(1);
/* The row scalars come from: the only one, else the smallest by all cells, so that it does not depend on the
 * order of arrival. False: no rows. */
bool fact_scalar_row(struct fact *fact, uint32_t *row_out) NONNULL(1, 2);
/* The canonical key in a column that gives or proves one; the NULL view when it is NULL, malformed or blocked. */
struct str fact_key(struct fact *fact, uint32_t row, uint32_t column, struct arena *mem) NONNULL(1, 4);
/* Does the row carry `value` in one of the columns that prove `key`? */
bool fact_row_proves(struct fact *fact, uint32_t row, const struct key *key, struct str value,
		     struct arena *mem) NONNULL(1, 3, 5);
/* The cell as its column's type. A bad one is counted as a warning of the fact. */
enum typed_verdict fact_typed(struct fact *fact, uint32_t row, uint32_t column, struct arena *mem,
			      struct typed *out) NONNULL(1, 4, 5);
/* Count a cell that is shown and is none of the codes of its field. */
void fact_unknown_code(struct fact *fact, uint32_t row, uint32_t column, struct arena *mem) NONNULL(1, 4);
/* When the row was last true: its as-of column. False: it has none, or NULL. */
bool fact_as_of(struct fact *fact, uint32_t row, struct arena *mem, struct typed *out) NONNULL(1, 3, 4);

#endif
