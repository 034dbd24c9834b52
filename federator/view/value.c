/* value.c - one cell into one value node. */
#include "federator/view/value.h"

#include "federator/view/mask.h"

bool value_visible(const struct merge *m, const struct field *field)
{
	return (m->visible >> field->cls->index) & 1;
}

static bool code_matches(const struct code *code, struct str text)
{
	if (str_eq(str_of(code->is), text))
		return true;
	for (size_t i = 0; i < code->n_from; i++)
		if (str_eq(str_of(code->from[i]), text))
			return true;
	return false;
}

static void mark_seen(struct merge *m, const struct codes *codes, size_t code)
{
	if (!m->codes_seen)
		m->codes_seen = arena_array_of(m->mem, bool *, m->cat->n_codes);
	if (!m->codes_seen[codes->index])
		m->codes_seen[codes->index] = arena_array_of(m->mem, bool, codes->n);
	m->codes_seen[codes->index][code] = true;
}

size_t value_rank(const struct codes *codes, struct str text)
{
	size_t rank = 0;

	while (text.n > 0 && text.p[text.n - 1] == ' ') /* CHAR(n) pads, and no code of a mapping ends with a blank */
		text.n--;
	while (rank < codes->n && !code_matches(&codes->of[rank], text))
		rank++;
	return rank;
}

struct str value_code(struct merge *m, const struct field *field, struct str text)
{
	const struct codes *codes = field->codes;
	size_t rank = value_rank(codes, text);

	if (rank == codes->n)
		return text;
	if (!((m->masked >> field->cls->index) & 1))
		mark_seen(m, codes, rank);
	return str_of(codes->of[rank].is);
}

void value_check_code(struct merge *m, const struct codes *codes, struct fact *fact, uint32_t row, uint32_t column,
		      const struct typed *value)
{
	if (value_rank(codes, value->text) == codes->n)
		fact_unknown_code(fact, row, column, m->mem);
}

struct node *value_node(struct merge *m, const struct field *field, enum typed_verdict verdict,
			const struct typed *value, struct node *holder)
{
	struct str name = field->n_segments ? field->segments[field->n_segments - 1] : STR("");
	struct node *node;

	if (verdict == TYPED_BAD)
		return NULL;
	node = tree_null(m->mem, holder, name);
	node->cls = field->cls;
	node->mask = mask_of(field);
	if (verdict == TYPED_NULL)
		return node;
	node->kind = field->codes ? NODE_TEXT : value->kind;
	node->value = field->codes ? value_code(m, field, value->text) : value->text;
	return node;
}
