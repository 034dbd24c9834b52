/* mall_data.c - the data of the demo company for the benchmark: three SQLite files, and the call center and
 * the warehouse as SQL for PostgreSQL and MariaDB. Usage: mall_data DIRECTORY CUSTOMERS */
#include <stdio.h>
#include <stdlib.h>

#include "federator/demo/write_sql.h"
#include "federator/demo/write_sqlite.h"

static bool write_file(const struct generate_conf *conf, enum database db, enum dialect dialect,
		       const char *path, struct err *err)
{
	FILE *f = fopen(path, "wb");
	bool ok;

	if (!f)
		return err_set(err, ERR_SYSTEM, "mall_data", "cannot write %s: %m", path);
	ok = write_sql(conf, db, dialect, f, err);
	if (fclose(f) != 0 && ok)
		return err_set(err, ERR_SYSTEM, "mall_data", "cannot write %s: %m", path);
	return ok;
}

static bool write_all(const struct generate_conf *conf, const char *directory, struct err *err)
{
	char path[4096];

	for (enum database db = 0; db < DATABASES; db++) {
		snprintf(path, sizeof(path), "%s/%s.db", directory, schema_database_name(db));
		if (!write_sqlite(conf, db, path, err))
			return false;
	}
	snprintf(path, sizeof(path), "%s/callcenter.sql", directory);
	if (!write_file(conf, CALLCENTER, DIALECT_POSTGRESQL, path, err))
		return false;
	snprintf(path, sizeof(path), "%s/warehouse.sql", directory);
	return write_file(conf, WAREHOUSE, DIALECT_MARIADB, path, err);
}

int main(int argc, char **argv)
{
	struct generate_conf conf = {.seed = 1};
	struct err err = {0};

	if (argc != 3 || (conf.customers = (uint32_t)strtoul(argv[2], NULL, 10)) == 0) {
		fprintf(stderr, "usage: mall_data DIRECTORY CUSTOMERS\n");
		return 2;
	}
	if (!write_all(&conf, argv[1], &err)) {
		fprintf(stderr, "%s: %s\n", err.where, err.text);
		return 1;
	}
	return 0;
}
