/* native.c - how long each question takes by the native client of its database: prepared, asked again and again, all
 * rows read. Usage: native RUNS QUESTIONS CONNECTION ... - a line of QUESTIONS is name, number of the connection, SQL
 * and parameters, separated by tabs; connections are ODBC connection strings. Prints name and median in us. */
#include <libpq-fe.h>
#include <mysql.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

#include "adapters/odbc.h"
#include "base/clock.h"

enum { CONNECTIONS_MAX = 4, PARAMS_MAX = 40, COLUMNS_MAX = 40, CELL_BYTES = 1024, SQL_BYTES = 16384 };

struct connection {
	PGconn *pg;
	MYSQL *maria;
	sqlite3 *lite;
};

/* A question prepared in one of the three. */
struct question {
	const struct connection *c;
	const char *name, *sql;
	const char *params[PARAMS_MAX];
	int n_params;
	MYSQL_STMT *maria;
	sqlite3_stmt *lite;
};

static _Noreturn void die(const char *what, const char *why)
{
	fprintf(stderr, "native: %s: %s\n", what, why);
	exit(1);
}

static const char *option(const char *connect, const char *name)
{
	struct buf out = { 0 };

	odbc_connstr_get(connect, name, &out);
	buf_putc(&out, '\0');
	return out.data; /* as long as the program */
}

static void open_lite(struct connection *c, const char *connect)
{
	if (sqlite3_open_v2(option(connect, "Database"), &c->lite, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, NULL))
		die("sqlite", sqlite3_errmsg(c->lite));
}

static void open_pg(struct connection *c, const char *connect)
{
	const char *const names[] = { "host", "port", "dbname", "user", "password", "sslmode", NULL };
	const char *const values[] = { option(connect, "Server"), option(connect, "Port"), option(connect, "Database"),
				       option(connect, "UID"),	  option(connect, "PWD"),  "disable", NULL };

	c->pg = PQconnectdbParams(names, values, 0);
	if (PQstatus(c->pg) != CONNECTION_OK)
		die("postgresql", PQerrorMessage(c->pg));
}

static void open_maria(struct connection *c, const char *connect)
{
	c->maria = mysql_init(NULL);
	mysql_options(c->maria, MYSQL_SET_CHARSET_NAME, "utf8mb4");
	if (!mysql_real_connect(c->maria, option(connect, "Server"), option(connect, "UID"), option(connect, "PWD"),
				option(connect, "Database"), (unsigned)atoi(option(connect, "Port")), NULL, 0))
		die("mariadb", mysql_error(c->maria));
	if (mysql_query(c->maria, "SET SESSION sql_mode=CONCAT(@@sql_mode,',PIPES_AS_CONCAT,ANSI_QUOTES')"))
		die("mariadb", mysql_error(c->maria));
}

static void open_one(struct connection *c, const char *connect)
{
	switch (odbc_connstr_family(connect)) {
	case ODBC_POSTGRESQL:
		open_pg(c, connect);
		return;
	case ODBC_MARIADB:
		open_maria(c, connect);
		return;
	case ODBC_SQLITE:
		open_lite(c, connect);
		return;
	case ODBC_OTHER:
		break;
	}
	die("a connection of another kind", "");
}

/* `?` as $1, $2 ... (no mapping of the demo has one in a literal). */
static void prepare_pg(const struct question *q)
{
	char sql[SQL_BYTES];
	size_t n = 0;
	int at = 0;
	PGresult *r;

	for (const char *p = q->sql; *p && n + 8 < sizeof(sql); p++) {
		if (*p == '?')
			n += (size_t)snprintf(sql + n, sizeof(sql) - n, "$%d", ++at);
		else
			sql[n++] = *p;
	}
	sql[n] = '\0';
	r = PQprepare(q->c->pg, q->name, sql, 0, NULL);
	if (PQresultStatus(r) != PGRES_COMMAND_OK)
		die(q->name, PQresultErrorMessage(r));
	PQclear(r);
}

