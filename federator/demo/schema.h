/* schema.h - the tables of the demo company's databases, from schema.def, and their DDL.
 * Constant data; safe from any thread. */
#ifndef FEDERATOR_DEMO_SCHEMA_H
#define FEDERATOR_DEMO_SCHEMA_H

#include "base/buf.h"

enum database { CALLCENTER, WEB, WAREHOUSE, DATABASES };

enum dialect { DIALECT_SQLITE, DIALECT_POSTGRESQL, DIALECT_MARIADB };

enum column_kind { NUMBER, TEXT, TIME, DAY };

enum table {
#define TABLE(database, table, primary, about) TABLE_##table,
#define COLUMN(table, column, kind, size, about)
#define INDEX(table, name, columns)
#include "federator/demo/schema.def"
#undef TABLE
#undef COLUMN
#undef INDEX
	TABLES
};

enum { COLUMNS_MAX = 16 }; /* of one table */

struct schema_table {
	enum database database;
	const char *name;
	const char *primary; /* columns of the primary key */
	const char *about;
};

/* One row of the table of tables. */
const struct schema_table *schema_table(enum table t) __attribute__((returns_nonnull));
/* Number of columns of a table: the cells of each of its rows. */
size_t schema_width(enum table t);
/* "callcenter", "web", "warehouse". */
const char *schema_database_name(enum database db) __attribute__((returns_nonnull));
/* CREATE TABLE of one table, ended by ";\n". */
void schema_create(enum table t, enum dialect dialect, struct buf *out) NONNULL(3);
/* CREATE INDEX of one table, one statement a line; for after the rows are in. */
void schema_indexes(enum table t, struct buf *out) NONNULL(2);

#endif
