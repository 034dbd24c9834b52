/* build_query.c - the queries of a part: their keys, their SQL, and whether their rows can be checked. */
#include "metadata/build.h"
#include "metadata/plan.h"

#include "metadata/sqljoin.h"
#include "metadata/sqltext.h"

struct draft {
	const struct elem *elem;
	struct query query;
	struct str dialect; /* the NULL view: for all */
	bool ok; /* keys and SQL are known */
};

static bool has_key(const struct by_key *by, size_t n, const struct key *key)
{
	for (size_t i = 0; i < n; i++)
		if (by[i].key == key)
			return true;
	return false;
}

static bool build_by(struct build *b, const struct elem *e, struct query *query)
{
	struct by_key *by = arena_array_of(b->mem, struct by_key, elem_count_words(e, "by") + 1);
	struct words w = { .attr = elem_attr(e, "by") };
	bool ok = true;

	query->by = by;
	while (elem_next_word(&w)) {
		bool optional = w.word.p[w.word.n - 1] == '?';
		struct str name = { w.word.p, w.word.n - optional };
		const struct key *key = names_want(b->names, NAMES_KEY, name, w.at);

		ok &= key != NULL;
		if (key && has_key(by, query->n_by, key))
			diag_add(b->ds, "M0212", w.at, NULL, "`%s` stands in by already", key->name);
		else if (key)
			by[query->n_by++] = (struct by_key){ key, optional };
	}
	return ok;
}

static void build_draft(struct build *b, const struct elem *e, const struct source *source, struct draft *d)
{
	struct sqltext text = { .where = e->text_at };

	*d = (struct draft){ .elem = e,
			     .dialect = elem_token(e, "dialect"),
			     .query = { .at = e->at, .sql_at = e->text_at } };
	d->ok = build_by(b, e, &d->query);
	d->query.sql = arena_str(b->mem, e->text);
	text.sql = d->query.sql;
	text.dialect = d->dialect.p ? arena_cstr(b->scratch, d->dialect) : source ? source->dialect : NULL;
	text.by = d->query.by;
	text.n_by = d->query.n_by;
	if (d->ok)
		d->ok = sqltext_split(&text, b->mem, b->ds, &d->query.pieces, &d->query.n_pieces);
	d->query.separable = d->ok && sqljoin_separable(&d->query, text.dialect, b->scratch);
}

/* ---- can the rows be checked? ---- */

static bool is_list(const struct query *q, const struct key *key)
{
	for (size_t i = 0; i < q->n_pieces; i++)
		if (q->pieces[i].kind == PIECE_LIST && q->pieces[i].key == key)
			return true;
	return false;
}

/* A required key, other than `except`, that a column proves? */
static bool required_proved(const struct query *q, const struct part *part, const struct key *except)
{
	for (size_t i = 0; i < q->n_by; i++)
		if (!q->by[i].optional && q->by[i].key != except && plan_part_proves(part, q->by[i].key))
			return true;
	return false;
}

static bool any_proved(const struct query *q, const struct part *part)
{
	for (size_t i = 0; i < q->n_by; i++)
		if (plan_part_proves(part, q->by[i].key))
			return true;
	return false;
}

static bool all_optional(const struct query *q)
{
	for (size_t i = 0; i < q->n_by; i++)
		if (!q->by[i].optional)
			return false;
	return true;
}

static void check_proofs(struct build *b, const struct draft *d, const struct part *part)
{
	static const char help[] = "select the key and declare its column with proves=\"...\"";
	const struct query *q = &d->query;
	bool told = false;

	for (size_t i = 0; i < q->n_by; i++) {
		const struct key *key = q->by[i].key;

		if (!is_list(q, key) || plan_part_proves(part, key) || required_proved(q, part, key))
			continue;
		diag_add(b->ds, "M0218", elem_at(d->elem, "by"), help,
			 "rows asked with the list :%s... do not say which %s they belong to", key->name,
			 key->name);
		told = true;
	}
	if (!told && !(all_optional(q) ? any_proved(q, part) : required_proved(q, part, NULL)))
		diag_add(b->ds, "M0219", elem_at(d->elem, "by"), help,
			 "no column of part `%s` proves a key that this query %s", part->name,
			 all_optional(q) ? "can be asked with" : "requires");
}

/* ---- which queries are for the source ---- */

static bool same_by(const struct query *a, const struct query *b)
{
	size_t same = 0;

	for (size_t i = 0; i < a->n_by; i++)
		for (size_t j = 0; j < b->n_by; j++)
			same += a->by[i].key == b->by[j].key && a->by[i].optional == b->by[j].optional;
	return same == a->n_by && same == b->n_by;
}

static void check_twice(struct build *b, const struct draft *drafts, const struct draft *d)
{
	for (const struct draft *other = drafts; other < d; other++)
		if (other->ok && same_by(&other->query, &d->query) && str_eq(other->dialect, d->dialect))
			diag_add(b->ds, "M0213", elem_at(d->elem, "by"),
				 "ask one of them by other keys, or for another dialect",
				 "the query of line %u is by the same keys%s", other->query.at.line,
				 d->dialect.p ? " and for the same dialect" : "");
}

/* Is it for the source? One for its dialect stands before one for all. */
static bool fits(const struct draft *drafts, size_t n, const struct draft *d, struct str dialect)
{
	if (d->dialect.p)
		return str_eq(d->dialect, dialect);
	for (size_t i = 0; i < n; i++)
		if (str_eq(drafts[i].dialect, dialect) && same_by(&drafts[i].query, &d->query))
			return false;
	return true;
}

static bool select_queries(struct build *b, const struct elem *e, const struct draft *drafts, size_t n,
			   struct part *part)
{
	struct str dialect = str_of(part->source->dialect);
	struct query *queries = arena_array_of(b->mem, struct query, n + 1);

	part->queries = queries;
	for (size_t i = 0; i < n; i++)
		if (fits(drafts, n, &drafts[i], dialect))
			queries[part->n_queries++] = drafts[i].query;
	if (part->n_queries == 0)
		diag_add(b->ds, "M0214", e->at, "add one, or leave dialect out where the SQL fits all",
			 "part `%s` has no query for %s, the dialect of its source `%s`", part->name,
			 part->source->dialect, part->source->name);
	return part->n_queries > 0;
}

bool build_queries(struct build *b, const struct elem *e, bool proofs, struct part *part)
{
	struct draft *drafts = arena_array_of(b->scratch, struct draft, elem_count(e, "query") + 1);
	bool ok = true;
	size_t n = 0;

	for (const struct elem *c = elem_child(e, "query"); c; c = elem_sibling(c)) {
		struct draft *d = &drafts[n++];

		build_draft(b, c, part->source, d);
		ok &= d->ok;
		if (d->ok)
			check_twice(b, drafts, d);
	}
	if (part->source && !select_queries(b, e, drafts, n, part))
		return false;
	for (size_t i = 0; i < n; i++)
		if (drafts[i].ok && proofs)
			check_proofs(b, &drafts[i], part);
	return ok;
}
