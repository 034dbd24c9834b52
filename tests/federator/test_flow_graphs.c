/* test_flow_graphs.c - random identity graphs against a small model of who is meant: no cell of another customer ever
 * appears in an answer, and the outcome is the model's. FEDERATOR_GRAPHS says how many (20,000). */
#include <stdio.h>
#include <stdlib.h>

#include "tests/cmocka_all.h"
#include "tests/federator/graph.h"

#define BIT(i) (1u << (i))
enum { ASKED = 3, PER_SHAPE = 500 };

static unsigned long claims_shown;

struct question {
	int n;
	int key[ASKED], value[ASKED];
	bool again; /* asked before, when no source failed: there are copies */
};

/* What one part says. */
struct said {
	bool missing, stale, cut;
	unsigned rows; /* bit per row */
	unsigned names; /* bit per customer */
};

enum expected { REFUSED, NOBODY, UNLINKED, ONE, MANY, TOO_MANY, N_EXPECTED };
static const char *const outcomes[N_EXPECTED] = { "", "none", "unlinked", "one", "many", "too_many" };

struct model {
	const struct graph *g;
	const struct question *q;
	unsigned named[ASKED], live[ASKED]; /* customers by asked key */
	unsigned runs[16]; /* customers by part asked */
	int n_runs;
	bool complete, cut;
};

static bool has_column(const struct graph_part *p, int key, bool proves)
{
	for (int c = 0; c < COLUMNS && p->columns[c].name; c++)
		if (p->columns[c].key == key && (proves ? p->columns[c].proves : p->columns[c].gives))
			return true;
	return false;
}

/* Of more rows of one value than may be the first ones stay; of parts with single values the smallest, among them those
 * that name nobody. */
static struct said answer(const struct graph *g, int part, int key, unsigned values)
{
	struct said s = { 0 };
	int lie = graph_lie(g, part, key, values), n[32] = { 0 };

	if (lie != NONE && has_column(&g->parts[part], key, true))
		return (struct said){ .missing = true };
	for (int r = 0; r < g->n_rows[part]; r++) {
		bool kept = r == lie || part == CRM || part == CLUB;

		for (int v = 0; v < 32; v++) {
			if (!(values & BIT(v)) || !graph_row_matches(g, part, r, key, BIT(v)))
				continue;
			kept = ++n[v] <= ROWS_EACH || kept;
			s.cut = s.cut || n[v] > ROWS_EACH;
		}
		if (kept && (r == lie || graph_row_matches(g, part, r, key, values)))
			s.rows |= BIT(r);
	}
	return s;
}

static struct said ask(const struct model *m, int part, int key, unsigned values)
{
	struct said s = { 0 };

	if (!values)
		return s;
	s = answer(m->g, part, key, values);
	if (m->g->fails[part]) {
		bool kept = m->q->again && !s.missing && !s.cut &&
			    (s.rows || !has_column(&m->g->parts[part], MEMBER, false));

		s = (struct said){ .rows = kept ? s.rows : 0, .missing = !kept, .stale = kept };
	}
	for (int r = 0; r < m->g->n_rows[part]; r++)
		for (int c = 0; (s.rows & BIT(r)) && c < COLUMNS && m->g->parts[part].columns[c].name; c++)
			if (m->g->parts[part].columns[c].key == MEMBER && m->g->cells[part][r][c] != NONE)
				s.names |= BIT(m->g->cells[part][r][c]);
	return s;
}

static void hear(struct model *m, int asked, int part, int key, unsigned values, bool stale)
{
	struct said s = ask(m, part, key, values);

	m->complete = m->complete && !s.missing && !s.stale;
	m->cut = m->cut || s.cut;
	m->named[asked] |= s.names;
	m->live[asked] |= s.stale || stale ? 0 : s.names;
	m->runs[m->n_runs++] = s.names;
}

