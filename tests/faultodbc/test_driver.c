#include "tests/faultodbc/client.h"

#include <dlfcn.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* The fault driver through unixODBC, as any client sees it: connections, errors, hanging calls. */

/* ---- without faults ---- */

static void rows_carry_the_key_and_the_source(void **state)
{
	(void)state;
	struct client c;

	client_control("");
	assert_true(client_connect(&c, "crm"));
	assert_true(client_ask(&c, ORDERS, "4711"));
	for (int row = 0; row < 3; row++) {
		char expected[64];

		assert_true(client_fetch(&c));
		assert_string_equal(client_cell(&c, 1), "4711");
		snprintf(expected, sizeof(expected), "crm.orders.title:00004711:%d", row);
		assert_string_equal(client_cell(&c, 3), expected);
	}
	assert_false(client_fetch(&c));
	assert_string_equal(c.state, "");
	assert_true(client_execute(&c, "99000000")); /* nobody */
	assert_int_equal(client_count(&c), 0);
	client_end(&c);
}

static void columns_are_described_and_bound(void **state)
{
	(void)state;
	struct client c;
	SQLCHAR name[32];
	char text[64];
	SQLSMALLINT n, type, digits, nullable;
	SQLULEN size;
	SQLLEN ind;

	client_control("");
	assert_true(client_connect(&c, "crm"));
	assert_true(client_ask(&c, ORDERS, "4711"));
	assert_true(SQL_SUCCEEDED(SQLNumResultCols(c.stmt, &n)));
	assert_int_equal(n, 5);
	assert_true(SQL_SUCCEEDED(SQLDescribeCol(c.stmt, 4, name, sizeof(name), &n, &type, &size, &digits, &nullable)));
	assert_string_equal((char *)name, "pieces_n");
	assert_int_equal(type, SQL_BIGINT);
	assert_true(SQL_SUCCEEDED(SQLBindCol(c.stmt, 4, SQL_C_CHAR, text, sizeof(text), &ind)));
	assert_true(client_fetch(&c));
	assert_string_equal(text, "4711200");
	assert_int_equal(ind, 7);
	client_end(&c);
}

static void a_wrong_control_file_says_where(void **state)
{
	(void)state;
	struct client c;

	client_control("crm exec-hang\ncrm exec-hung\n");
	assert_false(client_connect(&c, "crm"));
	assert_non_null(strstr(c.text, "faults:2: `exec-hung`"));
	client_end(&c);
}

static void a_fault_strikes_only_its_source_and_its_share(void **state)
{
	(void)state;
	struct client c;
	int struck = 0;

	client_control("seed 5\nshop exec-error percent=30\n");
	assert_true(client_connect(&c, "crm"));
	assert_true(client_ask(&c, ORDERS, "1"));
	client_end(&c);
	assert_true(client_connect(&c, "shop"));
	assert_true(client_prepare(&c, ORDERS));
	for (int i = 0; i < 1000; i++)
		struck += !client_execute(&c, "1");
	assert_in_range(struck, 230, 370);
	assert_int_equal(client_hits(FAULT_EXEC_ERROR), struck);
	client_end(&c);
}

/* ---- connecting ---- */

static void connects_are_refused(void **state)
{
	(void)state;
	static const char *const faults[][2] = { { "* connect-refuse\n", "08001" }, { "* connect-auth\n", "28000" } };

	for (size_t i = 0; i < ARRAY_LEN(faults); i++) {
		struct client c;

		client_control(faults[i][0]);
		assert_false(client_connect(&c, "crm"));
		assert_string_equal(c.state, faults[i][1]);
		client_end(&c);
	}
}

/* ---- errors of queries ---- */

