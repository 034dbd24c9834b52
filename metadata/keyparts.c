#include "metadata/keyparts.h"

/* Bump when the meaning of cached cells changes without a change of the mapping. */
static const char format[] = "part 1";

static void add_u32(struct digest *d, uint32_t v)
{
	unsigned char bytes[4];

	for (unsigned i = 0; i < sizeof(bytes); i++)
		bytes[i] = (unsigned char)(v >> (8 * i));
	digest_add(d, bytes, sizeof(bytes));
}

static void add_text(struct digest *d, const char *text)
{
	digest_add_str(d, str_of(text));
}

static void add_spelling(struct digest *d, const struct spelling *spelling)
{
	add_text(d, spelling->name);
	add_text(d, spelling->mask);
}

/* How values are written into the query, and which rows are accepted back. */
static void add_key(struct digest *d, const struct key *key)
{
	add_text(d, key ? key->name : NULL);
	if (!key)
		return;
	add_u32(d, key->type);
	add_text(d, key->block);
	add_u32(d, (uint32_t)key->n_spellings);
	for (size_t i = 0; i < key->n_spellings; i++)
		add_spelling(d, &key->spellings[i]);
}

/* Another secret is another database. The zone may be a setting of the session. */
static void add_source(struct digest *d, const struct source *source)
{
	add_text(d, source->name);
	add_text(d, source->secret);
	add_text(d, source->dialect);
	add_text(d, source->zone ? zone_name(source->zone) : NULL);
}

static void add_query(struct digest *d, const struct query *query)
{
	digest_add_str(d, query->sql);
	add_u32(d, (uint32_t)query->n_by);
	for (size_t i = 0; i < query->n_by; i++) {
		add_key(d, query->by[i].key);
		add_u32(d, query->by[i].optional);
	}
}

static void add_column(struct digest *d, const struct column *column)
{
	add_text(d, column->name);
	add_u32(d, column->type);
	add_key(d, column->gives);
	add_key(d, column->proves);
	add_u32(d, column->as_of);
	add_u32(d, (uint32_t)column->n_as);
	for (size_t i = 0; i < column->n_as; i++)
		add_spelling(d, column->as[i]);
}

void keyparts_definition(const struct part *part, unsigned char out[DIGEST_BYTES])
{
	struct digest d;

	digest_begin(&d, (struct str){ 0 });
	add_text(&d, format);
	add_source(&d, part->source);
	add_u32(&d, part->rows_max);
	add_u32(&d, (uint32_t)part->n_queries);
	for (size_t i = 0; i < part->n_queries; i++)
		add_query(&d, &part->queries[i]);
	add_u32(&d, (uint32_t)part->n_columns);
	for (size_t i = 0; i < part->n_columns; i++)
		add_column(&d, &part->columns[i]);
	digest_end(&d, out);
}
