#include "weblog/store_state.h"

#include "base/buf.h"

/* Of the tables. A later one says here how to get there from those before. */
enum { VERSION = 3 };
#define VERSION_TEXT "3"

static const char schema[] = {
#include "weblog/store.sql.inc"
	'\0'
};

/* From one version to the next. What the former made in another way goes, and is made with the rest of the schema. */
static const char *const renewals[VERSION - 1] = {
	/* 1 did not say when an agent was seen: just now; events went with their sessions */
	"ALTER TABLE web_agent {add} seen_at {time};"
	"UPDATE web_agent SET seen_at={now} WHERE seen_at IS NULL;"
	"ALTER TABLE web_log {add} events_to {time};"
	"UPDATE web_log SET events_to=purged_to;"
	"DROP INDEX IF EXISTS web_session_visitor{of_sessions}",
	/* 2 did not say when a log's last session ended */
	"ALTER TABLE web_log {add} last_at {time};"
	"UPDATE web_log SET last_at=(SELECT MAX(s.last_at) FROM web_session s WHERE s.log=web_log.log)",
};

/* A word between braces, and what stands for it; a # in there is what follows the word's colon. */
struct word {
	const char *name;
	const char *is[WRITER_DIALECTS];
};

static const struct word words[] = {
	{ "text", { "TEXT", "varchar(#)", "varchar(#)" } },
	{ "int", { "INTEGER", "integer", "int" } },
	{ "big", { "INTEGER", "bigint", "bigint" } },
	{ "time", { "TEXT", "timestamp(3)", "datetime(3)" } },
	{ "serial", { "INTEGER PRIMARY KEY", "bigserial", "bigint NOT NULL AUTO_INCREMENT" } },
	/* the default collation of MariaDB takes A for a, and `a ` for `a` */
	{ "options", { "", "", " CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin" } },
	{ "keyed", { " WITHOUT ROWID", "", "" } },
	{ "event_key", { "", ", PRIMARY KEY (id)", ", PRIMARY KEY (id)" } },
	{ "event_options", { "", "", " CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin" } },
	/* MariaDB has no index on some rows only */
	{ "of_searches", { " WHERE terms IS NOT NULL", " WHERE terms IS NOT NULL", "" } },
	/* its tables are made outside of transactions: half of it may be done */
	{ "add", { "ADD COLUMN", "ADD COLUMN", "ADD COLUMN IF NOT EXISTS" } },
	{ "of_sessions", { "", "", " ON web_session" } },
	{ "now", { "strftime('%Y-%m-%d %H:%M:%f','now')", "now() AT TIME ZONE 'UTC'", "utc_timestamp(3)" } },
	{ "view", { "CREATE VIEW IF NOT EXISTS", "CREATE OR REPLACE VIEW", "CREATE OR REPLACE VIEW" } },
};

/* The same for PostgreSQL when events lie in partitions: the key of such a table holds what it is divided by. */
static const struct word divided[] = {
	{ "event_key", { "", ", PRIMARY KEY (id, at)", "" } },
	{ "event_options", { "", " PARTITION BY RANGE (at)", "" } },
};

static const struct word *word_find(const struct word *list, size_t n, struct str name)
{
	for (size_t i = 0; i < n; i++)
		if (str_eq(str_of(list[i].name), name))
			return &list[i];
	return NULL;
}

static void put_word(const struct weblog_store *s, struct str text, struct buf *out)
{
	const char *colon = memchr(text.p, ':', text.n);
	struct str name = { text.p, colon ? (size_t)(colon - text.p) : text.n };
	struct str argument = { colon ? colon + 1 : "", colon ? text.n - name.n - 1 : 0 };
	const struct word *w = s->partition_us ? word_find(divided, ARRAY_LEN(divided), name) : NULL;

	if (w == NULL)
		w = word_find(words, ARRAY_LEN(words), name);
	for (const char *p = w->is[writer_dialect(s->writer)]; *p; p++)
		if (*p == '#')
			buf_put_str(out, argument);
		else
			buf_putc(out, *p);
}

/* The next statement of the schema, filled in; false: there is none. */
static bool statement_next(const struct weblog_store *s, const char **at, struct buf *out)
{
	const char *p = *at + strspn(*at, " \n");

	out->len = 0;
	while (strncmp(p, "--", 2) == 0) {
		p += strcspn(p, "\n");
		p += strspn(p, " \n");
	}
	for (; *p != '\0' && *p != ';'; p++) {
		if (*p != '{') {
			buf_putc(out, *p);
			continue;
		}
		put_word(s, (struct str){ p + 1, strcspn(p + 1, "}") }, out);
		p += strcspn(p, "}");
	}
	*at = p + (*p == ';');
	return out->len > 0;
}

