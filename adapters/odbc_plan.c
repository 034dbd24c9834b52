/* odbc_plan.c - tables that a query reads whole, from EXPLAIN. What EXPLAIN is refused (for a view on tables that one
 * may not see) is not known, and says nothing. */
#include "adapters/odbc.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

enum { PLAN_ROWS = 1000, PLAN_BYTES = 1024 * 1024, SCANS_MOST = 16 };

/* A statement beside the query of a fetch; NULL: refused. */
static const struct rows *plan_ask(struct odbc_conn *c, const struct fetch *f, struct fetch *beside)
{
	struct odbc_diag d = { 0 };
	struct err err = { 0 };

	beside->mem = f->mem;
	beside->part = f->part;
	beside->cap = f->cap;
	beside->n_runs = 1;
	beside->max_rows = PLAN_ROWS;
	beside->max_bytes = PLAN_BYTES;
	return odbc_rows_fetch(c, beside, &d, &err) ? beside->rows : NULL;
}

/* One statement without parameters and the only cell of its answer; the NULL view: refused. */
static struct str plan_cell(struct odbc_conn *c, const struct fetch *f, struct str sql)
{
	const struct rows *rows =
		plan_ask(c, f, &(struct fetch){ .sql = sql, .columns = (const char *[]){ "a" }, .n_columns = 1 });

	return rows && rows->n_rows == 1 ? rows_cell(rows, 0, 0) : (struct str){ 0 };
}

/* Each table once. */
static void scan_add(struct fetch *f, struct description *to, struct str table)
{
	struct described_scan *scans = arena_array_of(f->mem, struct described_scan, to->n_scans + 1);

	for (size_t i = 0; i < to->n_scans; i++) {
		scans[i] = to->scans[i];
		if (str_eq(str_of(scans[i].table), table))
			return;
	}
	scans[to->n_scans++] = (struct described_scan){ arena_cstr(f->mem, table), odbc_place_name(table, f->sql) };
	to->scans = scans;
}

/* ---- PostgreSQL ---- */

static struct str trimmed(struct str line)
{
	while (line.n > 0 && isspace((unsigned char)line.p[0]))
		line = (struct str){ line.p + 1, line.n - 1 };
	return line;
}

static bool begins(struct str s, const char *with)
{
	return s.n >= strlen(with) && memcmp(s.p, with, strlen(with)) == 0;
}

/* The node a line of a plan is about, without its arrow; the NULL view: the line goes on about the one before. */
static struct str node_of(struct str line, bool first)
{
	line = trimmed(line);
	if (begins(line, "->"))
		line = trimmed((struct str){ line.p + 2, line.n - 2 });
	else if (!first)
		return (struct str){ 0 };
	if (begins(line, "Parallel "))
		line = (struct str){ line.p + 9, line.n - 9 };
	return line;
}

/* The table's name, quoted where it must be, in "... on schema.table alias". */
static struct str table_of(struct str node)
{
	const char *on = memmem(node.p, node.n, " on ", 4);
	struct str name = { on ? on + 4 : node.p, 0 };
	size_t most = on ? node.n - (size_t)(name.p - node.p) : 0;
	bool quoted = false;

	while (name.n < most && (quoted || name.p[name.n] != ' '))
		quoted ^= name.p[name.n++] == '"';
	return name;
}

static bool reads_index(struct str node)
{
	return begins(node, "Index Scan ") || begins(node, "Index Only Scan ");
}

size_t odbc_plan_whole(const struct str *lines, size_t n, struct str *tables_out)
{
	struct str index = { 0 }; /* a scan of an index that no condition was seen of yet */
	size_t found = 0;

	for (size_t i = 0; i < n; i++) {
		struct str node = node_of(lines[i], i == 0);

		if (node.p == NULL) {
			if (begins(trimmed(lines[i]), "Index Cond:"))
				index = (struct str){ 0 };
			continue;
		}
		if (index.p)
			tables_out[found++] = table_of(index);
		index = reads_index(node) ? node : (struct str){ 0 };
		if (begins(node, "Seq Scan on "))
			tables_out[found++] = table_of(node);
	}
	if (index.p)
		tables_out[found++] = table_of(index);
	return found;
}

/* Does the table, named as SQL names it, have more rows than are read in no time? */
static bool is_large(struct odbc_conn *c, const struct fetch *f, struct str table)
{
	struct str n = plan_cell(c, f,
				 arena_printf(f->mem, "SELECT count(*) AS a FROM (SELECT 1 AS b FROM %.*s LIMIT %d) x",
					      STR_ARG(table), DESCRIBE_SMALL_ROWS + 1));

	return n.p != NULL && atoi(arena_cstr(f->mem, n)) > DESCRIBE_SMALL_ROWS;
}

