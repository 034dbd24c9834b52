#include "metadata/sqltext.h"

enum { LIST_ROUND = 128 };

const struct key sqltext_before = { .name = "before", .role = KEY_ITEM, .type = KEY_TEXT, .values = 1 };

bool sqltext_pages(const struct query *query)
{
	for (size_t i = 0; i < query->n_pieces; i++)
		if (query->pieces[i].key == &sqltext_before)
			return true;
	return false;
}

/* 1, 8, 32, 128, then multiples of 128: few texts, so prepared statements are met again. */
static size_t list_size(size_t n)
{
	static const size_t sizes[] = { 1, 8, 32 };

	for (size_t i = 0; i < ARRAY_LEN(sizes); i++)
		if (n <= sizes[i])
			return sizes[i];
	return (n + LIST_ROUND - 1) / LIST_ROUND * LIST_ROUND;
}

static struct key_values values_of(const struct key_values *keys, size_t n_keys, const struct key *key)
{
	for (size_t i = 0; i < n_keys; i++)
		if (keys[i].key == key)
			return keys[i];
	return (struct key_values){ .key = key };
}

static size_t markers_of(const struct piece *piece, struct key_values values)
{
	switch (piece->kind) {
	case PIECE_TEXT:
		return 0;
	case PIECE_PARAM:
		return 1;
	case PIECE_LIST:
		return list_size(values.n);
	}
	return 0;
}

/* The i-th value, the last one behind the end, NULL when there is none. */
static struct str value_at(struct key_values values, size_t i)
{
	if (values.n == 0)
		return (struct str){ 0 };
	return values.values[i < values.n ? i : values.n - 1];
}

void sqltext_expand(const struct query *query, const struct key_values *keys, size_t n_keys,
		    struct arena *mem, struct str *sql_out, const struct str **params_out,
		    size_t *n_params_out)
{
	size_t bytes = 0, n_params = 0, used = 0, filled = 0;
	struct str *params;
	char *sql;

	for (size_t i = 0; i < query->n_pieces; i++) {
		const struct piece *piece = &query->pieces[i];

		bytes += piece->text.n;
		n_params += markers_of(piece, values_of(keys, n_keys, piece->key));
	}
	sql = arena_alloc(mem, bytes + 2 * n_params + 1);
	params = arena_array_of(mem, struct str, n_params + 1);
	for (size_t i = 0; i < query->n_pieces; i++) {
		const struct piece *piece = &query->pieces[i];
		struct key_values values = values_of(keys, n_keys, piece->key);

		if (piece->kind == PIECE_TEXT)
			memcpy(sql + used, piece->text.p, piece->text.n);
		used += piece->text.n;
		for (size_t m = 0; m < markers_of(piece, values); m++) {
			used += (size_t)(stpcpy(sql + used, m ? ",?" : "?") - (sql + used));
			params[filled++] = value_at(values, m);
		}
	}
	*sql_out = (struct str){ sql, used };
	*params_out = params;
	*n_params_out = filled;
}

/* How a parameter is written: :name or :name... */
static size_t written_bytes(const struct piece *piece)
{
	return piece->kind == PIECE_TEXT ? piece->text.n :
					   1 + strlen(piece->key->name) + (piece->kind == PIECE_LIST ? 3 : 0);
}

size_t sqltext_origin(const struct query *query, const struct key_values *keys, size_t n_keys, size_t at)
{
	size_t from = 0; /* of the piece in query->sql */

	for (size_t i = 0; i < query->n_pieces; i++) {
		const struct piece *piece = &query->pieces[i];
		size_t markers = markers_of(piece, values_of(keys, n_keys, piece->key));
		size_t bytes = piece->kind == PIECE_TEXT ? piece->text.n : 2 * markers - 1;

		if (at < bytes)
			return from + (piece->kind == PIECE_TEXT ? at : 0);
		at -= bytes;
		from += written_bytes(piece);
	}
	return from;
}
