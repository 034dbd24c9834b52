#include "tests/faultodbc/driver.h"

#include <stdio.h>
#include <strings.h>

enum { TWIN_APART = 45000000 };

bool fetch_has_twins(const struct stmt *s)
{
	return plan_has(&s->plan, FAULT_TWINS) && strcasecmp(s->query.key, "member") != 0;
}

void fetch_close(struct stmt *s)
{
	s->open = false;
	s->next = s->n_rows = 0;
	s->row.key.p = NULL;
}

SQLRETURN fetch_lost(struct stmt *s, const char *why)
{
	s->dbc->lost = true;
	return driver_fail(&s->diag, "08S01", "%s", why);
}

static bool is_due(const struct stmt *s, enum fault_kind kind)
{
	return plan_has(&s->plan, kind) && s->next >= s->plan.of[kind].after;
}

/* What happens before the next row; SQL_SUCCESS: nothing that ends the result. */
static SQLRETURN strike(struct stmt *s)
{
	const struct fault *drip = &s->plan.of[FAULT_FETCH_DRIP];

	if (is_due(s, FAULT_FETCH_ERROR)) {
		driver_strike(s->dbc, FAULT_FETCH_ERROR);
		return driver_fail(&s->diag, s->plan.of[FAULT_FETCH_ERROR].state,
				   "the server made an error in mid-result");
	}
	if (is_due(s, FAULT_FETCH_RESET)) {
		driver_strike(s->dbc, FAULT_FETCH_RESET);
		return fetch_lost(s, "connection reset by peer in mid-result");
	}
	if (is_due(s, FAULT_FETCH_HANG)) {
		driver_strike(s->dbc, FAULT_FETCH_HANG);
		if (!link_hang(s->dbc, FAULT_FETCH_HANG))
			return fetch_lost(s, "the server closed the connection");
		s->plan.struck &= ~(1U << FAULT_FETCH_HANG);
	}
	if (is_due(s, FAULT_FETCH_DRIP)) {
		driver_strike(s->dbc, FAULT_FETCH_DRIP);
		if (!link_wait(&s->dbc->link, drip->ms))
			return fetch_lost(s, "the server closed the connection");
	}
	return SQL_SUCCESS;
}

/* Whose the current row is, and which of theirs. */
static void row_place(struct stmt *s)
{
	uint64_t per_key = s->query.n_params ? s->n_rows / s->n_keys : s->n_rows;
	uint64_t at = s->next % per_key;
	const char *key = s->query.n_params ? s->keys[s->next / per_key] : "0";
	bool twin = false;

	s->row_key.len = 0;
	if (plan_has(&s->plan, FAULT_DUPLICATE))
		at /= 2;
	if (fetch_has_twins(s)) {
		twin = at % 2 == 1;
		at /= 2;
	}
	s->row = (struct cell_place){ .source = s->dbc->source,
				      .table = s->query.table,
				      .key_column = s->query.key,
				      .customer = cells_customer(str_of(key)),
				      .row = cells_first_row(str_of(key)) + (uint32_t)at };
	if (is_due(s, FAULT_OTHER_KEY)) {
		driver_strike(s->dbc, FAULT_OTHER_KEY);
		cells_key_for(str_of(key), ++s->row.customer, &s->row_key);
	} else {
		buf_puts(&s->row_key, key);
	}
	if (twin)
		s->row.customer += TWIN_APART;
	s->row.key = buf_str(&s->row_key);
}

static void cell_spoil_text(struct stmt *s, struct buf *cell)
{
	if (plan_has(&s->plan, FAULT_BAD_UTF8)) {
		driver_strike(s->dbc, FAULT_BAD_UTF8);
		buf_put(cell, "\xff\xc3", 2);
	}
	if (plan_has(&s->plan, FAULT_NUL_BYTE)) {
		driver_strike(s->dbc, FAULT_NUL_BYTE);
		buf_put(cell, "\0after", 6);
	}
	if (plan_has(&s->plan, FAULT_LONG_TEXT)) {
		driver_strike(s->dbc, FAULT_LONG_TEXT);
		while (cell->len < s->plan.of[FAULT_LONG_TEXT].bytes)
			buf_putc(cell, (char)('a' + cell->len % 26));
	}
}

