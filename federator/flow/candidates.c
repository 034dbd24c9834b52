/* candidates.c - who the asked keys may mean. The only customer that every key that names anybody names is the one,
 * unless a part names others without it, or a stale copy was needed to tell; otherwise all of them are candidates,
 * those named by more keys first. */
#include <stdlib.h>

#include "federator/flow/request.h"
#include "metadata/plan.h"

static struct candidate *candidate_of(struct flow *flow, struct str subject)
{
	struct match *m = &flow->match;

	for (size_t i = 0; i < m->n_candidates; i++)
		if (str_eq(m->candidates[i].subject, subject))
			return &m->candidates[i];
	m->candidates[m->n_candidates] = (struct candidate){ .subject = subject };
	return &m->candidates[m->n_candidates++];
}

static void add_evidence(struct flow *flow, struct candidate *c, struct str evidence)
{
	struct str *more;

	for (size_t i = 0; i < c->n_evidence; i++)
		if (str_eq(c->evidence[i], evidence))
			return;
	more = arena_array_of(flow->mem, struct str, c->n_evidence + 1);
	for (size_t i = 0; i < c->n_evidence; i++)
		more[i] = c->evidence[i];
	more[c->n_evidence++] = evidence;
	c->evidence = more;
}

static void add_column(struct flow *flow, struct candidate *c, const struct part *part, uint32_t column)
{
	add_evidence(flow, c, arena_printf(flow->mem, "%s.%s", part->name, part->columns[column].name));
}

static void add_row(struct candidate *c, struct run *run, uint32_t row);

/* The rows of earlier runs that gave this value of a key. */
static void add_givers(struct candidate *c, struct run *run, const struct key *key, struct str value)
{
	for (size_t i = 0; i < run->n_after; i++) {
		struct run *giver = run->after[i];

		for (uint32_t r = 0; r < fact_rows(&giver->fact); r++)
			for (uint32_t col = 0; col < giver->part->n_columns; col++)
				if (giver->part->columns[col].gives == key &&
				    str_eq(fact_key(&giver->fact, r, col, run->flow->mem), value))
					add_row(c, giver, r);
	}
}

/* The columns in which the asked key was found, from which the row was come to step by step: a waybill, its order, the
 * order's customer. */
static void add_row(struct candidate *c, struct run *run, uint32_t row)
{
	struct flow *flow = run->flow;

	for (size_t k = 0; k < run->query->n_by; k++) {
		const struct key_set *rk = &run->keys[k];

		for (uint32_t col = 0; col < run->part->n_columns; col++) {
			struct str value;

			if (run->part->columns[col].proves != rk->key)
				continue;
			value = fact_key(&run->fact, row, col, flow->mem);
			if (!run_asked(run, rk->key))
				add_givers(c, run, rk->key, value);
			else if (rk->n && str_eq(value, rk->values[0]))
				add_column(flow, c, run->part, col);
		}
	}
}

/* Did a stale copy take part in what the run says? */
static bool is_stale(const struct run *run)
{
	bool stale = run->fact.state == FACT_STALE;

	for (size_t i = 0; i < run->n_after && !stale; i++)
		stale = is_stale(run->after[i]);
	return stale;
}

static void gather_run(struct run *run)
{
	struct flow *flow = run->flow;
	const struct key *identity = flow->world->cat->identity;
	bool stale = is_stale(run), itself = run->asked->key == identity;

	for (uint32_t r = 0; r < fact_rows(&run->fact); r++) {
		for (uint32_t c = 0; c < run->part->n_columns; c++) {
			struct candidate *named;
			struct str subject;

			if (run->part->columns[c].gives != identity)
				continue;
			subject = fact_key(&run->fact, r, c, flow->mem);
			if (!subject.p || (itself && !str_eq(subject, run->asked->value)))
				continue; /* an asked identity names itself and nobody beside it */
			named = candidate_of(flow, subject);
			named->key_bits |= run->asked_bits;
			named->live_bits |= stale ? 0 : run->asked_bits;
			add_row(named, run, r);
		}
	}
}

static int better(const void *a, const void *b)
{
	const struct candidate *x = a, *y = b;

	if (x->agreeing != y->agreeing)
		return x->agreeing > y->agreeing ? -1 : 1;
	return str_cmp(x->subject, y->subject);
}

