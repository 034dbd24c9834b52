/* truth.h - what the sources of the property test hold, and how old an answer may be: each cell is a version that only
 * grows. Safe from any thread. */
#ifndef TESTS_CACHE_PROPERTY_TRUTH_H
#define TESTS_CACHE_PROPERTY_TRUTH_H

#include "base/base.h"

enum { PARTS = 4 };

struct truth; /* opaque */

/* All versions 0. The caller owns it. `bound_us`: so long a node may not know what was voided through another one. */
struct truth *truth_new(unsigned customers, uint64_t bound_us) __attribute__((returns_nonnull));
/* Free; sets *t to NULL. */
void truth_free(struct truth **t) NONNULL(1);
/* What the source says now. */
uint32_t truth_read(struct truth *t, unsigned customer, unsigned part) NONNULL(1);
/* The source changes. */
void truth_write(struct truth *t, unsigned customer, unsigned part) NONNULL(1);
/* It is committed that versions before this one are void; `node` has done it. */
void truth_void(struct truth *t, unsigned customer, unsigned part, uint32_t version, unsigned node) NONNULL(1);
/* The least version that a look-up of `node` may find that begins now. */
uint32_t truth_least(struct truth *t, unsigned customer, unsigned part, unsigned node) NONNULL(1);

#endif