/* The cell of the current row as it goes out, in s->cell; false: NULL. */
static bool cell_make(struct stmt *s, uint32_t column)
{
	enum cell_type type = cells_type(s->query.columns[column]);
	bool is_key;

	s->row.column = s->query.columns[column];
	s->cell.len = 0;
	cells_write(&s->row, &s->cell);
	is_key = strcasecmp(s->row.column, s->row.key_column) == 0 || strcasecmp(s->row.column, "member") == 0 ||
		 strcasecmp(s->row.column, "no") == 0;
	if (is_key)
		return true;
	if (plan_has(&s->plan, FAULT_NULLS)) {
		driver_strike(s->dbc, FAULT_NULLS);
		return false;
	}
	if (type == CELL_TEXT) {
		cell_spoil_text(s, &s->cell);
	} else if (plan_has(&s->plan, FAULT_WRONG_TYPE)) {
		driver_strike(s->dbc, FAULT_WRONG_TYPE);
		s->cell.len = 0;
		buf_puts(&s->cell, type == CELL_TIMESTAMP ? "2023-13-45 25:61:61" : "several");
	}
	return true;
}

/* Copy what is left of the cell behind *at into the application's buffer. */
static SQLRETURN cell_put(struct stmt *s, const struct bound *to, bool is_there, size_t *at)
{
	size_t left = s->cell.len - *at, room = (size_t)to->bytes, n;

	if (!is_there) {
		*to->ind = SQL_NULL_DATA;
		return SQL_SUCCESS;
	}
	*to->ind = (SQLLEN)left;
	if (to->type == SQL_C_CHAR)
		room -= room > 0;
	n = left < room ? left : room;
	memcpy(to->to, s->cell.data + *at, n);
	if (to->type == SQL_C_CHAR && to->bytes > 0)
		to->to[n] = '\0';
	*at += n;
	if (n == left)
		return SQL_SUCCESS;
	driver_fail(&s->diag, "01004", "the text was cut");
	return SQL_SUCCESS_WITH_INFO;
}

static SQLRETURN row_put(struct stmt *s)
{
	SQLRETURN all = SQL_SUCCESS;

	for (uint32_t i = 0; i < s->query.n_columns; i++) {
		size_t at = 0;

		if (s->bound[i].type == 0)
			continue;
		if (cell_put(s, &s->bound[i], cell_make(s, i), &at) == SQL_SUCCESS_WITH_INFO)
			all = SQL_SUCCESS_WITH_INFO;
	}
	return all;
}

SQLRETURN SQL_API SQLFetch(SQLHSTMT h)
{
	struct stmt *s = h;
	SQLRETURN rc;

	s->diag.state[0] = '\0';
	s->data_column = 0;
	if (!s->open)
		return driver_fail(&s->diag, "24000", "there is no result");
	rc = strike(s);
	if (rc != SQL_SUCCESS)
		return rc;
	if (s->next < s->n_rows && is_due(s, FAULT_FETCH_TRUNCATE)) {
		driver_strike(s->dbc, FAULT_FETCH_TRUNCATE);
		return SQL_NO_DATA;
	}
	if (s->next == s->n_rows)
		return SQL_NO_DATA;
	row_place(s);
	s->next++;
	return row_put(s);
}

SQLRETURN SQL_API SQLGetData(SQLHSTMT h, SQLUSMALLINT number, SQLSMALLINT type, SQLPOINTER to, SQLLEN bytes,
			     SQLLEN *ind)
{
	struct stmt *s = h;
	struct bound bound = { type, to, bytes, ind };
	bool is_there;

	s->diag.state[0] = '\0';
	if (!s->open || s->row.key.p == NULL)
		return driver_fail(&s->diag, "24000", "there is no row");
	if (number < 1 || number > s->query.n_columns || (type != SQL_C_CHAR && type != SQL_C_BINARY))
		return driver_fail(&s->diag, "HYC00", "no column %u as that type", number);
	is_there = cell_make(s, number - 1U);
	if (s->data_column != number) {
		s->data_column = number;
		s->data_at = 0;
	} else if (s->data_at >= s->cell.len) {
		return SQL_NO_DATA;
	}
	return cell_put(s, &bound, is_there, &s->data_at);
}
