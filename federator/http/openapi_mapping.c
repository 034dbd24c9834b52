/* openapi_mapping.c - parameters, bodies and schemas: what depends on the mapping. */
#include <stdarg.h>
#include <stdio.h>

#include "federator/http/openapi.h"
#include "federator/http/question.h"
#include "federator/schema/view_json.h"
#include "federator/schema/view_schema.h"
#include "federator/web/web.h"

#define SCHEMAS "#/components/schemas/"

void openapi_ref(struct arena *mem, struct node *parent, struct str name, const char *fmt, ...)
{
	char text[200];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	tree_text(mem, tree_object(mem, parent, name), STR("$ref"), arena_str(mem, str_of(text)));
}

static struct node *put_array(struct arena *mem, struct node *parent, struct str name)
{
	return tree_array(mem, parent, name, STR("item"));
}

static struct node *put_parameter(struct arena *mem, struct node *list, struct str name, const char *in,
				  const char *about)
{
	struct node *one = tree_object(mem, list, STR(""));

	tree_text(mem, one, STR("name"), name);
	tree_text(mem, one, STR("in"), str_of(in));
	if (about)
		tree_text(mem, one, STR("description"), str_of(about));
	return one;
}

static struct node *put_text_schema(struct arena *mem, struct node *parameter)
{
	struct node *schema = tree_object(mem, parameter, STR("schema"));

	tree_text(mem, schema, STR("type"), STR("string"));
	return schema;
}

/* ---- names of the mapping ---- */

static void put_view_names(const struct catalog *cat, unsigned scope, struct arena *mem, struct node *schema)
{
	struct node *names = put_array(mem, schema, STR("enum"));

	for (size_t i = 0; i < cat->n_views; i++)
		if (!(scope & SCOPE_ROUTING) || cat->views[i].shape == SHAPE_FLAT)
			tree_text(mem, names, STR(""), str_of(cat->views[i].name));
}

static bool has_text(const struct node *list, struct str text)
{
	for (const struct node *one = list->first; one; one = one->next)
		if (str_eq(one->value, text))
			return true;
	return false;
}

static void put_purposes(const struct catalog *cat, struct arena *mem, struct node *schema)
{
	struct node *names = put_array(mem, schema, STR("enum"));

	for (size_t i = 0; i < cat->n_policies; i++)
		for (size_t p = 0; p < cat->policies[i].n_purposes; p++)
			if (!has_text(names, str_of(cat->policies[i].purposes[p])))
				tree_text(mem, names, STR(""), str_of(cat->policies[i].purposes[p]));
}

static const char **key_names(const struct catalog *cat, struct arena *mem, size_t *n_out)
{
	const char **names = arena_array_of(mem, const char *, cat->n_keys);

	for (size_t i = 0; i < cat->n_keys; i++)
		names[i] = cat->keys[i].name;
	*n_out = cat->n_keys;
	return names;
}

static void put_keys(const struct openapi_of *of, const struct operation *op, struct arena *mem, struct node *list)
{
	const struct question q = { .scope = op->scope };
	const char **names = NULL;
	size_t n = 0;

	if (op->keys == OPERATION_KEYS)
		names = key_names(of->cat, mem, &n);
	else if (op->keys == OPERATION_VISITOR_KEYS)
		names = web_keys(of->cat, mem, &n);
	else if (op->keys == OPERATION_LIVE_FIELDS)
		names = web_fields(of->cat, mem, &n);
	for (size_t i = 0; i < n; i++)
		if (!question_has_member(&q, str_of(names[i])))
			put_text_schema(mem, put_parameter(mem, list, str_of(names[i]), "query",
							   "A name of the mapping."));
}

/* ---- parameters ---- */

static void put_path(const struct operation *op, struct arena *mem, struct node *list)
{
	for (const char *at = op->pattern; (at = strchr(at, '{'));) {
		size_t n = strcspn(++at, "}");
		struct node *one = put_parameter(mem, list, (struct str){ at, n }, "path", op->args);

		tree_bool(mem, one, STR("required"), true);
		put_text_schema(mem, one);
	}
}

/* Some members have one name and two meanings. */
static const char *parameter_of(const char *member, unsigned scope)
{
	return (scope & SCOPE_WEB) && strcmp(member, "limit") == 0 ? "web_limit" : member;
}

