/* generate.h - the rows of the demo company: the same seed gives the same rows in the same order.
 * One thread at a time per sink. */
#ifndef FEDERATOR_DEMO_GENERATE_H
#define FEDERATOR_DEMO_GENERATE_H

#include "base/err.h"
#include "federator/demo/schema.h"

enum value_kind { VALUE_NULL, VALUE_NUMBER, VALUE_TEXT };

struct cell {
	enum value_kind kind;
	int64_t number;
	const char *text; /* UTF-8; valid only during the call */
};

/* Takes rows; the first member of whoever writes them. */
struct sink {
	/* One row: schema_width(t) cells. Rows of different tables come mixed. */
	bool (*row)(struct sink *sink, enum table t, const struct cell *cells, struct err *err);
};

struct generate_conf {
	uint32_t customers; /* 1 .. GENERATE_CUSTOMERS_MAX */
	uint64_t seed;
};

enum { GENERATE_CUSTOMERS_MAX = 5000000 };

/* All rows of one database into `sink`. */
bool generate(const struct generate_conf *conf, enum database db, struct sink *sink,
	      struct err *err) MUST_CHECK NONNULL(1, 3, 4);

#endif
