#include "tests/cmocka_all.h"

#include "adapters/odbc.h"

static void check_says_what_is_wrong(void **state)
{
	(void)state;
	static const struct {
		const char *connect, *says; /* NULL: good */
	} cases[] = {
		{ "Driver={SQLite3};Database=/tmp/a.db", NULL },
		{ " driver = {SQLite3} ; Database = x ; ", NULL },
		{ "DSN=crm", NULL },
		{ "DSN=crm;PWD={p;w}}d=x{}", NULL },
		{ "", "the connection string names neither Driver={...} nor DSN=..." },
		{ "Server=h;Port=1", "the connection string names neither Driver={...} nor DSN=..." },
		{ "Driver={SQLite3};Database", "the connection string is malformed: a key has no =value" },
		{ "Driver={SQLite3", "the connection string is malformed: a { is not closed by a }" },
		{ "DSN=a;PWD={secret}}", "the connection string is malformed: a { is not closed by a }" },
		{ "DSN=a;PWD={sec}ret;UID=u",
		  "the connection string is malformed: a ; is missing behind a }" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct err err = { 0 };
		bool ok = odbc_connstr_check(cases[i].connect, "crm", &err);

		assert_int_equal(ok, cases[i].says == NULL);
		assert_string_equal(err.text, cases[i].says ? cases[i].says : "");
		assert_null(strstr(err.text, "sec"));
		assert_int_equal(err.cls, ok ? ERR_NONE : ERR_CONFIG);
	}
}

static void get_undoes_braces(void **state)
{
	(void)state;
	static const struct {
		const char *connect, *key, *value; /* NULL: not there */
	} cases[] = {
		{ "DSN=a;PWD={p;w}}d=x{}", "pwd", "p;w}d=x{" },
		{ "DSN=a;PWD={}", "PWD", "" },
		{ "DSN=a;PWD= plain ;UID=u", "PWD", "plain" },
		{ "DSN=a;PWD=a=b", "PWD", "a=b" },
		{ "DSN=a;PWD=a{b", "PWD", "a{b" },
		{ "DSN=a;PWD={x;UID=no};UID=yes", "UID", "yes" },
		{ "DSN=a;XUID=1", "UID", NULL },
		{ "DSN=a;PWD={}}}}}", "PWD", "}}" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		SCOPED(buf_free) struct buf out = { 0 };

		assert_int_equal(odbc_connstr_get(cases[i].connect, cases[i].key, &out),
				 cases[i].value != NULL);
		if (cases[i].value)
			assert_true(str_eq((struct str){ out.data ? out.data : "", out.len },
					   str_of(cases[i].value)));
	}
}

static void families_are_known_by_name_and_by_path(void **state)
{
	(void)state;
	static const struct {
		const char *connect;
		enum odbc_family family;
	} cases[] = {
		{ "Driver={PostgreSQL Unicode}", ODBC_POSTGRESQL },
		{ "Driver=/usr/lib/x86_64-linux-gnu/odbc/psqlodbcw.so", ODBC_POSTGRESQL },
		{ "DRIVER={MariaDB Unicode}", ODBC_MARIADB },
		{ "Driver=/opt/libmaodbc.so", ODBC_MARIADB },
		{ "Driver=sqlite3", ODBC_SQLITE },
		{ "Driver={FreeTDS}", ODBC_OTHER },
		{ "DSN=PostgreSQL", ODBC_OTHER },
		{ "DSN=x;Database={Driver=SQLite3}", ODBC_OTHER },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		assert_int_equal(odbc_connstr_family(cases[i].connect), cases[i].family);
}

#define PQOPT_FOR(s, more)                                                                                   \
	"pqopt={tcp_user_timeout=2000 keepalives_idle=5 keepalives_interval=1 keepalives_count=3 "           \
	"connect_timeout=" s more "}"
#define PQOPT_WITH(more) PQOPT_FOR("2", more)
#define PQOPT PQOPT_WITH("")

static void assert_complete(const char *connect, uint32_t cap_ms, uint32_t connect_ms, const char *complete)
{
	SCOPED(buf_free) struct buf out = { 0 };

	odbc_connstr_complete(
		&(struct adapter_conf){ .connect = connect, .cap_ms = cap_ms, .connect_ms = connect_ms }, &out);
	assert_string_equal(out.data, complete);
}

static void what_is_not_set_is_added_and_nothing_else_changes(void **state)
{
	(void)state;
	static const struct {
		const char *connect;
		uint32_t cap_ms;
		const char *complete;
	} cases[] = {
		{ "Driver={PostgreSQL Unicode};PWD={p;w}}d=x{}", 300,
		  "Driver={PostgreSQL Unicode};PWD={p;w}}d=x{};" PQOPT },
		{ "Driver={PostgreSQL Unicode};PQOPT={connect_timeout=9};", 300,
		  "Driver={PostgreSQL Unicode};" PQOPT_WITH(" connect_timeout=9") },
		{ "Driver={PostgreSQL Unicode};pqopt=sslcrl=/a ; UID = {a;b}", 300,
		  "Driver={PostgreSQL Unicode};UID={a;b};" PQOPT_WITH(" sslcrl=/a") },
		{ "Driver={MariaDB Unicode};charset=utf8mb4;", 1000,
		  "Driver={MariaDB Unicode};charset=utf8mb4;CONN_TIMEOUT=2;READ_TIMEOUT=2;WRITE_TIMEOUT=2" },
		{ "Driver={MariaDB Unicode};READ_TIMEOUT=9", 1001,
		  "Driver={MariaDB Unicode};READ_TIMEOUT=9;CHARSET=utf8mb4;CONN_TIMEOUT=2;WRITE_TIMEOUT=3" },
		{ "Driver={SQLite3};Database=/a;NoCreat=0", 250,
		  "Driver={SQLite3};Database=/a;NoCreat=0;Timeout=250;NoTXN=1" },
		{ "Driver={SQLite3};Database={/a;NoTXN=1}", 250,
		  "Driver={SQLite3};Database={/a;NoTXN=1};Timeout=250;NoTXN=1;NoCreat=1" },
		{ "Driver={FreeTDS};Server=h", 300, "Driver={FreeTDS};Server=h" },
		{ "DSN=crm", 300, "DSN=crm" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		assert_complete(cases[i].connect, cases[i].cap_ms, 0, cases[i].complete);
}

static void who_can_wait_for_a_connect_waits_with_every_driver(void **state)
{
	(void)state;
	assert_complete("Driver={PostgreSQL Unicode};UID=a", 300, 10000,
			"Driver={PostgreSQL Unicode};UID=a;" PQOPT_FOR("10", ""));
	assert_complete("Driver={MariaDB Unicode};CHARSET=utf8mb4", 300, 3001,
			"Driver={MariaDB Unicode};CHARSET=utf8mb4;CONN_TIMEOUT=4;READ_TIMEOUT=5;WRITE_TIMEOUT=5");
}

static void the_way_to_the_server_is_judged(void **state)
{
	(void)state;
	static const struct {
		const char *connect;
		enum described_line line;
	} cases[] = {
		{ "Driver={SQLite3};Database=/a", LINE_SAFE },
		{ "Driver={FreeTDS};Server=h", LINE_UNKNOWN },
		{ "Driver={PostgreSQL Unicode};Database=a", LINE_SAFE },
		{ "Driver={PostgreSQL Unicode};Server=/run/postgresql", LINE_SAFE },
		{ "Driver={PostgreSQL Unicode};Server=127.0.0.1;sslmode=disable", LINE_SAFE },
		{ "Driver={PostgreSQL Unicode};Server=127.0.0.1,db2", LINE_CLEAR },
		{ "Driver={PostgreSQL Unicode};Servername=db", LINE_CLEAR },
		{ "Driver={PostgreSQL Unicode};Server=db;sslmode=prefer", LINE_CLEAR },
		{ "Driver={PostgreSQL Unicode};Server=db;sslmode=require", LINE_UNVERIFIED },
		{ "Driver={PostgreSQL Unicode};Server=db;sslmode=verify-ca", LINE_UNVERIFIED },
		{ "Driver={PostgreSQL Unicode};Server=db;SSLmode={verify-full}", LINE_SAFE },
		{ "Driver={MariaDB Unicode};Server=localhost", LINE_SAFE },
		{ "Driver={MariaDB Unicode};Server=db", LINE_CLEAR },
		{ "Driver={MariaDB Unicode};Server=db;SSLVERIFY=1;SSLCA=/a", LINE_CLEAR },
		{ "Driver={MariaDB Unicode};Server=db;FORCETLS=1", LINE_UNVERIFIED },
		{ "Driver={MariaDB Unicode};Server=db;forcetls=1;sslverify=1;SSLCA=/a", LINE_SAFE },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		assert_int_equal(odbc_connstr_line(cases[i].connect), cases[i].line);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(check_says_what_is_wrong),
		cmocka_unit_test(get_undoes_braces),
		cmocka_unit_test(families_are_known_by_name_and_by_path),
		cmocka_unit_test(the_way_to_the_server_is_judged),
		cmocka_unit_test(what_is_not_set_is_added_and_nothing_else_changes),
		cmocka_unit_test(who_can_wait_for_a_connect_waits_with_every_driver),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
