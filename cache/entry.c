#include "cache/entry.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

#include "cache/stamp.h"

/* Numbers are little-endian, but for the ticket.
 *   0  magic, with the version of the format
 *   4  the ticket's era, 16 digits   20  its began, 16 digits
 *  36  u32 length of all
 *  40  16 bytes of BLAKE2b over everything else
 *  56  i64 stored_ms   64  i64 when it ends, ms as well
 *  72  u32 rows   76  u32 columns   80  u32 length of the key, then the key
 *  then each cell: u32 length (all ones: NULL), bytes */
static const char magic[4] = { 'F', 'E', '2', '\n' };

enum {
	LENGTH_AT = ENTRY_STAMP_END,
	SUM_AT = LENGTH_AT + 4,
	SUM_BYTES = 16,
	SUMMED_AT = SUM_AT + SUM_BYTES,
};
static const uint32_t null_cell = UINT32_MAX;

static void checksum(const char *entry, size_t n, unsigned char out[SUM_BYTES])
{
	unsigned char hash[DIGEST_BYTES];
	struct digest d;

	digest_begin(&d, (struct str){ 0 });
	digest_add(&d, entry, SUM_AT);
	digest_add(&d, entry + SUMMED_AT, n - SUMMED_AT);
	digest_end(&d, hash);
	memcpy(out, hash, SUM_BYTES);
}

/* ---- writing ---- */

static void store_u32(char *to, uint32_t v)
{
	for (unsigned i = 0; i < 4; i++)
		to[i] = (char)(unsigned char)(v >> (8 * i));
}

static void put_u32(struct buf *out, uint32_t v)
{
	char bytes[4];

	store_u32(bytes, v);
	buf_put(out, bytes, sizeof(bytes));
}

static void put_i64(struct buf *out, int64_t v)
{
	put_u32(out, (uint32_t)(uint64_t)v);
	put_u32(out, (uint32_t)((uint64_t)v >> 32));
}

static void put_cell(struct buf *out, struct str cell)
{
	if (cell.p == NULL) {
		put_u32(out, null_cell);
		return;
	}
	assert(cell.n < null_cell);
	put_u32(out, (uint32_t)cell.n);
	buf_put_str(out, cell);
}

/* The difference is a ttl. */
static bool is_span(int64_t from, int64_t to)
{
	return to >= from && (uint64_t)to - (uint64_t)from <= INT64_MAX;
}

static int64_t ends_ms(const struct cache_fill *fill)
{
	uint64_t most = fill->stored_ms > 0 ? (uint64_t)(INT64_MAX - fill->stored_ms) : INT64_MAX;

	return fill->stored_ms + (int64_t)(fill->ttl_ms < most ? fill->ttl_ms : most);
}

void entry_encode(const struct cache_fill *fill, struct buf *out)
{
	static const char blank[SUMMED_AT - LENGTH_AT] = { 0 };
	const struct rows *rows = fill->rows;
	struct str name = str_of(fill->key->text);
	unsigned char sum[SUM_BYTES];
	size_t from = out->len;

	buf_put(out, magic, sizeof(magic));
	buf_printf(out, "%016" PRIx64 "%016" PRIu64, fill->ticket.era, fill->ticket.began);
	assert(out->len - from == ENTRY_STAMP_END);
	buf_put(out, blank, sizeof(blank));
	put_i64(out, fill->stored_ms);
	put_i64(out, ends_ms(fill));
	put_u32(out, rows->n_rows);
	put_u32(out, rows->n_cols);
	put_u32(out, (uint32_t)name.n);
	buf_put_str(out, name);
	for (size_t i = 0; i < (size_t)rows->n_rows * rows->n_cols; i++)
		put_cell(out, rows->cells[i]);
	assert(out->len - from < UINT32_MAX);
	store_u32(out->data + from + LENGTH_AT, (uint32_t)(out->len - from));
	checksum(out->data + from, out->len - from, sum);
	memcpy(out->data + from + SUM_AT, sum, sizeof(sum));
}

/* ---- reading: nothing is believed before it is checked ---- */

/* The next `n` bytes of what is left. */
static bool take(struct str *left, size_t n, struct str *out)
{
	if (left->n < n)
		return false;
	*out = (struct str){ left->p, n };
	*left = (struct str){ left->p + n, left->n - n };
	return true;
}

