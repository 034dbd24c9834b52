#include "tests/adapters/support.h"

#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/types.h>
#include <unistd.h>

/* Servers stopped by SIGSTOP: their connections stay open and nothing is answered. Nothing of ODBC ends a
 * call then. */

static struct adapter *open_server(const char *variable, uint32_t pool, uint32_t cap_ms)
{
	const char *connect = getenv(variable);

	if (connect == NULL)
		fail_msg("%s is not set", variable);
	return support_open((struct adapter_conf){
		.driver = "odbc", .connect = connect, .pool = pool, .queue = 4, .cap_ms = cap_ms });
}

static int number(struct adapter *ad, const char *sql)
{
	struct fetch *f = support_run(ad, ASK(.sql = sql, .columns = "a"));
	int n;

	if (f->err.cls != ERR_NONE)
		fail_msg("%s: %s", f->err.where, f->err.text);
	n = atoi(rows_cell(f->rows, 0, 0).p);
	support_free(&f);
	return n;
}

static bool is_busy(void *adapter)
{
	return adapter_state(adapter).busy > 0;
}

static pid_t mariadb_pid(void)
{
	const char *pid = getenv("FED_TEST_MARIADB_PID");

	assert_non_null(pid);
	return (pid_t)atoi(pid);
}

/* All threads of a process stand still. The signal alone returns before that. */
static bool is_stopped(void *arg)
{
	const pid_t *pid = arg;
	char path[64];
	DIR *tasks;
	bool all = true;

	snprintf(path, sizeof(path), "/proc/%d/task", (int)*pid);
	tasks = opendir(path);
	assert_non_null(tasks);
	for (struct dirent *e; (e = readdir(tasks));) {
		char stat[400], text[128] = "";

		if (e->d_name[0] == '.')
			continue;
		snprintf(stat, sizeof(stat), "%s/%s/stat", path, e->d_name);
		FILE *file = fopen(stat, "re");
		if (file == NULL)
			continue;
		all &= fgets(text, sizeof(text), file) != NULL && strstr(text, ") T ") != NULL;
		fclose(file);
	}
	closedir(tasks);
	return all;
}

static void freeze(pid_t pid)
{
	assert_int_equal(kill(pid, SIGSTOP), 0);
	support_until(is_stopped, &pid);
}

static void a_frozen_server_holds_up_no_other_source(void **state)
{
	(void)state;
	struct adapter *frozen = open_server("FED_TEST_MARIADB", 2, 3000),
		       *other = open_server("FED_TEST_PG", 1, 300);
	struct fetch *f[6];
	struct err err = { 0 };
	size_t taken = 0;

	assert_int_equal(number(frozen, "SELECT 1 AS a"), 1);
	assert_int_equal(number(other, "SELECT 1 AS a"), 1);
	freeze(mariadb_pid());
	for (size_t i = 0; i < ARRAY_LEN(f); i++) {
		f[i] = support_fetch(ASK(.sql = "SELECT 2 AS a", .columns = "a",
					 .give_up = deadline_after_ms(300), .cap = deadline_after_ms(300)));
		if (!adapter_submit(frozen, f[i], &err))
			break;
		taken++;
	}
	for (int i = 0; i < 10; i++)
		assert_int_equal(number(other, "SELECT 3 AS a"), 3);
	assert_false(support_is_done(f[0])); /* it still hung all the while */
	for (size_t i = 0; i < taken; i++) {
		support_wait(f[i]);
		if (f[i]->err.cls != ERR_LATE && f[i]->err.cls != ERR_REFUSED)
			fail_msg("fetch %zu: class %d, %s", i, f[i]->err.cls, f[i]->err.text);
		support_free(&f[i]);
	}
	if (taken < ARRAY_LEN(f))
		support_free(&f[taken]);
	assert_int_equal(kill(mariadb_pid(), SIGCONT), 0);
	support_until(support_is_up, frozen);
	assert_int_equal(number(frozen, "SELECT 4 AS a"), 4);
	assert_int_equal(adapter_close(&frozen, 30000), 0);
	assert_int_equal(adapter_close(&other, 30000), 0);
}

static void a_worker_hung_in_a_frozen_backend_is_left_behind(void **state)
{
	(void)state;
	struct adapter *frozen = open_server("FED_TEST_PG_ADMIN", 1, 300),
		       *other = open_server("FED_TEST_PG", 1, 300);
	pid_t backend = number(frozen, "SELECT pg_backend_pid() AS a");
	struct fetch *f = support_fetch(ASK(.sql = "SELECT 2 AS a", .columns = "a"));
	char gone[128];

	freeze(backend);
	support_start(frozen, f);
	support_until(is_busy, frozen);
	assert_int_equal(number(other, "SELECT 3 AS a"), 3);
	assert_int_equal(adapter_close(&frozen, 50), 1);
	support_wait(f);
	assert_int_equal(f->err.cls, ERR_LATE);
	support_free(&f);
	assert_int_equal(kill(backend, SIGCONT), 0);
	/* the worker wakes, finds itself left behind, and hangs up */
	snprintf(gone, sizeof(gone), "SELECT count(*) AS a FROM pg_stat_activity WHERE pid = %d",
		 (int)backend);
	while (number(other, gone) > 0)
		continue;
	assert_int_equal(adapter_close(&other, 30000), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_frozen_server_holds_up_no_other_source),
		cmocka_unit_test(a_worker_hung_in_a_frozen_backend_is_left_behind),
	};
	struct err err = { 0 };
	int failed;

	signal(SIGPIPE, SIG_IGN);
	if (!adapters_init(ODBC_DIR, &err)) {
		fprintf(stderr, "%s\n", err.text);
		return 1;
	}
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	fflush(NULL);
	_exit(failed); /* like a service that left a worker behind: exit handlers would race with it */
}
