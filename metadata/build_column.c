/* build_column.c - the columns of a part. */
#include "metadata/build.h"

#include "metadata/overlap.h"

/* The key of gives or proves; *ok becomes false when it is not known. */
static const struct key *key_of(struct build *b, const struct elem *e, const char *attribute, bool *ok)
{
	const struct key *key;

	if (!elem_attr(e, attribute))
		return NULL;
	key = names_want(b->names, NAMES_KEY, elem_token(e, attribute), elem_at(e, attribute));
	*ok &= key != NULL;
	return key;
}

static const struct spelling *spelling_of(struct build *b, const struct key *key, const struct words *w)
{
	const char **known = arena_array_of(b->scratch, const char *, key->n_spellings + 1);

	for (size_t i = 0; i < key->n_spellings; i++) {
		known[i] = key->spellings[i].name;
		if (str_eq(str_of(known[i]), w->word))
			return &key->spellings[i];
	}
	diag_add(b->ds, "M0148", w->at, names_near(b->scratch, w->word, known, key->n_spellings),
		 "the key `%s` has no spelling `%.*s`", key->name, STR_ARG(w->word));
	return NULL;
}

static void build_spellings(struct build *b, const struct elem *e, struct column *col)
{
	const struct key *key = col->gives ? col->gives : col->proves;
	const struct spelling **as;
	struct words w = { .attr = elem_attr(e, "as") };

	if (!w.attr)
		return;
	if (!key) {
		if (!elem_attr(e, "gives") && !elem_attr(e, "proves"))
			diag_add(b->ds, "M0216", w.attr->name_at, "say which key with gives or proves",
				 "column `%s` has a spelling but no key", col->name);
		return;
	}
	as = arena_array_of(b->mem, const struct spelling *, elem_count_words(e, "as") + 1);
	while (elem_next_word(&w)) {
		as[col->n_as] = spelling_of(b, key, &w);
		col->n_as += as[col->n_as] != NULL;
	}
	col->as = as;
}

static bool build_one(struct build *b, const struct elem *e, struct column *col)
{
	bool ok = true;

	*col = (struct column){ .name = build_keep(b, elem_token(e, "name")),
				.type = build_type(e),
				.as_of = elem_true(e, "as-of"),
				.at = e->at };
	col->gives = key_of(b, e, "gives", &ok);
	col->proves = key_of(b, e, "proves", &ok);
	if (col->gives && col->proves && col->gives != col->proves)
		diag_add(b->ds, "M0215", elem_at(e, "proves"),
			 "select the column a second time under another name",
			 "column `%s` gives the key `%s` and proves another, `%s`", col->name,
			 col->gives->name, col->proves->name);
	if (col->as_of && col->type != TYPE_TIMESTAMP && col->type != TYPE_DATE)
		diag_add(b->ds, "M0217", elem_at(e, "as-of"), NULL,
			 "the as-of column `%s` is neither timestamp nor date", col->name);
	if ((col->gives || col->proves) && !build_type_compares(col->type))
		diag_add(b->ds, "M0224", elem_at(e, "type"), "select the key as text",
			 "column `%s` carries a key, which is a text, not %s", col->name,
			 catalog_type_words[col->type]);
	build_spellings(b, e, col);
	return ok;
}

/* Whose a row is cannot be told when one text is another value in each of two spellings that may be meant: those of one
 * column, or of columns that prove one key, for the queries are asked with all of them. */
static void check_overlaps(struct build *b, const struct elem *e, const struct column *col, size_t last,
			   const struct column *other, size_t n_others)
{
	const struct key *key = col->gives ? col->gives : col->proves;
	struct str text;

	for (size_t i = 0; i < n_others; i++) {
		if (!overlap_find(key, other->as[i], col->as[last], b->scratch, &text))
			continue;
		diag_add(b->ds, "M0203", elem_word_at(e, "as", str_of(col->as[last]->name)),
			 other == col ? "leave one of them, and let SQL write the other in its form" :
					"ask by each of the columns in a part of its own",
			 "`%.*s` is one `%s` as `%s` in column `%s`, and another one as `%s` in column `%s`",
			 STR_ARG(text), key->name, other->as[i]->name, other->name, col->as[last]->name, col->name);
	}
}

/* Rules between the last column and those before it. */
static void check_others(struct build *b, const struct elem *e, const struct part *part,
			 const struct column *col)
{
	for (size_t i = 0; i < col->n_as; i++)
		check_overlaps(b, e, col, i, col, i);
	for (const struct column *other = part->columns; other < col; other++) {
		for (size_t i = 0; col->proves && other->proves == col->proves && i < col->n_as; i++)
			check_overlaps(b, e, col, i, other, other->n_as);
		if (strcmp(other->name, col->name) == 0)
			diag_add(b->ds, "M0120", elem_at(e, "name"), NULL,
				 "part `%s` has a column `%s` already", part->name, col->name);
		if (other->as_of && col->as_of)
			diag_add(b->ds, "M0217", elem_at(e, "as-of"), NULL,
				 "part `%s` has an as-of column already: `%s`", part->name, other->name);
	}
}

bool build_columns(struct build *b, const struct elem *e, struct part *part)
{
	struct column *columns = arena_array_of(b->mem, struct column, elem_count(e, "column") + 1);
	bool ok = true;

	part->columns = columns;
	for (const struct elem *c = elem_child(e, "column"); c; c = elem_sibling(c)) {
		ok &= build_one(b, c, &columns[part->n_columns]);
		check_others(b, c, part, &columns[part->n_columns]);
		part->n_columns++;
	}
	return ok;
}
