/* test_weblog_store_faults - connections cut and processes killed under a batch, full disks, readers beside a writer of
 * SQLite. Nothing is lost, nothing is doubled. */
#include "tests/weblog/store_bed.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LINES = 6000, BATCH = 100 };

static const struct weblog shop = { .name = "shop" };

/* ---- a file of numbered lines, an event each ---- */

static bool lines_write(struct weblog_store *store, uint64_t from, uint64_t n, struct err *err)
{
	SCOPED(arena_wipe_free) struct arena *mem = arena_new();
	struct weblog_event events[BATCH];
	struct weblog_session session = bed_session("v", "0000000000000001", bed_at(0));
	struct weblog_position at = { .number = 1, .path = STR("a.log"), .offset = from + n, .lines = from + n };

	for (uint64_t i = 0; i < n; i++) {
		events[i] = bed_event("v", "0000000000000001", bed_at((int64_t)(from + i)));
		events[i].path = arena_printf(mem, "/%llu", (unsigned long long)(from + i));
		events[i].agent = arena_printf(mem, "agent %llu", (unsigned long long)(from + i) / 10);
	}
	session.events = (uint32_t)n;
	return weblog_store_write(store, &(struct weblog_batch){ events, n, &session, 1, &at, 1, false }, err);
}

/* Where the store says to go on; false: it does not say. */
static bool lines_at(struct weblog_store *store, uint64_t *at_out)
{
	SCOPED(arena_wipe_free) struct arena *mem = arena_new();
	const struct weblog_position *p = NULL;
	struct err err;
	size_t n = 0;

	if (!weblog_store_positions(store, mem, &p, &n, &err))
		return false;
	*at_out = n ? p[0].offset : 0;
	return true;
}

/* One connection's life: as far as it goes. */
static uint64_t lines_some(atomic_uint *batches)
{
	struct err err;
	SCOPED(weblog_store_close) struct weblog_store *store = weblog_store_open(&shop, bed.connect, &err);
	uint64_t at = 0;

	if (store == NULL || !lines_at(store, &at))
		return 0;
	for (; at < LINES; at += BATCH) {
		if (!lines_write(store, at, BATCH, &err))
			return at;
		atomic_fetch_add(batches, 1);
	}
	return at;
}

static void check_lines(int64_t n)
{
	assert_int_equal(bed_number("SELECT count(*) AS n FROM web_event"), n);
	assert_int_equal(bed_number("SELECT count(DISTINCT path) AS n FROM web_event"), n);
	assert_int_equal(bed_number("SELECT at_byte AS n FROM web_file"), n);
	assert_int_equal(bed_number("SELECT events AS n FROM web_session"), n);
	assert_int_equal(bed_number("SELECT count(*) AS n FROM web_agent"), n / 10);
}

/* ---- connections are cut ---- */

struct cutter {
	atomic_uint batches;
	atomic_bool over;
	atomic_bool failed; /* or it is over */
	atomic_uint cuts;
	struct err err;
};

static bool cut_all(struct writer *w, struct arena *mem, struct err *err)
{
	static const char *const columns[] = { "sql" };
	static const char *const sql[WRITER_DIALECTS] = {
		[WRITER_POSTGRESQL] = "SELECT 'SELECT pg_terminate_backend(' || pid || ')' AS sql FROM "
				      "pg_stat_activity WHERE usename='owner' AND pid<>pg_backend_pid()",
		[WRITER_MARIADB] = "SELECT CONCAT('KILL ', id) AS \"sql\" FROM information_schema.processlist "
				   "WHERE user='owner' AND id<>CONNECTION_ID()",
	};
	const struct rows *rows;

	if (!writer_rows(w, &(struct writer_ask){ .sql = str_of(sql[bed.dialect]), .columns = columns, .n_columns = 1 },
			 mem, &rows, err))
		return false;
	for (uint32_t r = 0; r < rows->n_rows; r++)
		(void)!writer_run(w, rows_cell(rows, r, 0).p, err); /* it may be gone already */
	return true;
}

/* A cut, then a batch that goes well, and so on. */
static void *cut(void *arg)
{
	struct cutter *c = arg;
	SCOPED(arena_wipe_free) struct arena *mem = arena_new();
	SCOPED(writer_close) struct writer *w = NULL;
	unsigned seen = 0;

	while (!w && !atomic_load(&c->over)) /* a busy machine may be late with a connect */
		w = writer_open("cutter", bed.connect, &c->err);
	while (!atomic_load(&c->over)) {
		while (!atomic_load(&c->over) && atomic_load(&c->batches) == seen)
			poll(NULL, 0, 1);
		seen = atomic_load(&c->batches);
		if (!cut_all(w, mem, &c->err))
			break;
		atomic_fetch_add(&c->cuts, 1);
	}
	atomic_store(&c->failed, true);
	return NULL;
}

/* The first two, however busy the machine is. */
static void wait_for_cuts(struct cutter *c)
{
	unsigned wanted = atomic_load(&c->batches) < 2 ? atomic_load(&c->batches) : 2;

	while (!atomic_load(&c->failed) && atomic_load(&c->cuts) < wanted)
		poll(NULL, 0, 1);
}

