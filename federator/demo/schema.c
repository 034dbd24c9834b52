#include "federator/demo/schema.h"

#include <stdlib.h>

struct schema_column {
	enum table table;
	const char *name;
	enum column_kind kind;
	unsigned size;
};

struct schema_index {
	enum table table;
	const char *name, *columns;
};

#define INDEX(table, name, columns)
#define COLUMN(table, column, kind, size, about)
static const struct schema_table tables[] = {
#define TABLE(database, table, primary, about) [TABLE_##table] = {database, #table, primary, about},
#include "federator/demo/schema.def"
#undef TABLE
};
#undef COLUMN

#define TABLE(database, table, primary, about)
static const struct schema_column columns[] = {
#define COLUMN(table, column, kind, size, about) {TABLE_##table, #column, kind, size},
#include "federator/demo/schema.def"
#undef COLUMN
};
#undef INDEX

#define COLUMN(table, column, kind, size, about)
static const struct schema_index indexes[] = {
#define INDEX(table, name, columns) {TABLE_##table, #name, columns},
#include "federator/demo/schema.def"
#undef INDEX
};
#undef TABLE
#undef COLUMN

const struct schema_table *schema_table(enum table t)
{
	return &tables[t];
}

size_t schema_width(enum table t)
{
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_LEN(columns); i++)
		n += columns[i].table == t;
	return n;
}

const char *schema_database_name(enum database db)
{
	static const char *const names[DATABASES] = {
		[CALLCENTER] = "callcenter",
		[WEB] = "web",
		[WAREHOUSE] = "warehouse",
	};

	return names[db];
}

/* SQLite keeps times as text, so that what is written is what is read. */
static void put_type(const struct schema_column *c, enum dialect dialect, struct buf *out)
{
	bool sqlite = dialect == DIALECT_SQLITE;

	switch (c->kind) {
	case NUMBER:
		buf_puts(out, sqlite ? "INTEGER" : "BIGINT");
		return;
	case TEXT:
		if (sqlite)
			buf_puts(out, "TEXT");
		else
			buf_printf(out, "VARCHAR(%u)", c->size);
		return;
	case TIME:
		buf_puts(out, sqlite ? "TEXT" : dialect == DIALECT_MARIADB ? "DATETIME" : "TIMESTAMP(0)");
		return;
	case DAY:
		buf_puts(out, sqlite ? "TEXT" : "DATE");
		return;
	}
	abort();
}

/* Binary collation on MariaDB: keys and ORDER BY compare bytes, as the other two do. */
void schema_create(enum table t, enum dialect dialect, struct buf *out)
{
	buf_printf(out, "CREATE TABLE %s (", tables[t].name);
	for (size_t i = 0; i < ARRAY_LEN(columns); i++) {
		if (columns[i].table != t)
			continue;
		buf_printf(out, "%s ", columns[i].name);
		put_type(&columns[i], dialect, out);
		buf_puts(out, ", ");
	}
	buf_printf(out, "PRIMARY KEY (%s))", tables[t].primary);
	if (dialect == DIALECT_MARIADB)
		buf_puts(out, " DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin");
	else if (dialect == DIALECT_SQLITE)
		buf_puts(out, " WITHOUT ROWID");
	buf_puts(out, ";\n");
}

void schema_indexes(enum table t, struct buf *out)
{
	for (size_t i = 0; i < ARRAY_LEN(indexes); i++)
		if (indexes[i].table == t)
			buf_printf(out, "CREATE INDEX %s ON %s (%s);\n", indexes[i].name, tables[t].name,
				   indexes[i].columns);
}