static void walk(struct model *m, int asked)
{
	int key = m->q->key[asked];
	unsigned value = BIT(m->q->value[asked]), orders = 0;

	if (key == MEMBER) {
		m->named[asked] = m->live[asked] = value;
	} else if (key == BILL) {
		struct said s = ask(m, TRACE, BILL, value);

		m->complete = m->complete && !s.missing && !s.stale;
		m->cut = m->cut || s.cut;
		for (int r = 0; r < m->g->n_rows[TRACE]; r++)
			orders |= s.rows & BIT(r) ? BIT(m->g->cells[TRACE][r][1]) : 0;
		hear(m, asked, OWNER, ORDER, orders, s.stale);
	} else {
		for (int p = 0; p < N_PARTS; p++)
			if (m->g->parts[p].present && (m->g->parts[p].by & BIT(key)) &&
			    has_column(&m->g->parts[p], MEMBER, false))
				hear(m, asked, p, key, value, false);
	}
}

/* An asked customer beside others whom no other key names: no candidate if everybody who could know it says so. */
static void doubt(struct model *m, int asked)
{
	unsigned value = BIT(m->q->value[asked]), others = 0, heard = 0;
	bool nobody = true;

	for (int i = 0; i < m->q->n; i++)
		others |= i == asked ? 0 : m->named[i];
	if (m->q->key[asked] != MEMBER || !others || (others & value))
		return;
	for (int p = 0; p < N_PARTS; p++) {
		struct said s;

		if (!m->g->parts[p].present || !(m->g->parts[p].by & BIT(MEMBER)) ||
		    !has_column(&m->g->parts[p], MEMBER, false))
			continue;
		s = ask(m, p, MEMBER, value);
		heard++;
		m->complete = m->complete && !s.missing && !s.stale;
		nobody = nobody && !s.missing && !s.stale && !s.rows;
	}
	if (heard && nobody)
		m->named[asked] = m->live[asked] = 0;
}

/* The only customer in all sets that are not empty; 0: none or several. */
static unsigned common(const unsigned *sets)
{
	unsigned all = ~0u, any = 0;

	for (int i = 0; i < ASKED; i++) {
		any |= sets[i];
		all &= sets[i] ? sets[i] : ~0u;
	}
	return any && __builtin_popcount(all) == 1 ? all : 0;
}

/* Rows of parts that are about nobody, asked by the keys themselves. */
static bool has_history(const struct model *m)
{
	bool done[N_PARTS] = { false }, found = false;

	for (int i = 0; i < m->q->n; i++) {
		int key = m->q->key[i];
		unsigned phones = 0;
		bool was[N_PARTS];

		memcpy(was, done, sizeof(was));
		for (int p = 0; p < N_PARTS; p++) {
			unsigned values = BIT(m->q->value[i]);
			const struct graph_part *crm = &m->g->parts[CRM];
			bool by_phone = (p == CALLS || p == CLUB) && key == EMAIL && !was[CRM] &&
					has_column(crm, PHONE, false) && (crm->by & BIT(EMAIL));
			struct said s;

			if (!m->g->parts[p].present || was[p] || p == LINK || m->g->parts[p].find_only ||
			    !((m->g->parts[p].by & BIT(key)) || by_phone))
				continue;
			s = ask(m, p, by_phone ? PHONE : key, by_phone ? phones : values);
			done[p] = true;
			found = found || s.missing;
			for (int r = 0; r < m->g->n_rows[p]; r++) {
				bool named = false;

				for (int c = 0; c < COLUMNS && m->g->parts[p].columns[c].name; c++)
					named = named || (m->g->parts[p].columns[c].key == MEMBER &&
							  m->g->cells[p][r][c] != NONE);
				if (named || !(s.rows & BIT(r)))
					continue;
				found = true;
				if (p == CRM)
					phones |= BIT(m->g->cells[p][r][1]);
			}
		}
	}
	return found;
}

static enum expected expect(struct model *m, unsigned *customers_out)
{
	unsigned all = 0, one, live;
	bool clear = true;

	m->complete = true;
	for (int i = 0; i < m->q->n; i++)
		walk(m, i);
	for (int i = 0; i < m->q->n; i++)
		doubt(m, i);
	for (int i = 0; i < m->q->n; i++)
		all |= m->named[i];
	*customers_out = all;
	if (m->cut)
		return TOO_MANY;
	if (!all && !m->complete)
		return REFUSED;
	if (!all)
		return has_history(m) ? UNLINKED : NOBODY;
	one = common(m->named);
	live = common(m->live);
	for (int i = 0; i < m->n_runs; i++)
		clear = clear && (!m->runs[i] || (m->runs[i] & one));
	if (!one || !clear || one != live)
		return MANY;
	*customers_out = one;
	return ONE;
}

