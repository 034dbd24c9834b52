/* write_sqlite.h - generated rows into a new SQLite file, in one transaction. */
#ifndef FEDERATOR_DEMO_WRITE_SQLITE_H
#define FEDERATOR_DEMO_WRITE_SQLITE_H

#include "federator/demo/generate.h"

/* Make `path` with the tables, rows and indexes of one database; an existing file is replaced only when the
 * new one is whole. */
bool write_sqlite(const struct generate_conf *conf, enum database db, const char *path,
		  struct err *err) MUST_CHECK NONNULL(1, 3, 4);

#endif