/* A setting of the session, "on" or "off". */
static void set_postgresql(struct odbc_conn *c, const struct fetch *f, const char *name, const char *value)
{
	(void)plan_cell(c, f, arena_printf(f->mem, "SELECT set_config('%s','%s',false) AS a", name, value));
}

static const struct rows *explain_postgresql(struct odbc_conn *c, const struct fetch *f)
{
	struct fetch explain = {
		.sql = arena_printf(f->mem, "EXPLAIN (VERBOSE, COSTS OFF) %.*s", STR_ARG(f->sql)),
		.params = f->params,
		.n_params = f->n_params,
		.columns = (const char *[]){ "QUERY PLAN" },
		.n_columns = 1,
	};

	return plan_ask(c, f, &explain);
}

/* Does the planner know that there is no row, as for values outside of all partitions of a table? */
static bool is_pruned(const struct rows *rows)
{
	for (uint32_t r = 0; r < rows->n_rows; r++)
		if (str_eq(trimmed(rows->cells[r]), STR("One-Time Filter: false")))
			return true;
	return false;
}

/* With sequential scans made expensive, one that is left is one that no index could replace, whatever the statistics
 * say of a table that is small today. */
static void plan_postgresql(struct odbc_conn *c, struct fetch *f, struct description *to)
{
	const struct rows *rows;
	size_t n, most = SCANS_MOST;
	struct str *tables;

	set_postgresql(c, f, "enable_seqscan", "off");
	rows = explain_postgresql(c, f);
	if (rows && is_pruned(rows)) {
		most = 1; /* partitions are alike */
		set_postgresql(c, f, "enable_partition_pruning", "off");
		rows = explain_postgresql(c, f);
		set_postgresql(c, f, "enable_partition_pruning", "on");
	}
	set_postgresql(c, f, "enable_seqscan", "on");
	if (rows == NULL)
		return;
	tables = arena_array_of(f->mem, struct str, (size_t)rows->n_rows + 1);
	n = odbc_plan_whole(rows->cells, rows->n_rows, tables);
	for (size_t i = 0; i < n && i < SCANS_MOST && to->n_scans < most; i++)
		if (is_large(c, f, tables[i]))
			scan_add(f, to, tables[i]);
}

/* ---- MariaDB and MySQL ---- */

/* A table that is read whole, itself or by one of its indexes; <derived2> and the like are results. */
static bool is_whole(const struct rows *rows, uint32_t r, struct arena *mem)
{
	struct str table = rows_cell(rows, r, 0), type = rows_cell(rows, r, 1), n = rows_cell(rows, r, 2);

	return table.n > 0 && table.p[0] != '<' && n.p != NULL &&
	       (str_eq(type, STR("ALL")) || str_eq(type, STR("index"))) &&
	       strtoull(arena_cstr(mem, n), NULL, 10) > DESCRIBE_SMALL_ROWS;
}

static void plan_mariadb(struct odbc_conn *c, struct fetch *f, struct description *to)
{
	struct fetch explain = {
		.sql = arena_printf(f->mem, "EXPLAIN %.*s", STR_ARG(f->sql)),
		.params = f->params,
		.n_params = f->n_params,
		.columns = (const char *[]){ "table", "type", "rows" },
		.n_columns = 3,
	};
	const struct rows *rows = plan_ask(c, f, &explain);

	for (uint32_t r = 0; rows && r < rows->n_rows && r < SCANS_MOST; r++)
		if (is_whole(rows, r, f->mem))
			scan_add(f, to, rows_cell(rows, r, 0));
}

/* ---- SQLite ---- */

static void plan_sqlite(struct odbc_conn *c, struct fetch *f, struct description *to)
{
	struct str tables[SCANS_MOST];
	size_t n = sqlite_guard_scans(&c->guard, f->sql, f->mem, tables, SCANS_MOST);

	for (size_t i = 0; i < n; i++)
		if (is_large(c, f, arena_printf(f->mem, "\"%.*s\"", STR_ARG(tables[i]))))
			scan_add(f, to, tables[i]);
}

void odbc_plan(struct odbc_conn *c, struct fetch *f, struct description *to)
{
	if (strcmp(to->product, "PostgreSQL") == 0)
		plan_postgresql(c, f, to);
	else if (strcmp(to->product, "MariaDB") == 0 || strcmp(to->product, "MySQL") == 0)
		plan_mariadb(c, f, to);
	else if (strcmp(to->product, "SQLite") == 0)
		plan_sqlite(c, f, to);
}