static void put_members(const struct openapi_of *of, const struct operation *op, struct arena *mem, struct node *list)
{
	const char *name;

	for (size_t i = 0; (name = question_member_name(i, op->scope)); i++) {
		if (strcmp(name, "view") == 0)
			put_view_names(of->cat, op->scope, mem,
				       tree_object(mem, put_parameter(mem, list, STR("view"), "query", "A view."),
						   STR("schema")));
		else if (*name)
			openapi_ref(mem, list, STR(""), "#/components/parameters/%s", parameter_of(name, op->scope));
	}
}

static void put_headers(const struct openapi_of *of, const struct operation *op, struct arena *mem, struct node *list)
{
	static const struct {
		unsigned bit;
		const char *name;
	} of_bits[] = { { OPERATION_LANGUAGE, "Accept-Language" }, { OPERATION_COPIES, "Request-Cache-Control" },
			{ OPERATION_PREFER, "Prefer" },            { OPERATION_CONTACT, "X-Contact" },
			{ OPERATION_UNMASK, "X-Unmask" },          { OPERATION_IF_NONE, "If-None-Match" },
			{ OPERATION_LAST_ID, "Last-Event-ID" } };

	openapi_ref(mem, list, STR(""), "#/components/parameters/X-Request-Id");
	for (size_t i = 0; i < ARRAY_LEN(of_bits); i++)
		if (op->headers & of_bits[i].bit)
			openapi_ref(mem, list, STR(""), "#/components/parameters/%s", of_bits[i].name);
	if (op->headers & OPERATION_PURPOSE)
		put_purposes(of->cat, mem,
			     tree_object(mem, put_parameter(mem, list, STR("X-Purpose"), "header",
							    "The purpose, as policies name it."),
					 STR("schema")));
}

void openapi_parameters(const struct openapi_of *of, const struct operation *op, bool callers, struct arena *mem,
			struct node *parent)
{
	struct node *list = put_array(mem, parent, STR("parameters"));

	put_path(op, mem, list);
	if (op->body == OPERATION_NO_BODY)
		put_members(of, op, mem, list);
	if (op->answer == ANSWER_READY)
		openapi_ref(mem, list, STR(""), "#/components/parameters/verbose");
	put_keys(of, op, mem, list);
	put_headers(of, op, mem, list);
	if (callers)
		openapi_ref(mem, list, STR(""), "#/components/parameters/X-Agent");
}

/* ---- bodies ---- */

static void put_body_members(const struct operation *op, struct arena *mem, struct node *members)
{
	const char *name;

	for (size_t i = 0; (name = question_member_name(i, op->scope)); i++) {
		if (!*name)
			continue;
		if (strcmp(name, "fields") == 0 || strcmp(name, "parts") == 0)
			openapi_ref(mem, members, str_of(name), SCHEMAS "Service/$defs/names");
		else if (strcmp(name, "view") == 0)
			openapi_ref(mem, members, str_of(name), SCHEMAS "%s",
				    (op->scope & SCOPE_ROUTING) ? "FlatName" : "ViewName");
		else
			openapi_ref(mem, members, str_of(name), "#/components/parameters/%s/schema", name);
	}
}

static void put_question(const struct operation *op, struct arena *mem, struct node *schema)
{
	struct node *members;

	tree_text(mem, schema, STR("type"), STR("object"));
	members = tree_object(mem, schema, STR("properties"));
	if (op->body == OPERATION_EACH) {
		struct node *by = tree_object(mem, members, STR("by"));

		tree_text(mem, by, STR("type"), STR("array"));
		openapi_ref(mem, by, STR("items"), SCHEMAS "Keys");
		tree_number(mem, by, STR("minItems"), 1);
		tree_number(mem, by, STR("maxItems"), 500);
	} else {
		openapi_ref(mem, members, STR("by"), SCHEMAS "Keys");
	}
	put_body_members(op, mem, members);
	if (op->body == OPERATION_NAMES) {
		tree_number(mem, schema, STR("minProperties"), 1);
		tree_number(mem, schema, STR("maxProperties"), 1);
	} else {
		tree_text(mem, put_array(mem, schema, STR("required")), STR(""), STR("by"));
	}
	tree_bool(mem, schema, STR("additionalProperties"), false);
}

