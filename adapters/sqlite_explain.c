/* sqlite_explain.c - what SQLite tells of a statement beside its ODBC driver. */
#include "adapters/sqlite_guard.h"

#include <stdlib.h>

#include <sqlite3.h>

enum { CURSORS = 64, FULL_SCAN = SQLITE_STMTSTATUS_FULLSCAN_STEP, AUTO_INDEX = SQLITE_STMTSTATUS_AUTOINDEX };

static void stmt_drop(sqlite3_stmt **s)
{
	sqlite3_finalize(*s);
}

/* The columns of EXPLAIN. */
enum { OPCODE = 1, P1, P2, P3, P4, P5 };

/* The table with the pages that begin at `root`, of itself or of an index; the NULL view: none of the main database. */
static struct str table_at(sqlite3 *db, int root, struct arena *mem)
{
	SCOPED(stmt_drop) sqlite3_stmt *s = NULL;

	if (sqlite3_prepare_v2(db, "SELECT tbl_name FROM sqlite_schema WHERE rootpage=?", -1, &s, NULL) != SQLITE_OK ||
	    sqlite3_bind_int(s, 1, root) != SQLITE_OK || sqlite3_step(s) != SQLITE_ROW)
		return (struct str){ 0 };
	return arena_str(mem, str_of((const char *)sqlite3_column_text(s, 0)));
}

/* EXPLAIN QUERY PLAN would name aliases; the program's steps name pages. A loop that steps through all of a table, or
 * that makes an index for this one run, counts so in its fifth operand. */
size_t sqlite_guard_scans(const struct sqlite_guard *guard, struct str sql, struct arena *mem, struct str *tables_out,
			  size_t most)
{
	SCOPED(stmt_drop) sqlite3_stmt *s = NULL;
	struct str text = arena_printf(mem, "EXPLAIN %.*s", STR_ARG(sql));
	int roots[CURSORS] = { 0 };
	size_t n = 0;

	if (guard->db == NULL || sqlite3_prepare_v2(guard->db, text.p, (int)text.n, &s, NULL) != SQLITE_OK)
		return 0;
	while (n < most && sqlite3_step(s) == SQLITE_ROW) {
		const char *opcode = (const char *)sqlite3_column_text(s, OPCODE);
		int cursor = sqlite3_column_int(s, P1), kind = sqlite3_column_int(s, P5);

		if (opcode == NULL || cursor < 0 || cursor >= CURSORS)
			continue;
		if (strcmp(opcode, "OpenRead") == 0 && sqlite3_column_int(s, P3) == 0)
			roots[cursor] = sqlite3_column_int(s, P2);
		else if (strcmp(opcode, "Next") == 0 && roots[cursor] && (kind == FULL_SCAN || kind == AUTO_INDEX))
			tables_out[n++] = table_at(guard->db, roots[cursor], mem);
		n -= n > 0 && tables_out[n - 1].p == NULL;
	}
	return n;
}

bool sqlite_guard_place(const struct sqlite_guard *guard, struct str sql, size_t *at_out)
{
	SCOPED(stmt_drop) sqlite3_stmt *s = NULL;
	int at;

	if (guard->db == NULL || sqlite3_prepare_v2(guard->db, sql.p, (int)sql.n, &s, NULL) == SQLITE_OK)
		return false;
	at = sqlite3_error_offset(guard->db);
	if (at < 0 || (size_t)at >= sql.n)
		return false;
	*at_out = (size_t)at;
	return true;
}
