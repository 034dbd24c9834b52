/* check_single.c - single values come from parts that have one row of one customer, also where a part is asked by keys
 * that another part gives. */
#include "metadata/check.h"

#include "metadata/plan.h"

/* How many rows of one customer the steps of a plan can bring, and why it is more than one. */
struct reach {
	const struct plan *plan;
	uint64_t *rows; /* by step */
	const struct key *many; /* of the step looked at last: the key with many values */
	const struct part *giver; /* the part they come from */
};

static uint64_t least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* The values of a key that are known when the step is asked: one of the key that the plan begins with, else what the
 * steps before it give. */
static uint64_t values_of(struct reach *r, const struct plan_step *st, const struct key *key, bool start)
{
	const struct part *giver = NULL;
	uint64_t n = 0;

	if (start)
		return 1;
	for (size_t a = 0; a < st->n_after; a++) {
		const struct part *part = r->plan->steps[st->after[a]].part;

		if (!plan_part_gives(part, key))
			continue;
		n += r->rows[st->after[a]];
		if (!giver || part->rows_max > giver->rows_max)
			giver = part;
	}
	n = least(n, key->values);
	if (n > 1) {
		r->many = key;
		r->giver = giver;
	}
	return n;
}

/* Rows belong to one value of each required key; when all are optional, to a value of any. */
static uint64_t times_asked(struct reach *r, const struct plan_step *st, const struct key *start)
{
	const struct query *q = st->query;
	uint64_t required = 1, any = 0;
	bool all_optional = true;

	r->many = NULL;
	r->giver = NULL;
	for (size_t i = 0; i < q->n_by; i++) {
		const struct key *key = q->by[i].key;
		uint64_t n = values_of(r, st, key, key == start);

		all_optional = all_optional && q->by[i].optional;
		any += n;
		if (!q->by[i].optional)
			required = least(required * n, UINT32_MAX);
	}
	return all_optional ? any : required;
}

/* Rows of a part that says whose they are belong to one customer, who has one, when single values are taken from it. */
static bool one_each(const struct catalog *cat, const struct part *part)
{
	return plan_part_single(cat, part) && plan_part_gives(part, cat->identity);
}

static void tell(struct build *b, const struct reach *r, const struct part *part)
{
	const char *help = "make a list of it, or ask it by one key only";
	struct str text = arena_printf(b->scratch, "part `%s` is asked by several keys, each of which can bring a row",
				       part->name);

	if (r->giver) {
		help = arena_printf(b->scratch,
				    "make a list of it, or reduce it to one row in SQL; if a customer can have only "
				    "one `%s`: values=\"1\" at the key",
				    r->many->name)
			       .p;
		text = arena_printf(b->scratch,
				    "part `%s` is asked by `%s`, of which part `%s` can give several for one customer",
				    part->name, r->many->name, r->giver->name);
	}
	for (size_t f = 0; f < b->cat->n_fields; f++)
		for (size_t i = 0; i < b->cat->fields[f].n_from; i++)
			if (b->cat->fields[f].from[i].part == part)
				diag_add(b->ds, "M0504", b->cat->fields[f].from[i].at, help, "%s", text.p);
}

/* `told` by part index: each part is told once. */
static void check_plan(struct build *b, const struct plan *plan, const struct key *start, bool *told)
{
	struct reach r = { .plan = plan };

	r.rows = arena_array_of(b->scratch, uint64_t, plan->n_steps + 1);
	for (size_t i = 0; i < plan->n_steps; i++) {
		const struct part *part = plan->steps[i].part;
		uint64_t asked = times_asked(&r, &plan->steps[i], start);

		r.rows[i] = least(asked * (one_each(b->cat, part) ? 1 : part->rows_max), UINT32_MAX);
		if (asked <= 1 || told[part->index] || one_each(b->cat, part) || !plan_part_single(b->cat, part))
			continue;
		told[part->index] = true;
		tell(b, &r, part);
	}
}

void check_single(struct build *b)
{
	const struct catalog *cat = b->cat;
	bool *told = arena_array_of(b->scratch, bool, cat->n_parts + 1);

	for (size_t v = 0; v < cat->n_views; v++) {
		const struct view *view = &cat->views[v];

		check_plan(b, &view->plan, cat->identity, told);
		for (size_t k = 0; k < view->n_by; k++)
			check_plan(b, &view->unlinked[k], view->by[k], told);
	}
}