void openapi_body(const struct operation *op, struct arena *mem, struct node *parent)
{
	struct node *body, *content, *in_json;

	if (op->body == OPERATION_NO_BODY)
		return;
	body = tree_object(mem, parent, STR("requestBody"));
	tree_bool(mem, body, STR("required"), op->body != OPERATION_CONTACTS);
	content = tree_object(mem, body, STR("content"));
	in_json = tree_object(mem, content, STR("application/json"));
	if (op->body == OPERATION_UNMASKS)
		openapi_ref(mem, in_json, STR("schema"), SCHEMAS "Service/$defs/unmask");
	else if (op->body == OPERATION_CONTACTS)
		openapi_ref(mem, in_json, STR("schema"), SCHEMAS "Service/$defs/said");
	else
		put_question(op, mem, tree_object(mem, in_json, STR("schema")));
	if (op->body == OPERATION_ASKS || op->body == OPERATION_NAMES)
		tree_object(mem, content, STR("application/xml"));
}

/* ---- schemas ---- */

static void put_keys_schema(const struct catalog *cat, struct arena *mem, struct node *schemas)
{
	struct node *keys = tree_object(mem, schemas, STR("Keys")), *members;

	tree_text(mem, keys, STR("description"), STR("Keys to ask by, and their values."));
	tree_text(mem, keys, STR("type"), STR("object"));
	members = tree_object(mem, keys, STR("properties"));
	for (size_t i = 0; i < cat->n_keys; i++) {
		struct node *types = put_array(mem, tree_object(mem, members, str_of(cat->keys[i].name)), STR("type"));

		tree_text(mem, types, STR(""), STR("string"));
		tree_text(mem, types, STR(""), STR("integer"));
	}
	tree_number(mem, keys, STR("minProperties"), 1);
	tree_number(mem, keys, STR("maxProperties"), ASK_KEYS_MAX);
	tree_bool(mem, keys, STR("additionalProperties"), false);
}

static void put_fixed(enum fixed_schema which, const char *name, struct arena *mem, struct node *schemas)
{
	const char *at = arena_printf(mem, SCHEMAS "%s", name).p;

	tree_text(mem, schemas, str_of(name), view_schema_inside(which, at, mem))->kind = NODE_LITERAL;
}

/* What answers, by view, and all of them as alternatives. */
static void put_answers(const struct openapi_of *of, bool flat, struct arena *mem, struct node *schemas)
{
	const struct catalog *cat = of->cat;
	const char *prefix = flat ? "Flat" : "View";
	struct node *any = tree_object(mem, schemas, flat ? STR("Routing") : STR("Answer")), *list;
	bool none = flat && !view_schema_any_flat(cat);

	list = none ? tree_object(mem, any, STR("not")) : put_array(mem, any, STR("anyOf"));
	for (size_t i = 0; i < cat->n_views; i++) {
		const struct view *view = &cat->views[i];
		struct str name = arena_printf(mem, "%s-%s", prefix, view->name);

		if (flat && view->shape != SHAPE_FLAT)
			continue;
		openapi_ref(mem, list, STR(""), SCHEMAS "%s", name.p);
		view_json_form(mem, (flat ? form_routing : form_answer)(cat, view, of->lang, mem),
			       tree_object(mem, schemas, name));
	}
}

void openapi_schemas(const struct openapi_of *of, struct arena *mem, struct node *parent)
{
	struct node *schemas = tree_object(mem, parent, STR("schemas"));

	put_keys_schema(of->cat, mem, schemas);
	put_view_names(of->cat, 0, mem, tree_object(mem, schemas, STR("ViewName")));
	put_view_names(of->cat, SCOPE_ROUTING, mem, tree_object(mem, schemas, STR("FlatName")));
	put_answers(of, false, mem, schemas);
	put_answers(of, true, mem, schemas);
	put_fixed(FIXED_EXPLAIN_JSON, "Explain", mem, schemas);
	put_fixed(FIXED_PROBLEM_JSON, "Problem", mem, schemas);
	put_fixed(FIXED_WEB_JSON, "Web", mem, schemas);
	put_fixed(FIXED_OPENAPI_SCHEMAS, "Service", mem, schemas);
}

void openapi_views(const struct openapi_of *of, struct arena *mem, struct node *parent)
{
	struct node *views = tree_object(mem, parent, STR("x-views"));

	for (size_t i = 0; i < of->cat->n_views; i++) {
		const struct view *view = &of->cat->views[i];
		struct node *one = tree_object(mem, views, str_of(view->name)), *by;

		tree_text(mem, one, STR("shape"), view->shape == SHAPE_FLAT ? STR("flat") : STR("tree"));
		tree_number(mem, one, STR("budget_ms"), view->budget_ms);
		by = put_array(mem, one, STR("by"));
		for (size_t k = 0; k < view->n_by; k++)
			tree_text(mem, by, STR(""), str_of(view->by[k]->name));
	}
}