static bool statements_run(struct weblog_store *s, const char *statements, struct err *err)
{
	SCOPED(buf_free) struct buf sql = { 0 };

	while (statement_next(s, &statements, &sql))
		if (!writer_run(s->writer, sql.data, err))
			return false;
	return true;
}

/* PostgreSQL and MariaDB replace a view as it is, so that who may read it still may. */
static bool tables_renew(struct weblog_store *s, int64_t version, struct err *err)
{
	if (writer_dialect(s->writer) == WRITER_SQLITE &&
	    !writer_run(s->writer, "DROP VIEW IF EXISTS web_linked_event", err))
		return false;
	for (int64_t from = version; from < VERSION; from++)
		if (!statements_run(s, renewals[from - 1], err))
			return false;
	return statements_run(s, schema, err) &&
	       writer_run(s->writer, "UPDATE web_schema SET version=" VERSION_TEXT, err);
}

static bool tables_make(struct weblog_store *s, struct err *err)
{
	SCOPED(buf_free) struct buf sql = { 0 };

	if (!statements_run(s, schema, err))
		return false;
	buf_printf(&sql, "INSERT INTO web_schema(version,partition_ms) VALUES(" VERSION_TEXT ",%lld)",
		   (long long)(s->partition_us / 1000));
	return writer_run(s->writer, sql.data, err);
}

enum found { FOUND, OLDER, MISSING, FAILED };

/* *version_out: of the tables that are there. */
static enum found version_read(struct weblog_store *s, int64_t *version_out, struct err *err)
{
	static const char *const columns[] = { "version", "partition_ms" };
	SCOPED(arena_wipe_free) struct arena *mem = arena_new();
	const struct rows *rows;

	if (!writer_rows(s->writer,
			 &(struct writer_ask){ .sql = STR("SELECT version,partition_ms FROM web_schema"),
					       .columns = columns,
					       .n_columns = ARRAY_LEN(columns) },
			 mem, &rows, err))
		return err->cls == ERR_SCHEMA ? MISSING : FAILED;
	if (rows->n_rows == 0)
		return MISSING;
	*version_out = store_number_of(rows_cell(rows, 0, 0));
	if (*version_out < 1 || *version_out > VERSION) {
		err_set(err, ERR_CONFIG, s->conf->name,
			"the tables of the event store are of a later version of federator");
		return FAILED;
	}
	s->partition_us = store_number_of(rows_cell(rows, 0, 1)) * 1000;
	return *version_out < VERSION ? OLDER : FOUND;
}

/* One makes the tables, the others wait for it. IF NOT EXISTS alone is no protection: in PostgreSQL two that see the
 * same nothing both go on, and one fails. */
static const struct {
	const char *take, *give;
} locks[WRITER_DIALECTS] = {
	[WRITER_SQLITE] = { "BEGIN IMMEDIATE", "COMMIT" },
	[WRITER_POSTGRESQL] = { STORE_LOCK_POSTGRESQL, "COMMIT" },
	/* tables are made outside of transactions there */
	[WRITER_MARIADB] = { "SELECT GET_LOCK('federator.weblog',30)", "SELECT RELEASE_LOCK('federator.weblog')" },
};

static bool schema_make(struct weblog_store *s, struct err *err)
{
	enum writer_dialect dialect = writer_dialect(s->writer);
	int64_t version;

	s->partition_us = dialect == WRITER_POSTGRESQL ? (int64_t)s->conf->partition_ms * 1000 : 0;
	if (!writer_run(s->writer, locks[dialect].take, err))
		return false;
	if (!writer_run(s->writer,
			"CREATE TABLE IF NOT EXISTS web_schema"
			"(version integer NOT NULL, partition_ms bigint NOT NULL)",
			err))
		return false;
	switch (version_read(s, &version, err)) {
	case FOUND:
		break;
	case OLDER:
		if (!tables_renew(s, version, err))
			return false;
		break;
	case MISSING:
		if (!tables_make(s, err))
			return false;
		break;
	case FAILED:
		return false;
	}
	return writer_run(s->writer, locks[dialect].give, err);
}

bool store_schema(struct weblog_store *s, struct err *err)
{
	int64_t version;
	enum found found = version_read(s, &version, err);

	return found == FOUND || (found != FAILED && schema_make(s, err));
}
