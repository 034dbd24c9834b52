/* scalar.c - one field from its candidates: which value wins, and what became of the others. */
#include "federator/view/value.h"

/* What one candidate has to say. */
struct candidate {
	const struct from *from;
	struct fact *fact;
	uint32_t row;
	bool has_row;
	enum typed_verdict verdict;
	struct typed value;
	bool has_as_of;
	struct typed as_of;
};

static struct candidate read_candidate(struct merge *m, const struct from *from)
{
	struct candidate c = { .from = from, .fact = &m->facts[from->part->index], .verdict = TYPED_NULL };

	c.has_row = fact_scalar_row(c.fact, &c.row);
	if (!c.has_row)
		return c;
	c.verdict = fact_typed(c.fact, c.row, from->column, m->mem, &c.value);
	c.has_as_of = fact_as_of(c.fact, c.row, m->mem, &c.as_of);
	return c;
}

/* How much `b` is more than `a`. Codes are compared by their rank, the best one being the most; what is no code comes
 * last both ways. */
static int more(const struct field *field, const struct candidate *a, const struct candidate *b)
{
	enum value_type type = field->from[0].part->columns[field->from[0].column].type;
	size_t n = field->codes ? field->codes->n : 0, rank_a, rank_b;

	if (!field->codes)
		return typed_cmp(type, &b->value, &a->value);
	rank_a = value_rank(field->codes, a->value.text);
	rank_b = value_rank(field->codes, b->value.text);
	if ((rank_a == n) != (rank_b == n))
		return (rank_a == n) == (field->pick == PICK_MAX) ? 1 : -1;
	return (rank_a > rank_b) - (rank_a < rank_b);
}

/* Does `b` beat `a`, which stands before it in the document? Equal candidates never do. */
static bool beats(const struct field *field, const struct candidate *a, const struct candidate *b)
{
	switch (field->pick) {
	case PICK_ORDER:
	case PICK_SUM:
		return false;
	case PICK_NEWEST:
		return b->has_as_of && (!a->has_as_of || b->as_of.instant_us > a->as_of.instant_us);
	case PICK_MAX:
		return more(field, a, b) > 0;
	case PICK_MIN:
		return more(field, a, b) < 0;
	}
	return false;
}

static const struct candidate *pick_winner(const struct field *field, const struct candidate *c)
{
	const struct candidate *best = NULL;

	for (size_t i = 0; i < field->n_from; i++)
		if (c[i].verdict == TYPED_OK && (!best || beats(field, best, &c[i])))
			best = &c[i];
	return best;
}

/* The winner's value, or the exact sum of all values. */
static struct typed winning_value(struct merge *m, const struct field *field, const struct candidate *c,
				  const struct candidate *winner)
{
	struct typed value = winner->value;

	for (size_t i = 0; field->pick == PICK_SUM && i < field->n_from; i++)
		if (&c[i] != winner && c[i].verdict == TYPED_OK)
			typed_add(&value, &c[i].value, m->mem, &value);
	return value;
}

static bool any_unknown(const struct field *field, const struct candidate *c, const struct candidate *before)
{
	for (size_t i = 0; i < field->n_from && &c[i] != before; i++)
		if (!fact_tells(c[i].fact))
			return true;
	return false;
}

/* Is the value unknown? A sum is, as soon as one of its terms is. */
static bool unknown(const struct field *field, const struct candidate *c, const struct candidate *winner)
{
	bool bad = false;

	for (size_t i = 0; i < field->n_from; i++)
		bad = bad || c[i].verdict == TYPED_BAD;
	return (!winner || field->pick == PICK_SUM) && (bad || any_unknown(field, c, NULL));
}

static const char *pick_name(enum pick pick)
{
	switch (pick) {
	case PICK_ORDER:
		return "order";
	case PICK_NEWEST:
		return "newest";
	case PICK_MAX:
		return "max";
	case PICK_MIN:
		return "min";
	case PICK_SUM:
		return "sum";
	}
	return "order";
}

static const struct origin *make_origin(struct merge *m, const struct field *field, const struct candidate *c,
					const struct candidate *winner)
{
	struct origin *o = arena_new_of(m->mem, struct origin);
	struct lost *lost = arena_array_of(m->mem, struct lost, field->n_from);
	bool by_order = field->pick == PICK_ORDER;

	*o = (struct origin){ .from = winner->from, .field = field, .rule = pick_name(field->pick), .lost = lost };
	o->provisional = any_unknown(field, c, by_order ? winner : NULL);
	if (winner->has_as_of)
		o->as_of = winner->as_of.text;
	for (size_t i = 0; i < field->n_from; i++) {
		if (&c[i] == winner || c[i].verdict != TYPED_OK || field->pick == PICK_SUM)
			continue; /* terms of a sum do not lose */
		lost[o->n_lost++] = (struct lost){ .from = c[i].from,
						   .value = field->codes ? value_code(m, field, c[i].value.text)
									 : c[i].value.text,
						   .as_of = c[i].has_as_of ? c[i].as_of.text : (struct str){ 0 } };
	}
	return o;
}

static void put_empty(struct merge *m, const struct field *field, bool had_row, struct node *holder)
{
	const struct from *f = &field->from[0];
	struct typed value = { .kind = NODE_NULL };
	enum typed_verdict v = TYPED_NULL;

	if (field->empty && !had_row)
		v = typed_cell(f->part->columns[f->column].type, str_of(field->empty), f->part->source->zone, m->mem,
			       &value);
	value_node(m, field, v, &value, holder);
}

void scalar_merge(struct merge *m, const struct field *field, struct node *customer)
{
	struct candidate *c = arena_array_of(m->mem, struct candidate, field->n_from);
	const struct candidate *winner;
	bool had_row = false;
	struct typed value;
	struct node *node;

	for (size_t i = 0; i < field->n_from; i++) {
		c[i] = read_candidate(m, &field->from[i]);
		had_row = had_row || c[i].has_row;
	}
	winner = pick_winner(field, c);
	if (unknown(field, c, winner))
		return;
	customer = tree_place(m->mem, customer, field->segments, field->n_segments);
	if (!winner) {
		put_empty(m, field, had_row, customer);
		return;
	}
	value = winning_value(m, field, c, winner);
	node = value_node(m, field, TYPED_OK, &value, customer);
	if (field->codes)
		value_check_code(m, field->codes, winner->fact, winner->row, winner->from->column, &value);
	if (node && m->provenance)
		node->origin = make_origin(m, field, c, winner);
}

/* Is what the candidate has to say known as of now, or of within the ttl of a copy? */
static bool says_now(const struct candidate *c)
{
	return fact_tells(c->fact) && c->fact->state != FACT_STALE && !c->fact->old_keys && c->verdict != TYPED_BAD;
}

bool scalar_is_true(struct merge *m, const struct field *field)
{
	struct candidate *c = arena_array_of(m->mem, struct candidate, field->n_from);
	const struct candidate *winner;

	for (size_t i = 0; i < field->n_from; i++)
		c[i] = read_candidate(m, &field->from[i]);
	winner = pick_winner(field, c);
	if (!winner || !str_eq(winner->value.text, STR("true")))
		return false;
	for (size_t i = 0; i < field->n_from; i++) {
		if (!says_now(&c[i]))
			return false;
		if (&c[i] == winner && field->pick == PICK_ORDER)
			break;
	}
	return true;
}
