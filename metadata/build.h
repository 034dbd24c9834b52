/* build.h - from the trees of all files to a catalog: each build_*.c makes things of one kind and checks the
 * rules that concern only them. A rule that is broken is a finding; the thing is then not ok, which spares
 * everybody who refers to it a finding of their own. One thread at a time. */
#ifndef METADATA_BUILD_H
#define METADATA_BUILD_H

#include "metadata/diag.h"
#include "metadata/elem.h"
#include "metadata/names.h"

struct build {
	struct arena *mem; /* of the catalog: for what stays */
	struct arena *scratch; /* until the load is over */
	struct diags *ds;
	struct names *names;
	struct catalog *cat;
	const uint32_t *layers; /* by root: which directory it is of */
	unsigned view_depth; /* views that are being built because another one uses them */
};

/* Fill the catalog from the roots of all files, in order, and check everything. With `incomplete` some file
 * could not be read. Findings go to b->ds; the catalog is good when there is no error among them. */
void build_catalog(struct build *b, const struct elem *const *roots, size_t n_roots, bool incomplete)
	NONNULL(1);

/* The children of all roots, without those that one of a later directory replaces. A replacement stands in the place
 * of what it replaces. Mistakes of override are findings. */
const struct elem *const *override_apply(struct build *b, const struct elem *const *roots, size_t n_roots,
					 size_t *n_out) NONNULL(1, 4);

/* ---- one thing each: fill *thing from its element; false when others cannot build on it ---- */

/* A struct source. */
bool build_source(struct build *b, const struct elem *e, uint32_t index, void *thing) NONNULL(1, 2, 4);
/* A struct key. */
bool build_key(struct build *b, const struct elem *e, uint32_t index, void *thing) NONNULL(1, 2, 4);
/* A struct codes. */
bool build_codes(struct build *b, const struct elem *e, uint32_t index, void *thing) NONNULL(1, 2, 4);
/* A struct class_. */
bool build_class(struct build *b, const struct elem *e, uint32_t index, void *thing) NONNULL(1, 2, 4);
/* A struct part. */
bool build_part(struct build *b, const struct elem *e, uint32_t index, void *thing) NONNULL(1, 2, 4);
/* A struct field outside lists. */
bool build_field(struct build *b, const struct elem *e, uint32_t index, void *thing) NONNULL(1, 2, 4);
/* A struct list outside lists, with all in it. */
bool build_list(struct build *b, const struct elem *e, uint32_t index, void *thing) NONNULL(1, 2, 4);
/* A struct timeline. */
bool build_timeline(struct build *b, const struct elem *e, uint32_t index, void *thing) NONNULL(1, 2, 4);
/* A struct view, without its plan. */
bool build_view(struct build *b, const struct elem *e, uint32_t index, void *thing) NONNULL(1, 2, 4);
/* A struct policy. */
bool build_policy(struct build *b, const struct elem *e, uint32_t index, void *thing) NONNULL(1, 2, 4);
/* A struct weblog (build_weblog.c; what requests mean: build_webrule.c). */
bool build_weblog(struct build *b, const struct elem *e, uint32_t index, void *thing) NONNULL(1, 2, 4);
/* A struct test. */
bool build_test(struct build *b, const struct elem *e, uint32_t index, void *thing) NONNULL(1, 2, 4);

/* ---- what they share (build_common.c, build_value.c) ---- */

/* A text that stays, as a C string. */
const char *build_keep(struct build *b, struct str s) NONNULL(1);
/* The labels among the children. */
struct labels build_labels(struct build *b, const struct elem *e) NONNULL(1, 2);
/* The index of an attribute's value among words, or `otherwise` when there is none. */
unsigned build_word(const struct elem *e, const char *attribute, const char *const *words, unsigned n,
		    unsigned otherwise) NONNULL(1, 2, 3);
