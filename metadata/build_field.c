/* build_field.c - fields outside lists, and what fields inside have in common with them. */
#include "metadata/build.h"

const struct class_ *build_class_of(struct build *b, const struct elem *e, const struct class_ *around)
{
	static const struct class_ unknown = { .name = "" }; /* the finding is told; plans are still made */
	const struct class_ *cls = around;

	if (elem_attr(e, "class"))
		cls = names_want(b->names, NAMES_CLASS, elem_token(e, "class"), elem_at(e, "class"));
	else if (!around)
		diag_add(b->ds, "M0502", e->at, "add class=\"...\", here or at the list around it",
			 "what kind of personal data this is, is not said");
	return cls ? cls : &unknown;
}

void build_field_common(struct build *b, const struct elem *e, const struct class_ *around,
			struct field *field)
{
	struct str currency = elem_token(e, "currency"), empty = elem_string(e, "empty");

	field->path = arena_str(b->mem, elem_token(e, "path"));
	field->segments = build_segments(b, field->path, &field->n_segments);
	field->cls = build_class_of(b, e, around);
	field->empty = empty.p ? build_keep(b, empty) : NULL;
	field->currency = currency.p ? build_keep(b, currency) : NULL;
	if (elem_attr(e, "codes"))
		field->codes = names_want(b->names, NAMES_CODES, elem_token(e, "codes"), elem_at(e, "codes"));
	field->labels = build_labels(b, e);
	field->at = e->at;
}

static bool build_candidate(struct build *b, const struct elem *e, struct from *from)
{
	from->at = e->at;
	from->part = names_want(b->names, NAMES_PART, elem_token(e, "part"), elem_at(e, "part"));
	if (!from->part)
		return false;
	if (from->part->find_only)
		diag_add(b->ds, "M0510", elem_at(e, "part"),
			 "take find-only from the part, or the value from another part",
			 "part `%s` is find-only: it is not asked once the customer is known",
			 from->part->name);
	return build_column(b, from->part, elem_token(e, "column"), elem_at(e, "column"), &from->column);
}

bool build_candidates(struct build *b, const struct elem *e, struct field *field)
{
	struct from *from = arena_array_of(b->mem, struct from, elem_count(e, "from") + 1);
	bool ok = true;

	for (const struct elem *c = elem_child(e, "from"); c; c = elem_sibling(c)) {
		if (build_candidate(b, c, &from[field->n_from]))
			field->n_from++;
		else
			ok = false;
	}
	field->from = from;
	return ok;
}

/* ---- types ---- */

static enum value_type type_of(const struct from *from)
{
	return from->part->columns[from->column].type;
}

/* The codes of ISO 4217. */
static const char *const currencies[] = {
#define CURRENCY(code) #code,
#include "metadata/currencies.def"
#undef CURRENCY
};

static void check_currency(struct build *b, const struct elem *e, const struct field *field, enum value_type type)
{
	const char *near;
	bool known = false;

	if (!build_types_agree(type, TYPE_DECIMAL)) {
		diag_add(b->ds, "M0509", elem_at(e, "currency"), NULL, "a field of type %s has no currency",
			 catalog_type_words[type]);
		return;
	}
	for (size_t i = 0; i < ARRAY_LEN(currencies); i++)
		known |= strcmp(currencies[i], field->currency) == 0;
	near = names_near(b->scratch, str_of(field->currency), currencies, ARRAY_LEN(currencies));
	if (!known)
		diag_add(b->ds, "M0519", elem_at(e, "currency"), near ? near : "its code, such as KRW, EUR or USD",
			 "`%s` is no currency of ISO 4217", field->currency);
}

void build_field_types(struct build *b, const struct elem *e, const struct field *field)
{
	enum value_type first;

	if (field->n_from == 0)
		return;
	first = type_of(&field->from[0]);
	for (size_t i = 1; i < field->n_from; i++)
		if (!build_types_agree(first, type_of(&field->from[i])))
			diag_add(b->ds, "M0505", field->from[i].at, "cast one of them in its SQL",
				 "column `%s` is %s, but the first candidate is %s",
				 field->from[i].part->columns[field->from[i].column].name,
				 catalog_type_words[type_of(&field->from[i])], catalog_type_words[first]);
	if (field->empty && !build_value_fits(first, str_of(field->empty)))
		diag_add(b->ds, "M0508", elem_at(e, "empty"), NULL, "`%s` is not a value of type %s",
			 field->empty, catalog_type_words[first]);
	if (field->currency)
		check_currency(b, e, field, first);
}

