#include "federator/demo/generate.h"

#include "federator/demo/emit.h"

#include <assert.h>
#include <stdlib.h>

enum { CUSTOMERS_PER_STRANGER = 10 };

void emit_row(struct generator *g, enum table t, const struct cell *cells, size_t n)
{
	(void)n; /* only the assertion looks */
	assert(n == g->widths[t]);
	if (!g->failed)
		g->failed = !g->sink->row(g->sink, t, cells, &g->err);
}

static void emit_common(struct generator *g, enum database db)
{
	switch (db) {
	case CALLCENTER:
		emit_campaigns(g);
		return;
	case WEB:
		for (uint32_t i = 1; i <= 1 + g->customers / CUSTOMERS_PER_STRANGER; i++)
			emit_stranger(g, i);
		return;
	case WAREHOUSE:
		emit_products(g);
		return;
	case DATABASES:
		break;
	}
	abort();
}

static void emit_person(struct generator *g, enum database db, const struct person *p)
{
	switch (db) {
	case CALLCENTER:
		emit_callcenter(g, p);
		return;
	case WEB:
		emit_web(g, p);
		return;
	case WAREHOUSE:
		emit_warehouse(g, p);
		return;
	case DATABASES:
		break;
	}
	abort();
}

bool generate(const struct generate_conf *conf, enum database db, struct sink *sink, struct err *err)
{
	struct generator g = {.sink = sink, .customers = conf->customers, .seed = conf->seed};

	if (conf->customers == 0 || conf->customers > GENERATE_CUSTOMERS_MAX)
		return err_set(err, ERR_CALLER, "customers", "must be 1 to %d", GENERATE_CUSTOMERS_MAX);
	for (int t = 0; t < TABLES; t++)
		g.widths[t] = schema_width((enum table)t);
	emit_common(&g, db);
	for (uint32_t i = 1; i <= conf->customers && !g.failed; i++) {
		struct person p = person_make(conf->seed, i);

		emit_person(&g, db, &p);
	}
	if (g.failed)
		*err = g.err;
	return !g.failed;
}
