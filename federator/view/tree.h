/* tree.h - the answer as one tree, from which JSON and XML are written. Lives in the request's arena; built and
 * read on one thread. */
#ifndef FEDERATOR_VIEW_TREE_H
#define FEDERATOR_VIEW_TREE_H

#include "base/arena.h"
#include "metadata/catalog.h"

enum node_kind {
	NODE_NULL,
	NODE_OBJECT,
	NODE_ARRAY,
	NODE_TEXT, /* UTF-8 */
	NODE_LITERAL, /* a number, true, false or a JSON document: its text as it stands in JSON and XML */
	NODE_PROVENANCE, /* JSON: the side map of `of`; XML: its losers (the rest is attributes of the values) */
};

/* A candidate that lost. */
struct lost {
	const struct from *from;
	struct str value;
	struct str as_of; /* RFC 3339 or the NULL view */
};

/* Where a value came from. */
struct origin {
	const struct from *from;
	const struct field *field;
	const char *rule; /* "order", "newest", ... */
	struct str as_of; /* RFC 3339 or the NULL view */
	bool provisional; /* a preferred candidate's part is missing */
	const struct lost *lost;
	size_t n_lost;
};

/* A value that another answer to the same question has otherwise though nothing has changed. */
enum vary_kind {
	VARY_AGE_MS, /* of a copy */
	VARY_AGE_S,
	VARY_TOOK_MS,
	VARY_STATE, /* live or fresh: a copy that is as good as the source's answer */
	VARY_SEALED, /* an id or a cursor, or a URL with one: sealed anew each time */
};

/* Where it stands in the bytes of the answer; set by who writes them. */
struct vary {
	enum vary_kind kind;
	size_t at, n; /* n 0: it was not written */
	int64_t since_ms; /* VARY_AGE_MS: the moment it counts from */
	struct vary *next; /* of the flow's */
};

struct node {
	enum node_kind kind;
	enum mask_kind mask; /* with `cls`: how the value looks masked */
	bool map; /* object whose member names are data: in XML <item name="..."> */
	struct str name; /* of a member; empty in arrays and at the root */
	union {
		struct str item; /* arrays and maps: element name of their children in XML */
		struct str value; /* NODE_TEXT, NODE_LITERAL */
	};
	struct node *first, *last, *next;
	const struct node *of; /* NODE_PROVENANCE: the subtree it describes, "customer" */
	const struct class_ *cls; /* values from sources: their privacy class; else NULL */
	const struct origin *origin; /* values from sources, when provenance was asked for */
	struct vary *vary; /* texts and literals that vary; else NULL */
};

/* A new member at the end of `parent` (NULL for a root). */
struct node *tree_object(struct arena *mem, struct node *parent, struct str name) NONNULL(1)
	__attribute__((returns_nonnull));
/* An object whose member names are data. */
struct node *tree_map(struct arena *mem, struct node *parent, struct str name, struct str item) NONNULL(1)
	__attribute__((returns_nonnull));
/* An array; `item` names its children in XML. */
struct node *tree_array(struct arena *mem, struct node *parent, struct str name, struct str item) NONNULL(1)
	__attribute__((returns_nonnull));
/* A text; the view must outlive the tree. */
struct node *tree_text(struct arena *mem, struct node *parent, struct str name, struct str value) NONNULL(1)
	__attribute__((returns_nonnull));
/* An integer. */
struct node *tree_number(struct arena *mem, struct node *parent, struct str name, int64_t value) NONNULL(1)
	__attribute__((returns_nonnull));
/* true or false. */
struct node *tree_bool(struct arena *mem, struct node *parent, struct str name, bool value) NONNULL(1)
	__attribute__((returns_nonnull));
/* null. */
struct node *tree_null(struct arena *mem, struct node *parent, struct str name) NONNULL(1)
	__attribute__((returns_nonnull));
/* The member of an object, or NULL. */
struct node *tree_member(const struct node *object, struct str name) NONNULL(1);
/* The object that holds the last of `segments`, made where it is missing. */
struct node *tree_place(struct arena *mem, struct node *object, const struct str *segments, size_t n)
	NONNULL(1, 2, 3) __attribute__((returns_nonnull));

#endif
