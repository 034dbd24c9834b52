#include "weblog/store_state.h"

#include <stdio.h>

#include "base/buf.h"
#include "base/civil.h"

/* Sessions are removed as wholes, with their events and evidence, when their last event is old enough: the index by
 * visitor finds these, and a session's sums stay true as long as it is there. A link goes with the last session of its
 * visitor, since what identified somebody weeks ago goes on to say who comes with the same cookie today. Where events
 * are kept for a shorter time, those of a session go together, too, when its last one is old enough. */

enum { SESSIONS_AT_ONCE = 250, AGENTS_AT_ONCE = 1000, SESSION_DAYS = 7 };

#define DAY_US ((int64_t)CIVIL_DAY_S * CIVIL_SECOND_US)

/* SQLite's driver keeps the plan of what begins like a query, see writer.h. */
static bool remove_by(struct weblog_store *s, const char *sql, const struct str *params, uint32_t n_params,
		      struct err *err)
{
	const char *begin = writer_dialect(s->writer) == WRITER_SQLITE ? "WITH kept AS (SELECT 1) " : "";

	return store_execute(s, arena_printf(s->batch, "%s%s", begin, sql).p, params, n_params, NULL, err);
}

static bool session_remove(struct weblog_store *s, struct str session, struct str visitor, const char *before,
			   struct err *err)
{
	struct str of_visitor[] = { visitor, session, str_of(before) };

	return remove_by(s, "DELETE FROM web_event WHERE visitor=? AND session=? AND at<?", of_visitor, 3, err) &&
	       remove_by(s, "DELETE FROM web_evidence WHERE visitor=? AND session=?", of_visitor, 2, err) &&
	       remove_by(s, "DELETE FROM web_session WHERE session=?", &session, 1, err) &&
	       remove_by(s,
			 "DELETE FROM web_link WHERE visitor=? AND NOT EXISTS "
			 "(SELECT 1 FROM web_session s WHERE s.visitor=web_link.visitor)",
			 &visitor, 1, err);
}

/* Those of the log that ended between the two, the oldest first; of those of from_us what is behind `past`. */
static bool sessions_find(struct weblog_store *s, int64_t from_us, struct str past, const char *before,
			  const struct rows **rows_out, struct err *err)
{
	static const char *const columns[] = { "session", "visitor", "last_at" };
	char from[STORE_TIME_BYTES + 1];
	struct str since = { from, STORE_TIME_BYTES };
	struct str params[] = { s->log, str_of(before), since, since, past };

	store_time(s, from_us, from);
	return writer_rows(s->writer,
			   &(struct writer_ask){
				   .sql = STR("SELECT session,visitor,last_at FROM web_session "
					      "WHERE log=? AND last_at<? AND last_at>=? AND (last_at>? OR session>?) "
					      "ORDER BY last_at,session LIMIT 250"),
				   .params = params,
				   .n_params = ARRAY_LEN(params),
				   .columns = columns,
				   .n_columns = ARRAY_LEN(columns) },
			   s->batch, rows_out, err);
}

static bool sessions_remove(struct weblog_store *s, const char *before, bool *more_out, struct err *err)
{
	const struct rows *rows;

	if (!sessions_find(s, s->purge_from_us, STR(""), before, &rows, err))
		return false;
	for (uint32_t r = 0; r < rows->n_rows; r++)
		if (!session_remove(s, rows_cell(rows, r, 0), rows_cell(rows, r, 1), before, err))
			return false;
	*more_out = rows->n_rows == SESSIONS_AT_ONCE;
	s->purge_from_us = *more_out ? store_time_of(rows_cell(rows, rows->n_rows - 1, 2)) : INT64_MIN;
	return true;
}

static bool events_remove(struct weblog_store *s, const char *before, bool *more_out, struct err *err)
{
	const struct rows *rows;

	if (!sessions_find(s, s->events_us, str_of(s->events_past), before, &rows, err))
		return false;
	for (uint32_t r = 0; r < rows->n_rows; r++) {
		struct str of_visitor[] = { rows_cell(rows, r, 1), rows_cell(rows, r, 0), str_of(before) };

		if (!remove_by(s, "DELETE FROM web_event WHERE visitor=? AND session=? AND at<?", of_visitor, 3, err))
			return false;
	}
	*more_out = rows->n_rows == SESSIONS_AT_ONCE;
	if (*more_out) {
		uint32_t last = rows->n_rows - 1;

		s->events_us = store_time_of(rows_cell(rows, last, 2));
		snprintf(s->events_past, sizeof(s->events_past), "%.*s", STR_ARG(rows_cell(rows, last, 0)));
	}
	return true;
}

