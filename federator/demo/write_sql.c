#include "federator/demo/write_sql.h"

enum { INSERT_BYTES = 256 * 1024 }; /* of one INSERT; well below MariaDB's max_allowed_packet */

struct sql_sink {
	struct sink sink;
	FILE *out;
	size_t widths[TABLES];
	struct buf rows[TABLES]; /* rows of each table that still wait for their INSERT */
};

static bool flush(struct sql_sink *s, enum table t, struct err *err)
{
	struct buf *rows = &s->rows[t];

	if (rows->len == 0)
		return true;
	fprintf(s->out, "INSERT INTO %s VALUES\n", schema_table(t)->name);
	fwrite(rows->data, 1, rows->len, s->out);
	rows->len = 0;
	if (fputs(";\n", s->out) < 0 || ferror(s->out))
		return err_set(err, ERR_SYSTEM, "demo", "cannot write the SQL text");
	return true;
}

/* Only the quote needs care: MariaDB is told to leave backslashes alone, PostgreSQL does. */
static void put_text(struct buf *out, const char *text)
{
	buf_putc(out, '\'');
	for (; *text; text++) {
		if (*text == '\'')
			buf_putc(out, '\'');
		buf_putc(out, *text);
	}
	buf_putc(out, '\'');
}

static void put_cell(struct buf *out, const struct cell *cell)
{
	switch (cell->kind) {
	case VALUE_NULL:
		buf_puts(out, "NULL");
		return;
	case VALUE_NUMBER:
		buf_printf(out, "%lld", (long long)cell->number);
		return;
	case VALUE_TEXT:
		put_text(out, cell->text);
		return;
	}
}

static bool put_row(struct sink *sink, enum table t, const struct cell *cells, struct err *err)
{
	struct sql_sink *s = (struct sql_sink *)sink;
	struct buf *rows = &s->rows[t];

	buf_puts(rows, rows->len ? ",\n(" : "(");
	for (size_t i = 0; i < s->widths[t]; i++) {
		if (i)
			buf_putc(rows, ',');
		put_cell(rows, &cells[i]);
	}
	buf_putc(rows, ')');
	return rows->len < INSERT_BYTES || flush(s, t, err);
}

static void put_tables(struct sql_sink *s, enum database db, enum dialect dialect)
{
	SCOPED(buf_free) struct buf sql = {0};

	if (dialect == DIALECT_MARIADB)
		buf_puts(
			&sql,
			"SET NAMES utf8mb4;\nSET SESSION sql_mode='NO_BACKSLASH_ESCAPES,STRICT_ALL_TABLES';\n"
			"SET SESSION unique_checks=0, autocommit=0;\n");
	else if (dialect == DIALECT_POSTGRESQL)
		buf_puts(&sql, "\\set ON_ERROR_STOP on\nSET client_encoding='UTF8';\nSET "
			       "client_min_messages=warning;\n"
			       "BEGIN;\n");
	else
		buf_puts(&sql, "BEGIN;\n");
	for (int t = 0; t < TABLES; t++) {
		if (schema_table((enum table)t)->database != db)
			continue;
		buf_printf(&sql, "DROP TABLE IF EXISTS %s;\n", schema_table((enum table)t)->name);
		schema_create((enum table)t, dialect, &sql);
	}
	fwrite(sql.data, 1, sql.len, s->out);
}

static bool put_end(struct sql_sink *s, enum database db, enum dialect dialect, struct err *err)
{
	SCOPED(buf_free) struct buf sql = {0};

	for (int t = 0; t < TABLES; t++) {
		if (!flush(s, (enum table)t, err))
			return false;
		if (schema_table((enum table)t)->database != db)
			continue;
		schema_indexes((enum table)t, &sql);
		if (dialect == DIALECT_MARIADB)
			buf_printf(&sql, "ANALYZE TABLE %s;\n", schema_table((enum table)t)->name);
	}
	buf_puts(&sql, "COMMIT;\n");
	if (dialect != DIALECT_MARIADB)
		buf_puts(&sql, "ANALYZE;\n");
	fwrite(sql.data, 1, sql.len, s->out);
	if (fflush(s->out) != 0 || ferror(s->out))
		return err_set(err, ERR_SYSTEM, "demo", "cannot write the SQL text");
	return true;
}

bool write_sql(const struct generate_conf *conf, enum database db, enum dialect dialect, FILE *out,
	       struct err *err)
{
	struct sql_sink s = {.sink.row = put_row, .out = out};
	bool ok;

	for (int t = 0; t < TABLES; t++)
		s.widths[t] = schema_width((enum table)t);
	put_tables(&s, db, dialect);
	ok = generate(conf, db, &s.sink, err) && put_end(&s, db, dialect, err);
	for (int t = 0; t < TABLES; t++)
		buf_free(&s.rows[t]);
	return ok;
}
