#include "weblog/store_state.h"

#include <endian.h>
#include <stdlib.h>

static uint64_t first_bytes(struct str text)
{
	char bytes[sizeof(uint64_t)] = { 0 };
	uint64_t number;

	if (text.n > 0)
		memcpy(bytes, text.p, text.n < sizeof(bytes) ? text.n : sizeof(bytes));
	memcpy(&number, bytes, sizeof(number));
	return be64toh(number);
}

static int by_text(const void *a, const void *b)
{
	const struct store_place *x = a, *y = b;
	int c = (x->first > y->first) - (x->first < y->first);

	if (c == 0)
		c = str_cmp(x->text, y->text);
	return c ? c : (x->row > y->row) - (x->row < y->row);
}

const struct store_place *store_order(struct weblog_store *s, const void *rows, size_t bytes, size_t n, size_t at)
{
	struct store_place *order = arena_array_of(s->batch, struct store_place, n);

	for (size_t i = 0; i < n; i++) {
		const char *row = (const char *)rows + i * bytes;

		memcpy(&order[i].text, row + at, sizeof(order[i].text));
		order[i].first = first_bytes(order[i].text);
		order[i].row = row;
	}
	qsort(order, n, sizeof(*order), by_text);
	return order;
}
