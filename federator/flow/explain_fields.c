/* explain_fields.c - what became of each field: who won, who lost, and why the others had nothing to say. Values have
 * been through the mask. */
#include "federator/flow/explain.h"

#include "federator/render/origins.h"

/* One kind of value of a list: a field and the column it came from. */
struct seen {
	const struct field *field;
	const struct from *from;
	uint32_t values;
	struct node *count;
	struct seen *next;
};

/* What explaining takes along. */
struct telling {
	struct flow *flow;
	const struct fact *facts; /* by part index */
	struct node *out; /* "fields" */
	struct seen *seen; /* of the list being told */
	bool failed; /* some part of it is lacking for another reason than want of consent */
};

/* Is it the field asked for, or inside it? */
static bool wanted(const struct telling *t, struct str path)
{
	struct str asked = t->flow->ask.field;

	return !asked.n || str_eq(path, asked) || choice_below(path, asked);
}

static struct node *put_field(struct telling *t, struct str path, const char *state)
{
	struct node *field = tree_object(t->flow->mem, t->out, STR(""));

	tree_text(t->flow->mem, field, STR("path"), path);
	if (state)
		tree_text(t->flow->mem, field, STR("state"), str_of(state));
	return field;
}

static void put_value(struct telling *t, struct node *object, enum node_kind kind, struct str value)
{
	struct node *node = tree_null(t->flow->mem, object, STR("value"));

	node->kind = value.p ? kind : NODE_NULL;
	node->value = value;
}

static void put_column(struct telling *t, const struct from *from, struct node *object)
{
	struct arena *mem = t->flow->mem;

	tree_text(mem, object, STR("part"), str_of(from->part->name));
	tree_text(mem, object, STR("source"), str_of(from->part->source->name));
	tree_text(mem, object, STR("column"), str_of(from->part->columns[from->column].name));
	explain_put_place(t->flow, object, &from->at);
}

static void put_winner(struct telling *t, const struct origin *o, bool as_of, struct node *field)
{
	struct node *winner;

	tree_text(t->flow->mem, field, STR("rule"), str_of(o->rule));
	winner = tree_object(t->flow->mem, field, STR("winner"));
	put_column(t, o->from, winner);
	if (as_of && o->as_of.p)
		tree_text(t->flow->mem, winner, STR("as_of"), o->as_of);
}

static void put_lost(struct telling *t, const struct origin *o, struct node *field)
{
	struct arena *mem = t->flow->mem;
	struct node *array;

	if (!o->n_lost)
		return;
	array = tree_array(mem, field, STR("lost"), STR("candidate"));
	for (size_t i = 0; i < o->n_lost; i++) {
		struct node *lost = tree_object(mem, array, STR(""));

		put_column(t, o->lost[i].from, lost);
		put_value(t, lost, NODE_TEXT, o->lost[i].value);
		if (o->lost[i].as_of.p)
			tree_text(mem, lost, STR("as_of"), o->lost[i].as_of);
	}
}

/* Why a part that brought no rows has nothing to say; NULL: it answered. */
static const char *why_unknown(const struct fact *fact)
{
	if (fact_known(fact))
		return NULL;
	return fact->reason ? fact->reason : envelope_state(fact->state);
}

/* Why a candidate has no value. */
static const char *why_without(const struct fact *fact, uint32_t column)
{
	const char *why = why_unknown(fact);

	if (why)
		return why;
	if (!fact_tells(fact))
		return "truncated";
	for (const struct fact_warning *w = fact->warnings; w; w = w->next)
		if (w->column == column)
			return "bad_value";
	return fact_rows(fact) ? "null" : "no_row";
}

/* The array "without" of a field, made when it is first needed. */
static struct node *add_without(struct telling *t, struct node *field)
{
	struct node *array = tree_member(field, STR("without"));

	if (!array)
		array = tree_array(t->flow->mem, field, STR("without"), STR("candidate"));
	return tree_object(t->flow->mem, array, STR(""));
}

static bool spoke(const struct from *from, const struct origin *o)
{
	bool spoke = o && o->from == from;

	for (size_t i = 0; o && i < o->n_lost; i++)
		spoke = spoke || o->lost[i].from == from;
	return spoke;
}

/* Candidates that have no value, each with the reason. */
static void put_without(struct telling *t, const struct field *f, const struct origin *o, struct node *field)
{
	if (o && f->pick == PICK_SUM)
		return; /* known only when every term is */
	for (size_t i = 0; i < f->n_from; i++) {
		const struct from *from = &f->from[i];
		struct node *one;

		if (spoke(from, o))
			continue;
		one = add_without(t, field);
		put_column(t, from, one);
		tree_text(t->flow->mem, one, STR("why"),
			  str_of(why_without(&t->facts[from->part->index], from->column)));
	}
}