/* ---- pick ---- */

static const char *const picks[] = { [PICK_ORDER] = "order", [PICK_NEWEST] = "newest", [PICK_MAX] = "max",
				     [PICK_MIN] = "min",     [PICK_SUM] = "sum" };

static bool has_as_of(const struct part *part)
{
	for (size_t i = 0; i < part->n_columns; i++)
		if (part->columns[i].as_of)
			return true;
	return false;
}

static bool pick_fits(enum pick pick, enum value_type type)
{
	switch (pick) {
	case PICK_SUM:
		return build_types_agree(type, TYPE_DECIMAL);
	case PICK_MAX:
	case PICK_MIN:
		return build_types_agree(type, TYPE_DECIMAL) || build_types_agree(type, TYPE_TIMESTAMP) ||
		       type == TYPE_TIME;
	case PICK_ORDER:
	case PICK_NEWEST:
		break;
	}
	return true;
}

static void check_pick(struct build *b, const struct elem *e, const struct field *field)
{
	for (size_t i = 0; i < field->n_from; i++) {
		const struct from *from = &field->from[i];

		if (field->pick == PICK_NEWEST && !has_as_of(from->part))
			diag_add(b->ds, "M0506", from->at, "declare one of its columns with as-of=\"true\"",
				 "part `%s` has no as-of column, so how new its value is, is not known",
				 from->part->name);
	}
	if (field->codes && field->pick == PICK_SUM)
		diag_add(b->ds, "M0507", elem_at(e, "pick"), "add up in SQL, or leave `codes` out",
			 "sum cannot be computed of codes");
	else if (!field->codes && field->n_from && !pick_fits(field->pick, type_of(&field->from[0])))
		diag_add(b->ds, "M0507", elem_at(e, "pick"), NULL, "%s cannot be computed of type %s",
			 picks[field->pick], catalog_type_words[type_of(&field->from[0])]);
}

/* ---- a field outside lists ---- */

static bool gives_identity(const struct part *part)
{
	for (size_t i = 0; i < part->n_columns; i++)
		if (part->columns[i].gives && part->columns[i].gives->role == KEY_IDENTITY)
			return true;
	return false;
}

/* A sum would take it twice, and for everything else it says nothing. */
static void check_twice(struct build *b, const struct field *field)
{
	for (const struct from *f = field->from; f < field->from + field->n_from; f++)
		for (const struct from *o = field->from; o < f; o++)
			if (o->part == f->part && o->column == f->column)
				diag_add(b->ds, "M0517", f->at, "leave one of them",
					 "the candidate of line %u is the same column", o->at.line);
}

static void check_single(struct build *b, const struct field *field)
{
	for (size_t i = 0; i < field->n_from; i++) {
		const struct part *part = field->from[i].part;

		if (part->rows_max > 1 && !gives_identity(part))
			diag_add(b->ds, "M0504", field->from[i].at,
				 "make a list of it, or reduce it to one row in SQL: rows=\"0..1\"",
				 "part `%s` can have %u rows for one customer", part->name, part->rows_max);
	}
}

bool build_field(struct build *b, const struct elem *e, uint32_t index, void *thing)
{
	struct field *field = thing;
	bool ok;

	*field = (struct field){ .index = index,
				 .pick = build_word(e, "pick", picks, ARRAY_LEN(picks), PICK_ORDER) };
	build_field_common(b, e, NULL, field);
	ok = build_candidates(b, e, field);
	if (!elem_child(e, "from"))
		diag_add(b->ds, "M0503", e->at, "add <from part=\"...\" column=\"...\"/>",
			 "the field `%.*s` has no candidate", STR_ARG(field->path));
	if (!ok)
		return false;
	build_field_types(b, e, field);
	check_pick(b, e, field);
	check_twice(b, field);
	check_single(b, field);
	return field->n_from > 0;
}
