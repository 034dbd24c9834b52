#include "weblog/store_state.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/text.h"

#define TWO_DAYS_MS (INT64_C(2) * 86400 * 1000)

/* Cells of one row, taken from left to right. */
struct cells {
	const struct rows *rows;
	uint32_t row, next;
};

static struct str take(struct cells *c)
{
	return rows_cell(c->rows, c->row, c->next++);
}

static int64_t take_number(struct cells *c)
{
	return store_number_of(take(c));
}

static uint64_t take_unsigned(struct cells *c)
{
	uint64_t value = 0;

	return text_to_u64(take(c), &value) ? value : 0;
}

static void take_bytes(struct cells *c, unsigned char *out, size_t n)
{
	struct str hex = take(c);

	for (size_t i = 0; i < n && 2 * i + 1 < hex.n; i++)
		out[i] = (unsigned char)text_hex_byte(hex.p + 2 * i);
}

static const char *const position_columns[] = { "number", "device",  "inode",	   "head",     "head_bytes",
						"path",	  "at_byte", "lines_read", "rejected", "ended" };

static struct weblog_position position_of(const struct rows *rows, uint32_t row)
{
	struct cells c = { rows, row, 0 };
	struct weblog_position p = { 0 };

	p.number = take_unsigned(&c);
	p.id.device = take_unsigned(&c);
	p.id.inode = take_unsigned(&c);
	take_bytes(&c, p.id.head, sizeof(p.id.head));
	p.id.head_bytes = (uint32_t)take_unsigned(&c);
	p.path = take(&c);
	p.offset = take_unsigned(&c);
	p.lines = take_unsigned(&c);
	p.rejected = take_unsigned(&c);
	p.ended = take_number(&c) != 0;
	return p;
}

bool weblog_store_positions(struct weblog_store *store, struct arena *mem, const struct weblog_position **out,
			    size_t *n_out, struct err *err)
{
	char since[STORE_TIME_BYTES + 1];
	struct str params[2] = { store->log, { since, STORE_TIME_BYTES } };
	int64_t kept_ms = (int64_t)store->conf->keep_ms;
	struct weblog_position *found;
	const struct rows *rows;

	if (kept_ms < TWO_DAYS_MS)
		kept_ms = TWO_DAYS_MS;
	store_time(store, (clock_wall_ms() - kept_ms) * 1000, since);
	if (!writer_rows(store->writer,
			 &(struct writer_ask){
				 .sql = STR("SELECT number,device,inode,head,head_bytes,path,at_byte,lines_read,"
					    "rejected,ended FROM web_file WHERE log=? AND (ended=0 OR seen_at>=?) "
					    "ORDER BY number"),
				 .params = params,
				 .n_params = ARRAY_LEN(params),
				 .columns = position_columns,
				 .n_columns = ARRAY_LEN(position_columns) },
			 mem, &rows, err))
		return false;
	found = arena_array_of(mem, struct weblog_position, rows->n_rows);
	for (uint32_t r = 0; r < rows->n_rows; r++)
		found[r] = position_of(rows, r);
	*out = found;
	*n_out = rows->n_rows;
	return true;
}

enum { VISITORS_AT_ONCE = 32 };

static const char *const session_columns[] = { "session", "visitor",  "started_at", "last_at" };

static struct weblog_session session_of(const struct rows *rows, uint32_t row)
{
	struct cells c = { rows, row, 0 };
	struct weblog_session w = { 0 };

	w.session = take(&c);
	w.visitor = take(&c);
	w.started_us = store_time_of(take(&c));
	w.last_us = store_time_of(take(&c));
	return w;
}

static struct str sessions_sql(struct arena *mem)
{
	SCOPED(buf_free) struct buf sql = { 0 };

	buf_puts(&sql, "SELECT session,visitor,started_at,last_at FROM web_session "
		       "WHERE log=? AND last_at>? AND visitor IN (");
	for (size_t i = 0; i < VISITORS_AT_ONCE; i++)
		buf_puts(&sql, i ? ",?" : "?");
	buf_putc(&sql, ')');
	return arena_str(mem, buf_str(&sql));
}

/* The sessions of some visitors that are asked for, the last one of each. */
struct finding {
	struct weblog_store *store;
	struct str sql;
	char since[STORE_TIME_BYTES + 1];
	struct arena *mem;
	struct map *by_visitor;
	struct weblog_session *found;
	size_t n;
};

static void keep_last(struct finding *f, struct weblog_session w)
{
	struct weblog_session *known = map_get(f->by_visitor, w.visitor);

	if (known == NULL) {
		known = &f->found[f->n++];
		*known = w;
		map_set(f->by_visitor, known->visitor, known);
	} else if (known->last_us < w.last_us) {
		*known = w;
	}
}

/* Fewer than asked at once: the last one fills up. */
static bool find_some(struct finding *f, const struct str *visitors, size_t n, struct err *err)
{
	struct str params[2 + VISITORS_AT_ONCE] = { f->store->log, { f->since, STORE_TIME_BYTES } };
	const struct rows *rows;

	for (size_t i = 0; i < VISITORS_AT_ONCE; i++)
		params[2 + i] = store_text(f->store, visitors[i < n ? i : n - 1], 64);
	if (!writer_rows(f->store->writer,
			 &(struct writer_ask){ .sql = f->sql,
					       .params = params,
					       .n_params = ARRAY_LEN(params),
					       .columns = session_columns,
					       .n_columns = ARRAY_LEN(session_columns) },
			 f->mem, &rows, err))
		return false;
	for (uint32_t r = 0; r < rows->n_rows; r++)
		keep_last(f, session_of(rows, r));
	return true;
}

bool weblog_store_sessions(struct weblog_store *store, const struct weblog_asked *asked, struct arena *mem,
			   struct weblog_found *out, struct err *err)
{
	struct finding f = { .store = store, .mem = mem };

	f.sql = sessions_sql(mem);
	f.by_visitor = map_new(mem);
	f.found = arena_array_of(mem, struct weblog_session, asked->n);
	store_time(store, asked->since_us, f.since);
	for (size_t i = 0; i < asked->n; i += VISITORS_AT_ONCE) {
		size_t left = asked->n - i;

		if (!find_some(&f, asked->visitors + i, left < VISITORS_AT_ONCE ? left : VISITORS_AT_ONCE, err))
			return false;
	}
	*out = (struct weblog_found){ f.found, f.n };
	return true;
}

int64_t weblog_store_last(const struct weblog_store *store)
{
	return store->last_us ? store->last_us + 1000 : 0;
}