static const struct node *find(const struct node *object, const struct str *segments, size_t n)
{
	for (size_t i = 0; object && i < n; i++)
		object = tree_member(object, segments[i]);
	return object;
}

static bool visible(const struct telling *t, const struct field *f)
{
	return (flow_visible(t->flow) >> f->cls->index) & 1;
}

/* Has the field no value only because the customer has not agreed? */
static bool scalar_withheld(const struct telling *t, const struct field *f)
{
	bool withheld = false;

	for (size_t i = 0; i < f->n_from; i++) {
		const struct fact *fact = &t->facts[f->from[i].part->index];

		if (!fact_withheld(fact) && !fact_tells(fact))
			return false;
		withheld = withheld || fact_withheld(fact);
	}
	return withheld;
}

static const char *scalar_state(const struct telling *t, const struct field *f, const struct node *value)
{
	if (!value)
		return scalar_withheld(t, f) ? "no_consent" : "unknown";
	if (value->origin)
		return value->origin->provisional ? "provisional" : "known";
	if (t->flow->view->shape == SHAPE_FLAT)
		return "default";
	return value->kind == NODE_NULL ? "null" : "empty";
}

static void tell_scalar(struct telling *t, const struct use *use, const struct node *customer)
{
	const struct field *f = use->field;
	struct str as = str_of(use->as);
	const struct node *value = use->as ? find(customer, &as, 1) : find(customer, f->segments, f->n_segments);
	struct node *field;

	if (!wanted(t, f->path) || !visible(t, f))
		return;
	field = put_field(t, f->path, scalar_state(t, f, value));
	if (value)
		put_value(t, field, value->kind, value->value);
	if (value && value->origin) {
		put_winner(t, value->origin, true, field);
		put_lost(t, value->origin, field);
	}
	put_without(t, f, value ? value->origin : NULL, field);
}

/* A value of a list: one by one when asked for, else as one of many from the same column. */
static void tell_value(struct telling *t, const struct node *value, struct str path, struct str at)
{
	const struct origin *o = value->origin;
	struct seen *s = t->seen;
	struct node *field;

	if (t->flow->ask.field.n) {
		field = put_field(t, path, NULL);
		tree_text(t->flow->mem, field, STR("at"), at);
		put_value(t, field, value->kind, value->value);
		put_winner(t, o, true, field);
		return;
	}
	while (s && (s->field != o->field || s->from->part != o->from->part || s->from->column != o->from->column))
		s = s->next;
	if (!s) {
		field = put_field(t, path, NULL);
		s = arena_new_of(t->flow->mem, struct seen);
		*s = (struct seen){ .field = o->field, .from = o->from, .next = t->seen };
		s->count = tree_number(t->flow->mem, field, STR("values"), 0);
		put_winner(t, o, false, field);
		t->seen = s;
	}
	s->count->value = arena_printf(t->flow->mem, "%u", ++s->values);
}

static struct str inside(struct telling *t, struct str path, struct str name)
{
	return arena_printf(t->flow->mem, "%.*s.%.*s", STR_ARG(path), STR_ARG(name));
}

static void tell_values(struct telling *t, const struct node *node, struct str path, struct str at)
{
	struct arena *mem = t->flow->mem;
	size_t index = 0;

	if (node->origin && wanted(t, path))
		tell_value(t, node, path, at);
	for (const struct node *child = node->first; child; child = child->next) {
		if (node->kind == NODE_ARRAY)
			tell_values(t, child, path, arena_printf(mem, "%.*s/%zu", STR_ARG(at), index++));
		else
			tell_values(t, child, inside(t, path, child->name),
				    arena_printf(mem, "%.*s/%.*s", STR_ARG(at), STR_ARG(child->name)));
	}
}

/* A part of a list that did not answer, or not with all its rows. True: it did. */
static bool answered(struct telling *t, const struct part *part, struct str path, const struct span *at,
		     struct node *field)
{
	const struct fact *fact = &t->facts[part->index];
	const char *why = fact_known(fact) && fact_cut(fact) ? "truncated" : why_unknown(fact);
	struct node *one;

	if (!why)
		return true;
	t->failed = t->failed || !fact_withheld(fact);
	one = add_without(t, field);
	tree_text(t->flow->mem, one, STR("path"), path);
	tree_text(t->flow->mem, one, STR("part"), str_of(part->name));
	tree_text(t->flow->mem, one, STR("source"), str_of(part->source->name));
	explain_put_place(t->flow, one, at);
	tree_text(t->flow->mem, one, STR("why"), str_of(why));
	return false;
}

