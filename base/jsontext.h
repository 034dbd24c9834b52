/* jsontext.h - a JSON document (RFC 8259) as a tree that knows where in the text each value stands, and keeps numbers
 * as they were written. No state; safe from any thread. */
#ifndef BASE_JSONTEXT_H
#define BASE_JSONTEXT_H

#include "base/arena.h"

enum { JSONTEXT_DEPTH_MAX = 256 }; /* arrays and objects inside each other */

enum jsontext_kind {
	JSONTEXT_NULL,
	JSONTEXT_FALSE,
	JSONTEXT_TRUE,
	JSONTEXT_NUMBER,
	JSONTEXT_STRING,
	JSONTEXT_ARRAY,
	JSONTEXT_OBJECT,
};

struct jsontext {
	enum jsontext_kind kind;
	struct str name; /* of a member of an object, decoded */
	struct str text; /* a string decoded, anything else as written */
	size_t at, n; /* its bytes in the document */
	struct jsontext *first, *next; /* items or members, in their order */
	size_t n_items;
};

/* What is wrong, and where in the text. */
struct jsontext_fault {
	size_t at;
	const char *what; /* in the arena, or static */
};

/* Read one value with nothing but blanks around it. Texts point into `text` or live in `mem`. NULL with *fault: not
 * JSON, not UTF-8, nested more than JSONTEXT_DEPTH_MAX deep, with `unique` also a member of an object named twice. */
const struct jsontext *jsontext_read(struct str text, bool unique, struct arena *mem, struct jsontext_fault *fault)
	MUST_CHECK NONNULL(3, 4);
/* The member of an object, the first of its name, or NULL; also when it is no object. */
const struct jsontext *jsontext_member(const struct jsontext *object, struct str name) NONNULL(1);
/* The item of an array, or NULL; also when it is no array. */
const struct jsontext *jsontext_item(const struct jsontext *array, size_t index) NONNULL(1);

#endif