/* Up to `to_us` the log has no single events: a block of what is left, unless partitions go. */
static bool events_purge(struct weblog_store *s, int64_t to_us, bool *more_out, struct err *err)
{
	char before[STORE_TIME_BYTES + 1];
	struct str params[] = { { before, STORE_TIME_BYTES }, s->log };

	store_time(s, to_us, before);
	if (to_us > s->purged_us && s->partition_us == 0 && !events_remove(s, before, more_out, err))
		return false;
	if (*more_out)
		return true;
	s->events_us = to_us;
	s->events_past[0] = '\0';
	return store_execute(s, "UPDATE web_log SET events_to=? WHERE log=?", params, 2, NULL, err);
}

/* That the log wants nothing older, for partitions, which are everybody's; and files that ended long ago. */
static bool log_remove(struct weblog_store *s, const char *before, struct err *err)
{
	struct str params[] = { str_of(before), s->log };
	struct str files[] = { s->log, str_of(before) };

	return store_execute(s, "UPDATE web_log SET purged_to=? WHERE log=?", params, 2, NULL, err) &&
	       store_execute(s, "DELETE FROM web_file WHERE log=? AND ended=1 AND seen_at<?", files, 2, NULL, err);
}

/* What no log of the store wants any more; INT64_MIN: one did not say yet. */
static bool wanted_read(struct weblog_store *s, int64_t *from_us, struct err *err)
{
	static const char *const columns[] = { "purged_to" };
	const struct rows *rows;

	if (!writer_rows(s->writer,
			 &(struct writer_ask){ .sql = STR("SELECT purged_to FROM web_log"),
					       .columns = columns,
					       .n_columns = ARRAY_LEN(columns) },
			 s->batch, &rows, err))
		return false;
	*from_us = s->purged_us;
	for (uint32_t r = 0; r < rows->n_rows; r++) {
		struct str purged = rows_cell(rows, r, 0);
		int64_t us = purged.p ? store_time_of(purged) : INT64_MIN;

		*from_us = us < *from_us ? us : *from_us;
	}
	return true;
}

/* Agents whose last event is older than any that is kept. Events are not looked through: no index has their agents. */
static bool agents_remove(struct weblog_store *s, bool *more_out, struct err *err)
{
	static const char sql[] =
		"DELETE FROM web_agent WHERE id IN (SELECT id FROM "
		"(SELECT id FROM web_agent WHERE seen_at<? ORDER BY seen_at LIMIT 1000) old)"; /* so MariaDB takes it */
	char before[STORE_TIME_BYTES + 1];
	struct str param = { before, STORE_TIME_BYTES };
	int64_t from_us;
	uint64_t n = 0;

	if (!wanted_read(s, &from_us, err))
		return false;
	if (from_us == INT64_MIN)
		return true;
	store_time(s, from_us - SESSION_DAYS * DAY_US, before); /* a session lasts so long at most, and is kept whole */
	if (!store_execute(s, sql, &param, 1, &n, err)) /* not like a query: how many is asked */
		return false;
	*more_out = n >= AGENTS_AT_ONCE;
	return true;
}

/* In a transaction of its own, so that nobody waits for us who holds what we want. */
static bool agents_purge(struct weblog_store *s, bool *more_out, struct err *err)
{
	if (!writer_begin(s->writer, err))
		return false;
	if (agents_remove(s, more_out, err) && writer_commit(s->writer, err))
		return true;
	writer_rollback(s->writer);
	return false;
}

/* In a transaction, which stays open when it fails. */
static bool log_purge(struct weblog_store *s, int64_t before_us, bool *more_out, struct err *err)
{
	int64_t shorter_ms = (int64_t)(s->conf->keep_ms - s->conf->keep_events_ms);
	char before[STORE_TIME_BYTES + 1];

	store_time(s, before_us, before);
	return log_remove(s, before, err) && sessions_remove(s, before, more_out, err) &&
	       (*more_out || events_purge(s, before_us + 1000 * shorter_ms, more_out, err));
}

bool weblog_store_purge(struct weblog_store *store, int64_t before_us, bool *more_out, struct err *err)
{
	bool ok;

	store->purged_us = before_us;
	ok = writer_begin(store->writer, err);
	if (ok && !(log_purge(store, before_us, more_out, err) && writer_commit(store->writer, err))) {
		writer_rollback(store->writer);
		ok = false;
	}
	ok = ok && store_partitions_drop(store, err) && (*more_out || agents_purge(store, more_out, err));
	arena_wipe_free(&store->batch);
	store->batch = arena_new();
	return ok;
}
