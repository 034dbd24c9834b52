#include "federator/http/question.h"

#include <jansson.h>

#include "base/jsontext.h"

static void json_drop(json_t **value)
{
	json_decref(*value);
}

/* Text of a string or a whole number; the NULL view for anything else. The view lives as long as `value`. */
static struct str scalar_text(struct question *q, const json_t *value)
{
	if (json_is_string(value))
		return arena_str(q->mem, (struct str){ json_string_value(value), json_string_length(value) });
	if (json_is_integer(value))
		return arena_printf(q->mem, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
	return (struct str){ 0 };
}

/* ["name","tier"] -> "name,tier". */
static struct str array_text(struct question *q, const json_t *array)
{
	SCOPED(buf_free) struct buf all = { 0 };

	for (size_t i = 0; i < json_array_size(array); i++) {
		struct str one = scalar_text(q, json_array_get(array, i));

		if (!one.p)
			return one;
		if (i)
			buf_puts(&all, ",");
		buf_put(&all, one.p, one.n);
	}
	return all.len ? arena_str(q->mem, buf_str(&all)) : STR("");
}

static bool keys_read(struct question *q, json_t *by)
{
	const char *name;
	json_t *value;

	if (!json_is_object(by))
		return question_refuse(q, 400, "bad-parameter", NULL,
				       "`by` takes an object of keys and values");
	json_object_foreach(by, name, value)
	{
		struct str text = scalar_text(q, value);

		if (!text.p)
			return question_refuse(q, 400, "bad-parameter", NULL,
					       "the value of a key is a text or a whole number");
		if (!question_key(q, arena_str(q->mem, str_of(name)), text))
			return false;
	}
	return true;
}

static struct str member_text(struct question *q, const json_t *value)
{
	if (json_is_boolean(value))
		return json_is_true(value) ? STR("true") : STR("false");
	return json_is_array(value) ? array_text(q, value) : scalar_text(q, value);
}

static bool member_read(struct question *q, const char *name, json_t *value)
{
	struct str text = member_text(q, value);

	if (!text.p && question_has_member(q, str_of(name)))
		return question_refuse(q, 400, "bad-parameter", NULL, "`%s` takes a text", name);
	return question_member(q, arena_str(q->mem, str_of(name)), text);
}

/* All members but `by`. */
static bool root_read(struct question *q, json_t *root)
{
	const char *name;
	json_t *value;

	json_object_foreach(root, name, value)
		if (strcmp(name, "by") != 0 && !member_read(q, name, value))
			return false;
	return true;
}

/* What else than members stands in a body. */
static void expect_by(struct question *q)
{
	static const char *const also[] = { "by" };

	q->also = also;
	q->n_also = ARRAY_LEN(also);
}

/* The object that the body is; NULL: it is refused. The caller drops it. */
static json_t *body_read(struct question *q, struct str body)
{
	json_error_t at;
	json_t *root;
	char *near;

	expect_by(q);
	root = json_loadb(body.p ? body.p : "", body.n, JSON_REJECT_DUPLICATES, &at);
	if (!root) {
		near = strstr(at.text, " near "); /* what follows is a piece of the body */
		if (near)
			*near = '\0';
		question_refuse(q, 400, "bad-json", NULL, "line %d, column %d: %s", at.line, at.column, at.text);
		return NULL;
	}
	if (json_is_object(root))
		return root;
	json_decref(root);
	question_refuse(q, 400, "bad-json", NULL, "the body is not a JSON object");
	return NULL;
}

/* ---- the usual body: texts, and `by` with texts; less than half of jansson's time ---- */

/* A NUL in it is for jansson to refuse. */
static bool is_plain(struct str text)
{
	return !text.n || !memchr(text.p, '\0', text.n);
}

static bool are_plain_texts(const struct jsontext *object)
{
	for (const struct jsontext *m = object->first; m; m = m->next)
		if (m->kind != JSONTEXT_STRING || !is_plain(m->name) || !is_plain(m->text))
			return false;
	return true;
}

static bool is_usual(const struct jsontext *root)
{
	if (root->kind != JSONTEXT_OBJECT)
		return false;
	for (const struct jsontext *m = root->first; m; m = m->next) {
		bool by = str_eq(m->name, STR("by"));

		if (by ? m->kind != JSONTEXT_OBJECT || !are_plain_texts(m) :
			 m->kind != JSONTEXT_STRING || !is_plain(m->name) || !is_plain(m->text))
			return false;
	}
	return true;
}

static bool usual_read(struct question *q, const struct jsontext *root)
{
	const struct jsontext *by = jsontext_member(root, STR("by"));

	expect_by(q);
	for (const struct jsontext *m = by ? by->first : NULL; m; m = m->next)
		if (!question_key(q, arena_str(q->mem, m->name), arena_str(q->mem, m->text)))
			return false;
	for (const struct jsontext *m = root->first; m; m = m->next)
		if (m != by && !question_member(q, arena_str(q->mem, m->name), arena_str(q->mem, m->text)))
			return false;
	return true;
}

/* What is wrong is told by jansson. */
static const struct jsontext *usual_find(struct question *q, struct str body)
{
	struct jsontext_fault fault;
	const struct jsontext *root = jsontext_read(body, true, q->mem, &fault);

	return root && is_usual(root) ? root : NULL;
}

static bool unusual_read(struct question *q, struct str body)
{
	SCOPED(json_drop) json_t *root = body_read(q, body);
	json_t *by = root ? json_object_get(root, "by") : NULL;

	return root && (!by || keys_read(q, by)) && root_read(q, root);
}

bool question_json(struct question *q, struct str body)
{
	const struct jsontext *usual = usual_find(q, body);

	return usual ? usual_read(q, usual) : unusual_read(q, body);
}

bool question_json_each(struct question *q, struct str body, size_t most,
			void (*take)(void *owner, const struct ask *one), void *owner)
{
	SCOPED(json_drop) json_t *root = body_read(q, body);
	json_t *by = root ? json_object_get(root, "by") : NULL;
	size_t n = json_array_size(by);

	if (!root || !root_read(q, root))
		return false;
	if (n == 0 || n > most)
		return question_refuse(q, 400, "bad-parameter", NULL, "`by` takes an array of 1 to %zu objects of keys",
				       most);
	for (size_t i = 0; i < n; i++) {
		q->ask.n_by = 0;
		if (!keys_read(q, json_array_get(by, i)))
			return false;
		if (q->ask.n_by == 0)
			return question_refuse(q, 400, "no-key", NULL, "object %zu of `by` has no key", i + 1);
		q->ask.nth = (uint32_t)i + 1;
		take(owner, &q->ask);
	}
	return true;
}
