/* build_test.c - tests: a question, tables in place of the sources, and what is expected of the answer. */
#include "metadata/build.h"

#include "base/csv.h"
#include "base/jsontext.h"
#include "metadata/test.h"

/* Bytes of an element's text as a place in its file. */
static struct span text_span(const struct build *b, const struct elem *e, size_t at, size_t n)
{
	return diag_within(b->ds, e->text_at, e->text, at, n);
}

/* Milliseconds since 1970, 0 when the attribute is not there. False with a finding. */
static bool build_moment(struct build *b, const struct elem *e, const char *attribute, int64_t *ms_out)
{
	struct str text = elem_token(e, attribute);
	struct civil civil = { 0 };

	if (text.p && !(civil_parse(text, &civil) && civil.has_time && civil.has_offset)) {
		diag_add(b->ds, "M0903", elem_at(e, attribute), "write it like 2026-11-22T10:00:00+09:00",
			 "there is no moment `%.*s`", STR_ARG(text));
		return false;
	}
	*ms_out = civil_floor_div(civil.us, 1000);
	return true;
}

/* ---- the question ---- */

static const char *near_key(struct build *b, const struct view *view, struct str name)
{
	const char **known = arena_array_of(b->scratch, const char *, view->n_by + 1);

	for (size_t i = 0; i < view->n_by; i++)
		known[i] = view->by[i]->name;
	return names_near(b->scratch, name, known, view->n_by);
}

static bool is_asked(const struct test *t, const struct key *key)
{
	for (size_t i = 0; i < t->n_asks; i++)
		if (t->asks[i].key == key)
			return true;
	return false;
}

static void build_asks(struct build *b, const struct elem *e, struct test *t)
{
	struct test_ask *asks = arena_array_of(b->mem, struct test_ask, elem_count(e, "ask") + 1);

	t->asks = asks;
	for (const struct elem *c = elem_child(e, "ask"); c; c = elem_sibling(c)) {
		const struct key *key =
			names_want(b->names, NAMES_KEY, elem_token(c, "key"), elem_at(c, "key"));

		if (!key)
			continue;
		if (is_asked(t, key))
			diag_add(b->ds, "M0212", elem_at(c, "key"), "ask by each key once",
				 "the test asks by `%s` already", key->name);
		if (t->view && !view_by(t->view, key))
			diag_add(b->ds, "M0901", elem_at(c, "key"), near_key(b, t->view, str_of(key->name)),
				 "the view `%s` is not asked by `%s`", t->view->name, key->name);
		asks[t->n_asks++] = (struct test_ask){ key, arena_str(b->mem, elem_string(c, "value")) };
	}
}

/* Roles (or purposes) that policies name; for each purpose only where the policy is for the role. */
static const char *near_policy(struct build *b, const struct test *t, bool purposes)
{
	struct buf known = { 0 };
	const char *near;

	for (size_t i = 0; i < b->cat->n_policies; i++) {
		const struct policy *p = &b->cat->policies[i];

		for (size_t n = 0; n < (purposes ? p->n_purposes : p->n_roles); n++)
			if (!purposes || policy_names(p, str_of(t->role), str_of(p->purposes[n])))
				buf_put(&known, purposes ? &p->purposes[n] : &p->roles[n], sizeof(char *));
	}
	near = names_near(b->scratch, str_of(purposes ? t->purpose : t->role),
			  (const char *const *)(void *)known.data, known.len / sizeof(char *));
	buf_free(&known);
	return near;
}

static void check_rights(struct build *b, const struct elem *e, const struct test *t)
{
	bool known = false;

	for (size_t i = 0; i < b->cat->n_policies; i++) {
		const struct policy *p = &b->cat->policies[i];

		if (p->n_roles == 0)
			return; /* broken, with a finding of its own */
		for (size_t r = 0; r < p->n_roles; r++)
			known = known || strcmp(p->roles[r], t->role) == 0;
	}
	if (!catalog_rights(b->cat, str_of(t->role), str_of(t->purpose)).known)
		diag_add(b->ds, "M0902", elem_at(e, known ? "purpose" : "role"), near_policy(b, t, known),
			 "no policy names the role `%s` with the purpose `%s`", t->role, t->purpose);
}

/* ---- what the sources answer ---- */

static void missing_columns(struct build *b, const struct part *part, const bool *seen, struct span at)
{
	struct str list = STR("");

	for (size_t i = 0; i < part->n_columns; i++)
		if (!seen[i])
			list = arena_printf(b->scratch, "%.*s%s`%s`", STR_ARG(list), list.n ? ", " : "",
					    part->columns[i].name);
	if (list.n)
		diag_add(b->ds, "M0906", at, "name every column of the part; an empty cell is NULL",
			 "the header does not name %.*s", STR_ARG(list));
}

