#include "adapters/registry.h"

static const struct adapter_driver *const drivers[] = {
	&odbc_driver, /* unixODBC: PostgreSQL, MariaDB, SQLite, others */
	&fixture_driver, /* rows, delays and failures from a text file */
};

const struct adapter_driver *registry_find(const char *name, const char *source, struct err *err)
{
	char known[64] = "";

	for (size_t i = 0; i < ARRAY_LEN(drivers); i++) {
		if (strcmp(drivers[i]->name, name) == 0)
			return drivers[i];
		strncat(known, " ", sizeof(known) - strlen(known) - 1);
		strncat(known, drivers[i]->name, sizeof(known) - strlen(known) - 1);
	}
	err_set(err, ERR_CONFIG, source, "there is no driver \"%s\"; the drivers are:%s", name, known);
	return NULL;
}
