/* registry.h - the drivers that exist. Immutable; safe from any thread. */
#ifndef ADAPTERS_REGISTRY_H
#define ADAPTERS_REGISTRY_H

#include "adapters/adapter_driver.h"

/* The driver of that name; ERR_CONFIG naming the known ones (err->where: `source`). */
const struct adapter_driver *registry_find(const char *name, const char *source, struct err *err)
	MUST_CHECK NONNULL(1, 2, 3);

#endif
