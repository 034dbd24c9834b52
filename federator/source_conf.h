/* source_conf.h - from a source of the mapping to what opens its adapter. No state; safe from any thread. */
#ifndef FEDERATOR_SOURCE_CONF_H
#define FEDERATOR_SOURCE_CONF_H

#include "adapters/adapter.h"
#include "federator/options.h"
#include "metadata/catalog.h"

/* What adapter_open() takes for a source: its secret read, its zone, the longest cap of its parts. A password that is
 * changed in the secret's file later is taken up by the next connect; whatever else changes there waits for a reload,
 * and is logged, because copies in the cache are of the source as it was. `opt` outlives the adapter. Texts live in
 * `mem`, which holds the secret and is to be wiped. ERR_CONFIG when the secret cannot be read: then *out lacks only
 * driver and connection. */
bool source_conf(const struct options *opt, const struct catalog *cat, const struct source *src, struct arena *mem,
		 struct adapter_conf *out, struct err *err) MUST_CHECK NONNULL(1, 2, 3, 4, 5, 6);

#endif