static void queries_fail(void **state)
{
	(void)state;
	static const struct {
		const char *fault, *state;
		int rows; /* before it; -1: at once */
	} faults[] = {
		{ "* exec-error state=XX000\n", "XX000", -1 },
		{ "* exec-deadlock\n", "40001", -1 },
		{ "* exec-reset\n", "08S01", -1 },
		{ "* fetch-error after=2\n", "HY000", 2 },
		{ "* fetch-error after=3\n", "HY000", 3 }, /* all rows, and still no success */
		{ "* fetch-reset after=1\n", "08S01", 1 },
		{ "* fetch-truncate after=1\n", "", 1 },
	};

	for (size_t i = 0; i < ARRAY_LEN(faults); i++) {
		struct client c;
		bool asked;

		client_control(faults[i].fault);
		assert_true(client_connect(&c, "crm"));
		asked = client_ask(&c, ORDERS, "4711");
		assert_int_equal(asked, faults[i].rows >= 0);
		if (asked)
			assert_int_equal(client_count(&c), faults[i].rows);
		assert_string_equal(c.state, faults[i].state);
		client_end(&c);
	}
}

static void a_lost_connection_stays_lost(void **state)
{
	(void)state;
	struct client c;

	client_control("* exec-reset\n");
	assert_true(client_connect(&c, "crm"));
	assert_false(client_ask(&c, ORDERS, "1"));
	client_control("");
	assert_false(client_execute(&c, "1"));
	assert_string_equal(c.state, "08S01");
	client_end(&c);
}

static void only_a_used_connection_is_reset_idle(void **state)
{
	(void)state;
	struct client c;

	client_control("* idle-reset\n");
	assert_true(client_connect(&c, "crm"));
	assert_true(client_ask(&c, ORDERS, "1"));
	assert_false(client_execute(&c, "1"));
	assert_string_equal(c.state, "08S01");
	client_end(&c);
}

static void the_process_crashes(void **state)
{
	(void)state;
	int status;
	pid_t child;

	client_control("* crash\n");
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		struct client c;

		signal(SIGABRT, SIG_DFL);
		if (client_connect(&c, "crm"))
			(void)client_ask(&c, ORDERS, "1");
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status));
}

/* ---- hanging ---- */

/* The executable's own connect(), as federator has one: learns the socket of the driver. */
static _Atomic int last_socket = -1;

int connect(int fd, const struct sockaddr *to, socklen_t n)
{
	static int (*real)(int, const struct sockaddr *, socklen_t);

	if (real == NULL)
		*(void **)&real = dlsym(RTLD_NEXT, "connect");
	close(atomic_exchange(&last_socket, dup(fd)));
	return real(fd, to, n);
}

struct call {
	struct client client;
	bool ok;
	pthread_t thread;
};

static void *call_connect(void *arg)
{
	struct call *call = arg;

	call->ok = client_connect(&call->client, "crm");
	return NULL;
}

static void *call_ask(void *arg)
{
	struct call *call = arg;

	call->ok = client_ask(&call->client, ORDERS, "4711") && client_count(&call->client) == 3;
	return NULL;
}

/* Run on a thread of its own until the fault has struck. */
static void call_hang(struct call *call, void *(*run)(void *), enum fault_kind kind)
{
	uint64_t before = client_hits(kind);

	assert_int_equal(pthread_create(&call->thread, NULL, run, call), 0);
	while (client_hits(kind) == before)
		poll(NULL, 0, 1);
}

static void hanging_calls_end_when_the_socket_is_shut(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		enum fault_kind kind;
	} faults[] = { { "* exec-hang\n", FAULT_EXEC_HANG }, { "* fetch-hang after=1\n", FAULT_FETCH_HANG } };
	struct call call;

	for (size_t i = 0; i < ARRAY_LEN(faults); i++) {
		client_control("");
		assert_true(client_connect(&call.client, "crm"));
		client_control(faults[i].text);
		call_hang(&call, call_ask, faults[i].kind);
		assert_int_equal(shutdown(last_socket, SHUT_RDWR), 0);
		pthread_join(call.thread, NULL);
		assert_false(call.ok);
		assert_string_equal(call.client.state, "08S01");
		client_end(&call.client);
	}
	client_control("* connect-hang\n");
	call_hang(&call, call_connect, FAULT_CONNECT_HANG);
	assert_int_equal(shutdown(last_socket, SHUT_RDWR), 0);
	pthread_join(call.thread, NULL);
	assert_false(call.ok);
	assert_string_equal(call.client.state, "08001");
	client_end(&call.client);
}

