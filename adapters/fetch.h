/* fetch.h - shared ownership of a fetch between its caller and a worker that may hang in it.
 * Only files of adapters/ include this. */
#ifndef ADAPTERS_FETCH_H
#define ADAPTERS_FETCH_H

#include "adapters/adapter.h"

/* One more owner: what was asked stays readable until each owner called fetch_free(). From any thread. */
void fetch_keep(struct fetch *f) NONNULL(1);

/* Give the fetch the arena its rows live in; *mem becomes NULL. Once, by the worker, before done(). */
void fetch_adopt(struct fetch *f, struct arena **mem) NONNULL(1, 2);

#endif
