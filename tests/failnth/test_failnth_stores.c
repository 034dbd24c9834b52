/* The cache in memory and in Redis; sources behind SQLite's driver and behind files, from opening to closing. */
#include <semaphore.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

#include "adapters/adapter.h"
#include "base/buf.h"
#include "base/log.h"
#include "cache/cache.h"
#include "cache/entry.h"
#include "federator/libraries.h"
#include "tests/cache/redis_server.h"
#include "tests/cache/samples.h"
#include "tests/failnth/failnth.h"
#include "tests/failnth/files.h"

static struct redis_server redis;

/* ---- the cache ---- */

static bool is_sample(const struct rows *rows, unsigned who)
{
	SCOPED(arena_wipe_free) struct arena *mem = arena_new();
	const struct rows *want = sample_rows(who, mem);

	if (rows->n_rows != want->n_rows || rows->n_cols != want->n_cols)
		return false;
	for (uint32_t i = 0; i < want->n_rows * want->n_cols; i++)
		if (!str_eq(rows->cells[i], want->cells[i]))
			return false;
	return true;
}

struct look {
	struct cache_ask ask;
	struct cache_hit hit;
	struct loop *loop;
	unsigned answers;
};

static void found(struct cache_ask *ask, struct cache_hit hit)
{
	struct look *l = CONTAINER_OF(ask, struct look, ask);

	l->hit = hit;
	l->answers++;
	if (l->loop)
		loop_stop(l->loop);
}

/* A miss is honest; another customer's rows are not. */
static enum outcome look_up(struct cache *c, struct loop *loop, unsigned who, struct arena *mem)
{
	struct look l = { .ask = { .key = sample_key(who),
				   .wholes = *sample_wholes(),
				   .mem = mem,
				   .found = found } };

	cache_get(c, &l.ask);
	if (!l.answers) {
		l.loop = loop;
		loop_run(loop);
	}
	if (l.answers != 1)
		return failnth_wrong("%u answers", l.answers);
	if (!l.hit.rows)
		return failnth_refused("a miss");
	return is_sample(l.hit.rows, who) ? failnth_same(STR("")) : failnth_wrong("not the rows of %u", who);
}

/* Without a ticket nothing is kept, which is honest, too. */
static void put(struct cache *c, struct loop *loop, unsigned who, struct arena *mem)
{
	struct look l = { .ask = { .key = sample_key(who), .mem = mem, .found = found, .how = CACHE_PAST } };

	cache_begin(c, &l.ask);
	if (!l.answers) {
		l.loop = loop;
		loop_run(loop);
	}
	sample_put(c, who, l.ask.ticket, 60000);
}

static struct cache_home *home_in_memory(size_t bytes)
{
	struct err err;

	return cache_home_new(&(struct cache_conf){ .kind = CACHE_IN_MEMORY, .max_bytes = bytes }, &err);
}

/* What is in memory needs none. */
static struct loop *no_loop(void)
{
	static char loop;

	return (struct loop *)(void *)&loop;
}

static enum outcome in_memory(const void *copies)
{
	SCOPED(arena_wipe_free) struct arena *mem = arena_new();
	struct cache_home *home = home_in_memory(2 << 20);
	struct cache *c = cache_open(home, no_loop());
	enum outcome o = RIGHT;

	for (unsigned i = 0; i < *(const unsigned *)copies; i++)
		put(c, NULL, i, mem);
	for (unsigned i = 0; i < *(const unsigned *)copies; i += 97)
		o = failnth_worse(o, look_up(c, NULL, i, mem));
	cache_drop(c, &(struct cache_key){ .text = "none" });
	cache_free(&c);
	cache_home_free(&home);
	return o;
}

/* Who is asked for more often than others gets a place of theirs. */
static enum outcome evicted(const void *arg)
{
	SCOPED(arena_wipe_free) struct arena *mem = arena_new();
	struct cache_home *home = home_in_memory(8192);
	struct cache *c = cache_open(home, no_loop());
	enum outcome o;

	(void)arg;
	for (unsigned i = 0; i < 20; i++)
		put(c, NULL, i, mem);
	for (unsigned i = 0; i < 6; i++)
		(void)look_up(c, NULL, 50, mem);
	put(c, NULL, 50, mem);
	o = look_up(c, NULL, 50, mem);
	cache_free(&c);
	cache_home_free(&home);
	return o;
}

static enum outcome encoded(const void *arg)
{
	SCOPED(arena_wipe_free) struct arena *mem = arena_new();
	SCOPED(buf_free) struct buf out = { 0 };
	struct cache_key key = sample_key(7);
	struct cache_hit hit = { 0 };

