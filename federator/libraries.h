/* libraries.h - what the libraries below us need before any thread is started. */
#ifndef FEDERATOR_LIBRARIES_H
#define FEDERATOR_LIBRARIES_H

#include "base/err.h"

/* Put the memory reserve aside, give libxml2 and jansson our allocator, begin libsodium and libxml2. Call it first,
 * once: before any thread, and before libxml2 allocates. ERR_SYSTEM: no memory, or no randomness. */
bool libraries_begin(struct err *err) MUST_CHECK NONNULL(1);

#endif
