/* events_json.c - the events of streams as JSON Schema: the counterpart of flow/progress.c and http/feed.c. */
#include "federator/schema/view_json.h"
#include "federator/schema/view_schema.h"

/* How many levels down a `part` tells of an object member by member. */
enum { LEVELS = 1 };

static struct node *put_array(struct arena *mem, struct node *object, struct str name)
{
	return tree_array(mem, object, name, STR("item"));
}

static struct node *put_member(struct arena *mem, struct node *object, struct str name, struct str type)
{
	struct node *member = tree_object(mem, object, name);

	tree_text(mem, member, STR("type"), type);
	return member;
}

/* ---- events ---- */

enum id { ID_NONE, ID_OF_ANSWER, ID_OF_END };

/* An event of one of two names (`other` may be NULL), with an id or without. Returns the schema of its data. */
static struct node *put_event(struct arena *mem, struct node *all, const char *name, const char *other, enum id id)
{
	struct node *event = tree_object(mem, all, STR("")), *members, *names, *required, *data;

	tree_text(mem, event, STR("type"), STR("object"));
	members = tree_object(mem, event, STR("properties"));
	names = put_array(mem, tree_object(mem, members, STR("event")), STR("enum"));
	tree_text(mem, names, STR(""), str_of(name));
	if (other)
		tree_text(mem, names, STR(""), str_of(other));
	if (id != ID_NONE)
		tree_text(mem, put_member(mem, members, STR("id"), STR("string")), STR("pattern"),
			  id == ID_OF_END ? STR("^[0-9a-f]+[.]done$") : STR("^[0-9a-f]+$"));
	data = tree_object(mem, members, STR("data"));
	required = put_array(mem, event, STR("required"));
	tree_text(mem, required, STR(""), STR("event"));
	tree_text(mem, required, STR(""), STR("data"));
	if (id != ID_NONE)
		tree_text(mem, required, STR(""), STR("id"));
	tree_bool(mem, event, STR("additionalProperties"), false);
	return data;
}

/* Data that is an object with one member, which must be there. */
static void put_only(struct arena *mem, struct node *data, struct str name, struct str type)
{
	tree_text(mem, data, STR("type"), STR("object"));
	put_member(mem, tree_object(mem, data, STR("properties")), name, type);
	tree_text(mem, put_array(mem, data, STR("required")), STR(""), name);
	tree_bool(mem, data, STR("additionalProperties"), false);
}

static void put_problem(struct arena *mem, struct node *all)
{
	struct node *data = put_event(mem, all, "problem", NULL, ID_OF_END), *literal;

	literal = tree_text(mem, put_array(mem, data, STR("allOf")), STR(""),
			    view_schema_inside(FIXED_PROBLEM_JSON, "#", mem));
	literal->kind = NODE_LITERAL;
}

static void put_bye(struct arena *mem, struct node *all)
{
	struct node *data = put_event(mem, all, "bye", NULL, ID_NONE);
	struct node *members = tree_member(all->last, STR("properties"));

	tree_text(mem, put_member(mem, members, STR("retry"), STR("string")), STR("pattern"), STR("^[0-9]+$"));
	tree_text(mem, data, STR("type"), STR("object"));
	tree_bool(mem, data, STR("additionalProperties"), false);
}

/* ---- views that grow ---- */

/* A reason that only what has not ended has: of parts, also on the way to the customer, and of gaps in time lines. */
static void allow_pending(struct arena *mem, struct form *form)
{
	bool says_why = str_eq(form->name, STR("reason")) || str_eq(form->name, STR("missing"));

	if (form->kind == FORM_WORD && says_why) {
		const char **words = arena_array_of(mem, const char *, form->n_words + 1);

		memcpy(words, form->words, form->n_words * sizeof(*words));
		words[form->n_words++] = "pending";
		form->words = words;
	}
	for (struct form *child = form->first; child; child = child->next)
		allow_pending(mem, child);
}

static struct form *growing(const struct catalog *cat, const struct view *view, struct str lang, struct arena *mem)
{
	struct form *root = form_answer(cat, view, lang, mem);

