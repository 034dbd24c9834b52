#include "tests/faultodbc/client.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static char directory[] = "/tmp/federator-fault-XXXXXX";
static char control_path[sizeof(directory) + 16];
static SQLHENV env;

void client_control(const char *text)
{
	char fresh[sizeof(control_path) + 8];
	FILE *file;

	snprintf(fresh, sizeof(fresh), "%s.new", control_path);
	file = fopen(fresh, "we");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(rename(fresh, control_path), 0);
}

uint64_t client_hits(enum fault_kind kind)
{
	uint64_t all[FAULT_KINDS] = { 0 };
	char path[sizeof(control_path) + 8];
	int fd;

	snprintf(path, sizeof(path), "%s.hits", control_path);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	assert_int_equal(read(fd, all, sizeof(all)), sizeof(all));
	close(fd);
	return all[kind];
}

static bool worked(struct client *c, SQLSMALLINT type, SQLHANDLE h, SQLRETURN rc)
{
	SQLCHAR state[6] = "", text[sizeof(c->text)] = "";
	SQLINTEGER native;
	SQLSMALLINT n;

	if (rc == SQL_SUCCESS)
		return true;
	if (!SQL_SUCCEEDED(SQLGetDiagRec(type, h, 1, state, &native, text, sizeof(text), &n)))
		fail_msg("failed without saying why");
	memcpy(c->state, state, sizeof(c->state));
	memcpy(c->text, text, sizeof(c->text));
	return false;
}

bool client_connect(struct client *c, const char *source)
{
	char text[512];

	*c = (struct client){ 0 };
	assert_true(SQL_SUCCEEDED(SQLAllocHandle(SQL_HANDLE_DBC, env, &c->dbc)));
	snprintf(text, sizeof(text), "Driver={Fault};Source=%s;Control=%s;Rows={orders:3 person:1}", source,
		 control_path);
	return worked(c, SQL_HANDLE_DBC, c->dbc,
		      SQLDriverConnect(c->dbc, NULL, (SQLCHAR *)text, SQL_NTS, NULL, 0, NULL, SQL_DRIVER_NOPROMPT));
}

void client_end(struct client *c)
{
	if (c->stmt)
		SQLFreeHandle(SQL_HANDLE_STMT, c->stmt);
	SQLDisconnect(c->dbc);
	SQLFreeHandle(SQL_HANDLE_DBC, c->dbc);
}

bool client_prepare(struct client *c, const char *sql)
{
	if (c->stmt)
		SQLFreeHandle(SQL_HANDLE_STMT, c->stmt);
	assert_true(SQL_SUCCEEDED(SQLAllocHandle(SQL_HANDLE_STMT, c->dbc, &c->stmt)));
	return worked(c, SQL_HANDLE_STMT, c->stmt, SQLPrepare(c->stmt, (SQLCHAR *)(uintptr_t)sql, SQL_NTS));
}

bool client_execute(struct client *c, const char *key)
{
	SQLFreeStmt(c->stmt, SQL_CLOSE);
	c->key_ind = snprintf((char *)c->key, sizeof(c->key), "%s", key);
	assert_true(SQL_SUCCEEDED(SQLBindParameter(c->stmt, 1, SQL_PARAM_INPUT, SQL_C_CHAR, SQL_VARCHAR, 32, 0, c->key,
						   sizeof(c->key), &c->key_ind)));
	return worked(c, SQL_HANDLE_STMT, c->stmt, SQLExecute(c->stmt));
}

bool client_ask(struct client *c, const char *sql, const char *key)
{
	return client_prepare(c, sql) && client_execute(c, key);
}

bool client_fetch(struct client *c)
{
	SQLRETURN rc = SQLFetch(c->stmt);

	c->state[0] = '\0';
	return rc != SQL_NO_DATA && worked(c, SQL_HANDLE_STMT, c->stmt, rc);
}

const char *client_cell(struct client *c, SQLUSMALLINT column)
{
	static char text[256];
	SQLLEN n;

	assert_true(SQL_SUCCEEDED(SQLGetData(c->stmt, column, SQL_C_CHAR, text, sizeof(text), &n)));
	return n == SQL_NULL_DATA ? NULL : text;
}

int client_count(struct client *c)
{
	int n = 0;

	while (client_fetch(c))
		n++;
	return n;
}

int client_drop(void **state)
{
	(void)state;
	static const char *const ends[] = { "", ".new", ".hits" };

	for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
		char path[sizeof(control_path) + 8];

		snprintf(path, sizeof(path), "%s%s", control_path, ends[i]);
		unlink(path);
	}
	SQLFreeHandle(SQL_HANDLE_ENV, env);
	return rmdir(directory);
}

bool client_begin(void)
{
	if (mkdtemp(directory) == NULL || setenv("ODBCSYSINI", FAULT_ODBC_DIR, 1) != 0 ||
	    !SQL_SUCCEEDED(SQLAllocHandle(SQL_HANDLE_ENV, SQL_NULL_HANDLE, &env)) ||
	    !SQL_SUCCEEDED(SQLSetEnvAttr(env, SQL_ATTR_ODBC_VERSION, (SQLPOINTER)SQL_OV_ODBC3, 0)))
		return false;
	snprintf(control_path, sizeof(control_path), "%s/faults", directory);
	return true;
}