static bool take_u32(struct str *left, uint32_t *out)
{
	struct str bytes;

	if (!take(left, 4, &bytes))
		return false;
	*out = 0;
	for (unsigned i = 0; i < 4; i++)
		*out |= (uint32_t)(unsigned char)bytes.p[i] << (8 * i);
	return true;
}

static bool take_i64(struct str *left, int64_t *out)
{
	uint32_t low, high;

	if (!take_u32(left, &low) || !take_u32(left, &high))
		return false;
	*out = (int64_t)((uint64_t)high << 32 | low);
	return true;
}

static bool take_cell(struct str *left, struct str *out)
{
	uint32_t n;

	if (!take_u32(left, &n))
		return false;
	if (n != null_cell)
		return take(left, n, out);
	*out = (struct str){ 0 };
	return true;
}

bool entry_ticket(struct str bytes, struct cache_ticket *out)
{
	return bytes.p && bytes.n >= ENTRY_STAMP_END && stamp_hex(bytes.p + ENTRY_ERA_AT, &out->era) &&
	       stamp_decimal(bytes.p + ENTRY_BEGAN_AT, &out->began);
}

/* The part in front of the checksum, and the checksum. */
static bool check_frame(struct str bytes, struct cache_ticket *ticket)
{
	unsigned char sum[SUM_BYTES];
	struct str left;
	uint32_t length;

	if (bytes.n < SUMMED_AT || memcmp(bytes.p, magic, sizeof(magic)) != 0 || !entry_ticket(bytes, ticket))
		return false;
	left = (struct str){ bytes.p + LENGTH_AT, bytes.n - LENGTH_AT };
	if (!take_u32(&left, &length) || length != bytes.n)
		return false;
	checksum(bytes.p, bytes.n, sum);
	return memcmp(bytes.p + SUM_AT, sum, sizeof(sum)) == 0;
}

/* Each cell takes four bytes at least, so what is there bounds what is allocated. */
static bool check_cells(struct str left, uint32_t n_rows, uint32_t n_cols)
{
	uint64_t n = (uint64_t)n_rows * n_cols;
	struct str cell;

	if (n > left.n / 4 || (n_cols == 0 && n_rows > 0))
		return false;
	for (uint64_t i = 0; i < n; i++)
		if (!take_cell(&left, &cell))
			return false;
	return left.n == 0;
}

/* `left` was checked. One copy of all the cells' bytes, and views into it. */
static const struct rows *copy_rows(struct str left, uint32_t n_rows, uint32_t n_cols, struct arena *mem)
{
	size_t n = (size_t)n_rows * n_cols;
	struct str *cells = arena_array_of(mem, struct str, n);
	struct rows *rows = arena_new_of(mem, struct rows);

	left = arena_str(mem, left);
	for (size_t i = 0; i < n; i++) {
		bool taken = take_cell(&left, &cells[i]);

		assert(taken);
		(void)taken;
	}
	*rows = (struct rows){ .n_rows = n_rows, .n_cols = n_cols, .cells = cells };
	return rows;
}

bool entry_decode(struct str bytes, const struct cache_key *key, struct arena *mem, struct cache_hit *out)
{
	uint32_t n_rows, n_cols, key_n;
	struct cache_ticket ticket;
	struct str left, name;
	int64_t stored_ms, ends;

	if (bytes.p == NULL || !check_frame(bytes, &ticket))
		return false;
	left = (struct str){ bytes.p + SUMMED_AT, bytes.n - SUMMED_AT };
	if (!take_i64(&left, &stored_ms) || !take_i64(&left, &ends) || !is_span(stored_ms, ends) ||
	    !take_u32(&left, &n_rows) || !take_u32(&left, &n_cols) ||
	    !take_u32(&left, &key_n) || !take(&left, key_n, &name) || !str_eq(name, str_of(key->text)) ||
	    !check_cells(left, n_rows, n_cols))
		return false;
	*out = (struct cache_hit){ .rows = copy_rows(left, n_rows, n_cols, mem),
				   .stored_ms = stored_ms,
				   .ends_ms = ends,
				   .began = ticket.began };
	return true;
}