	(void)arg;
	entry_encode(&(struct cache_fill){ .key = &key, .rows = sample_rows(7, mem), .stored_ms = 1000 }, &out);
	if (!entry_decode(buf_str(&out), mem, &hit))
		return failnth_wrong("not decoded");
	return is_sample(hit.rows, 7) ? failnth_same(buf_str(&out)) : failnth_wrong("not the rows");
}

/* Look again each millisecond until it is up or clearly will not be for now. */
struct patience {
	struct loop_timer timer;
	struct cache *c;
	struct loop *loop;
	unsigned looks;
	uint64_t puts;
};

static void look_at(struct loop_timer *t)
{
	struct patience *p = CONTAINER_OF(t, struct patience, timer);
	struct cache_state s = cache_state(p->c);

	if ((s.up && s.puts + s.put_failures >= p->puts) || ++p->looks > 2000)
		loop_stop(p->loop);
	else
		loop_timer_set(p->loop, t, deadline_after_ms(1));
}

static void wait_for(struct cache *c, struct loop *loop, uint64_t puts)
{
	struct patience p = { .timer = { .fire = look_at }, .c = c, .loop = loop, .puts = puts };

	loop_timer_set(loop, &p.timer, deadline_after_ms(1));
	loop_run(loop);
	loop_timer_cancel(loop, &p.timer);
}

static enum outcome on_redis(struct cache *c, struct loop *loop, struct arena *mem)
{
	enum outcome o = RIGHT;

	wait_for(c, loop, 0);
	for (unsigned i = 0; i < 3; i++)
		put(c, loop, i, mem);
	wait_for(c, loop, 3);
	for (unsigned i = 0; i < 3; i++)
		o = failnth_worse(o, look_up(c, loop, i, mem));
	cache_drop(c, &(struct cache_key){ .text = "none" });
	return o;
}

static enum outcome in_redis(const void *password)
{
	SCOPED(arena_wipe_free) struct arena *mem = arena_new();
	const struct cache_conf conf = { .kind = CACHE_IN_REDIS,
					 .redis = { .address = redis.address,
						    .password = password,
						    .timeout_ms = 5000 } };
	struct err err = { 0 };
	struct loop *loop = loop_new(&err);
	struct cache_home *home = loop ? cache_home_new(&conf, &err) : NULL;
	struct cache *c = home ? cache_open(home, loop) : NULL;
	enum outcome o = c ? on_redis(c, loop, mem) : failnth_refused(err.text);

	cache_free(&c);
	loop_free(&loop);
	cache_home_free(&home);
	return o;
}

static enum outcome at_no_address(const void *address)
{
	const struct cache_conf conf = { .kind = CACHE_IN_REDIS, .redis = { .address = address, .timeout_ms = 5 } };
	struct err err = { 0 };
	struct loop *loop = loop_new(&err);
	struct cache_home *home = loop ? cache_home_new(&conf, &err) : NULL;
	struct cache *c = home ? cache_open(home, loop) : NULL;

	cache_free(&c);
	loop_free(&loop);
	cache_home_free(&home);
	return err.cls == ERR_SYSTEM ? failnth_refused(err.text) : failnth_same(str_of(err.text));
}

/* ---- sources ---- */

static void fetched(struct fetch *f)
{
	sem_post(f->owner);
}

static enum outcome judge(const struct fetch *f, struct arena *mem)
{
	struct str all = STR("");

	if (f->err.cls != ERR_NONE && !failnth_expected().n)
		return failnth_same(arena_printf(mem, "error %d", (int)f->err.cls));
	if (f->err.cls != ERR_NONE)
		return failnth_same(arena_printf(mem, "error %d", (int)f->err.cls)) == RIGHT
			       ? RIGHT
			       : failnth_refused(f->err.text);
	for (uint32_t i = 0; i < f->rows->n_rows * f->rows->n_cols; i++)
		all = arena_printf(mem, "%.*s|%.*s", STR_ARG(all), STR_ARG(f->rows->cells[i]));
	return failnth_same(arena_printf(mem, "rows %u %.*s", f->rows->flags, STR_ARG(all)));
}

struct question {
	const char *driver, *connect, *file, *sql, *part, *column;
	uint32_t max_rows;
	bool describe;
};

static struct fetch *fetch_of(const struct question *q, sem_t *done)
{
	struct fetch *f = fetch_new();
	struct str *params = arena_array_of(f->mem, struct str, 1);
	const char **columns = arena_array_of(f->mem, const char *, 1);

	params[0] = STR("7");
	columns[0] = q->column ? q->column : "name";
	f->part = q->part ? q->part : "p";
	f->sql = arena_str(f->mem, str_of(q->sql ? q->sql : ""));
	f->params = params;
	f->n_params = 1;
	f->n_runs = 1;
	f->columns = columns;
	f->n_columns = 1;
	f->max_rows = q->max_rows ? q->max_rows : 1000;
	f->max_bytes = 1 << 20;
	f->give_up = f->cap = deadline_after_ms(30000);
	f->describe = q->describe;
	f->done = fetched;
	f->owner = done;
	return f;
}

