/* catalog_private.h - how a catalog is made and ends; only load.c fills one. */
#ifndef METADATA_CATALOG_PRIVATE_H
#define METADATA_CATALOG_PRIVATE_H

#include "metadata/catalog.h"

/* An empty catalog with one owner. Everything that is put into it lives in *mem_out, which the catalog owns;
 * end it with catalog_unref(). Until it is handed out it belongs to one thread. */
struct catalog *catalog_new(struct arena **mem_out) NONNULL(1) __attribute__((returns_nonnull));

#endif
