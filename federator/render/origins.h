/* origins.h - the values of a tree that know where they came from, each with its place in the JSON answer.
 * No state; safe from any thread. */
#ifndef FEDERATOR_RENDER_ORIGINS_H
#define FEDERATOR_RENDER_ORIGINS_H

#include "base/buf.h"
#include "federator/view/tree.h"

/* Called with the JSON Pointer (RFC 6901) of a value that has an origin; the view is good for one call. */
typedef void origins_visit(struct str pointer, const struct origin *origin, void *arg);

/* Visit every value below (and at) `of` that has an origin, in document order. Pointers begin with "/" and
 * the name of `of`. */
void origins_each(const struct node *of, origins_visit *visit, void *arg) NONNULL(1, 2);

/* The source's name of the column a candidate reads. */
const char *origins_column(const struct from *from) NONNULL(1) __attribute__((returns_nonnull));

#endif
