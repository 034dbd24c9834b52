/* build_list.c - lists, with their fields and the lists inside them. */
#include "metadata/build.h"

#include "metadata/plan.h"

enum { FIELDS_MAX = 32 }; /* a use selects among fields and nested lists with one bit each */

struct around { /* the list around a nested one */
	const struct list *list;
	const struct class_ *cls;
};

static bool fill_list(struct build *b, const struct elem *e, const struct around *around, struct list *list);

static bool build_parts(struct build *b, const struct elem *e, struct list *list)
{
	const struct part **parts =
		arena_array_of(b->mem, const struct part *, elem_count_words(e, "parts") + 1);
	struct words w = { .attr = elem_attr(e, "parts") };
	bool ok = true;

	list->parts = parts;
	while (elem_next_word(&w)) {
		const struct part *part = names_want(b->names, NAMES_PART, w.word, w.at);
		bool again = false;

		for (size_t i = 0; i < list->n_parts; i++)
			again |= parts[i] == part;
		if (part && again)
			diag_add(b->ds, "M0517", w.at, NULL, "part `%s` stands in parts already", part->name);
		else if (part)
			parts[list->n_parts++] = part;
		if (part && part->find_only)
			diag_add(b->ds, "M0510", w.at, "take find-only from the part",
				 "part `%s` is find-only: it is not asked once the customer is known",
				 part->name);
		ok &= part != NULL;
	}
	return ok;
}

/* ---- fields ---- */

static bool build_item(struct build *b, const struct elem *e, const struct class_ *cls,
		       const struct list *list, struct list_field *lf)
{
	lf->field = (struct field){ .path = STR(""), .cls = build_class_of(b, e, cls), .at = e->at };
	return build_cells(b, e, list, lf);
}

static bool build_list_fields(struct build *b, const struct elem *e, const struct class_ *cls,
			      struct list *list)
{
	size_t n = elem_count(e, "field") + elem_count(e, "item");
	struct list_field *fields = arena_array_of(b->mem, struct list_field, n + 1);
	bool ok = n <= FIELDS_MAX;

	list->fields = fields;
	list->plain_items = elem_child(e, "item") != NULL;
	if (!ok)
		diag_add(b->ds, "M0514", e->at, NULL, "the list has %zu fields, %d are allowed", n,
			 FIELDS_MAX);
	if (list->plain_items)
		return build_item(b, elem_child(e, "item"), cls, list, &fields[list->n_fields++]);
	for (const struct elem *c = elem_child(e, "field"); c; c = elem_sibling(c)) {
		struct list_field *lf = &fields[list->n_fields];

		lf->field.index = (uint32_t)list->n_fields++;
		build_field_common(b, c, cls, &lf->field);
		if (elem_attr(c, "pick"))
			diag_add(b->ds, "M0515", elem_attr(c, "pick")->name_at, "take it out",
				 "a field of a list has nothing to pick");
		ok &= build_cells(b, c, list, lf);
	}
	return ok;
}

static bool find_field(const struct list *list, struct str path, uint32_t *index_out)
{
	for (uint32_t i = 0; i < list->n_fields; i++) {
		if (!str_eq(list->fields[i].field.path, path))
			continue;
		*index_out = i;
		return true;
	}
	return false;
}

/* Nothing of that path; `lists`: the paths of nested lists would do as well. */
static void tell_unknown(struct build *b, const struct list *list, struct str path, struct span at,
			 bool lists)
{
	const char **known = arena_array_of(b->scratch, const char *, list->n_fields + list->n_lists + 1);
	size_t n = 0;

	for (size_t i = 0; i < list->n_fields; i++)
		known[n++] = arena_cstr(b->scratch, list->fields[i].field.path);
	for (size_t i = 0; lists && i < list->n_lists; i++)
		known[n++] = arena_cstr(b->scratch, list->lists[i].path);
	diag_add(b->ds, "M0149", at, names_near(b->scratch, path, known, n),
		 "the list `%.*s` has no field `%.*s`", STR_ARG(list->path), STR_ARG(path));
}

bool build_list_field(struct build *b, const struct list *list, struct str path, struct span at,
		      uint32_t *index_out)
{
	if (find_field(list, path, index_out))
		return true;
	tell_unknown(b, list, path, at, false);
	return false;
}