static enum outcome described(const struct fetch *f)
{
	return f->err.cls == ERR_NONE && f->description ? failnth_same(STR("described")) : failnth_refused(f->err.text);
}

/* Twice, so that what was prepared is used again. */
static enum outcome ask(struct adapter *ad, const struct question *q, struct arena *mem)
{
	enum outcome o = RIGHT;
	struct err err = { 0 };

	for (int i = 0; i < 2; i++) {
		sem_t done;
		struct fetch *f;

		sem_init(&done, 0, 0);
		f = fetch_of(q, &done);
		if (adapter_submit(ad, f, &err))
			while (sem_wait(&done) != 0)
				continue;
		else
			f->err = err;
		o = failnth_worse(o, q->describe ? described(f) : judge(f, mem));
		fetch_free(&f);
		sem_destroy(&done);
	}
	return o;
}

static enum outcome asked(const void *arg)
{
	SCOPED(arena_wipe_free) struct arena *mem = arena_new();
	const struct question *q = arg;
	const struct adapter_conf conf = { .name = "source",
					   .driver = q->driver,
					   .connect = arena_printf(mem, "%s%s", q->connect, files_path(q->file)).p,
					   .zone = "Asia/Seoul",
					   .zone_offset_s = 32400,
					   .pool = 2,
					   .queue = 8,
					   .cap_ms = 30000 };
	struct err err = { 0 };
	struct adapter *ad = adapter_open(&conf, &err);
	enum outcome o = ad ? ask(ad, q, mem) : failnth_refused(err.text);

	if (adapter_close(&ad, 30000) != 0)
		return failnth_wrong("a worker hangs");
	return o;
}

#define SQLITE(name, ...)                                                                                           \
	{ "sqlite-" name, asked,                                                                                    \
	  &(const struct question){                                                                           \
		  .driver = "odbc", .connect = "Driver={SQLite3};Database=", .file = "db", __VA_ARGS__ } }
#define FIXTURE(name, ...)                                                                                    \
	{ "fixture-" name, asked,                                                                             \
	  &(const struct question){ .driver = "fixture", .connect = "", .file = "rows.txt", __VA_ARGS__ } }

static const unsigned some = 100, many = 3000;
static const struct scenario all[] = {
	{ "memory", in_memory, &some },
	{ "memory-grows", in_memory, &many },
	{ "memory-evicts", evicted, NULL },
	{ "entry", encoded, NULL },
	{ "redis", in_redis, NULL },
	{ "redis-at-nowhere", at_no_address, "unix:/nowhere/at/all" },
	{ "redis-at-a-port", at_no_address, "127.0.0.1:1" },
	{ "redis-at-no-address", at_no_address, "redis.example.org" },
	SQLITE("row", .sql = "SELECT name FROM t WHERE id = ?"),
	SQLITE("rows", .sql = "SELECT name FROM t WHERE id < ? * 10 ORDER BY id"),
	SQLITE("too-many-rows", .sql = "SELECT name FROM t WHERE id < ? * 10 ORDER BY id", .max_rows = 3),
	SQLITE("no-such-table", .sql = "SELECT name FROM missing WHERE id = ?"),
	SQLITE("no-such-column", .sql = "SELECT name FROM t WHERE id = ?", .column = "nickname"),
	SQLITE("long-text", .sql = "SELECT long AS name FROM t WHERE id = ?"),
	SQLITE("describe", .sql = "SELECT name FROM t WHERE id = ?", .describe = true),
	FIXTURE("row", .part = "p"),
	FIXTURE("no-rows", .part = "none"),
	FIXTURE("fails", .part = "broken"),
};

static void make_database(void)
{
	static const char sql[] =
		"CREATE TABLE t(id INTEGER PRIMARY KEY, name TEXT, long TEXT);"
		"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200)"
		"INSERT INTO t SELECT i, 'name ' || i, printf('%.*c', 9000, 'x') FROM n;";
	sqlite3 *db = NULL;

	if (sqlite3_open(files_path("db"), &db) != SQLITE_OK || sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
		abort();
	sqlite3_close(db);
}

int main(int argc, char **argv)
{
	struct err err = { 0 };
	int code = 1;

	log_set_level(LOG_ERROR + 1);
	if (libraries_begin(&err) && adapters_init(FEDERATOR_ODBC_DIR, &err)) {
		files_put("rows.txt", "part p\nkey id\ncolumns id name\n7\tseven\n7\tagain\n8\teight\n\npart none\n\n"
				      "part broken\nfail error\n");
		make_database();
		redis_server_start(&redis, NULL);
		code = failnth_main(all, ARRAY_LEN(all), argc, argv);
		redis_server_end(&redis);
	}
	files_remove();
	return code;
}
