#include "weblog/store_state.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/memory.h"

static bool log_row(struct weblog_store *s, struct err *err)
{
	static const char *const add[WRITER_DIALECTS] = {
		[WRITER_SQLITE] = "INSERT OR IGNORE INTO web_log(log,epoch,batches) VALUES(?,0,0)",
		[WRITER_POSTGRESQL] = "INSERT INTO web_log(log,epoch,batches) VALUES(?,0,0) ON CONFLICT DO NOTHING",
		[WRITER_MARIADB] = ("INSERT INTO web_log(log,epoch,batches) VALUES(?,0,0) "
				    "ON DUPLICATE KEY UPDATE log=log"),
	};

	return store_execute(s, add[writer_dialect(s->writer)], &s->log, 1, NULL, err);
}

static bool epoch_read(struct weblog_store *s, struct err *err)
{
	static const char *const columns[] = { "epoch", "purged_to", "events_to", "last_at" };
	SCOPED(arena_wipe_free) struct arena *mem = arena_new();
	const struct rows *rows;

	if (!writer_rows(s->writer,
			 &(struct writer_ask){ .sql = STR("SELECT epoch,purged_to,events_to,last_at FROM web_log "
							  "WHERE log=?"),
					       .params = &s->log,
					       .n_params = 1,
					       .columns = columns,
					       .n_columns = ARRAY_LEN(columns) },
			 mem, &rows, err))
		return false;
	if (rows->n_rows != 1)
		return err_set(err, ERR_SOURCE, s->conf->name, "the log's row is gone from web_log");
	snprintf(s->epoch, sizeof(s->epoch), "%.*s", STR_ARG(rows_cell(rows, 0, 0)));
	s->purged_us = store_time_of(rows_cell(rows, 0, 1));
	s->events_us = store_time_of(rows_cell(rows, 0, 2));
	s->last_us = store_time_of(rows_cell(rows, 0, 3));
	return true;
}

/* Nobody else writes this log from now on: who tries is told by the epoch, one that is just writing is waited for. */
static bool epoch_take(struct weblog_store *s, struct err *err)
{
	char host[64] = "", owner[96], now[STORE_TIME_BYTES + 1];
	struct str params[3];

	gethostname(host, sizeof(host) - 1);
	snprintf(owner, sizeof(owner), "%s:%d", host, (int)getpid());
	store_time(s, clock_wall_ms() * 1000, now);
	params[0] = str_of(owner);
	params[1] = str_of(now);
	params[2] = s->log;
	return writer_begin(s->writer, err) && log_row(s, err) &&
	       store_execute(s, "UPDATE web_log SET epoch=epoch+1,owner=?,begun_at=? WHERE log=?", params, 3, NULL,
			     err) &&
	       epoch_read(s, err) && writer_commit(s->writer, err);
}

struct weblog_store *weblog_store_open(const struct weblog *conf, const char *connect, struct err *err)
{
	SCOPED(weblog_store_close) struct weblog_store *s = memory_new(sizeof(*s));
	struct weblog_store *made;

	s->conf = conf;
	s->mem = arena_new();
	s->batch = arena_new();
	s->agents_mem = arena_new();
	s->agents = map_new(s->agents_mem);
	s->log = arena_str(s->mem, store_text(s, str_of(conf->name), 64));
	s->purge_from_us = INT64_MIN;
	s->writer = writer_open(conf->name, connect, err);
	if (s->writer == NULL || !store_schema(s, err) || !epoch_take(s, err))
		return NULL;
	made = s;
	s = NULL;
	return made;
}

void weblog_store_close(struct weblog_store **store)
{
	struct weblog_store *s = *store;

	*store = NULL;
	if (s == NULL)
		return;
	writer_close(&s->writer);
	arena_wipe_free(&s->agents_mem);
	arena_wipe_free(&s->batch);
	arena_wipe_free(&s->mem);
	free(s->partitions);
	free(s);
}

bool store_execute(struct weblog_store *s, const char *sql, const struct str *params, uint32_t n_params,
		   uint64_t *n_out, struct err *err)
{
	return writer_execute(s->writer,
			      &(struct writer_ask){ .sql = str_of(sql), .params = params, .n_params = n_params },
			      n_out, err);
}
