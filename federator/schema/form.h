/* form.h - the shape of an answer, from which both schemas are written. It mirrors the answer tree
 * (view/tree.h): where that has a node, this says what may stand there. Lives in an arena; one thread. Used
 * by the files of schema/ only. */
#ifndef FEDERATOR_SCHEMA_FORM_H
#define FEDERATOR_SCHEMA_FORM_H

#include "base/arena.h"
#include "metadata/catalog.h"

enum form_kind {
	FORM_VALUE, /* a value of one of `types` */
	FORM_WORD, /* one of `words` */
	FORM_OBJECT, /* members: the children */
	FORM_ARRAY, /* items: any of the children */
	FORM_MAP, /* an object whose member names are data; every member looks like the only child */
	FORM_ORIGINS, /* provenance: in JSON a map of the only child, in XML only the losers */
	FORM_ANY, /* cannot be said */
};

/* A member of an object is there exactly when a word says so. */
struct form_rule {
	const char *inside; /* the member that holds the word's member; NULL: the object itself */
	const char *member, *words[4];
	const char *then; /* the member that is there then, and only then */
	const char *maybe; /* a further word, with which it may be there; or NULL */
};

struct form {
	enum form_kind kind;
	struct str name; /* of a member */
	struct str item; /* arrays and maps: element name of their children in XML */
	struct str title; /* or the NULL view */
	struct str about; /* for people; or the NULL view */
	bool required;
	bool nullable;
	bool sourced; /* the value comes from a source, so it may have an origin */
	bool any_order; /* objects: members may come in any order */
	bool masked; /* values: some role sees a mask, which is a text */
	bool count; /* values: an integer that is never negative */
	uint32_t types; /* values: bit per enum value_type */
	const struct codes *codes; /* values: the vocabulary, to which unknown codes are added; or NULL */
	struct str lang; /* of their titles */
	const char *const *words; /* FORM_WORD: the only values; FORM_MAP: the only names, or NULL */
	size_t n_words;
	uint32_t max; /* arrays: items at most; 0 = no limit */
	const struct form_rule *rules; /* objects; XML Schema 1.0 cannot say them */
	size_t n_rules;
	struct form *first, *last, *next;
};

/* What the forms of one schema need to know. */
struct form_context {
	const struct catalog *cat;
	struct arena *mem;
	struct str lang;
	uint64_t masked; /* classes that some policy masks */
	bool *codes_used; /* by codes index: their labels can occur */
};

/* A new child at the end of `parent` (NULL for a root). */
struct form *form_new(struct arena *mem, struct form *parent, enum form_kind kind, struct str name)
	NONNULL(1) __attribute__((returns_nonnull));
/* A required one. */
struct form *form_need(struct arena *mem, struct form *parent, enum form_kind kind, struct str name)
	NONNULL(1) __attribute__((returns_nonnull));
/* The child of that name, or NULL. */
struct form *form_member(const struct form *form, struct str name) NONNULL(1);
/* What both `a` and `b` are: the least that allows either. Makes a new form, or returns one of them. */
struct form *form_union(struct arena *mem, struct form *a, struct form *b) NONNULL(1, 2, 3)
	__attribute__((returns_nonnull));
/* The union of an array's alternatives. */
struct form *form_item(struct arena *mem, const struct form *array) NONNULL(1, 2)
	__attribute__((returns_nonnull));

/* form_customer.c: "customer" of a view, as a member of `parent`. */
struct form *form_customer(struct form_context *ctx, const struct view *view, struct form *parent)
	NONNULL(1, 2, 3) __attribute__((returns_nonnull));

/* form_customer.c: a value of a flat view, as a member of `parent`. */
struct form *form_flat(struct form_context *ctx, const struct use *use, struct form *parent) NONNULL(1, 2, 3)
	__attribute__((returns_nonnull));

/* form_answer.c: what /v1/routing answers for a flat view. */
struct form *form_routing(const struct catalog *cat, const struct view *view, struct str lang, struct arena *mem)
	NONNULL(1, 2, 4) __attribute__((returns_nonnull));

/* form_answer.c: the whole answer of a view. */
struct form *form_answer(const struct catalog *cat, const struct view *view, struct str lang,
			 struct arena *mem) NONNULL(1, 2, 4) __attribute__((returns_nonnull));

#endif