/* Every cell names the customer, or (customer 0, and in rows that name nobody) nobody. */
static void assert_only(json_t *node, int customer)
{
	const char *key;
	json_t *child;
	size_t i;
	int a, b;

	if (json_is_string(node)) {
		assert_int_equal(sscanf(json_string_value(node), "%d,%d", &a, &b), 2);
		if (a != customer && b != customer && (a || b))
			fail_msg("customer %d is shown a cell of %d and %d", customer, a, b);
	}
	json_object_foreach(node, key, child)
		assert_only(child, customer);
	json_array_foreach(node, i, child)
		assert_only(child, customer);
}

static void ask_by_id(struct bed *bed, struct ask ask, const char *id, int customer)
{
	char *copy = strdup(id);
	json_t *json;
	int status;

	ask.n_by = 0;
	ask.id = str_of(copy);
	json = bed_ask(bed, &ask, &status);
	if (status == 200 && bed_find(json, "customer"))
		assert_only(bed_at(json, "customer"), customer);
	free(copy);
}

static void check_candidates(struct bed *bed, const struct ask *ask, json_t *json, const struct model *m,
			     unsigned all)
{
	json_t *candidates = bed_at(json, "candidates"), *one;
	unsigned seen = 0;
	char *id = NULL;
	int asked = 0;
	size_t i;

	json_incref(candidates);
	assert_int_equal(json_array_size(candidates), __builtin_popcount(all));
	json_array_foreach(candidates, i, one) {
		int best = 0, most = -1;

		for (int c = 1; c <= CUSTOMERS; c++) {
			int keys = 0;

			for (int k = 0; k < m->q->n; k++)
				keys += m->named[k] & BIT(c) ? 1 : 0;
			if ((all & ~seen & BIT(c)) && keys > most) {
				best = c;
				most = keys;
			}
		}
		seen |= BIT(best);
		assert_only(bed_at(one, "customer"), best);
		if (!id && graph_random(40) == 0) {
			id = strdup(json_string_value(bed_at(one, "id")));
			asked = best;
		}
	}
	json_decref(candidates);
	if (id)
		ask_by_id(bed, *ask, id, asked);
	free(id);
}

static bool asks_identity(const struct question *q)
{
	for (int i = 0; i < q->n; i++)
		if (q->key[i] == MEMBER)
			return true;
	return false;
}

/* An asked identity is known as long as a source that could confirm it is silent, or has a row. */
static enum expected confirm(const struct model *m, enum expected e, int status, const char *outcome)
{
	if (e != ONE || !asks_identity(m->q))
		return e;
	if (status != 200)
		return REFUSED;
	return strcmp(outcome, "none") == 0 ? NOBODY : ONE;
}

/* Did the part answer this time, with all its rows? */
static bool whole(json_t *json, const char *part)
{
	json_t *told = json_object_get(bed_at(json, "parts"), part);
	const char *state = json_string_value(json_object_get(told, "state"));

	return state && (strcmp(state, "live") == 0 || strcmp(state, "skipped") == 0) &&
	       !json_object_get(told, "truncated");
}

/* The claims of a customer are those about the customer's deals: all of them, each a region and a number together. */
static void check_claims(const struct graph *g, json_t *json, int customer)
{
	size_t n = 0;

	if (!whole(json, "deal") || !whole(json, "claim"))
		return;
	for (int c = 0; c < g->n_rows[CLAIM]; c++) {
		bool own = false;

		for (int d = 0; d < g->n_rows[DEAL]; d++)
			own = own || (g->cells[DEAL][d][0] == customer &&
				      g->cells[DEAL][d][1] == g->cells[CLAIM][c][0] &&
				      g->cells[DEAL][d][2] == g->cells[CLAIM][c][1]);
		n += own;
	}
	assert_int_equal(json_array_size(bed_at(json, "customer.claim")), n);
	claims_shown += n;
}

