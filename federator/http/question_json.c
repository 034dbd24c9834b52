#include "federator/http/question.h"

#include <jansson.h>

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
	struct str all = STR("");

	for (size_t i = 0; i < json_array_size(array); i++) {
		struct str one = scalar_text(q, json_array_get(array, i));

		if (!one.p)
			return one;
		all = arena_printf(q->mem, "%.*s%s%.*s", STR_ARG(all), i ? "," : "", STR_ARG(one));
	}
	return all;
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

static bool root_read(struct question *q, json_t *root)
{
	const char *name;
	json_t *value;

	json_object_foreach(root, name, value)
	{
		struct str text;

		if (strcmp(name, "by") == 0) {
			if (!keys_read(q, value))
				return false;
			continue;
		}
		text = json_is_array(value) ? array_text(q, value) : scalar_text(q, value);
		if (!text.p && question_has_member(q, str_of(name)))
			return question_refuse(q, 400, "bad-parameter", NULL, "`%s` takes a text", name);
		if (!question_member(q, arena_str(q->mem, str_of(name)), text))
			return false;
	}
	return true;
}

bool question_json(struct question *q, struct str body)
{
	static const char *const also[] = { "by" };
	SCOPED(json_drop) json_t *root = NULL;
	json_error_t at;
	char *near;

	q->also = also;
	q->n_also = ARRAY_LEN(also);
	root = json_loadb(body.p ? body.p : "", body.n, JSON_REJECT_DUPLICATES, &at);
	if (!root) {
		near = strstr(at.text, " near "); /* what follows is a piece of the body */
		if (near)
			*near = '\0';
		return question_refuse(q, 400, "bad-json", NULL, "line %d, column %d: %s", at.line, at.column,
				       at.text);
	}
	if (!json_is_object(root))
		return question_refuse(q, 400, "bad-json", NULL, "the body is not a JSON object");
	return root_read(q, root);
}
