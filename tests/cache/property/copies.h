/* copies.h - the copies of the property test. A part is asked for by its customer, or by a telephone number that two
 * customers share, or by a cookie that rows of the first part give; what is asked by a number is of nobody's sheaf, all
 * else of the customer's. Every row says whose it is and how old. */
#ifndef TESTS_CACHE_PROPERTY_COPIES_H
#define TESTS_CACHE_PROPERTY_COPIES_H

#include "cache/cache.h"

#include "tests/cache/property/truth.h"

enum part { BY_MEMBER, ALSO_BY_MEMBER, BY_PHONE, BY_COOKIE };
enum { CUSTOMERS_OF_COPY = 2, NAMES_OF_COPY = 3, SOURCES = 2 };

struct copy {
	enum part part;
	unsigned first, n; /* customers */
};

/* What is asked with that key. */
struct copy copy_of(enum part part, unsigned customer);
/* The source of a part. */
unsigned copy_source(enum part part);
/* Its key and what it can be voided with as a whole. */
void copy_ask(const struct copy *copy, struct cache_ask *ask) NONNULL(1, 2);
/* The name by which it is asked for. */
struct cache_name copy_asked_name(const struct copy *copy) NONNULL(1);
/* The name of a customer. */
struct cache_name copy_customer_name(unsigned customer);
/* The name of a part, a source, or everything. */
struct cache_name copy_whole_name(enum cache_whole whole, unsigned number);
/* A row for each customer with these versions. */
const struct rows *copy_rows(const struct copy *copy, const uint32_t *versions, struct arena *mem) NONNULL(1, 2, 3);
/* The versions that rows say; false: some cell is not this copy's. */
bool copy_versions(const struct copy *copy, const struct rows *rows, uint32_t *versions_out) NONNULL(1, 2, 3);
/* Keep them. */
void copy_put(struct cache *c, const struct copy *copy, const struct rows *rows, const struct cache_ask *ask,
	      uint64_t ttl_ms) NONNULL(1, 2, 3, 4);
/* The tenant of all. */
struct str copy_tenant(void);

#endif
