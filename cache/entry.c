#include "cache/entry.h"

#include <assert.h>
#include <inttypes.h>

#include "cache/stamp.h"
#include "cache/varint.h"

/*   0  magic, with the version of the format
 *   4  the ticket's era, 16 digits   20  its began, 16 digits
 *  36  the wall clock in ms: when it was stored, and how much later it ends
 *      rows, columns
 *      then each cell: 0 for NULL, or its length and one, and its bytes
 * The numbers behind the ticket are those of varint.h, signed for the first. */
static const char magic[4] = { 'F', 'E', '3', '\n' };

/* ---- writing ---- */

static void put_cell(struct buf *out, struct str cell)
{
	varint_put(out, cell.p ? (uint64_t)cell.n + 1 : 0);
	if (cell.p)
		buf_put_str(out, cell);
}

void entry_put_rows(const struct rows *rows, struct buf *out)
{
	varint_put(out, rows->n_rows);
	varint_put(out, rows->n_cols);
	for (size_t i = 0; i < (size_t)rows->n_rows * rows->n_cols; i++)
		put_cell(out, rows->cells[i]);
}

uint64_t entry_span(int64_t stored_ms, uint64_t ttl_ms)
{
	uint64_t most = stored_ms > 0 ? (uint64_t)(INT64_MAX - stored_ms) : INT64_MAX;

	return ttl_ms < most ? ttl_ms : most;
}

void entry_encode(const struct cache_fill *fill, struct buf *out)
{
	size_t from = out->len;

	buf_put(out, magic, sizeof(magic));
	buf_printf(out, "%016" PRIx64 "%016" PRIu64, fill->ticket.era, fill->ticket.began);
	assert(out->len - from == ENTRY_STAMP_END);
	(void)from;
	varint_put(out, varint_from_signed(fill->stored_ms));
	varint_put(out, entry_span(fill->stored_ms, fill->ttl_ms));
	entry_put_rows(fill->rows, out);
}

/* ---- reading ---- */

static bool take_u32(struct str *left, uint32_t *out)
{
	uint64_t v;

	if (!varint_take(left, &v) || v > UINT32_MAX)
		return false;
	*out = (uint32_t)v;
	return true;
}

static bool take_cell(struct str *left, struct str *out)
{
	uint64_t n;

	if (!varint_take(left, &n) || n > (uint64_t)left->n + 1)
		return false;
	*out = n > 0 ? (struct str){ left->p, (size_t)n - 1 } : (struct str){ 0 };
	left->p += out->n;
	left->n -= out->n;
	return true;
}

bool entry_ticket(struct str bytes, struct cache_ticket *out)
{
	return bytes.p && bytes.n >= ENTRY_STAMP_END && stamp_hex(bytes.p + ENTRY_ERA_AT, &out->era) &&
	       stamp_decimal(bytes.p + ENTRY_BEGAN_AT, &out->began);
}

/* One copy of all the cells' bytes, and views into it. Each cell takes a byte at least, so what is there bounds what is
 * allocated. */
const struct rows *entry_take_rows(struct str left, struct arena *mem)
{
	uint32_t n_rows, n_cols;
	struct rows *rows;
	struct str *cells;
	uint64_t n;

	if (!take_u32(&left, &n_rows) || !take_u32(&left, &n_cols) || (n_cols == 0 && n_rows > 0))
		return NULL;
	n = (uint64_t)n_rows * n_cols;
	if (n > left.n)
		return NULL;
	cells = arena_array_of(mem, struct str, n);
	left = arena_str(mem, left);
	for (size_t i = 0; i < n; i++)
		if (!take_cell(&left, &cells[i]))
			return NULL;
	if (left.n > 0)
		return NULL;
	rows = arena_new_of(mem, struct rows);
	*rows = (struct rows){ .n_rows = n_rows, .n_cols = n_cols, .cells = cells };
	return rows;
}

bool entry_decode(struct str bytes, struct arena *mem, struct cache_hit *out)
{
	struct cache_ticket ticket;
	const struct rows *rows;
	uint64_t stored, span;
	int64_t stored_ms;
	struct str left;

	if (!entry_ticket(bytes, &ticket) || memcmp(bytes.p, magic, sizeof(magic)) != 0)
		return false;
	left = (struct str){ bytes.p + ENTRY_STAMP_END, bytes.n - ENTRY_STAMP_END };
	if (!varint_take(&left, &stored) || !varint_take(&left, &span))
		return false;
	stored_ms = varint_to_signed(stored);
	if (span > entry_span(stored_ms, span) || !(rows = entry_take_rows(left, mem)))
		return false;
	*out = (struct cache_hit){ .rows = rows,
				   .stored_ms = stored_ms,
				   .ends_ms = stored_ms + (int64_t)span,
				   .began = ticket.began };
	return true;
}
