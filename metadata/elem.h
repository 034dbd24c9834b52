/* elem.h - one element of a mapping file as it was written, with the place of everything in it, and typed
 * reading of attributes. The schema has been checked before: a value that is there has its form. Lives in the
 * arena of its tree; immutable once read. Safe from any thread. */
#ifndef METADATA_ELEM_H
#define METADATA_ELEM_H

#include "metadata/catalog.h"

struct attr {
	struct str name; /* with its prefix, as written */
	struct str value; /* as the parser gives it: entities resolved */
	struct span name_at;
	struct span value_at;
	bool verbatim; /* value is byte for byte what stands at value_at, on one line */
};

struct elem {
	struct str name; /* without a prefix */
	struct span at; /* of the name in the start tag */
	const struct attr *attrs;
	size_t n_attrs;
	struct str text; /* without white space at its ends */
	struct span text_at; /* of its first byte */
	struct elem *parent, *first, *last, *next;
	bool broken; /* it, or something in it, is not as the schema says */
};

/* Is it an element of that name? */
bool elem_is(const struct elem *e, const char *name) NONNULL(1, 2);
/* The first child of that name, or NULL. */
const struct elem *elem_child(const struct elem *e, const char *name) NONNULL(1, 2);
/* The next sibling of the same name, or NULL. */
const struct elem *elem_sibling(const struct elem *e) NONNULL(1);
/* How many children have that name. */
size_t elem_count(const struct elem *e, const char *name) NONNULL(1, 2);

/* The attribute, or NULL. */
const struct attr *elem_attr(const struct elem *e, const char *name) NONNULL(1, 2);
/* The value of an attribute as it is; the NULL view when there is none. */
struct str elem_string(const struct elem *e, const char *name) NONNULL(1, 2);
/* The same without white space at its ends. */
struct str elem_token(const struct elem *e, const char *name) NONNULL(1, 2);
/* The place of the attribute's value; of the element when there is none. */
struct span elem_at(const struct elem *e, const char *name) NONNULL(1, 2);
/* "true" or "1"? */
bool elem_true(const struct elem *e, const char *name) NONNULL(1, 2);
/* A whole number; `otherwise` when there is none. */
uint32_t elem_number(const struct elem *e, const char *name, uint32_t otherwise) NONNULL(1, 2);
/* Milliseconds of "250ms", "5s", "10m", "1h", "7d"; `otherwise` when there is none. */
uint64_t elem_duration_ms(const struct elem *e, const char *name, uint64_t otherwise) NONNULL(1, 2);

/* The words of an attribute, one after the other. Begin with { .attr = elem_attr(...) }. */
struct words {
	const struct attr *attr; /* NULL: no words */
	size_t offset;
	struct str word;
	struct span at;
};

/* Move to the next word; false when there is none. */
bool elem_next_word(struct words *w) MUST_CHECK NONNULL(1);
/* The place of that word of the attribute; of the element when it is not there. */
struct span elem_word_at(const struct elem *e, const char *name, struct str word) NONNULL(1, 2);
/* How many words the attribute has. */
size_t elem_count_words(const struct elem *e, const char *name) NONNULL(1, 2);

#endif