static enum expected one_question(struct bed *bed, const struct graph *g, const struct question *q,
				  const struct ask *ask_)
{
	struct model m = { .g = g, .q = q };
	unsigned customers;
	enum expected e = expect(&m, &customers);
	int status;
	json_t *json = bed_ask(bed, ask_, &status);
	const char *outcome = status == 200 ? json_string_value(bed_at(json, "match.outcome")) : "";

	e = confirm(&m, e, status, outcome);
	if (status != (e == REFUSED ? 503 : 200) || strcmp(outcome, outcomes[e]) != 0) {
		char *dump = json_dumps(json, JSON_INDENT(1));

		print_error("expected %s, status %d: %s\n", outcomes[e], status, dump);
		free(dump);
		fail();
	}
	if (e == ONE) {
		int customer = __builtin_ctz(customers);
		bool known = customer <= g->n_rows[CRM] && g->cells[CRM][customer - 1][0] == customer;

		assert_only(bed_at(json, "customer"), customer);
		if (known && !g->lies[CRM] && !g->fails[CRM])
			assert_int_equal(atoi(json_string_value(bed_at(json, "customer.crm"))), customer);
		check_claims(g, json, customer);
	} else if (e == UNLINKED) {
		assert_only(bed_at(json, "customer"), 0);
	} else {
		assert_null(bed_find(json, "customer"));
	}
	if (e == MANY)
		check_candidates(bed, ask_, json, &m, customers);
	return e;
}

static bool askable(const struct graph *g, int key)
{
	if (key == EMAIL)
		return g->parts[MAIL].present || (g->parts[CRM].by & BIT(EMAIL));
	return key != MEMBER || graph_random(3) == 0;
}

static struct question random_question(const struct graph *g)
{
	struct question q = { 0 };
	int wanted = 1 + graph_random(ASKED);

	for (int tries = 0; tries < 9 && q.n < wanted; tries++) {
		int key = graph_random(N_ASKED);
		bool twice = !askable(g, key);

		for (int i = 0; i < q.n; i++)
			twice = twice || q.key[i] == key;
		if (twice)
			continue;
		q.key[q.n] = key;
		q.value[q.n++] = graph_random(key == MEMBER ? CUSTOMERS : 4) + (key == MEMBER);
	}
	return q;
}

static void one_graph(struct bed *bed, struct graph *g, unsigned long seed, unsigned long *counts)
{
	struct question q;
	struct ask ask;
	char tenant[32];
	enum expected first;

	graph_seed(seed);
	graph_rows(g);
	q = random_question(g);
	if (q.n == 0)
		return;
	snprintf(tenant, sizeof(tenant), "t%lu", seed);
	ask = bed_by("phone", "", "pop");
	ask.tenant = str_of(tenant); /* copies of its own */
	ask.n_by = (size_t)q.n;
	for (int i = 0; i < q.n; i++) {
		ask.by[i].name = str_of(graph_key(q.key[i]));
		ask.by[i].value = str_of(graph_text(q.key[i], q.value[i]));
	}
	first = one_question(bed, g, &q, &ask);
	counts[first]++;
	q.again = first != REFUSED;
	graph_fail(g);
	counts[one_question(bed, g, &q, &ask)]++;
}

static void nobody_is_taken_for_another(void **state)
{
	const char *wanted = getenv("FEDERATOR_GRAPHS");
	unsigned long n = wanted ? strtoul(wanted, NULL, 10) : 20000, counts[N_EXPECTED] = { 0 };
	struct graph g = { 0 };
	struct bed *bed;

	(void)state;
	graph_seed(1);
	bed = bed_new(graph_mapping(&g));
	graph_serve(&g, bed);
	for (unsigned long i = 1; i <= n; i++) {
		if (i % PER_SHAPE == 0) {
			graph_seed(i);
			assert_true(bed_reload(bed, graph_mapping(&g)));
		}
		one_graph(bed, &g, i, counts);
	}
	bed_free(&bed);
	print_message("claims    %lu\n", claims_shown);
	assert_true(claims_shown > 0);
	for (int e = 0; e < N_EXPECTED; e++) {
		print_message("%-9s %lu\n", e == REFUSED ? "refused" : outcomes[e], counts[e]);
		assert_true(counts[e] > 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nobody_is_taken_for_another),
	};

	return bed_begin() ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
