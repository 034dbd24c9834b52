/* insert_loop.c - the least that filling an event store costs: the rows of web_event of one SQLite file, held in
 * memory, into a new file with the same table and indexes, by sqlite3's own API: one prepared INSERT, write-ahead log.
 * As it comes, with a transaction for each 4,096 rows; `tuned`, with the indexer's largest transactions and settings.
 *
 *     insert_loop FROM.db TO.db [tuned]     prints: rows, seconds of CPU, seconds
 */
#include <sqlite3.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { BATCH = 4096, TUNED_BATCH = 49152 };

static void die(sqlite3 *db, const char *what)
{
	fprintf(stderr, "insert_loop: %s: %s\n", what, db ? sqlite3_errmsg(db) : "");
	exit(1);
}

static void run(sqlite3 *db, const char *sql)
{
	if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
		die(db, sql);
}

static sqlite3_stmt *prepare(sqlite3 *db, const char *sql)
{
	sqlite3_stmt *stmt;

	if (sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) != SQLITE_OK)
		die(db, sql);
	return stmt;
}

static double clock_s(clockid_t which)
{
	struct timespec t;

	clock_gettime(which, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* All cells, row after row. */
static sqlite3_value **rows_read(sqlite3 *from, int *columns_out, size_t *n_out)
{
	sqlite3_stmt *stmt = prepare(from, "SELECT * FROM web_event ORDER BY id");
	int columns = sqlite3_column_count(stmt);
	size_t n = 0, room = 0;
	sqlite3_value **cells = NULL;

	while (sqlite3_step(stmt) == SQLITE_ROW) {
		if (n == room) {
			room = room ? 2 * room : 65536;
			cells = realloc(cells, room * (size_t)columns * sizeof(sqlite3_value *));
			if (!cells)
				die(NULL, "no memory");
		}
		for (int i = 0; i < columns; i++)
			cells[n * (size_t)columns + (size_t)i] = sqlite3_value_dup(sqlite3_column_value(stmt, i));
		n++;
	}
	sqlite3_finalize(stmt);
	*columns_out = columns;
	*n_out = n;
	return cells;
}

/* The table and its indexes as they are in `from`. */
static void table_copy(sqlite3 *from, sqlite3 *to)
{
	sqlite3_stmt *stmt = prepare(from, "SELECT sql FROM sqlite_master WHERE tbl_name = 'web_event' "
					   "AND sql IS NOT NULL ORDER BY type DESC");

	while (sqlite3_step(stmt) == SQLITE_ROW)
		run(to, (const char *)sqlite3_column_text(stmt, 0));
	sqlite3_finalize(stmt);
}

static sqlite3_stmt *insert_prepare(sqlite3 *to, int columns)
{
	char sql[1024] = "INSERT INTO web_event VALUES (?";

	for (int i = 1; i < columns; i++)
		strncat(sql, ",?", sizeof(sql) - strlen(sql) - 1);
	strncat(sql, ")", sizeof(sql) - strlen(sql) - 1);
	return prepare(to, sql);
}

static void rows_insert(sqlite3 *to, sqlite3_value *const *cells, int columns, size_t n, size_t batch)
{
	sqlite3_stmt *insert = insert_prepare(to, columns);

	for (size_t row = 0; row < n; row++) {
		if (row % batch == 0)
			run(to, row ? "COMMIT; BEGIN" : "BEGIN");
		for (int i = 0; i < columns; i++)
			sqlite3_bind_value(insert, i + 1, cells[row * (size_t)columns + (size_t)i]);
		if (sqlite3_step(insert) != SQLITE_DONE)
			die(to, "INSERT");
		sqlite3_reset(insert);
	}
	run(to, "COMMIT");
	sqlite3_finalize(insert);
}

int main(int argc, char **argv)
{
	sqlite3 *from = NULL, *to = NULL;
	sqlite3_value **cells;
	double cpu, wall;
	int columns;
	size_t n;

	bool tuned = argc == 4 && strcmp(argv[3], "tuned") == 0;

	if (argc != 3 && !tuned)
		die(NULL, "takes FROM.db, TO.db and may be tuned");
	if (sqlite3_open_v2(argv[1], &from, SQLITE_OPEN_READONLY, NULL) != SQLITE_OK ||
	    sqlite3_open(argv[2], &to) != SQLITE_OK)
		die(NULL, "cannot open");
	cells = rows_read(from, &columns, &n);
	cpu = clock_s(CLOCK_PROCESS_CPUTIME_ID);
	wall = clock_s(CLOCK_MONOTONIC);
	run(to, "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL");
	if (tuned)
		run(to, "PRAGMA wal_autocheckpoint=16000; PRAGMA cache_size=-16384");
	table_copy(from, to);
	rows_insert(to, cells, columns, n, tuned ? TUNED_BATCH : BATCH);
	sqlite3_close(to);
	printf("%zu %.3f %.3f\n", n, clock_s(CLOCK_PROCESS_CPUTIME_ID) - cpu, clock_s(CLOCK_MONOTONIC) - wall);
	sqlite3_close(from);
	return 0;
}