static void prepare_maria(struct question *q)
{
	static MYSQL_BIND columns[COLUMNS_MAX];
	static char cells[COLUMNS_MAX][CELL_BYTES];
	MYSQL_BIND *binds = calloc(PARAMS_MAX, sizeof(*binds));

	q->maria = mysql_stmt_init(q->c->maria);
	if (!binds || mysql_stmt_prepare(q->maria, q->sql, strlen(q->sql)))
		die(q->name, mysql_stmt_error(q->maria));
	for (int i = 0; i < q->n_params; i++)
		binds[i] = (MYSQL_BIND){ .buffer_type = MYSQL_TYPE_STRING,
					 .buffer = (char *)(uintptr_t)q->params[i],
					 .buffer_length = strlen(q->params[i]) };
	for (int i = 0; i < COLUMNS_MAX; i++)
		columns[i] = (MYSQL_BIND){ .buffer_type = MYSQL_TYPE_STRING,
					   .buffer = cells[i],
					   .buffer_length = CELL_BYTES };
	if (mysql_stmt_field_count(q->maria) > COLUMNS_MAX || mysql_stmt_bind_param(q->maria, binds) ||
	    mysql_stmt_bind_result(q->maria, columns))
		die(q->name, mysql_stmt_error(q->maria));
}

static void prepare(struct question *q)
{
	if (q->c->pg)
		prepare_pg(q);
	else if (q->c->maria)
		prepare_maria(q);
	else if (sqlite3_prepare_v2(q->c->lite, q->sql, -1, &q->lite, NULL))
		die(q->name, sqlite3_errmsg(q->c->lite));
	for (int i = 0; q->lite && i < q->n_params; i++)
		sqlite3_bind_text(q->lite, i + 1, q->params[i], -1, SQLITE_STATIC);
}

static void ask_pg(const struct question *q)
{
	PGresult *r = PQexecPrepared(q->c->pg, q->name, q->n_params, q->params, NULL, NULL, 0);

	if (PQresultStatus(r) != PGRES_TUPLES_OK)
		die(q->name, PQresultErrorMessage(r));
	PQclear(r);
}

static void ask_maria(const struct question *q)
{
	if (mysql_stmt_execute(q->maria) || mysql_stmt_store_result(q->maria))
		die(q->name, mysql_stmt_error(q->maria));
	while (mysql_stmt_fetch(q->maria) != MYSQL_NO_DATA)
		continue;
	mysql_stmt_free_result(q->maria);
}

static void ask_lite(const struct question *q)
{
	while (sqlite3_step(q->lite) == SQLITE_ROW)
		for (int i = 0; i < sqlite3_column_count(q->lite); i++)
			(void)sqlite3_column_text(q->lite, i);
	sqlite3_reset(q->lite);
}

static void ask(const struct question *q)
{
	if (q->c->pg)
		ask_pg(q);
	else if (q->c->maria)
		ask_maria(q);
	else
		ask_lite(q);
}

static int sooner(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static void measure(const struct question *q, size_t runs)
{
	uint64_t *took_us = calloc(runs, sizeof(*took_us));

	if (!took_us)
		die(q->name, "out of memory");
	for (size_t i = 0; i < runs; i++) {
		uint64_t began_us = clock_mono_us();

		ask(q);
		took_us[i] = clock_mono_us() - began_us;
	}
	qsort(took_us, runs, sizeof(*took_us), sooner);
	printf("%s\t%lu\n", q->name, (unsigned long)took_us[runs / 2]);
	free(took_us);
}

static void one_line(char *line, const struct connection *connections, size_t runs)
{
	struct question q = { .name = strsep(&line, "\t") };
	const char *connection = strsep(&line, "\t"), *param;

	q.sql = strsep(&line, "\t");
	if (!connection || !q.sql)
		die("a malformed line", q.name);
	while ((param = strsep(&line, "\t")) && q.n_params < PARAMS_MAX)
		q.params[q.n_params++] = param;
	q.c = &connections[atoi(connection) % CONNECTIONS_MAX];
	prepare(&q);
	measure(&q, runs);
}

int main(int argc, char **argv)
{
	static struct connection connections[CONNECTIONS_MAX];
	char *line = NULL;
	size_t cap = 0;
	FILE *f;

	if (argc < 4 || argc - 3 > CONNECTIONS_MAX || atoi(argv[1]) < 1)
		die("usage", "native RUNS QUESTIONS CONNECTION ...");
	f = fopen(argv[2], "r");
	if (!f)
		die(argv[2], "cannot be read");
	for (int i = 3; i < argc; i++)
		open_one(&connections[i - 3], argv[i]);
	while (getline(&line, &cap, f) > 0) {
		line[strcspn(line, "\n")] = '\0';
		one_line(line, connections, (size_t)atoi(argv[1]));
	}
	fclose(f);
	free(line);
	return 0;
}
