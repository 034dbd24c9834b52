#include "federator/demo/write_sqlite.h"

#include <limits.h>
#include <sqlite3.h>
#include <stdio.h>
#include <unistd.h>

struct sqlite_sink {
	struct sink sink;
	sqlite3 *db;
	sqlite3_stmt *insert[TABLES];
};

static bool fail(sqlite3 *db, struct err *err)
{
	return err_set(err, ERR_SYSTEM, "sqlite", "%s", sqlite3_errmsg(db));
}

static bool run(sqlite3 *db, const char *sql, struct err *err)
{
	return sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK || fail(db, err);
}

static int bind(sqlite3_stmt *stmt, int place, const struct cell *cell)
{
	switch (cell->kind) {
	case VALUE_NULL:
		return sqlite3_bind_null(stmt, place);
	case VALUE_NUMBER:
		return sqlite3_bind_int64(stmt, place, cell->number);
	case VALUE_TEXT:
		return sqlite3_bind_text(stmt, place, cell->text, -1, SQLITE_STATIC);
	}
	return SQLITE_MISUSE;
}

static bool put_row(struct sink *sink, enum table t, const struct cell *cells, struct err *err)
{
	struct sqlite_sink *s = (struct sqlite_sink *)sink;
	sqlite3_stmt *stmt = s->insert[t];
	int n = sqlite3_bind_parameter_count(stmt);

	for (int i = 0; i < n; i++)
		if (bind(stmt, i + 1, &cells[i]) != SQLITE_OK)
			return fail(s->db, err);
	if (sqlite3_step(stmt) != SQLITE_DONE)
		return fail(s->db, err);
	sqlite3_reset(stmt);
	return true;
}

static bool prepare_insert(struct sqlite_sink *s, enum table t, struct err *err)
{
	SCOPED(buf_free) struct buf sql = {0};

	buf_printf(&sql, "INSERT INTO %s VALUES (?", schema_table(t)->name);
	for (size_t i = 1; i < schema_width(t); i++)
		buf_puts(&sql, ", ?");
	buf_putc(&sql, ')');
	return sqlite3_prepare_v2(s->db, sql.data, -1, &s->insert[t], NULL) == SQLITE_OK || fail(s->db, err);
}

static bool create_table(struct sqlite_sink *s, enum table t, struct err *err)
{
	SCOPED(buf_free) struct buf sql = {0};

	schema_create(t, DIALECT_SQLITE, &sql);
	return run(s->db, sql.data, err) && prepare_insert(s, t, err);
}

static bool create_tables(struct sqlite_sink *s, enum database db, struct err *err)
{
	for (int i = 0; i < TABLES; i++)
		if (schema_table((enum table)i)->database == db && !create_table(s, (enum table)i, err))
			return false;
	return true;
}

static bool create_indexes(struct sqlite_sink *s, enum database db, struct err *err)
{
	SCOPED(buf_free) struct buf sql = {0};

	for (int i = 0; i < TABLES; i++)
		if (schema_table((enum table)i)->database == db)
			schema_indexes((enum table)i, &sql);
	buf_puts(&sql, "ANALYZE;\n");
	return run(s->db, sql.data, err);
}

/* Without a journal: a file that is not whole is thrown away. */
static bool fill(struct sqlite_sink *s, const struct generate_conf *conf, enum database db, struct err *err)
{
	return run(s->db, "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; BEGIN", err) &&
	       create_tables(s, db, err) && generate(conf, db, &s->sink, err) && create_indexes(s, db, err) &&
	       run(s->db, "COMMIT", err);
}

static bool write_new(const struct generate_conf *conf, enum database db, const char *path, struct err *err)
{
	struct sqlite_sink s = {.sink.row = put_row};
	bool ok = sqlite3_open_v2(path, &s.db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL) == SQLITE_OK;

	ok = ok ? fill(&s, conf, db, err) : fail(s.db, err);
	for (int i = 0; i < TABLES; i++)
		sqlite3_finalize(s.insert[i]);
	sqlite3_close(s.db);
	return ok;
}

bool write_sqlite(const struct generate_conf *conf, enum database db, const char *path, struct err *err)
{
	char draft[PATH_MAX];

	if ((size_t)snprintf(draft, sizeof(draft), "%s.new", path) >= sizeof(draft))
		return err_set(err, ERR_SYSTEM, "demo", "the path of the directory is too long");
	unlink(draft);
	if (!write_new(conf, db, draft, err)) {
		unlink(draft);
		return false;
	}
	if (rename(draft, path) != 0)
		return err_set(err, ERR_SYSTEM, "demo", "cannot rename %s", draft);
	return true;
}