bool build_list_member(struct build *b, const struct list *list, struct str path, struct span at,
		       uint64_t *bit_out)
{
	uint32_t field;

	for (size_t i = 0; i < list->n_lists; i++) {
		if (!str_eq(list->lists[i].path, path))
			continue;
		*bit_out = UINT64_C(1) << (FIELDS_MAX + i);
		return true;
	}
	if (!find_field(list, path, &field)) {
		tell_unknown(b, list, path, at, true);
		return false;
	}
	*bit_out = UINT64_C(1) << field;
	return true;
}

/* Can the items be ordered by the field, in the rows of every part? */
static void check_order(struct build *b, const struct list *list, uint32_t field, struct span at)
{
	for (size_t p = 0; p < list->n_parts; p++) {
		const struct cell_from *cell = &list->fields[field].per_part[p];
		enum value_type type;

		if (cell->kind == CELL_NONE)
			continue;
		type = build_cell_type(list, p, cell);
		if (build_type_compares(type))
			continue;
		diag_add(b->ds, "M0518", at, NULL, "`%.*s` is of type %s, by which nothing can be ordered",
			 STR_ARG(list->fields[field].field.path), catalog_type_words[type]);
		return;
	}
}

/* What order and distinct name: a field, or the plain value itself. */
static bool find_ordered(struct build *b, const struct list *list, const struct words *w, uint32_t *index_out)
{
	if (!list->plain_items)
		return build_list_field(b, list, w->word, w->at, index_out);
	if (!str_eq(w->word, STR("item"))) {
		diag_add(b->ds, "M0149", w->at, "write `item`: the value itself",
			 "the list `%.*s` holds plain values and has no field `%.*s`", STR_ARG(list->path),
			 STR_ARG(w->word));
		return false;
	}
	*index_out = 0;
	return true;
}

static void build_order(struct build *b, const struct elem *e, struct list *list)
{
	struct words w = { .attr = elem_attr(e, "order") };
	uint32_t field;

	list->order_field = -1;
	if (!elem_next_word(&w))
		return;
	if (find_ordered(b, list, &w, &field)) {
		list->order_field = (int32_t)field;
		check_order(b, list, field, w.at);
	}
	list->order_desc = elem_next_word(&w) && str_eq(w.word, STR("desc"));
}

static void build_distinct(struct build *b, const struct elem *e, struct list *list)
{
	uint32_t *distinct = arena_array_of(b->mem, uint32_t, elem_count_words(e, "distinct") + 1);
	struct words w = { .attr = elem_attr(e, "distinct") };

	while (elem_next_word(&w))
		list->n_distinct += find_ordered(b, list, &w, &distinct[list->n_distinct]);
	list->distinct = distinct;
}

/* ---- nested lists ---- */

/* The paths of an item: each once, and none below another. */
static void check_paths(struct build *b, const struct elem *e)
{
	for (const struct elem *c = e->first; c; c = c->next) {
		struct str path = elem_token(c, "path");

		for (const struct elem *o = e->first; o != c && path.p; o = o->next) {
			struct str other = elem_token(o, "path");
			struct str longer = path.n > other.n ? path : other;
			struct str shorter = path.n > other.n ? other : path;

			if (other.p && str_eq(path, other))
				diag_add(b->ds, "M0120", elem_at(c, "path"), NULL,
					 "the list has `%.*s` already", STR_ARG(path));
			else if (other.p && longer.p[shorter.n] == '.' &&
				 memcmp(longer.p, shorter.p, shorter.n) == 0)
				diag_add(b->ds, "M0501", elem_at(c, "path"), NULL,
					 "`%.*s` has a value, so `%.*s` cannot be below it", STR_ARG(shorter),
					 STR_ARG(longer));
		}
	}
}

static bool all_give(const struct list *list, const struct key *key)
{
	for (size_t i = 0; i < list->n_parts; i++)
		if (!plan_part_gives(list->parts[i], key))
			return false;
	return true;
}

static bool all_prove(const struct list *list, const struct key *key)
{
	for (size_t i = 0; i < list->n_parts; i++)
		if (!plan_part_proves(list->parts[i], key))
			return false;
	return true;
}

