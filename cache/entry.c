#include "cache/entry.h"

#include <assert.h>
#include <inttypes.h>

#include "cache/stamp.h"

/*   0  magic, with the version of the format
 *   4  the ticket's era, 16 digits   20  its began, 16 digits
 *  36  the wall clock in ms: when it was stored, and how much later it ends
 *      rows, columns
 *      then each cell: 0 for NULL, or its length and one, and its bytes
 * The numbers behind the ticket are little-endian in groups of seven bits, as short as they can be; the top bit says
 * that there is more. Time before 1970 counts as odd numbers. */
static const char magic[4] = { 'F', 'E', '3', '\n' };

/* ---- writing ---- */

static void put_number(struct buf *out, uint64_t v)
{
	for (; v > 0x7F; v >>= 7)
		buf_putc(out, (char)(unsigned char)(v | 0x80));
	buf_putc(out, (char)v);
}

static uint64_t from_signed(int64_t v)
{
	return v < 0 ? ~((uint64_t)v << 1) : (uint64_t)v << 1;
}

static int64_t to_signed(uint64_t v)
{
	return (int64_t)(v & 1 ? ~(v >> 1) : v >> 1);
}

static void put_cell(struct buf *out, struct str cell)
{
	put_number(out, cell.p ? (uint64_t)cell.n + 1 : 0);
	if (cell.p)
		buf_put_str(out, cell);
}

/* So much later at most it may end. */
static uint64_t span_most(int64_t stored_ms)
{
	return stored_ms > 0 ? (uint64_t)(INT64_MAX - stored_ms) : INT64_MAX;
}

void entry_encode(const struct cache_fill *fill, struct buf *out)
{
	uint64_t most = span_most(fill->stored_ms);
	const struct rows *rows = fill->rows;
	size_t from = out->len;

	buf_put(out, magic, sizeof(magic));
	buf_printf(out, "%016" PRIx64 "%016" PRIu64, fill->ticket.era, fill->ticket.began);
	assert(out->len - from == ENTRY_STAMP_END);
	(void)from;
	put_number(out, from_signed(fill->stored_ms));
	put_number(out, fill->ttl_ms < most ? fill->ttl_ms : most);
	put_number(out, rows->n_rows);
	put_number(out, rows->n_cols);
	for (size_t i = 0; i < (size_t)rows->n_rows * rows->n_cols; i++)
		put_cell(out, rows->cells[i]);
}

/* ---- reading ---- */

/* Of two ways to write a number only the shorter one counts. */
static bool take_number(struct str *left, uint64_t *out)
{
	uint64_t v = 0;

	for (unsigned shift = 0; left->n > 0 && shift < 64; shift += 7) {
		unsigned char byte = (unsigned char)*left->p++;

		left->n--;
		if (shift == 63 && byte > 1)
			return false;
		v |= (uint64_t)(byte & 0x7F) << shift;
		if (byte < 0x80) {
			*out = v;
			return byte > 0 || shift == 0;
		}
	}
	return false;
}

static bool take_u32(struct str *left, uint32_t *out)
{
	uint64_t v;

	if (!take_number(left, &v) || v > UINT32_MAX)
		return false;
	*out = (uint32_t)v;
	return true;
}

static bool take_cell(struct str *left, struct str *out)
{
	uint64_t n;

	if (!take_number(left, &n) || n > (uint64_t)left->n + 1)
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
 * allocated. NULL: the lengths lie. */
static const struct rows *take_rows(struct str left, struct arena *mem)
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
	if (!take_number(&left, &stored) || !take_number(&left, &span))
		return false;
	stored_ms = to_signed(stored);
	if (span > span_most(stored_ms) || !(rows = take_rows(left, mem)))
		return false;
	*out = (struct cache_hit){ .rows = rows,
				   .stored_ms = stored_ms,
				   .ends_ms = stored_ms + (int64_t)span,
				   .began = ticket.began };
	return true;
}