/* The only customer whom all keys name that name anybody, with or without stale copies; NULL: none or several. */
static const struct candidate *agreed(const struct match *m, bool live)
{
	const struct candidate *found = NULL;
	uint32_t naming = 0;
	size_t n = 0;

	for (size_t i = 0; i < m->n_candidates; i++)
		naming |= live ? m->candidates[i].live_bits : m->candidates[i].key_bits;
	for (size_t i = 0; naming && i < m->n_candidates; i++) {
		if ((live ? m->candidates[i].live_bits : m->candidates[i].key_bits) != naming)
			continue;
		found = &m->candidates[i];
		n++;
	}
	return n == 1 ? found : NULL;
}

/* Does the run name customers, and not this one? */
static bool contradicts(struct run *run, const struct candidate *c)
{
	bool names = false;

	for (uint32_t r = 0; r < fact_rows(&run->fact); r++) {
		for (uint32_t col = 0; col < run->part->n_columns; col++) {
			struct str named;

			if (run->part->columns[col].gives != run->flow->world->cat->identity)
				continue;
			named = fact_key(&run->fact, r, col, run->flow->mem);
			if (named.p && str_eq(named, c->subject))
				return false;
			names = names || named.p;
		}
	}
	return names;
}

/* Keep only the customer whom all agree on, if there is one. */
static void keep_agreed(struct flow *flow)
{
	struct match *m = &flow->match;
	const struct candidate *one = agreed(m, false);
	bool stale = false, clear = one != NULL;

	for (size_t i = 0; i < m->n_candidates; i++)
		stale = stale || m->candidates[i].live_bits != m->candidates[i].key_bits;
	for (size_t i = 0; i < flow->n_walks && clear; i++)
		clear = !contradicts(&flow->walks[i], one);
	if (clear && agreed(m, true) == one) {
		m->candidates[0] = *one; /* sorted: it is the first already */
		m->n_candidates = 1;
	} else {
		m->stale = stale;
	}
}

/* Did everybody who could know an asked identity answer that it is nobody? */
static bool is_nobody(const struct flow *flow, const struct asked *asked)
{
	bool asked_for = false;

	for (size_t i = 0; i < flow->n_walks; i++) {
		const struct fact *fact = &flow->walks[i].fact;

		if (flow->walks[i].asked != asked)
			continue;
		if (fact->state == FACT_STALE || !fact_tells(fact) || fact_rows(fact))
			return false;
		asked_for = true;
	}
	return asked_for;
}

/* An asked identity names itself. */
static void name_asked(struct flow *flow, size_t i)
{
	struct candidate *c;

	if (is_nobody(flow, &flow->asked[i]))
		return;
	c = candidate_of(flow, flow->asked[i].value);
	c->key_bits |= UINT32_C(1) << i;
	c->live_bits |= UINT32_C(1) << i;
}

void candidates_gather(struct flow *flow)
{
	struct match *m = &flow->match;
	size_t room = flow->n_asked;

	for (size_t i = 0; i < flow->n_walks; i++)
		room += fact_rows(&flow->walks[i].fact) * flow->walks[i].part->n_columns;
	m->candidates = arena_array_of(flow->mem, struct candidate, room);
	for (size_t i = 0; i < flow->n_asked; i++)
		if (flow->asked[i].key == flow->world->cat->identity)
			name_asked(flow, i);
	for (size_t i = 0; i < flow->n_walks; i++)
		gather_run(&flow->walks[i]);
	for (size_t i = 0; i < m->n_candidates; i++)
		m->candidates[i].agreeing = (uint32_t)__builtin_popcount(m->candidates[i].key_bits);
	qsort(m->candidates, m->n_candidates, sizeof(*m->candidates), better);
	keep_agreed(flow);
}

/* Whose row is it? A row that proves who it is about may mention other customers in other columns. */
static enum whose row_whose(struct flow *flow, struct fact *fact, uint32_t row, struct str subject)
{
	const struct key *identity = flow->world->cat->identity;
	enum whose whose = WHOSE_NOBODYS;
	bool proves = plan_part_proves(fact->part, identity);