static void join_on(struct build *b, const struct elem *e, const struct list *outer, struct list *list)
{
	const struct key *key = names_want(b->names, NAMES_KEY, elem_token(e, "on"), elem_at(e, "on"));

	if (key && !(all_give(outer, key) && all_prove(list, key)))
		diag_add(b->ds, "M0513", elem_at(e, "on"),
			 "every outer part gives the key, every inner part proves it",
			 "the lists do not join on `%s`", key->name);
	list->join = key;
}

static bool requires(const struct query *q, const struct key *key)
{
	for (size_t i = 0; i < q->n_by; i++)
		if (q->by[i].key == key && !q->by[i].optional)
			return true;
	return false;
}

/* Do all inner queries that need one of the keys need both? Then rows are joined by both, whichever is named. */
static bool asked_together(const struct list *list, const struct key *a, const struct key *b)
{
	for (size_t p = 0; p < list->n_parts; p++)
		for (size_t q = 0; q < list->parts[p]->n_queries; q++)
			if (requires(&list->parts[p]->queries[q], a) != requires(&list->parts[p]->queries[q], b))
				return false;
	return true;
}

/* The identity is no candidate: it would put the same items into every item of one customer. */
static void find_join(struct build *b, const struct elem *e, const struct list *outer, struct list *list)
{
	size_t n = 0;

	for (size_t k = 0; k < b->cat->n_keys; k++) {
		const struct key *key = &b->cat->keys[k];

		if (!key->name || key->role == KEY_IDENTITY || !all_give(outer, key) || !all_prove(list, key))
			continue;
		n += !list->join || !asked_together(list, list->join, key);
		list->join = list->join ? list->join : key;
	}
	if (n == 0)
		diag_add(b->ds, "M0513", e->at,
			 "declare gives in the outer part and proves in the inner part",
			 "no key joins `%.*s` to the list around it", STR_ARG(list->path));
	else if (n > 1)
		diag_add(b->ds, "M0513", e->at, "choose one with on=\"...\"",
			 "several keys could join `%.*s` to the list around it", STR_ARG(list->path));
}

static bool build_nested(struct build *b, const struct elem *e, const struct class_ *cls, struct list *list)
{
	size_t n = elem_count(e, "list");
	struct list *lists = arena_array_of(b->mem, struct list, n + 1);
	const struct around around = { list, cls };
	bool ok = n <= FIELDS_MAX;

	list->lists = lists;
	if (!ok)
		diag_add(b->ds, "M0514", e->at, NULL, "the list has %zu lists, %d are allowed", n,
			 FIELDS_MAX);
	for (const struct elem *c = elem_child(e, "list"); c; c = elem_sibling(c)) {
		lists[list->n_lists].index = (uint32_t)list->n_lists;
		ok &= fill_list(b, c, &around, &lists[list->n_lists++]);
	}
	return ok;
}

static bool fill_list(struct build *b, const struct elem *e, const struct around *around, struct list *list)
{
	const struct class_ *cls = around ? around->cls : NULL;
	bool ok;

	list->path = arena_str(b->mem, elem_token(e, "path"));
	list->segments = build_segments(b, list->path, &list->n_segments);
	list->limit = elem_number(e, "limit", 1);
	list->labels = build_labels(b, e);
	list->at = e->at;
	list->only = UINT64_MAX;
	list->order_field = -1;
	if (elem_attr(e, "class"))
		cls = build_class_of(b, e, cls);
	if (elem_attr(e, "requires"))
		list->consent = build_consent(b, e);
	if (!build_parts(b, e, list))
		return false;
	ok = build_list_fields(b, e, cls, list);
	check_paths(b, e);
	build_order(b, e, list);
	build_distinct(b, e, list);
	if (around && elem_attr(e, "on"))
		join_on(b, e, around->list, list);
	else if (around)
		find_join(b, e, around->list, list);
	return build_nested(b, e, cls, list) && ok;
}

bool build_list(struct build *b, const struct elem *e, uint32_t index, void *thing)
{
	struct list *list = thing;

	*list = (struct list){ .index = index };
	if (elem_attr(e, "on"))
		diag_add(b->ds, "M0516", elem_attr(e, "on")->name_at, "take it out",
			 "a list of the customer does not join to another one");
	return fill_list(b, e, NULL, list);
}
