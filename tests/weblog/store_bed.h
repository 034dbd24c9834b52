/* store_bed.h - event stores in the three products, for tests. The environment names the servers, see
 * tests/adapters/own_servers.py. */
#ifndef TESTS_WEBLOG_STORE_BED_H
#define TESTS_WEBLOG_STORE_BED_H

#include "tests/adapters/support.h"

#include "adapters/writer.h"
#include "weblog/store.h"

/* The product of this run. */
struct bed {
	enum writer_dialect dialect;
	const char *connect;
};
extern struct bed bed;

/* Run the tests in each of the products, each with nothing in it; what main() returns. */
int bed_run_all(const struct CMUnitTest *tests, size_t n);
/* Forget all tables; of SQLite the file. A test's setup. */
int bed_clear(void **state);
/* A store that must open. */
struct weblog_store *bed_open(const struct weblog *conf);
/* The same, of which the error matters. */
enum err_class bed_open_class(const struct weblog *conf);
/* Write a batch that must be taken. */
void bed_write(struct weblog_store *store, const struct weblog_batch *batch);
/* The class of the error of a batch. */
enum err_class bed_write_class(struct weblog_store *store, const struct weblog_batch *batch);

/* Rows of a query, in *mem, which is made; columns as "a b". */
const struct rows *bed_rows(struct arena **mem, const char *sql, const char *columns);
/* The number that a query has as n. */
int64_t bed_number(const char *sql);
/* Run a text. */
void bed_run(const char *sql);

/* An event with a visitor, a session and a time; the rest is absent. */
struct weblog_event bed_event(const char *visitor, const char *session, int64_t at_us);
/* A session of that visitor with one event. */
struct weblog_session bed_session(const char *visitor, const char *session, int64_t at_us);

/* 2026-11-27T00:00:00Z and `ms` milliseconds. */
int64_t bed_at(int64_t ms);

#endif
