/* catalog.h - one immutable, reference-counted set of mappings: the only thing the rest of the program sees of the
 * mapping files. Everything in it is const and lives until the last catalog_unref(). Safe from any thread. All arrays
 * keep document order (files of a directory sorted by name). `index` of a thing is its place in the catalog's array of
 * its kind. */
#ifndef METADATA_CATALOG_H
#define METADATA_CATALOG_H

#include "metadata/part.h"

struct code {
	const char *is;
	const char *const *from;
	size_t n_from;
	struct labels labels;
};

struct codes {
	const char *name;
	const struct code *of; /* in rank order */
	size_t n;
	struct span at;
	uint32_t index;
};

enum mask_kind {
	MASK_NONE,
	MASK_NAME,
	MASK_PHONE,
	MASK_EMAIL,
	MASK_RRN,
	MASK_CARD,
	MASK_ACCOUNT,
	MASK_ADDRESS,
	MASK_GENERIC,
	MASK_ALL,
};

struct class_ { /* privacy class */
	const char *name;
	enum mask_kind mask;
	struct labels labels;
	struct span at;
	uint32_t index; /* also its bit in a class set */
};

enum { CLASSES_MAX = 64 }; /* a set of classes is one uint64_t */

enum pick { PICK_ORDER, PICK_NEWEST, PICK_MAX, PICK_MIN, PICK_SUM };

/* A candidate: a column of a part. */
struct from {
	const struct part *part;
	uint32_t column; /* index in part->columns */
	struct span at;
};

struct field {
	struct str path; /* "address.city"; inside a list: relative to the item */
	const struct str *segments; /* "address", "city" */
	size_t n_segments;
	const struct class_ *cls; /* its own, or that of the list around it; never NULL */
	enum pick pick;
	const struct from *from; /* in order of preference */
	size_t n_from;
	const struct codes *codes; /* or NULL */
	const char *empty; /* value when the part answered with no row; NULL = JSON null */
	const char *currency; /* ISO 4217 or NULL */
	struct labels labels;
	struct span at;
	uint32_t index; /* in catalog->fields, or in the list's fields */
};

/* A field of a list's item that is looked up in another part by a key that the item's row gives. */
struct lookup {
	const struct part *part;
	uint32_t column;
	const struct key *key;
};

enum cell_kind { CELL_NONE, CELL_HERE, CELL_LOOKUP };

/* Where a field of an item comes from, for the rows of one of the list's parts. */
struct cell_from {
	enum cell_kind kind;
	uint32_t column; /* CELL_HERE: of that part; CELL_LOOKUP: the column of that part that gives the key */
	struct lookup lookup; /* CELL_LOOKUP */
	struct span at;
};

struct list_field {
	struct field field;
	const struct cell_from *per_part; /* list->n_parts of them */
};

struct list {
	struct str path;
	const struct str *segments;
	size_t n_segments;
	const struct part *const *parts;
	size_t n_parts;
	const struct list_field *fields; /* an <item> list has exactly one field, with the empty path */
	size_t n_fields;
	bool plain_items; /* <item>: an array of plain values */
	const struct list *lists; /* nested */
	size_t n_lists;
	uint64_t only; /* of a nested list: what of it is shown, as in struct use; in a catalog everything */
	const struct field *consent; /* requires: as in struct part */
	const struct key *join; /* nested only: the outer row gives it, the inner row proves it; else NULL */
	int32_t order_field; /* index in fields; -1 = as the source gave them */
	bool order_desc;
	uint32_t limit;
	const uint32_t *distinct; /* indexes in fields */
	size_t n_distinct;
	struct labels labels;
	struct span at;
	uint32_t index;
};

struct timeline_of {
	const struct list *list;
	uint32_t at_field; /* index in list->fields: the time of an item */
	uint64_t only; /* bit per field of the list to show; all ones = every field */
	struct span at;
};

struct timeline {
	struct str path;
	const struct str *segments;
	size_t n_segments;
	const struct timeline_of *of;
	size_t n_of;
	uint32_t limit;
	struct labels labels;
	struct span at;
	uint32_t index;
};

enum use_kind { USE_FIELD, USE_LIST, USE_TIMELINE };

struct use {
	enum use_kind kind;
	const struct field *field;
	const struct list *list;
	const struct timeline *timeline;
	uint32_t limit; /* of a list or timeline; never more than its own */
	uint64_t only; /* lists: bit per field; nested lists: bit 32 + index. All ones = everything */
	const char *as; /* flat views: the name shown */
	const char *default_; /* flat views */
	struct span at;
};

enum shape { SHAPE_TREE, SHAPE_FLAT };

struct plan_step {
	const struct part *part;
	const struct query *query;
	const uint32_t *after; /* earlier steps whose parts give keys of this query */
	size_t n_after;
};

