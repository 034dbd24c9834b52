/* write_sql.h - generated rows as one SQL text for psql or mariadb: tables, rows, indexes. */
#ifndef FEDERATOR_DEMO_WRITE_SQL_H
#define FEDERATOR_DEMO_WRITE_SQL_H

#include <stdio.h>

#include "federator/demo/generate.h"

/* Write one database in the words of a dialect. Replaces tables of the same names in the database it is
 * loaded into. */
bool write_sql(const struct generate_conf *conf, enum database db, enum dialect dialect, FILE *out,
	       struct err *err) MUST_CHECK NONNULL(1, 4, 5);

#endif
