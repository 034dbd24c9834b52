#include "tests/faultodbc/cells.h"

#include <ctype.h>
#include <strings.h>
#include <time.h>

enum { CUSTOMERS = 100000000, PHONE_DIGITS = 10 };
static const time_t YEAR_2020 = 1577836800;

static bool ends_with(const char *text, const char *end)
{
	size_t n = strlen(text), m = strlen(end);

	return n > m && strcasecmp(text + n - m, end) == 0;
}

enum cell_type cells_type(const char *column)
{
	if (ends_with(column, "_n") || strcasecmp(column, "member") == 0)
		return CELL_INTEGER;
	if (ends_with(column, "_amount"))
		return CELL_DECIMAL;
	return ends_with(column, "_at") ? CELL_TIMESTAMP : CELL_TEXT;
}

static bool is_letter(struct str key)
{
	return key.n > 0 && isalpha((unsigned char)key.p[0]);
}

uint32_t cells_customer(struct str key)
{
	uint64_t n = 0;

	for (size_t i = is_letter(key) ? 1 : 0; i < key.n; i++) {
		if (isdigit((unsigned char)key.p[i]))
			n = (n * 10 + (uint64_t)(key.p[i] - '0')) % CUSTOMERS;
		else if (is_letter(key))
			break;
	}
	return (uint32_t)n;
}

uint32_t cells_first_row(struct str key)
{
	const char *r = is_letter(key) ? memrchr(key.p, 'R', key.n) : NULL;
	uint32_t row = 0;

	for (const char *p = r ? r + 1 : NULL; p && p < key.p + key.n && isdigit((unsigned char)*p); p++)
		row = row * 10 + (uint32_t)(*p - '0');
	return row * 10;
}

void cells_key_for(struct str key, uint32_t customer, struct buf *out)
{
	size_t i = 1;

	if (!is_letter(key)) {
		buf_printf(out, key.n >= PHONE_DIGITS ? "010%08u" : "%u", customer);
		return;
	}
	while (i < key.n && isdigit((unsigned char)key.p[i]))
		i++;
	buf_printf(out, "%c%08u%.*s", key.p[0], customer, (int)(key.n - i), key.p + i);
}

static uint32_t source_digit(const char *source)
{
	uint32_t sum = 0;

	for (; *source; source++)
		sum += (unsigned char)*source;
	return sum % 10;
}

static void write_time(uint32_t customer, struct buf *out)
{
	time_t at = YEAR_2020 + (time_t)customer;
	struct tm tm;
	char text[32];

	gmtime_r(&at, &tm);
	strftime(text, sizeof(text), "%F %T", &tm);
	buf_puts(out, text);
}

void cells_write(const struct cell_place *at, struct buf *out)
{
	uint32_t digit = source_digit(at->source), row = at->row % 100;

	if (strcasecmp(at->column, at->key_column) == 0) {
		buf_put_str(out, at->key);
		return;
	}
	if (strcasecmp(at->column, "member") == 0) {
		buf_printf(out, "%u", at->customer);
		return;
	}
	if (strcasecmp(at->column, "phone") == 0) {
		buf_printf(out, "010%08u", at->customer);
		return;
	}
	if (strcasecmp(at->column, "no") == 0) {
		buf_printf(out, "A%08uR%u", at->customer, at->row);
		return;
	}
	switch (cells_type(at->column)) {
	case CELL_INTEGER:
		buf_printf(out, "%llu", at->customer * 1000ULL + digit * 100 + row);
		break;
	case CELL_DECIMAL:
		buf_printf(out, "%u.%u%02u", at->customer, digit, row);
		break;
	case CELL_TIMESTAMP:
		write_time(at->customer, out);
		buf_printf(out, ".%u%02u", digit, row);
		break;
	case CELL_TEXT:
		buf_printf(out, "%s.%s.%s:%08u:%u", at->source, at->table, at->column, at->customer, at->row);
		break;
	}
}