static void a_connection_may_lead_to_a_server_that_closes_it(void **state)
{
	(void)state;
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof(at);
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), server;
	struct client c;
	char source[32];

	client_control("");
	assert_int_equal(bind(listener, (struct sockaddr *)&at, n), 0);
	assert_int_equal(listen(listener, 1), 0);
	assert_int_equal(getsockname(listener, (struct sockaddr *)&at, &n), 0);
	snprintf(source, sizeof(source), "crm;Port=%d", ntohs(at.sin_port));
	assert_true(client_connect(&c, source));
	server = accept(listener, NULL, NULL);
	assert_true(server >= 0);
	assert_true(client_ask(&c, ORDERS, "4711"));
	close(server);
	assert_false(client_execute(&c, "4711"));
	assert_string_equal(c.state, "08S01");
	client_end(&c);
	close(listener);
	assert_false(client_connect(&c, source));
	assert_string_equal(c.state, "08001");
	client_end(&c);
}

static void hanging_calls_go_on_when_the_fault_is_lifted(void **state)
{
	(void)state;
	struct call call;

	client_control("");
	assert_true(client_connect(&call.client, "crm"));
	client_control("* exec-hang\n");
	call_hang(&call, call_ask, FAULT_EXEC_HANG);
	client_control("");
	pthread_join(call.thread, NULL);
	assert_true(call.ok);
	client_end(&call.client);
}

static void a_hard_hang_survives_its_socket(void **state)
{
	(void)state;
	struct call call;

	client_control("");
	assert_true(client_connect(&call.client, "crm"));
	client_control("* exec-hardhang\n");
	call_hang(&call, call_ask, FAULT_EXEC_HARDHANG);
	assert_int_equal(shutdown(last_socket, SHUT_RDWR), 0);
	assert_int_equal(pthread_tryjoin_np(call.thread, NULL), EBUSY);
	client_control("");
	pthread_join(call.thread, NULL);
	assert_true(call.ok);
	client_end(&call.client);
}

static void slow_answers_come(void **state)
{
	(void)state;
	struct client c;

	client_control("* connect-slow ms=1\n* exec-slow ms=1\n* fetch-drip ms=1\n");
	assert_true(client_connect(&c, "crm"));
	assert_true(client_ask(&c, ORDERS, "4711"));
	assert_int_equal(client_count(&c), 3);
	assert_true(client_hits(FAULT_CONNECT_SLOW) > 0 && client_hits(FAULT_EXEC_SLOW) > 0);
	assert_true(client_hits(FAULT_FETCH_DRIP) >= 3);
	client_end(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_carry_the_key_and_the_source),
		cmocka_unit_test(columns_are_described_and_bound),
		cmocka_unit_test(a_wrong_control_file_says_where),
		cmocka_unit_test(a_fault_strikes_only_its_source_and_its_share),
		cmocka_unit_test(connects_are_refused),
		cmocka_unit_test(queries_fail),
		cmocka_unit_test(a_lost_connection_stays_lost),
		cmocka_unit_test(only_a_used_connection_is_reset_idle),
		cmocka_unit_test(the_process_crashes),
		cmocka_unit_test(hanging_calls_end_when_the_socket_is_shut),
		cmocka_unit_test(a_connection_may_lead_to_a_server_that_closes_it),
		cmocka_unit_test(hanging_calls_go_on_when_the_fault_is_lifted),
		cmocka_unit_test(a_hard_hang_survives_its_socket),
		cmocka_unit_test(slow_answers_come),
	};

	return client_begin() ? cmocka_run_group_tests(tests, NULL, client_drop) : 1;
}
