/* trees.h - answer trees for the tests of the writers: random ones, full of texts that break writers, and one
 * with provenance. One thread. */
#ifndef TESTS_FEDERATOR_TREES_H
#define TESTS_FEDERATOR_TREES_H

#include "federator/view/tree.h"

extern const struct str trees_nasty[];
extern const size_t trees_n_nasty;

/* A random tree of at most a few hundred nodes; the same `seed` gives the same tree. */
struct node *trees_random(struct arena *mem, unsigned seed) NONNULL(1) __attribute__((returns_nonnull));

/* A customer whose tier has an origin with a loser and whose last page has one without. */
struct node *trees_with_provenance(struct arena *mem) NONNULL(1) __attribute__((returns_nonnull));

/* `text` with U+FFFD for every byte that is not UTF-8 and, for `xml`, every character XML 1.0 cannot carry.
 */
struct str trees_clean(struct arena *mem, struct str text, bool xml) NONNULL(1);

#endif