	for (uint32_t c = 0; c < fact->part->n_columns; c++) {
		const struct column *col = &fact->part->columns[c];
		struct str named;

		if ((proves ? col->proves : col->gives) != identity)
			continue;
		named = fact_key(fact, row, c, flow->mem);
		if (named.p && str_eq(named, subject))
			return WHOSE_OWN;
		if (named.p || !fact_blank(fact, row, c)) /* what cannot be read is not ours either */
			whose = WHOSE_ANOTHERS;
	}
	return whose;
}

static bool asked_by(const struct fact *fact, const struct key *key)
{
	bool by = false;

	for (size_t i = 0; i < fact->n_asked; i++)
		by = by || fact->asked[i].key == key;
	return by;
}

const struct rows *candidate_rows(struct flow *flow, struct fact *fact, struct str subject, enum whose least)
{
	static const struct rows none;
	uint32_t n_rows = fact_rows(fact);
	bool *own = arena_array_of(flow->mem, bool, n_rows);
	struct rows *kept;

	for (uint32_t r = 0; r < n_rows; r++)
		own[r] = row_whose(flow, fact, r, subject) >= least;
	kept = rows_only(fact->rows ? fact->rows : &none, own, flow->mem);
	if (kept->n_rows <= 1)
		kept->flags &= ~(unsigned)ROWS_SEVERAL; /* they were somebody else's */
	if (kept->n_rows == 0 && asked_by(fact, flow->world->cat->identity))
		kept->flags &= ~(unsigned)ROWS_CUT; /* so were those */
	return kept;
}

/* What is known of one candidate: from the walks, and from the parts that were asked for all of them. A walk that
 * found another one was not asked about this one: unknown. */
static struct fact *candidate_facts(struct flow *flow, struct str subject)
{
	struct fact *facts = arena_array_of(flow->mem, struct fact, flow->world->cat->n_parts);

	for (size_t p = 0; p < flow->world->cat->n_parts; p++)
		facts[p].part = &flow->world->cat->parts[p];
	for (size_t i = 0; i < flow->n_walks; i++) {
		struct fact *from = &flow->walks[i].fact, *to = &facts[from->part->index];

		const struct rows *rows;

		if (!fact_rows(from) || fact_rows(to))
			continue;
		rows = candidate_rows(flow, from, subject, WHOSE_OWN);
		if (rows->n_rows)
			*to = (struct fact){ .part = from->part, .state = from->state, .rows = rows };
	}
	for (size_t i = 0; i < flow->n_runs; i++) {
		struct fact *from = &flow->runs[i].fact, *to = &facts[from->part->index];

		*to = *from;
		to->keys = NULL;
		if (fact_rows(from))
			to->rows = candidate_rows(flow, from, subject, WHOSE_OWN);
	}
	return facts;
}

void candidates_put(struct flow *flow, struct node *root)
{
	const struct view *view = flow->world->cat->candidate;
	struct node *array = tree_array(flow->mem, root, STR("candidates"), STR("candidate"));

	for (size_t i = 0; i < flow->match.n_candidates; i++) {
		const struct candidate *c = &flow->match.candidates[i];
		struct node *one = tree_object(flow->mem, array, STR(""));
		struct node *evidence;
		struct merge m = { .cat = flow->world->cat,
				   .mem = flow->mem,
				   .visible = flow_visible(flow) };

		tree_number(flow->mem, one, STR("rank"), (int64_t)i + 1);
		tree_text(flow->mem, one, STR("by"), asked_names(flow, c->key_bits));
		if (!flow->ask.canonical)
			flow_vary(flow,
				  tree_text(flow->mem, one, STR("id"),
					    seal_id(flow->lane->service, flow->ask.tenant, c->subject, flow->mem)),
				  VARY_SEALED);
		m.facts = candidate_facts(flow, c->subject);
		if (view)
			merge_uses(&m, view->uses, view->n_uses,
				   tree_object(flow->mem, one, STR("customer")));
		evidence = tree_array(flow->mem, one, STR("evidence"), STR("column"));
		for (size_t e = 0; e < c->n_evidence; e++)
			tree_text(flow->mem, evidence, STR(""), c->evidence[e]);
	}
}
