#include "tests/weblog/store_bed.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/digest.h"

struct bed bed;

static struct writer *writer(void)
{
	struct err err = { 0 };
	struct writer *w = writer_open("test", bed.connect, &err);

	if (w == NULL)
		fail_msg("not connected: %s", err.text);
	return w;
}

int bed_clear(void **state)
{
	(void)state;
	static const char *const tables[] = { "web_schema", "web_log",	    "web_file", "web_agent",
					      "web_event",  "web_session", "web_evidence", "web_link" };
	SCOPED(writer_close) struct writer *w = NULL;
	struct err err;
	char sql[64];

	if (bed.dialect == WRITER_SQLITE) {
		unlink(support_path("events.db"));
		unlink(support_path("events.db-wal"));
		unlink(support_path("events.db-shm"));
		return 0;
	}
	w = writer();
	assert_true(writer_run(w, "DROP VIEW IF EXISTS web_linked_event", &err));
	assert_true(writer_run(w, "DROP VIEW IF EXISTS web_linked_session", &err));
	for (size_t i = 0; i < ARRAY_LEN(tables); i++) {
		snprintf(sql, sizeof(sql), "DROP TABLE IF EXISTS %s", tables[i]);
		assert_true(writer_run(w, sql, &err));
	}
	return 0;
}

static int run_product(enum writer_dialect dialect, const char *connect, const struct CMUnitTest *tests, size_t n)
{
	static const char *const names[WRITER_DIALECTS] = { "SQLite", "PostgreSQL", "MariaDB" };

	if (connect == NULL) {
		fprintf(stderr, "no connection string of %s is set\n", names[dialect]);
		return 1;
	}
	bed = (struct bed){ dialect, connect };
	return _cmocka_run_group_tests(names[dialect], tests, n, NULL, NULL);
}

int bed_run_all(const struct CMUnitTest *tests, size_t n)
{
	struct err err = { 0 };
	char sqlite[256];
	int failed = 0;

	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	if (!digest_init(&err) || !adapters_init(ODBC_DIR, &err)) {
		fprintf(stderr, "%s\n", err.text);
		return 1;
	}
	snprintf(sqlite, sizeof(sqlite), "Driver={SQLite3};Database=%s", support_path("events.db"));
	failed += run_product(WRITER_SQLITE, sqlite, tests, n);
	failed += run_product(WRITER_POSTGRESQL, getenv("FED_TEST_PG_ADMIN"), tests, n);
	failed += run_product(WRITER_MARIADB, getenv("FED_TEST_MARIADB_ADMIN"), tests, n);
	support_dir_drop();
	return support_end(failed);
}

struct weblog_store *bed_open(const struct weblog *conf)
{
	struct err err = { 0 };
	struct weblog_store *store = weblog_store_open(conf, bed.connect, &err);

	if (store == NULL)
		fail_msg("not opened: %s", err.text);
	return store;
}

enum err_class bed_open_class(const struct weblog *conf)
{
	struct err err = { 0 };
	struct weblog_store *store = weblog_store_open(conf, bed.connect, &err);

	weblog_store_close(&store);
	return err.cls;
}

void bed_write(struct weblog_store *store, const struct weblog_batch *batch)
{
	struct err err = { 0 };

	if (!weblog_store_write(store, batch, &err))
		fail_msg("not written: %s", err.text);
}

enum err_class bed_write_class(struct weblog_store *store, const struct weblog_batch *batch)
{
	struct err err = { 0 };

	return weblog_store_write(store, batch, &err) ? ERR_NONE : err.cls;
}

const struct rows *bed_rows(struct arena **mem, const char *sql, const char *columns)
{
	SCOPED(writer_close) struct writer *w = writer();
	const struct rows *rows = NULL;
	const char *names[32];
	uint32_t n = 0;
	struct err err = { 0 };

	*mem = arena_new();
	for (const char *p = columns; *p;) {
		size_t len = strcspn(p, " ");

		names[n++] = arena_cstr(*mem, (struct str){ p, len });
		p += len + (p[len] == ' ');
	}
	if (!writer_rows(w, &(struct writer_ask){ .sql = str_of(sql), .columns = names, .n_columns = n }, *mem, &rows,
			 &err))
		fail_msg("%s: %s", sql, err.text);
	return rows;
}

int64_t bed_number(const char *sql)
{
	SCOPED(arena_wipe_free) struct arena *mem = NULL;
	const struct rows *rows = bed_rows(&mem, sql, "n");

	assert_int_equal(rows->n_rows, 1);
	return strtoll(arena_cstr(mem, rows_cell(rows, 0, 0)), NULL, 10);
}

void bed_run(const char *sql)
{
	SCOPED(writer_close) struct writer *w = writer();
	struct err err = { 0 };

	if (!writer_run(w, sql, &err))
		fail_msg("%s: %s", sql, err.text);
}

struct weblog_event bed_event(const char *visitor, const char *session, int64_t at_us)
{
	return (struct weblog_event){ .at_us = at_us,
				      .visitor = str_of(visitor),
				      .session = str_of(session),
				      .kind = "page",
				      .hits = -1,
				      .took_us = -1,
				      .bytes = -1 };
}

struct weblog_session bed_session(const char *visitor, const char *session, int64_t at_us)
{
	return (struct weblog_session){ .session = str_of(session),
					.visitor = str_of(visitor),
					.started_us = at_us,
					.last_us = at_us,
					.events = 1,
					.is_new = true };
}

int64_t bed_at(int64_t ms)
{
	return INT64_C(1795737600000000) + ms * 1000;
}
