#include "tests/faultodbc/driver.h"

#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

/* How many rows a table has for a key: `table:number` in the connection string. */
static uint32_t rows_of(const char *rows, const char *table)
{
	size_t n = strlen(table);

	for (const char *p = rows; *p; p += strcspn(p, " "), p += strspn(p, " "))
		if (n > 0 && strncasecmp(p, table, n) == 0 && p[n] == ':')
			return (uint32_t)strtoul(p + n + 1, NULL, 10);
	return 1;
}

static SQLRETURN keys_take(struct stmt *s)
{
	s->n_keys = 0;
	for (uint32_t i = 0; i < s->query.n_params; i++) {
		const struct param *p = &s->params[i];
		char key[QUERY_NAME];
		bool known = false;
		size_t n;

		if (p->text == NULL || p->ind == NULL)
			return driver_fail(&s->diag, "07002", "parameter %u is not bound", i + 1);
		if (*p->ind == SQL_NULL_DATA)
			continue;
		n = *p->ind == SQL_NTS ? strlen(p->text) : (size_t)*p->ind;
		snprintf(key, sizeof(key), "%.*s", (int)n, p->text);
		for (uint32_t j = 0; j < s->n_keys; j++)
			known |= strcmp(s->keys[j], key) == 0;
		if (!known && cells_customer(str_of(key)) < CELLS_NOBODY)
			memcpy(s->keys[s->n_keys++], key, sizeof(key));
	}
	return SQL_SUCCESS;
}

static bool strikes(struct stmt *s, enum fault_kind kind)
{
	if (!plan_has(&s->plan, kind))
		return false;
	driver_strike(s->dbc, kind);
	return true;
}

/* Errors that come at once. */
static SQLRETURN strike_errors(struct stmt *s)
{
	if (s->dbc->executions > 0 && strikes(s, FAULT_IDLE_RESET))
		return fetch_lost(s, "terminating connection due to administrator command");
	if (strikes(s, FAULT_EXEC_RESET))
		return fetch_lost(s, "connection reset by peer");
	if (strikes(s, FAULT_CRASH))
		abort();
	if (strikes(s, FAULT_EXEC_DEADLOCK))
		return driver_fail(&s->diag, "40001", "deadlock detected");
	if (strikes(s, FAULT_EXEC_ERROR))
		return driver_fail(&s->diag, s->plan.of[FAULT_EXEC_ERROR].state, "the server made an error");
	return SQL_SUCCESS;
}

static SQLRETURN strike_waits(struct stmt *s)
{
	bool there = link_wait(&s->dbc->link, 0);

	if (there && strikes(s, FAULT_EXEC_SLOW))
		there = link_wait(&s->dbc->link, s->plan.of[FAULT_EXEC_SLOW].ms);
	if (there && strikes(s, FAULT_EXEC_HANG))
		there = link_hang(s->dbc, FAULT_EXEC_HANG);
	if (strikes(s, FAULT_EXEC_HARDHANG))
		link_hang_hard(s->dbc, FAULT_EXEC_HARDHANG);
	return there ? SQL_SUCCESS : fetch_lost(s, "the server closed the connection");
}

static void result_open(struct stmt *s)
{
	uint64_t per_key = rows_of(s->dbc->rows, s->query.table);

	if (strikes(s, FAULT_HUGE))
		per_key = s->plan.of[FAULT_HUGE].rows;
	if (strikes(s, FAULT_DUPLICATE))
		per_key *= 2;
	if (fetch_has_twins(s)) {
		driver_strike(s->dbc, FAULT_TWINS);
		per_key *= 2;
	}
	s->n_rows = per_key * (s->query.n_params ? s->n_keys : 1);
	s->next = 0;
	s->open = true;
	s->dbc->executions++;
}

static SQLRETURN stmt_execute(struct stmt *s)
{
	char why[256];
	SQLRETURN rc;

	fetch_close(s);
	if (s->dbc->lost)
		return driver_fail(&s->diag, "08S01", "the connection is lost");
	if (!s->prepared)
		return driver_fail(&s->diag, "HY010", "nothing is prepared");
	if (!control_roll(s->dbc->control, s->dbc->source, FAULT_AT_EXECUTE, &s->plan, why))
		return driver_fail(&s->diag, "HY000", "%s", why);
	rc = stmt_check_layout(s);
	if (rc == SQL_SUCCESS)
		rc = keys_take(s);
	if (rc == SQL_SUCCESS)
		rc = strike_errors(s);
	if (rc == SQL_SUCCESS)
		rc = strike_waits(s);
	if (rc == SQL_SUCCESS)
		result_open(s);
	return rc;
}

SQLRETURN SQL_API SQLExecute(SQLHSTMT h)
{
	struct stmt *s = h;

	s->diag.state[0] = '\0';
	return stmt_execute(s);
}

SQLRETURN SQL_API SQLExecDirect(SQLHSTMT h, SQLCHAR *sql, SQLINTEGER n)
{
	struct stmt *s = h;
	struct str text = { (char *)sql, n == SQL_NTS ? strlen((char *)sql) : (size_t)n };
	SQLRETURN rc;

	s->diag.state[0] = '\0';
	rc = stmt_prepare(s, text);
	return rc == SQL_SUCCESS ? stmt_execute(s) : rc;
}
