/* The pieces of a query put together are the query, and the text for the driver has a marker per
 * parameter. */
#include "fuzz/fuzz_target.h"
#include "metadata/sqltext.h"

#include <stdlib.h>

static const struct key member = { .name = "member" }, phone = { .name = "phone-1" };

static void check(bool kept)
{
	if (!kept)
		abort();
}

static void check_pieces(struct str sql, const struct query *query)
{
	SCOPED(buf_free) struct buf whole = { 0 };

	for (size_t i = 0; i < query->n_pieces; i++) {
		const struct piece *piece = &query->pieces[i];

		if (piece->kind == PIECE_TEXT)
			buf_put_str(&whole, piece->text);
		else
			buf_printf(&whole, ":%s%s", piece->key->name, piece->kind == PIECE_LIST ? "..." : "");
	}
	check(whole.len == sql.n && (sql.n == 0 || memcmp(whole.data, sql.p, sql.n) == 0));
}

static size_t count(struct str s, char c)
{
	size_t n = 0;

	for (size_t i = 0; i < s.n; i++)
		n += s.p[i] == c;
	return n;
}

static void check_expansion(struct str sql, const struct query *query, size_t n_values, struct arena *mem)
{
	struct str *values = arena_array_of(mem, struct str, n_values + 1);
	const struct key_values keys[] = { { &member, values, n_values }, { &phone, values, n_values } };
	const struct str *params;
	struct str text;
	size_t n_params;

	for (size_t i = 0; i < n_values; i++)
		values[i] = STR("v");
	sqltext_expand(query, keys, ARRAY_LEN(keys), mem, &text, &params, &n_params);
	check(count(text, '?') == count(sql, '?') + n_params);
	for (size_t i = 0; i < n_params; i++)
		check((params[i].p == NULL) == (n_values == 0));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const dialects[] = { NULL, "postgresql", "mariadb", "sqlite", "mssql", "oracle" };
	static const struct span where = { .file = "fuzz.xml", .line = 1, .column = 1, .length = 1 };
	const struct by_key by[] = { { .key = &member }, { .key = &phone, .optional = true } };
	struct str sql = { (const char *)data, size };
	struct arena *mem = arena_new();
	struct query query = { 0 };

	for (size_t i = 0; i < (ARRAY_LEN(by) + 1) * ARRAY_LEN(dialects); i++) {
		const char *dialect = dialects[i % ARRAY_LEN(dialects)];
		const struct sqltext text = { sql, dialect, by, i / ARRAY_LEN(dialects), where };
		struct diags *ds = diags_new(mem);
		bool good = sqltext_split(&text, mem, ds, &query.pieces, &query.n_pieces);

		check(good == (diags_count(ds, DIAG_ERROR) == 0));
		if (!good)
			continue;
		check_pieces(sql, &query);
		check_expansion(sql, &query, 0, mem);
		check_expansion(sql, &query, 9, mem);
	}
	arena_wipe_free(&mem);
	return 0;
}