/* Which parts a view asks once the identity is known, in an order in which each step stands behind all
 * it waits for. Made once at load (plan.h). */
struct plan {
	const struct plan_step *steps;
	size_t n_steps;
};

/* Keys that lead to the identity when all of them are asked. */
struct way {
	const struct key *const *keys; /* two at least */
	size_t n_keys;
	struct plan plan;
};

struct view {
	const char *name;
	const struct key *const *by;
	size_t n_by;
	uint32_t budget_ms;
	enum shape shape;
	const struct use *uses; /* `<use view>` already expanded; a later use of a path replaces an earlier one */
	size_t n_uses;
	const struct part *const *extra_parts; /* of <use part> */
	size_t n_extra_parts;
	struct plan plan;
	const struct plan *unlinked; /* by place in `by`: when that key leads to nobody; empty for the identity */
	struct labels labels;
	struct span at;
	uint32_t index;
};

/* Classes that may be seen in the clear for a time, by somebody who says why. */
struct unmask {
	uint64_t classes;
	uint32_t minutes; /* at most */
};

struct policy {
	const char *const *roles;
	size_t n_roles;
	const char *const *purposes;
	size_t n_purposes;
	uint64_t show; /* class sets; a class in both is shown */
	uint64_t mask;
	const struct unmask *unmasks;
	size_t n_unmasks;
	struct span at;
};

struct mapping_file {
	const char *name; /* without the directory; with several, "tenant:" and the name */
	struct str text;
};

struct test; /* test.h */
struct weblog; /* weblogs.h */

struct catalog {
	char revision[17]; /* hex, hash of the names and bytes of all files */
	const struct source *sources;
	size_t n_sources;
	const struct key *keys;
	size_t n_keys;
	const struct key *identity; /* never NULL in a loaded catalog */
	const struct codes *codes;
	size_t n_codes;
	const struct class_ *classes;
	size_t n_classes;
	const struct part *parts;
	size_t n_parts;
	const struct field *fields;
	size_t n_fields;
	const struct list *lists;
	size_t n_lists;
	const struct timeline *timelines;
	size_t n_timelines;
	const struct view *views;
	size_t n_views;
	const struct view *candidate; /* the view named "candidate", or NULL */
	const struct policy *policies;
	size_t n_policies;
	const struct test *tests;
	size_t n_tests;
	const struct weblog *weblogs;
	size_t n_weblogs;
	/* n_keys of them: from that asked key to the identity; for that one what confirms it. Order: struct plan. */
	const struct plan *resolve;
	const struct way *ways; /* beside those: from several asked keys together */
	size_t n_ways;
	const struct mapping_file *files;
	size_t n_files;
};

/* One more owner; returns its argument. */
const struct catalog *catalog_ref(const struct catalog *cat) NONNULL(1) __attribute__((returns_nonnull));
/* Drop one owner; the last one frees everything. Accepts NULL inside; sets *cat to NULL. */
void catalog_unref(const struct catalog **cat) NONNULL(1);
/* The view, or NULL. */
const struct view *catalog_view(const struct catalog *cat, struct str name) NONNULL(1);
/* The key, or NULL. */
const struct key *catalog_key(const struct catalog *cat, struct str name) NONNULL(1);
/* May this view be asked by this key? */
bool view_by(const struct view *view, const struct key *key) NONNULL(1, 2);
/* The view's plan for a key of its `by` that leads to nobody. */
const struct plan *view_unlinked(const struct view *view, const struct key *key) NONNULL(1, 2)
	__attribute__((returns_nonnull));
/* The title in the language, else in the first one, else NULL. */
const char *labels_in(struct labels labels, struct str lang);
/* Does the policy hold for this role with this purpose? */
bool policy_names(const struct policy *policy, struct str role, struct str purpose) NONNULL(1);
/* Class sets of one role with one purpose. */
struct rights {
	uint64_t show;
	uint64_t mask; /* never a class that is also in show */
	bool known; /* some policy names this role with this purpose */
};
/* What a role may see for a purpose: the union of all policies that name both; nothing named = nothing shown. */
struct rights catalog_rights(const struct catalog *cat, struct str role, struct str purpose) NONNULL(1);
/* For how many minutes at most the role may see the class in the clear for the purpose, having said why: the most of
 * all policies that name both; 0: not at all. */
uint32_t catalog_unmask_minutes(const struct catalog *cat, struct str role, struct str purpose,
				const struct class_ *cls) NONNULL(1, 4);
/* The policy that allows that, the first of several; NULL: none does. */
const struct policy *catalog_unmask_policy(const struct catalog *cat, struct str role, struct str purpose,
					   const struct class_ *cls) NONNULL(1, 4);
/* The class, or NULL. */
const struct class_ *catalog_class(const struct catalog *cat, struct str name) NONNULL(1);

#endif