/* Split a path at its dots. Segments stay. */
const struct str *build_segments(struct build *b, struct str path, size_t *n_out) NONNULL(1, 3);
/* A time between 1 ms and 10 min, of deadline, cap or budget; false with a finding. */
bool build_wait_ms(struct build *b, const struct elem *e, const char *attribute, uint32_t *ms_out)
	MUST_CHECK NONNULL(1, 2, 3, 4);
/* The index of a column; a finding and false when the part has none of that name. */
bool build_column(struct build *b, const struct part *part, struct str name, struct span at,
		  uint32_t *index_out) MUST_CHECK NONNULL(1, 2, 5);

/* The type that the attribute type names. */
enum value_type build_type(const struct elem *e) NONNULL(1);
/* Do values of the type have an order that says something? */
bool build_type_compares(enum value_type type);
/* Can values of the two types be candidates of one field? */
bool build_types_agree(enum value_type a, enum value_type b);
/* Is the text a value of the type? */
bool build_value_fits(enum value_type type, struct str text);

/* ---- pieces of parts and fields ---- */

struct weblog;
/* Fill the rules of a log whose keys are known: visitors, hide, assets, searches, pages, evidence. */
void build_webrules(struct build *b, const struct elem *e, struct weblog *log) NONNULL(1, 2, 3);
/* Fill part->columns (build_column.c). */
bool build_columns(struct build *b, const struct elem *e, struct part *part) NONNULL(1, 2, 3);
/* Fill part->queries (build_query.c); its columns must be there. With `proofs` their keys are all known, so
 * that it can be checked that rows carry what they were asked for. */
bool build_queries(struct build *b, const struct elem *e, bool proofs, struct part *part) NONNULL(1, 2, 4);
/* Fill part->watermark, which is NULL without one; its source and ttl must be there. False with a finding. */
bool build_watermark(struct build *b, const struct elem *e, struct part *part) MUST_CHECK NONNULL(1, 2, 3);
/* What every field has: path, class (else `around`), codes, currency, labels. */
void build_field_common(struct build *b, const struct elem *e, const struct class_ *around,
			struct field *field) NONNULL(1, 2, 4);
/* The class an element names, else `around`; a finding when there is neither, and a class that only stands
 * in. Never NULL. */
const struct class_ *build_class_of(struct build *b, const struct elem *e, const struct class_ *around)
	NONNULL(1, 2) __attribute__((returns_nonnull));
/* Fill part->consent of all parts, once the fields are there. */
void build_consents(struct build *b, const struct elem *const *elems, struct part *parts, size_t n) NONNULL(1);
/* The field that an element's requires names: a boolean outside lists, from parts that require nothing themselves.
 * NULL with a finding. */
const struct field *build_consent(struct build *b, const struct elem *e) NONNULL(1, 2);
/* Resolve the <from> children of an element into field->from; false when one is unknown. */
bool build_candidates(struct build *b, const struct elem *e, struct field *field) MUST_CHECK NONNULL(1, 2, 3);
/* Types of the candidates, empty and currency of a field whose candidates are known. */
void build_field_types(struct build *b, const struct elem *e, const struct field *field) NONNULL(1, 2, 3);
/* Fill one field of a list: its candidates and the cells for each part (build_cells.c). */
bool build_cells(struct build *b, const struct elem *e, const struct list *list, struct list_field *lf)
	MUST_CHECK NONNULL(1, 2, 3, 4);
/* The type of a cell that is not CELL_NONE, in the rows of the list's part of that number. */
enum value_type build_cell_type(const struct list *list, size_t part, const struct cell_from *cell)
	NONNULL(1, 3);
/* The index of a list's field by its path; a finding and false when there is none. */
bool build_list_field(struct build *b, const struct list *list, struct str path, struct span at,
		      uint32_t *index_out) MUST_CHECK NONNULL(1, 2, 5);
/* The bit of a list's field, or of a nested list, in struct use's `only`; the same. */
bool build_list_member(struct build *b, const struct list *list, struct str path, struct span at,
		       uint64_t *bit_out) MUST_CHECK NONNULL(1, 2, 5);

#endif