static void connections_that_are_cut_lose_and_double_nothing(void **state)
{
	(void)state;
	struct cutter c = { 0 };
	pthread_t thread;

	if (bed.dialect == WRITER_SQLITE)
		skip();
	assert_int_equal(pthread_create(&thread, NULL, cut, &c), 0);
	while (lines_some(&c.batches) < LINES)
		wait_for_cuts(&c);
	atomic_store(&c.over, true);
	pthread_join(thread, NULL);
	print_message("%u cuts, %u batches\n", atomic_load(&c.cuts), atomic_load(&c.batches));
	assert_true(atomic_load(&c.cuts) > 1);
	check_lines(LINES);
}

/* ---- SQLite: the process is killed, readers read ---- */

static struct adapter *reader_open(void)
{
	char connect[256];

	snprintf(connect, sizeof(connect), "Driver={SQLite3};Database=file:%s?mode=ro", support_path("events.db"));
	return support_open((struct adapter_conf){ .driver = "odbc", .connect = connect });
}

/* Events and how far the file was read, in one question. */
static int64_t reader_ask(struct adapter *ad)
{
	struct fetch *f = support_run(
		ad, ASK(.sql = "SELECT (SELECT count(*) FROM web_event) AS n, "
			       "(SELECT coalesce(max(at_byte),0) FROM web_file) AS at",
			.columns = "n at"));
	int64_t n;

	if (f->err.cls != ERR_NONE)
		fail_msg("%s", f->err.text);
	n = strtoll(rows_cell(f->rows, 0, 0).p, NULL, 10);
	assert_int_equal(n, strtoll(rows_cell(f->rows, 0, 1).p, NULL, 10));
	support_free(&f);
	return n;
}

static void reader_until(int64_t n)
{
	struct adapter *ad = reader_open();
	struct deadline due = deadline_after_ms(60000);

	while (reader_ask(ad) < n && deadline_left_us(due) > 0)
		poll(NULL, 0, 1);
	assert_true(deadline_left_us(due) > 0);
	assert_int_equal(adapter_close(&ad, 30000), 0);
}

static pid_t writer_start(void)
{
	pid_t pid = fork();
	atomic_uint batches = 0;

	assert_true(pid >= 0);
	if (pid == 0)
		_exit(lines_some(&batches) < LINES);
	return pid;
}

static void readers_read_while_a_writer_writes_and_is_killed(void **state)
{
	(void)state;
	struct weblog_store *store;
	int status;

	if (bed.dialect != WRITER_SQLITE)
		skip();
	store = bed_open(&shop);
	weblog_store_close(&store);
	assert_int_not_equal(access(support_path("events.db-wal"), F_OK), 0);
	reader_until(0); /* without the files beside it */
	for (int64_t n = BATCH; n < LINES; n += LINES / 8) {
		pid_t pid = writer_start();

		reader_until(n);
		kill(pid, SIGKILL);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		reader_until(n);
	}
	assert_int_equal(waitpid(writer_start(), &status, 0) > 0, true);
	assert_int_equal(status, 0);
	reader_until(LINES);
	check_lines(LINES);
}

/* ---- SQLite: no room, no right ---- */

static void a_full_disk_ends_a_batch_and_no_more(void **state)
{
	(void)state;
	struct weblog_store *store;
	struct rlimit before, small;
	struct err err = { 0 };
	uint64_t at = 0;

	if (bed.dialect != WRITER_SQLITE)
		skip();
	store = bed_open(&shop);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	small = (struct rlimit){ .rlim_cur = 512 * 1024, .rlim_max = before.rlim_max };
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	while (at < LINES && lines_write(store, at, BATCH, &err))
		at += BATCH;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	weblog_store_close(&store);
	assert_true(at < LINES);
	assert_int_equal(err.cls, ERR_REFUSED); /* it is not the batch that is refused */
	store = bed_open(&shop);
	assert_true(lines_at(store, &at));
	check_lines((int64_t)at);
	for (; at < LINES; at += BATCH)
		assert_true(lines_write(store, at, BATCH, &err));
	check_lines(LINES);
	weblog_store_close(&store);
}

static void a_store_that_may_not_be_written_says_so(void **state)
{
	(void)state;
	struct weblog_store *store;
	struct err err = { 0 };
	char connect[256];

	if (bed.dialect != WRITER_SQLITE)
		skip();
	store = bed_open(&shop);
	weblog_store_close(&store);
	snprintf(connect, sizeof(connect), "Driver={SQLite3};Database=file:%s?mode=ro", support_path("events.db"));
	store = weblog_store_open(&shop, connect, &err);
	assert_null(store);
	assert_int_equal(err.cls, ERR_REFUSED);
	assert_non_null(strstr(err.text, "readonly"));
	store = weblog_store_open(&shop, "Driver={SQLite3};Database=/nonexistent/events.db", &err);
	assert_null(store);
	assert_int_equal(err.cls, ERR_REFUSED);
	store = weblog_store_open(&shop, "Database=/tmp/x", &err);
	assert_null(store);
	assert_int_equal(err.cls, ERR_CONFIG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(connections_that_are_cut_lose_and_double_nothing, bed_clear),
		cmocka_unit_test_setup(readers_read_while_a_writer_writes_and_is_killed, bed_clear),
		cmocka_unit_test_setup(a_full_disk_ends_a_batch_and_no_more, bed_clear),
		cmocka_unit_test_setup(a_store_that_may_not_be_written_says_so, bed_clear),
	};

	return bed_run_all(tests, ARRAY_LEN(tests));
}
