/* build_timeline.c - several lists merged by time. */
#include "metadata/build.h"

static const struct list *want_list(struct build *b, const struct elem *e)
{
	const struct named *named =
		names_want_named(b->names, NAMES_PATH, elem_token(e, "list"), elem_at(e, "list"));

	if (named && named->use != USE_LIST) {
		diag_add(b->ds, "M0146", elem_at(e, "list"), NULL, "`%.*s` is not a list",
			 STR_ARG(named->name));
		return NULL;
	}
	return named ? named->thing : NULL;
}

/* Items of every part of the list must say when they were. */
static bool check_time(struct build *b, const struct elem *e, const struct list *list, uint32_t field)
{
	const struct list_field *lf = &list->fields[field];

	for (size_t p = 0; p < list->n_parts; p++) {
		const struct cell_from *cell = &lf->per_part[p];

		if (cell->kind != CELL_NONE && build_cell_type(list, p, cell) == TYPE_TIMESTAMP)
			continue;
		diag_add(b->ds, "M0601", elem_at(e, "at"), NULL,
			 "`%.*s` is no timestamp in the rows of part `%s`", STR_ARG(lf->field.path),
			 list->parts[p]->name);
		return false;
	}
	return true;
}

/* Beside the fields of its item an event has members of its own. */
static void check_members(struct build *b, const struct elem *e, const struct timeline_of *of)
{
	static const struct str own[] = { STR("at"), STR("kind"), STR("missing") };

	for (size_t f = 0; f < of->list->n_fields; f++) {
		const struct field *field = &of->list->fields[f].field;

		for (size_t i = 0; i < ARRAY_LEN(own) && f != of->at_field && (of->only >> f) & 1; i++)
			if (str_eq(field->segments[0], own[i]))
				diag_add(b->ds, "M0610", elem_at(e, "list"),
					 "leave the field out with only=\"...\", or give it another path",
					 "an event has a member `%.*s` of its own, beside the field `%.*s` of `%.*s`",
					 STR_ARG(own[i]), STR_ARG(field->path), STR_ARG(of->list->path));
	}
}

static bool build_of(struct build *b, const struct elem *e, struct timeline_of *of)
{
	struct words only = { .attr = elem_attr(e, "only") };
	uint32_t field;

	*of = (struct timeline_of){ .list = want_list(b, e),
				    .only = only.attr ? 0 : ~UINT64_C(0),
				    .at = e->at };
	if (!of->list)
		return false;
	while (elem_next_word(&only))
		if (build_list_field(b, of->list, only.word, only.at, &field))
			of->only |= UINT64_C(1) << field;
	if (!build_list_field(b, of->list, elem_token(e, "at"), elem_at(e, "at"), &of->at_field))
		return false;
	if (check_time(b, e, of->list, of->at_field))
		check_members(b, e, of);
	return true;
}

static struct str kind_of(const struct timeline_of *of)
{
	return of->list->segments[of->list->n_segments - 1];
}

/* The kind of an event says which list it is of, so that it can be filtered by. */
static bool check_kind(struct build *b, const struct elem *e, const struct timeline *t)
{
	const struct timeline_of *last = &t->of[t->n_of - 1];

	for (size_t i = 0; i + 1 < t->n_of; i++) {
		if (!t->of[i].list || !str_eq(kind_of(&t->of[i]), kind_of(last)))
			continue;
		diag_add(b->ds, "M0611", elem_at(e, "list"), "give one of the lists a path with another last word",
			 "events of `%.*s` and of `%.*s` would both be of kind `%.*s`", STR_ARG(t->of[i].list->path),
			 STR_ARG(last->list->path), STR_ARG(kind_of(last)));
		return false;
	}
	return true;
}

bool build_timeline(struct build *b, const struct elem *e, uint32_t index, void *thing)
{
	struct timeline_of *of = arena_array_of(b->mem, struct timeline_of, elem_count(e, "of") + 1);
	struct timeline *t = thing;
	bool ok = true;

	*t = (struct timeline){ .path = arena_str(b->mem, elem_token(e, "path")),
				.of = of,
				.limit = elem_number(e, "limit", 1),
				.labels = build_labels(b, e),
				.at = e->at,
				.index = index };
	t->segments = build_segments(b, t->path, &t->n_segments);
	for (const struct elem *c = elem_child(e, "of"); c; c = elem_sibling(c))
		ok &= build_of(b, c, &of[t->n_of++]) && check_kind(b, c, t);
	return ok;
}
