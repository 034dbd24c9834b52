#include "tests/adapters/support.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <unistd.h>

/* Servers stopped by SIGSTOP, whose connections stay open and are not answered, and ports behind which nobody is.
 * Nothing of ODBC ends a call then. */

/* Of a fetch; of a connect: before the drivers' own limits of two seconds. */
enum { CONNECT_CAP_MS = 1500, AMPLE_MS = 30000, GRACE_MS = 500 };

static const char *const servers[] = { "FED_TEST_PG", "FED_TEST_PG_TLS", "FED_TEST_MARIADB", "FED_TEST_MARIADB_TLS" };

static struct adapter *open_string(const char *connect, uint32_t pool, uint32_t cap_ms)
{
	return support_open((struct adapter_conf){ .driver = "odbc",
						   .connect = connect,
						   .pool = pool,
						   .queue = 4,
						   .cap_ms = cap_ms,
						   .connect_ms = cap_ms });
}

static struct adapter *open_server(const char *variable, uint32_t pool, uint32_t cap_ms)
{
	const char *connect = getenv(variable);

	if (connect == NULL)
		fail_msg("%s is not set", variable);
	return open_string(connect, pool, cap_ms);
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

static bool was_cut(void *adapter)
{
	return adapter_state(adapter).cut > 0;
}

static bool is_down(void *adapter)
{
	return adapter_state(adapter).down.cls != ERR_NONE;
}

static pid_t pid_of(const char *variable)
{
	const char *pid = getenv(variable);

	assert_non_null(pid);
	return (pid_t)atoi(pid);
}

static pid_t mariadb_pid(void)
{
	return pid_of("FED_TEST_MARIADB_PID");
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
	struct adapter *frozen = open_server("FED_TEST_MARIADB", 2, AMPLE_MS),
		       *other = open_server("FED_TEST_PG", 1, AMPLE_MS);
	struct fetch *f[4];

	assert_int_equal(number(frozen, "SELECT 1 AS a"), 1);
	assert_int_equal(number(other, "SELECT 1 AS a"), 1);
	freeze(mariadb_pid());
	for (size_t i = 0; i < ARRAY_LEN(f); i++) {
		f[i] = support_fetch(ASK(.sql = "SELECT 2 AS a", .columns = "a"));
		support_start(frozen, f[i]);
	}
	for (int i = 0; i < 10; i++)
		assert_int_equal(number(other, "SELECT 3 AS a"), 3);
	assert_false(support_is_done(f[0])); /* it still hung all the while */
	assert_int_equal(kill(mariadb_pid(), SIGCONT), 0);
	for (size_t i = 0; i < ARRAY_LEN(f); i++) {
		support_wait(f[i]);
		assert_int_equal(f[i]->err.cls, ERR_NONE);
		support_free(&f[i]);
	}
	assert_int_equal(adapter_close(&frozen, AMPLE_MS), 0);
	assert_int_equal(adapter_close(&other, AMPLE_MS), 0);
}

static bool is_mariadb(const char *variable)
{
	return strstr(variable, "MARIADB") != NULL;
}

/* The process that does not answer on the adapter's only connection. */
static pid_t answering_pid(struct adapter *ad, const char *variable)
{
	return is_mariadb(variable) ? mariadb_pid() : number(ad, "SELECT pg_backend_pid() AS a");
}

static void is_encrypted(struct adapter *ad, const char *variable)
{
	bool tls = strstr(variable, "TLS") != NULL;

	if (is_mariadb(variable))
		assert_int_equal(number(ad, "SELECT VARIABLE_VALUE <> '' AS a FROM information_schema.SESSION_STATUS "
					    "WHERE VARIABLE_NAME = 'Ssl_cipher'"),
				 tls);
	else
		assert_int_equal(number(ad, "SELECT ssl::int AS a FROM pg_stat_ssl WHERE pid = pg_backend_pid()"), tls);
}

static void released_while_frozen(const char *variable)
{
	struct adapter *ad = open_server(variable, 1, AMPLE_MS);
	pid_t pid = answering_pid(ad, variable);
	struct fetch *f;

	is_encrypted(ad, variable);
	freeze(pid);
	f = support_run_cut(ad, *ASK(.sql = "SELECT 2 AS a", .columns = "a")); /* the server is frozen still */
	assert_int_equal(f->err.cls, ERR_LATE);
	assert_true(f->ended_us >= f->cap.at_us);
	print_message("%s: released %u us after the cap\n", variable, (unsigned)(f->ended_us - f->cap.at_us));
	assert_int_equal(adapter_state(ad).cut, 1);
	assert_int_equal(adapter_state(ad).hung, 0);
	support_free(&f);
	assert_int_equal(kill(pid, SIGCONT), 0);
	support_until(support_is_up, ad);
	assert_int_equal(number(ad, "SELECT 4 AS a"), 4);
	assert_int_equal(adapter_close(&ad, AMPLE_MS), 0);
}

static void a_call_to_a_frozen_server_is_released_at_its_cap(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(servers); i++)
		released_while_frozen(servers[i]);
}

