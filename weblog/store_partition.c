#include "weblog/store_state.h"

#include <stdio.h>

#include "base/buf.h"
#include "base/civil.h"
#include "base/memory.h"

/* PostgreSQL: web_event in pieces of a span of time, so that old ones are dropped instead of emptied row by row. A
 * piece is made as a table and then attached, which waits for nobody who reads or writes; CREATE ... PARTITION OF would
 * wait for all of them. */

/* What no log wants any more another indexer may have dropped since. */
static bool is_known(const struct weblog_store *s, int64_t begin)
{
	if (begin + s->partition_us <= s->events_us)
		return false;
	for (size_t i = s->n_partitions; i > 0; i--)
		if (s->partitions[i - 1] == begin)
			return true;
	return false;
}

static void learn(struct weblog_store *s, int64_t begin)
{
	if (begin + s->partition_us <= s->events_us)
		return;
	if (s->n_partitions == s->room_partitions) {
		s->room_partitions = s->room_partitions ? 2 * s->room_partitions : 16;
		s->partitions = memory_resize(s->partitions, s->room_partitions * sizeof(*s->partitions));
	}
	s->partitions[s->n_partitions++] = begin;
}

static void name_put(struct buf *out, int64_t begin)
{
	struct civil_date date = civil_date_of(begin / (CIVIL_DAY_S * CIVIL_SECOND_US));

	buf_printf(out, "web_event_%04d%02u%02u", (int)date.year, date.month, date.day);
}

/* Is it there? */
static bool is_there(struct weblog_store *s, int64_t begin, bool *there_out, struct err *err)
{
	static const char *const columns[] = { "n" };
	SCOPED(buf_free) struct buf name = { 0 };
	const struct rows *rows;

	name_put(&name, begin);
	if (!writer_rows(s->writer,
			 &(struct writer_ask){ .sql = STR("SELECT count(*) AS n FROM pg_inherits "
							  "WHERE inhparent=to_regclass('web_event') "
							  "AND inhrelid=to_regclass(?)"),
					       .params = &(struct str){ name.data, name.len },
					       .n_params = 1,
					       .columns = columns,
					       .n_columns = 1 },
			 s->batch, &rows, err))
		return false;
	*there_out = store_number_of(rows_cell(rows, 0, 0)) > 0;
	return true;
}

static bool make(struct weblog_store *s, int64_t begin, struct err *err)
{
	SCOPED(buf_free) struct buf sql = { 0 };
	SCOPED(buf_free) struct buf name = { 0 };
	char from[STORE_TIME_BYTES + 1], to[STORE_TIME_BYTES + 1];

	name_put(&name, begin);
	store_time(s, begin, from);
	store_time(s, begin + s->partition_us, to);
	buf_printf(&sql,
		   "CREATE TABLE %s (LIKE web_event INCLUDING DEFAULTS INCLUDING CONSTRAINTS); "
		   "ALTER TABLE web_event ATTACH PARTITION %s FOR VALUES FROM ('%s') TO ('%s')",
		   name.data, name.data, from, to);
	return writer_run(s->writer, sql.data, err);
}

/* Others wait while one looks and makes. */
static bool make_missing(struct weblog_store *s, int64_t begin, struct err *err)
{
	bool there;

	if (!writer_run(s->writer, STORE_LOCK_POSTGRESQL, err) ||
	    !is_there(s, begin, &there, err) || (!there && !make(s, begin, err)) || !writer_commit(s->writer, err))
		return false;
	learn(s, begin);
	return true;
}

bool store_partitions(struct weblog_store *s, const struct weblog_event *events, size_t n, struct err *err)
{
	int64_t last = INT64_MIN;

	if (s->partition_us == 0)
		return true;
	for (size_t i = 0; i < n; i++) {
		int64_t begin = civil_floor_div(events[i].at_us, s->partition_us) * s->partition_us;

		if (begin == last)
			continue;
		if (!is_known(s, begin) && !make_missing(s, begin, err))
			return false;
		last = begin;
	}
	return true;
}

/* Those who want to read wait behind one who waits to drop: not long. */
static void drop(struct weblog_store *s, struct str name)
{
	SCOPED(buf_free) struct buf sql = { 0 };
	struct err err;

	buf_printf(&sql, "DROP TABLE %.*s", STR_ARG(name));
	if (!writer_run(s->writer, "BEGIN; SET LOCAL lock_timeout='500ms'", &err) ||
	    !writer_run(s->writer, sql.data, &err) || !writer_commit(s->writer, &err))
		writer_rollback(s->writer);
}

bool store_partitions_drop(struct weblog_store *s, struct err *err)
{
	static const char *const columns[] = { "name" };
	const struct rows *rows;

	if (s->partition_us == 0)
		return true;
	/* a log that was never purged has no events_to, and lets nothing be dropped */
	if (!writer_rows(s->writer,
			 &(struct writer_ask){
				 .sql = STR("SELECT CAST(c.oid::regclass AS text) AS name FROM pg_inherits i "
					    "JOIN pg_class c ON c.oid=i.inhrelid "
					    "WHERE i.inhparent=to_regclass('web_event') "
					    "AND CAST(substring(pg_get_expr(c.relpartbound,c.oid) "
					    "from 'TO \\(''([^'']*)''\\)') AS timestamp)<="
					    "(SELECT CASE WHEN count(*)=count(events_to) THEN min(events_to) END "
					    "FROM web_log) ORDER BY c.relname LIMIT 8"),
				 .columns = columns,
				 .n_columns = 1 },
			 s->batch, &rows, err))
		return false;
	for (uint32_t r = 0; r < rows->n_rows; r++)
		drop(s, rows_cell(rows, r, 0));
	return true;
}