	allow_pending(mem, root);
	return root;
}

static bool has_members(const struct form *form)
{
	return form->kind == FORM_OBJECT || form->kind == FORM_MAP || form->kind == FORM_ORIGINS;
}

static void put_changes(struct arena *mem, const struct form *form, int levels, struct node *schema);

/* What replaces a member: null takes away one that need not be there. */
static void put_change(struct arena *mem, const struct form *form, int levels, struct node *schema)
{
	if (!form->required) {
		struct node *any = put_array(mem, schema, STR("anyOf"));

		put_member(mem, any, STR(""), STR("null"));
		schema = tree_object(mem, any, STR(""));
	}
	if (levels > 0 && has_members(form))
		put_changes(mem, form, levels - 1, schema);
	else
		view_json_form(mem, form, schema);
}

/* Of an object or a map, the members that are different. An id stays what it was. */
static void put_changes(struct arena *mem, const struct form *form, int levels, struct node *schema)
{
	struct node *members;

	if (form->kind != FORM_OBJECT) {
		put_change(mem, form->first, levels, view_json_map(mem, form, schema));
		return;
	}
	tree_text(mem, schema, STR("type"), STR("object"));
	members = tree_object(mem, schema, STR("properties"));
	for (const struct form *m = form->first; m; m = m->next)
		if (!str_eq(m->name, STR("id")))
			put_change(mem, m, levels, tree_object(mem, members, m->name));
	tree_bool(mem, schema, STR("additionalProperties"), false);
}

/* Who it is; every view says it alike. */
static void put_identity(struct arena *mem, const struct form *root, struct node *data)
{
	struct form *identity = form_new(mem, NULL, FORM_OBJECT, STR("identity"));
	struct form *id = form_new(mem, identity, FORM_VALUE, STR("id")), *match;

	id->types = UINT32_C(1) << TYPE_TEXT;
	match = form_need(mem, identity, FORM_OBJECT, STR("match"));
	match->first = form_member(root, STR("match"))->first;
	view_json_form(mem, identity, data);
}

static void put_views(struct arena *mem, struct form *const *views, size_t n, struct node *all)
{
	struct node *whole, *part;

	put_identity(mem, views[0], put_event(mem, all, "identity", NULL, ID_NONE));
	whole = put_array(mem, put_event(mem, all, "view", NULL, ID_NONE), STR("oneOf"));
	part = put_array(mem, put_event(mem, all, "part", NULL, ID_NONE), STR("anyOf"));
	for (size_t i = 0; i < n; i++) {
		view_json_form(mem, views[i], tree_object(mem, whole, STR("")));
		put_changes(mem, views[i], LEVELS, tree_object(mem, part, STR("")));
	}
}

void view_schema_events_json(const struct catalog *cat, const struct view *view, struct str lang, struct buf *out)
{
	struct arena *mem = arena_new();
	struct node *root = view_json_begin(mem, cat), *all, *data;
	struct form **views = arena_array_of(mem, struct form *, cat->n_views + 1);
	size_t n = 0;

	for (size_t i = 0; i < cat->n_views; i++)
		if (!view || view == &cat->views[i])
			views[n++] = growing(cat, &cat->views[i], lang, mem);
	tree_text(mem, root, STR("title"), STR("Event"));
	tree_text(mem, root, STR("description"), STR("An event of a stream: its fields, `data` read as JSON."));
	all = put_array(mem, root, STR("oneOf"));
	data = put_event(mem, all, "pop", "begin", ID_OF_ANSWER);
	put_only(mem, data, STR("id"), STR("string"));
	put_member(mem, tree_member(data, STR("properties")), STR("contact"), STR("string"));
	if (n > 0)
		put_views(mem, views, n, all);
	put_problem(mem, all);
	put_only(mem, put_event(mem, all, "done", NULL, ID_OF_END), STR("complete"), STR("boolean"));
	put_bye(mem, all);
	view_json_write(root, out);
	arena_wipe_free(&mem);
}