static bool shows_anything(const struct telling *t, const struct list *list)
{
	bool any = false;

	for (size_t f = 0; f < list->n_fields; f++)
		any = any || visible(t, &list->fields[f].field);
	for (size_t i = 0; i < list->n_lists; i++)
		any = any || shows_anything(t, &list->lists[i]);
	return any;
}

/* Did the look-ups of a list's shown fields answer? */
static bool lookups_answered(struct telling *t, const struct list *list, uint64_t only, struct str path,
			     struct node *field)
{
	bool all = true;

	for (size_t f = 0; f < list->n_fields; f++) {
		const struct field *own = &list->fields[f].field;

		for (size_t p = 0; p < list->n_parts && visible(t, own) && (f >= 32 || (only >> f) & 1); p++) {
			const struct cell_from *cf = &list->fields[f].per_part[p];

			if (cf->kind == CELL_LOOKUP)
				all = answered(t, cf->lookup.part, inside(t, path, own->path), &cf->at, field) && all;
		}
	}
	return all;
}

/* Did all parts of what is shown of a list answer: its own, its look-ups, those of the lists inside it? */
static bool all_answered(struct telling *t, const struct list *list, uint64_t only, struct str path,
			 struct node *field)
{
	bool all = lookups_answered(t, list, only, path, field);

	for (size_t p = 0; p < list->n_parts; p++)
		all = answered(t, list->parts[p], path, &list->at, field) && all;
	for (size_t i = 0; i < list->n_lists; i++)
		if ((i >= 32 || (only >> (32 + i)) & 1) && shows_anything(t, &list->lists[i]))
			all = all_answered(t, &list->lists[i], list->lists[i].only,
					   inside(t, path, list->lists[i].path), field) &&
			      all;
	return all;
}

/* The JSON Pointer of a path of the customer. */
static struct str pointer_of(struct telling *t, struct str path)
{
	struct str head = STR("/customer/");
	char *text = arena_array_of(t->flow->mem, char, head.n + path.n + 1);

	memcpy(text, head.p, head.n);
	for (size_t i = 0; i < path.n; i++)
		text[head.n + i] = path.p[i] == '.' ? '/' : path.p[i];
	return (struct str){ text, head.n + path.n };
}

struct shown_list {
	const struct list *list;
	uint64_t only; /* as in struct use */
};

/* A list or a time line: whether it is whole, then what its values came from. */
static void tell_array(struct telling *t, struct str path, const struct node *array, const struct shown_list *lists,
		       size_t n_lists)
{
	struct node *field, *state;
	uint32_t items = 0;
	bool whole = true;

	if (!wanted(t, path) && !choice_below(t->flow->ask.field, path))
		return;
	t->failed = false;
	field = put_field(t, path, "unknown");
	state = field->last;
	for (const struct node *item = array ? array->first : NULL; item; item = item->next)
		items++;
	if (array)
		tree_number(t->flow->mem, field, STR("items"), items);
	for (size_t i = 0; i < n_lists; i++)
		whole = all_answered(t, lists[i].list, lists[i].only, lists[i].list->path, field) && whole;
	if (!array && !t->failed)
		state->value = STR("no_consent");
	if (!array)
		return;
	state->value = whole ? STR("known") : STR("partial");
	t->seen = NULL;
	tell_values(t, array, path, pointer_of(t, path));
}

static void tell_use(struct telling *t, const struct use *use, const struct node *customer)
{
	const struct timeline *line = use->timeline;
	struct shown_list one = { use->list, use->only }, *lists;

	switch (use->kind) {
	case USE_FIELD:
		tell_scalar(t, use, customer);
		break;
	case USE_LIST:
		tell_array(t, use->list->path, find(customer, use->list->segments, use->list->n_segments), &one, 1);
		break;
	case USE_TIMELINE:
		lists = arena_array_of(t->flow->mem, struct shown_list, line->n_of);
		for (size_t i = 0; i < line->n_of; i++)
			lists[i] = (struct shown_list){ line->of[i].list, line->of[i].only };
		tell_array(t, line->path, find(customer, line->segments, line->n_segments), lists, line->n_of);
		break;
	}
}

void explain_fields(struct flow *flow, struct node *root)
{
	const struct node *customer = tree_member(flow->root, STR("customer"));
	struct telling t = { .flow = flow, .facts = flow_facts(flow) };

	if (!customer)
		return;
	t.out = tree_array(flow->mem, root, STR("fields"), STR("field"));
	for (size_t i = 0; i < flow->n_uses; i++)
		tell_use(&t, &flow->uses[i], customer);
	for (size_t i = 0; i < flow->n_withheld; i++)
		if (wanted(&t, flow->withheld[i]))
			put_field(&t, flow->withheld[i], "withheld");
}