static void a_connect_to_a_frozen_server_is_released(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(servers); i++) {
		pid_t pid = pid_of(is_mariadb(servers[i]) ? "FED_TEST_MARIADB_PID" : "FED_TEST_PG_PID");
		struct adapter *ad;

		freeze(pid);
		ad = open_server(servers[i], 1, CONNECT_CAP_MS);
		support_until(was_cut, ad);
		support_until(is_down, ad);
		assert_int_equal(adapter_state(ad).down.cls, ERR_REFUSED);
		assert_int_equal(kill(pid, SIGCONT), 0);
		support_until(support_is_up, ad);
		assert_int_equal(number(ad, "SELECT 4 AS a"), 4);
		assert_int_equal(adapter_close(&ad, AMPLE_MS), 0);
	}
}

static bool is_asked(void *adapter)
{
	return adapter_state(adapter).busy > 0;
}

static void a_call_to_a_frozen_server_is_released_when_its_source_is_closed(void **state)
{
	(void)state;
	struct adapter *frozen = open_server("FED_TEST_PG_ADMIN", 1, AMPLE_MS),
		       *other = open_server("FED_TEST_PG", 1, AMPLE_MS);
	pid_t backend = number(frozen, "SELECT pg_backend_pid() AS a");
	struct fetch *f = support_fetch(ASK(.sql = "SELECT 2 AS a", .columns = "a"));
	char gone[128];

	freeze(backend);
	support_start(frozen, f);
	support_until(is_asked, frozen); /* what waits in the queue is refused */
	assert_int_equal(number(other, "SELECT 3 AS a"), 3);
	assert_int_equal(adapter_close(&frozen, GRACE_MS), 0);
	support_wait(f);
	assert_int_equal(f->err.cls, ERR_LATE);
	support_free(&f);
	assert_int_equal(kill(backend, SIGCONT), 0);
	snprintf(gone, sizeof(gone), "SELECT count(*) AS a FROM pg_stat_activity WHERE pid = %d",
		 (int)backend);
	while (number(other, gone) > 0)
		continue;
	assert_int_equal(adapter_close(&other, AMPLE_MS), 0);
}

/* A port of the loopback that nobody answers; returns its number. */
static int hole(int backlog, int *listener_out)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(bind(fd, (const struct sockaddr *)&address, n), 0);
	assert_int_equal(listen(fd, backlog), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &n), 0);
	*listener_out = fd;
	return ntohs(address.sin_port);
}

/* Take the places in a listener's queue: further packets are dropped. */
static void fill(int port, int *sockets, size_t n)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
				       .sin_port = htons((uint16_t)port) };

	for (size_t i = 0; i < n; i++) {
		sockets[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
		(void)connect(sockets[i], (const struct sockaddr *)&address, sizeof(address));
	}
}

static void released_from_hole(const char *driver, int port)
{
	char connect[256];
	struct adapter *ad;

	snprintf(connect, sizeof(connect), "%s;Server=127.0.0.1;Port=%d;Database=d;UID=u;PWD=p", driver, port);
	ad = open_string(connect, 1, CONNECT_CAP_MS);
	support_until(was_cut, ad);
	support_until(is_down, ad);
	assert_int_equal(adapter_state(ad).down.cls, ERR_REFUSED);
	assert_int_equal(adapter_close(&ad, AMPLE_MS), 0);
}

static void a_connect_to_nobody_is_released(void **state)
{
	(void)state;
	static const char *const drivers[] = {
		"Driver={PostgreSQL Unicode};sslmode=disable",
		"Driver={PostgreSQL Unicode};sslmode=require",
		"Driver={MariaDB Unicode}",
		"Driver={FreeTDS};TDS_Version=7.3",
	};
	int open, full, backlog[8];
	int silent = hole(100, &open), dropping = hole(0, &full);

	fill(dropping, backlog, ARRAY_LEN(backlog));
	for (size_t i = 0; i < ARRAY_LEN(drivers); i++) {
		released_from_hole(drivers[i], silent);
		released_from_hole(drivers[i], dropping);
	}
	for (size_t i = 0; i < ARRAY_LEN(backlog); i++)
		close(backlog[i]);
	close(open);
	close(full);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_frozen_server_holds_up_no_other_source),
		cmocka_unit_test(a_call_to_a_frozen_server_is_released_at_its_cap),
		cmocka_unit_test(a_connect_to_a_frozen_server_is_released),
		cmocka_unit_test(a_call_to_a_frozen_server_is_released_when_its_source_is_closed),
		cmocka_unit_test(a_connect_to_nobody_is_released),
	};
	struct err err = { 0 };

	signal(SIGPIPE, SIG_IGN);
	if (!adapters_init(ODBC_DIR, &err)) {
		fprintf(stderr, "%s\n", err.text);
		return 1;
	}
	return support_end(cmocka_run_group_tests(tests, NULL, NULL));
}