/* The column that the header names so; a finding and n_columns when there is none. */
static uint32_t header_column(struct build *b, const struct elem *e, const struct part *part,
			      const struct csv_cell *cell)
{
	uint32_t index = 0;

	while (index < part->n_columns && !str_eq(str_of(part->columns[index].name), cell->text))
		index++;
	if (index == part->n_columns)
		(void)!build_column(b, part, cell->text, text_span(b, e, cell->at, cell->n ? cell->n : 1), &index);
	return index;
}

static void check_header(struct build *b, const struct elem *e, const struct part *part, const struct csv *csv)
{
	const struct csv_cell *last = &csv->header[csv->n_cols - 1];
	bool *seen = arena_array_of(b->scratch, bool, part->n_columns);

	for (size_t c = 0; c < csv->n_cols; c++) {
		const struct csv_cell *cell = &csv->header[c];
		uint32_t index = header_column(b, e, part, cell);

		if (index == part->n_columns)
			return; /* the others may be meant by it */
		if (seen[index]) {
			diag_add(b->ds, "M0906", text_span(b, e, cell->at, cell->n), NULL,
				 "the header names `%s` twice", part->columns[index].name);
			return;
		}
		seen[index] = true;
	}
	missing_columns(b, part, seen, text_span(b, e, csv->header->at, last->at + last->n - csv->header->at));
}

static void check_table(struct build *b, const struct elem *e, const struct part *part)
{
	struct csv_fault fault;
	struct csv csv;

	if (csv_read(e->text, b->scratch, &csv, &fault))
		check_header(b, e, part, &csv);
	else
		diag_add(b->ds, "M0905", text_span(b, e, fault.at, fault.n),
			 "a header with the names of the columns, then one row a line, cells separated by commas", "%s",
			 fault.what);
}

/* The failure whose word in answers is the attribute's; ERR_NONE when there is none. */
static enum err_class missing_class(const struct elem *e)
{
	static const enum err_class classes[] = { ERR_LATE,   ERR_BUSY,	     ERR_REFUSED, ERR_AUTH,
						  ERR_SOURCE, ERR_SCHEMA, ERR_TOO_LARGE, ERR_SUBJECT };
	struct str word = elem_token(e, "missing");

	for (size_t i = 0; i < ARRAY_LEN(classes); i++)
		if (str_eq(word, str_of(err_reason(classes[i]))))
			return classes[i];
	return ERR_NONE;
}

static void check_copy(struct build *b, const struct elem *e, const struct test *t, const struct given *given)
{
	if (!given->copied_ms)
		return;
	if (!t->now_ms)
		diag_add(b->ds, "M0903", elem_at(e, "copied"), "add now=\"...\" to the test",
			 "how old the copy is cannot be told without now");
	else if (given->copied_ms > t->now_ms)
		diag_add(b->ds, "M0903", elem_at(e, "copied"), NULL, "the copy is made after now");
}

static void build_given(struct build *b, const struct elem *e, struct test *t, struct given *given)
{
	const struct part *part =
		names_want(b->names, NAMES_PART, elem_token(e, "part"), elem_at(e, "part"));

	*given = (struct given){ .part = part, .missing = missing_class(e) };
	if (build_moment(b, e, "copied", &given->copied_ms))
		check_copy(b, e, t, given);
	if (e->text.n && given->missing != ERR_NONE && !elem_attr(e, "copied"))
		diag_add(b->ds, "M0907", elem_at(e, "missing"),
			 "take the rows out, or say with copied since when they are a copy",
			 "nobody sees the rows of a part that is missing");
	if (!part)
		return;
	if (test_given(t, part))
		diag_add(b->ds, "M0904", elem_at(e, "part"), "say all its rows in one given",
			 "the test says already what the part `%s` answers", part->name);
	if (e->text.n)
		check_table(b, e, part);
	given->rows = arena_str(b->mem, e->text);
	t->n_givens++;
}

static void build_givens(struct build *b, const struct elem *e, struct test *t)
{
	struct given *givens = arena_array_of(b->mem, struct given, elem_count(e, "given") + 1);

	t->givens = givens;
	for (const struct elem *c = elem_child(e, "given"); c; c = elem_sibling(c))
		build_given(b, c, t, &givens[t->n_givens]);
}

/* ---- what is expected ---- */

static struct str first_segment(const struct use *use)
{
	switch (use->kind) {
	case USE_FIELD:
		return use->as ? str_of(use->as) : use->field->segments[0];
	case USE_LIST:
		return use->list->segments[0];
	case USE_TIMELINE:
		return use->timeline->segments[0];
	}
	return STR("");
}

