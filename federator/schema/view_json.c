/* view_json.c - forms as JSON Schema, draft 2020-12. */
#include "federator/render/render.h"
#include "federator/schema/view_json.h"
#include "federator/schema/view_schema.h"

/* How a value of each type looks in JSON. Formats are only told, so patterns hold what must hold. */
static const struct {
	const char *type, *format, *pattern;
} looks[] = {
	[TYPE_TEXT] = { "string", NULL, NULL },
	[TYPE_INTEGER] = { "integer", NULL, NULL },
	[TYPE_DECIMAL] = { "string", NULL, "^-?(0|[1-9][0-9]*)([.][0-9]+)?$" },
	[TYPE_BOOLEAN] = { "boolean", NULL, NULL },
	[TYPE_DATE] = { "string", "date", "^[0-9]{4}-[0-9]{2}-[0-9]{2}$" },
	[TYPE_TIMESTAMP] = { "string", "date-time",
			     "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]+)?"
			     "(Z|[+-][0-9]{2}:[0-9]{2})$" },
	[TYPE_TIME] = { "string", NULL, "^[0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]+)?$" },
	[TYPE_UUID] = { "string", "uuid", NULL },
	[TYPE_JSON] = { NULL, NULL, NULL }, /* anything */
	[TYPE_BYTES] = { "string", NULL, "^[A-Za-z0-9+/]*={0,2}$" }, /* base64 */
};

static void put_c(struct arena *mem, struct node *object, struct str name, const char *text)
{
	if (text)
		tree_text(mem, object, name, str_of(text));
}

static struct node *put_array(struct arena *mem, struct node *object, struct str name)
{
	return tree_array(mem, object, name, STR("item"));
}

static void put_words(struct arena *mem, struct node *object, struct str name, const struct form *form)
{
	struct node *array = put_array(mem, object, name);

	for (size_t i = 0; i < form->n_words; i++)
		tree_text(mem, array, STR(""), str_of(form->words[i]));
}

/* "type": one word, or an array of them. */
static void put_type(struct arena *mem, struct node *schema, const char *type, bool or_text, bool or_null)
{
	struct node *array;

	or_text = or_text && strcmp(type, "string") != 0;
	if (!or_text && !or_null) {
		put_c(mem, schema, STR("type"), type);
		return;
	}
	array = put_array(mem, schema, STR("type"));
	tree_text(mem, array, STR(""), str_of(type));
	if (or_text)
		tree_text(mem, array, STR(""), STR("string"));
	if (or_null)
		tree_text(mem, array, STR(""), STR("null"));
}

/* ---- values ---- */

static void put_looks(struct arena *mem, const struct form *form, enum value_type type, bool alone,
		      struct node *schema)
{
	if (!looks[type].type)
		return;
	put_type(mem, schema, looks[type].type, alone && form->masked, alone && form->nullable);
	if (form->count)
		tree_number(mem, schema, STR("minimum"), 0);
	if (form->masked && alone)
		return;
	put_c(mem, schema, STR("format"), looks[type].format);
	put_c(mem, schema, STR("pattern"), looks[type].pattern);
}

/* The known codes with their titles, and whatever else a source may hold. */
static void put_codes(struct arena *mem, const struct form *form, struct node *schema)
{
	struct node *any;

	put_type(mem, schema, "string", false, form->nullable);
	any = put_array(mem, schema, STR("anyOf"));
	for (size_t i = 0; i < form->codes->n; i++) {
		struct node *one = tree_object(mem, any, STR(""));

		put_c(mem, one, STR("const"), form->codes->of[i].is);
		put_c(mem, one, STR("title"), labels_in(form->codes->of[i].labels, form->lang));
	}
	put_c(mem, tree_object(mem, any, STR("")), STR("description"),
	      "Codes that the mapping does not know come as the source has them.");
}

static void put_alternatives(struct arena *mem, const struct form *form, struct node *schema)
{
	struct node *any = put_array(mem, schema, STR("anyOf"));

	for (size_t t = 0; t < ARRAY_LEN(looks); t++)
		if ((form->types >> t) & 1)
			put_looks(mem, form, (enum value_type)t, false, tree_object(mem, any, STR("")));
	if (form->masked)
		put_c(mem, tree_object(mem, any, STR("")), STR("type"), "string");
	if (form->nullable)
		put_c(mem, tree_object(mem, any, STR("")), STR("type"), "null");
}

static void put_value(struct arena *mem, const struct form *form, struct node *schema)
{
	if (form->codes)
		put_codes(mem, form, schema);
	else if (__builtin_popcount(form->types) == 1)
		put_looks(mem, form, (enum value_type)__builtin_ctz(form->types), true, schema);
	else
		put_alternatives(mem, form, schema);
}

/* ---- objects ---- */

/* if WORD in WORDS then required MEMBER else never MEMBER */
/* "if" the member is one of the words, as many as are not NULL. */
static void put_if(struct arena *mem, const struct form_rule *rule, const char *const *words, size_t n,
		   struct node *one)
{
	struct node *in = tree_object(mem, tree_object(mem, one, STR("if")), STR("properties")), *list;

	if (rule->inside)
		in = tree_object(mem, tree_object(mem, in, str_of(rule->inside)), STR("properties"));
	list = put_array(mem, tree_object(mem, in, str_of(rule->member)), STR("enum"));
	for (size_t i = 0; i < n && words[i]; i++)
		tree_text(mem, list, STR(""), str_of(words[i]));
}

