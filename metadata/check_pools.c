/* check_pools.c - connections of all sources together. */
#include "metadata/check.h"

/* psqlODBC (13.02) looks through its list of connections without a lock, and that moves when it grows beyond 128.
 * adapters/odbc_env.c counts what is really open: during a reload there are two sets of connections. */
enum { POSTGRESQL_MOST = 120 };

void check_pools(struct build *b)
{
	const struct catalog *cat = b->cat;
	uint32_t sum = 0;

	for (size_t i = 0; i < cat->n_sources; i++) {
		const struct source *s = &cat->sources[i];

		if (strcmp(s->dialect, "postgresql") != 0)
			continue;
		if (sum <= POSTGRESQL_MOST && sum + s->pool > POSTGRESQL_MOST)
			diag_add(b->ds, "M0207", s->at, "make the pools of the PostgreSQL sources smaller",
				 "with source `%s` PostgreSQL sources have more than %d connections in all",
				 s->name, POSTGRESQL_MOST);
		sum += s->pool;
	}
}