/* The next member that a pointer names; the NULL view at its end. */
static struct str next_member(struct str *pointer)
{
	const char *slash = pointer->n ? memchr(pointer->p + 1, '/', pointer->n - 1) : NULL;
	size_t n = slash ? (size_t)(slash - pointer->p) : pointer->n;
	struct str name = { n ? pointer->p + 1 : NULL, n ? n - 1 : 0 };

	*pointer = (struct str){ pointer->p + n, pointer->n - n };
	return name;
}

static bool is_among(struct str name, const char *const *known, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (str_eq(name, str_of(known[i])))
			return true;
	return false;
}

/* A pointer must lead to what could be there: else it is absent whatever happens. Below /customer that is what the view
 * shows. */
static void check_absent(struct build *b, const struct view *view, struct str pointer, struct span at)
{
	/* of an answer, and of a problem (http.md) */
	static const char *const members[] = { "candidates", "complete", "currency", "customer", "id", "labels",
					       "links", "match", "no_consent", "parts", "provenance", "revision",
					       "view", "withheld", "detail", "status", "suggestion", "title",
					       "type" };
	struct str member = next_member(&pointer), name = next_member(&pointer);
	const char **shown;

	if (!is_among(member, members, ARRAY_LEN(members)))
		diag_add(b->ds, "M0910", at, names_near(b->scratch, member, members, ARRAY_LEN(members)),
			 "an answer never has a member `%.*s`", STR_ARG(member));
	if (!view || !name.p || !str_eq(member, STR("customer")))
		return;
	shown = arena_array_of(b->scratch, const char *, view->n_uses + 1);
	for (size_t i = 0; i < view->n_uses; i++)
		shown[i] = arena_cstr(b->scratch, first_segment(&view->uses[i]));
	if (!is_among(name, shown, view->n_uses))
		diag_add(b->ds, "M0910", at, names_near(b->scratch, name, shown, view->n_uses),
			 "the view `%s` never shows `%.*s`", view->name, STR_ARG(name));
}

static void build_absent(struct build *b, const struct elem *e, struct test *t)
{
	struct test_absent *absent =
		arena_array_of(b->mem, struct test_absent, elem_count_words(e, "absent") + 1);
	struct words w = { .attr = elem_attr(e, "absent") };

	t->absent = absent;
	while (elem_next_word(&w)) {
		check_absent(b, t->view, w.word, w.at);
		absent[t->n_absent++] = (struct test_absent){ arena_str(b->mem, w.word), w.at };
	}
}

static void build_expect(struct build *b, const struct elem *e, struct test *t)
{
	struct jsontext_fault fault = { 0 };
	const struct jsontext *root = e->text.n ? jsontext_read(e->text, true, b->scratch, &fault) : NULL;

	build_absent(b, e, t);
	t->expect = arena_str(b->mem, e->text);
	t->expect_at = e->text_at;
	if (!t->n_absent && (!e->text.n || (root && root->kind == JSONTEXT_OBJECT && !root->first)))
		diag_add(b->ds, "M0909", e->at, "write the members that matter as JSON, such as {\"complete\": true}",
			 "the test expects nothing");
	else if (e->text.n && !root)
		diag_add(b->ds, "M0908", text_span(b, e, fault.at, 1), NULL, "this is not JSON: %s", fault.what);
	else if (root && root->kind != JSONTEXT_OBJECT)
		diag_add(b->ds, "M0908", text_span(b, e, 0, 1), "write it in braces: {\"customer\": ...}",
			 "an answer is a JSON object");
}

bool build_test(struct build *b, const struct elem *e, uint32_t index, void *thing)
{
	static const char *const words[][2] = { { "role", "agent" }, { "purpose", "service" }, { "lang", "" } };
	const char *values[ARRAY_LEN(words)];
	struct test *t = thing;

	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		values[i] = elem_attr(e, words[i][0]) ? build_keep(b, elem_token(e, words[i][0])) : words[i][1];
	*t = (struct test){ .name = build_keep(b, elem_token(e, "name")),
			    .view = names_want(b->names, NAMES_VIEW, elem_token(e, "view"), elem_at(e, "view")),
			    .role = values[0],
			    .purpose = values[1],
			    .lang = values[2],
			    .labels = build_labels(b, e),
			    .at = e->at,
			    .index = index };
	(void)build_moment(b, e, "now", &t->now_ms);
	check_rights(b, e, t);
	build_asks(b, e, t);
	build_givens(b, e, t);
	build_expect(b, elem_child(e, "expect"), t);
	return true;
}

const struct given *test_given(const struct test *test, const struct part *part)
{
	for (size_t i = 0; i < test->n_givens; i++)
		if (test->givens[i].part == part)
			return &test->givens[i];
	return NULL;
}
