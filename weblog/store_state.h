/* store_state.h - the inside of the event store: store.c (opening, the epoch), store_schema.c (tables and views),
 * store_table.c (rows on their way into a table), store_cell.c (values as the columns take them), store_write.c
 * (batches), store_order.c (the order of their rows), store_link.c (evidence and links of a batch), store_ask.c,
 * store_purge.c, store_partition.c. */
#ifndef WEBLOG_STORE_STATE_H
#define WEBLOG_STORE_STATE_H

#include "adapters/writer.h"
#include "base/map.h"
#include "weblog/store.h"

enum { STORE_TIME_BYTES = sizeof("2026-11-27 09:38:51.123") - 1, STORE_CELL_BYTES = 24 };

/* --- store_table.c --- */

/* Tables that rows are written into, in the order in which a batch does: two indexers take locks in the same order. */
enum store_table {
	STORE_AGENTS,
	STORE_EVENTS,
	STORE_SESSIONS,
	STORE_EVIDENCE,
	STORE_LINKS,
	STORE_FILES,
	STORE_TABLES,
};

enum { STORE_ROWS = 64, STORE_COLUMNS = 23, STORE_STEPS = 3 };

/* Rows on their way: as many as one statement takes. Cells are put one after the other. */
struct store_rows {
	enum store_table table;
	uint32_t n_cells;
	struct str cells[STORE_ROWS * STORE_COLUMNS];
	char numbers[STORE_ROWS * STORE_COLUMNS][STORE_CELL_BYTES]; /* numbers and times of these */
	struct str sql[STORE_TABLES][STORE_STEPS]; /* texts of the statements, made when first needed */
};

struct weblog_store {
	struct arena *mem;
	const struct weblog *conf;
	struct writer *writer;
	struct str log; /* conf->name as the column takes it */
	char epoch[STORE_CELL_BYTES];
	int64_t partition_us; /* 0: web_event has no partitions */
	int64_t *partitions; /* their beginnings, those that are known to be there */
	size_t n_partitions, room_partitions;
	struct store_rows rows;
	bool under_way; /* a transaction, with batches that are held */
	struct arena *batch; /* of the batch under way, or of the step of a purge */
	struct arena *agents_mem;
	struct map *agents; /* text -> struct store_agent: in the store */
	int64_t day; /* that day_text is of */
	char day_text[sizeof("2026-11-27 ")];
	int64_t last_us; /* no session of the log ended later */
	int64_t purged_us; /* the log wants nothing older */
	int64_t events_us; /* and no single events: they are gone, or their partitions are to go */
	char events_past[STORE_CELL_BYTES]; /* of the sessions that ended then those up to this one are through */
	int64_t purge_from_us; /* sessions that ended before are purged or another log's */
};

/* Begin to write rows into a table. */
void store_rows_begin(struct weblog_store *s, enum store_table table) NONNULL(1);
/* The next cell: a text, cut at the column's length; the NULL view is NULL. It must live until store_rows_end(). */
void store_put_text(struct weblog_store *s, struct str text) NONNULL(1);
/* PostgreSQL: begin a transaction in which nobody else makes tables of the store. */
#define STORE_LOCK_POSTGRESQL "BEGIN; SELECT pg_advisory_xact_lock(7305804402)"
/* The next cell: a number. */
void store_put_number(struct weblog_store *s, int64_t number) NONNULL(1);
/* The next cell: a number, or NULL when it is negative. */
void store_put_count(struct weblog_store *s, int64_t number) NONNULL(1);
/* The next cell: a time. */
void store_put_time(struct weblog_store *s, int64_t us) NONNULL(1);
/* The row is whole; a full block of them is sent. */
bool store_row_end(struct weblog_store *s, struct err *err) MUST_CHECK NONNULL(1, 2);
/* Send the rest. */
bool store_rows_end(struct weblog_store *s, struct err *err) MUST_CHECK NONNULL(1, 2);

/* --- store_cell.c --- */

/* The text as a column of `most` bytes takes it: no NUL, whole characters; in s->batch when it had to be changed. */
struct str store_text(struct weblog_store *s, struct str text, size_t most) NONNULL(1);
/* A time as text, STORE_TIME_BYTES and a NUL. Outside the years 1000 to 9999 it is the nearest that a column takes. */
void store_time(struct weblog_store *s, int64_t us, char *out) NONNULL(1, 3);
/* A time as the store gives it; 0 for NULL and what is none. */
int64_t store_time_of(struct str text);
/* A number as the store gives it; 0 for NULL and what is none. */
int64_t store_number_of(struct str text);

/* --- store_order.c --- */

/* A row, and the text that it is put in order by. */
struct store_place {
	uint64_t first; /* its first eight bytes, the highest first */
	struct str text;
	const void *row;
};

/* Rows of `bytes` each, whose text lies at `at`, in the order of these texts; those that are alike stay as they were.
 * In s->batch. */
const struct store_place *store_order(struct weblog_store *s, const void *rows, size_t bytes, size_t n, size_t at)
	NONNULL(1) __attribute__((returns_nonnull));

/* --- store_schema.c --- */

/* Make what is not there, and learn whether web_event has partitions. ERR_CONFIG: tables of a later version. */
bool store_schema(struct weblog_store *s, struct err *err) MUST_CHECK NONNULL(1, 2);

/* --- store_link.c --- */

/* Write evidence and links of a batch's events. */
bool store_links(struct weblog_store *s, const struct weblog_batch *batch, struct err *err) MUST_CHECK NONNULL(1, 2, 3);

/* --- store_partition.c --- */

/* Make the partitions of these events that are not there, in a transaction of its own. */
bool store_partitions(struct weblog_store *s, const struct weblog_event *events, size_t n, struct err *err) MUST_CHECK
	NONNULL(1, 4);
/* Drop partitions that hold only what no log wants any more. One that is read just now stays until the next time. */
bool store_partitions_drop(struct weblog_store *s, struct err *err) MUST_CHECK NONNULL(1, 2);

/* --- store.c --- */

/* Execute a statement without an answer; *n_out (NULL: not wanted): rows that it changed. */
bool store_execute(struct weblog_store *s, const char *sql, const struct str *params, uint32_t n_params,
		   uint64_t *n_out, struct err *err) MUST_CHECK NONNULL(1, 2, 6);

#endif