static void put_rule(struct arena *mem, const struct form_rule *rule, struct node *all)
{
	struct node *one = tree_object(mem, all, STR(""));

	put_if(mem, rule, rule->words, ARRAY_LEN(rule->words), one);
	put_c(mem, put_array(mem, tree_object(mem, one, STR("then")), STR("required")), STR(""), rule->then);
	if (rule->maybe) {
		one = tree_object(mem, one, STR("else"));
		put_if(mem, rule, &rule->maybe, 1, one);
	}
	tree_bool(mem, tree_object(mem, tree_object(mem, one, STR("else")), STR("properties")),
		  str_of(rule->then), false);
}

static void put_object(struct arena *mem, const struct form *form, struct node *schema)
{
	struct node *properties, *required = NULL, *all = NULL;

	put_c(mem, schema, STR("type"), "object");
	properties = tree_object(mem, schema, STR("properties"));
	for (const struct form *m = form->first; m; m = m->next) {
		view_json_form(mem, m, tree_object(mem, properties, m->name));
		if (!m->required)
			continue;
		if (!required)
			required = put_array(mem, schema, STR("required"));
		tree_text(mem, required, STR(""), m->name);
	}
	tree_bool(mem, schema, STR("additionalProperties"), false);
	for (size_t i = 0; i < form->n_rules; i++) {
		if (!all)
			all = put_array(mem, schema, STR("allOf"));
		put_rule(mem, &form->rules[i], all);
	}
}

struct node *view_json_map(struct arena *mem, const struct form *form, struct node *schema)
{
	put_c(mem, schema, STR("type"), "object");
	if (form->words)
		put_words(mem, tree_object(mem, schema, STR("propertyNames")), STR("enum"), form);
	if (form->kind == FORM_ORIGINS)
		put_c(mem, tree_object(mem, schema, STR("propertyNames")), STR("pattern"), "^/customer(/|$)");
	return tree_object(mem, schema, STR("additionalProperties"));
}

static void put_list(struct arena *mem, const struct form *form, struct node *schema)
{
	struct node *items, *any;

	put_c(mem, schema, STR("type"), "array");
	if (form->max)
		tree_number(mem, schema, STR("maxItems"), form->max);
	items = tree_object(mem, schema, STR("items"));
	if (form->first == form->last) {
		view_json_form(mem, form->first, items);
		return;
	}
	any = put_array(mem, items, STR("anyOf"));
	for (const struct form *one = form->first; one; one = one->next)
		view_json_form(mem, one, tree_object(mem, any, STR("")));
}

void view_json_form(struct arena *mem, const struct form *form, struct node *schema)
{
	if (form->title.n)
		tree_text(mem, schema, STR("title"), form->title);
	if (form->about.n)
		tree_text(mem, schema, STR("description"), form->about);
	switch (form->kind) {
	case FORM_VALUE:
		put_value(mem, form, schema);
		return;
	case FORM_WORD:
		if (form->n_words == 1)
			put_c(mem, schema, STR("const"), form->words[0]);
		else
			put_words(mem, schema, STR("enum"), form);
		return;
	case FORM_OBJECT:
		put_object(mem, form, schema);
		return;
	case FORM_ARRAY:
		put_list(mem, form, schema);
		return;
	case FORM_MAP:
	case FORM_ORIGINS:
		view_json_form(mem, form->first, view_json_map(mem, form, schema));
		return;
	case FORM_ANY:
		return;
	}
}

struct node *view_json_begin(struct arena *mem, const struct catalog *cat)
{
	struct node *root = tree_object(mem, NULL, STR("schema"));

	put_c(mem, root, STR("$schema"), "https://json-schema.org/draft/2020-12/schema");
	tree_text(mem, root, STR("$comment"),
		  arena_printf(mem, "Answers of the mapping with revision %s.", cat->revision));
	return root;
}

void view_json_write(const struct node *root, struct buf *out)
{
	render_json(root, true, out);
	buf_putc(out, '\n');
}

void view_schema_json(const struct catalog *cat, const struct view *view, struct str lang, struct buf *out)
{
	struct arena *mem = arena_new();
	struct node *root = view_json_begin(mem, cat), *views;

	if (view) {
		view_json_form(mem, form_answer(cat, view, lang, mem), root);
	} else {
		views = put_array(mem, root, STR("oneOf"));
		for (size_t i = 0; i < cat->n_views; i++)
			view_json_form(mem, form_answer(cat, &cat->views[i], lang, mem),
				 tree_object(mem, views, STR("")));
	}
	view_json_write(root, out);
	arena_wipe_free(&mem);
}

void view_schema_routing_json(const struct catalog *cat, const struct view *view, struct str lang, struct buf *out)
{
	struct arena *mem = arena_new();
	struct node *root = view_json_begin(mem, cat), *views;

	if (view) {
		view_json_form(mem, form_routing(cat, view, lang, mem), root);
	} else {
		views = put_array(mem, root, STR("anyOf")); /* two views may have the same names */
		for (size_t i = 0; i < cat->n_views; i++)
			if (cat->views[i].shape == SHAPE_FLAT)
				view_json_form(mem, form_routing(cat, &cat->views[i], lang, mem),
					 tree_object(mem, views, STR("")));
	}
	view_json_write(root, out);
	arena_wipe_free(&mem);
}
