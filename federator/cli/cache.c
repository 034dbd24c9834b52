/* cache.c - what the running service keeps, and telling it that copies are void. */
#include <stdio.h>
#include <stdlib.h>

#include <jansson.h>

#include "federator/cli/commands.h"
#include "federator/cli/remote.h"

static void json_drop(json_t **value)
{
	json_decref(*value);
}

static void text_drop(char **text)
{
	free(*text);
}

static int json_print(const json_t *value)
{
	SCOPED(text_drop) char *text = json_dumps(value, JSON_INDENT(2));
	SCOPED(buf_free) struct buf out = { 0 };

	buf_printf(&out, "%s\n", text ? text : "");
	return message_data(&out);
}

/* ---- purge ---- */

static bool by_put(json_t *root, const char *text, struct arena *mem)
{
	const char *equals = strchr(text, '=');
	json_t *by = json_object_get(root, "by");
	const char *key;

	if (!equals) {
		message_error("--by takes KEY=VALUE, such as member=M-001");
		return false;
	}
	if (!by) {
		by = json_object();
		json_object_set_new(root, "by", by);
	}
	key = arena_cstr(mem, (struct str){ text, (size_t)(equals - text) });
	if (!json_object_get(by, key) && json_object_set_new(by, key, json_string(equals + 1)) == 0)
		return true;
	message_error("--by: a key is given twice, or is not UTF-8");
	return false;
}

static bool flag_put(json_t *root, const char *name, const char *value, struct arena *mem)
{
	if (strcmp(name, "json") == 0)
		return true;
	if (strcmp(name, "by") == 0)
		return by_put(root, value, mem);
	if (!json_object_get(root, name) &&
	    json_object_set_new(root, name, strcmp(name, "all") == 0 ? json_true() : json_string(value)) == 0)
		return true;
	message_error("--%s is given twice, or its value is not UTF-8", name);
	return false;
}

static int outcome_print(const struct args *args, json_t *root)
{
	const json_t *dropped = json_object_get(root, "dropped");
	const char *at = json_string_value(json_object_get(root, "committed_at"));
	SCOPED(buf_free) struct buf out = { 0 };

	if (args_flag(args, "json"))
		return json_print(root);
	if (json_is_integer(dropped))
		buf_printf(&out, "%" JSON_INTEGER_FORMAT " copies dropped at %s\n", json_integer_value(dropped), at);
	else
		buf_printf(&out, "all copies from before %s are void\n", at);
	return message_data(&out);
}

static int purged(const struct args *args, const char *body)
{
	SCOPED(json_drop) json_t *root = json_loads(body, 0, NULL);
	int code;

	if (!json_is_string(json_object_get(root, "committed_at"))) {
		message_error("the answer of the service cannot be read");
		return EXIT_INTERNAL;
	}
	code = outcome_print(args, root);
	if (code != EXIT_OK || !json_is_false(json_object_get(root, "resolved")))
		return code;
	message_error("not every source said whom the key names now: copies of them may have stayed; purge again, or "
		      "by the customer");
	return EXIT_UNREACHABLE;
}

static int purge(const struct args *args)
{
	SCOPED(json_drop) json_t *root = json_object();
	SCOPED(remote_free) struct remote_answer answer = { 0 };
	SCOPED(text_drop) char *body = NULL;
	int code;

	for (size_t i = 0; i < args->n_flags; i++)
		if (!flag_put(root, args->flags[i].flag->name, args->flags[i].value, args->mem))
			return EXIT_USAGE;
	if (json_object_size(root) != 1) {
		message_error("cache purge takes one of --customer ID, --by KEY=VALUE, --source NAME, --part NAME and "
			      "--all");
		return EXIT_USAGE;
	}
	body = json_dumps(root, 0);
	code = remote_ask(args,
			  &(const struct remote_request){ .line = "POST /v1/cache/purge",
							  .accept = "application/json",
							  .by_tenant = true,
							  .body = str_of(body) },
			  &answer);
	if (code != EXIT_OK)
		return code;
	if (answer.status != 200)
		return message_problem(answer.status, str_of(answer.body));
	return purged(args, answer.body);
}

/* Of one customer only: whoever erases a person must not void everything by a slip. */
static int forget(const struct args *args)
{
	static const char *const others[] = { "source", "part", "all" };
	bool one = args_flag(args, "customer") || args_flag(args, "by");

	for (size_t i = 0; i < ARRAY_LEN(others); i++)
		one = one && !args_flag(args, others[i]);
	if (one)
		return purge(args);
	message_error("cache forget takes --customer ID or --by KEY=VALUE, and nothing else");
	return EXIT_USAGE;
}

/* ---- status ---- */

/* Members of members stand behind their names. */
static void state_put(json_t *state, const char *prefix, struct buf *out)
{
	const char *name;
	json_t *value;

	json_object_foreach(state, name, value)
	{
		char label[64];

		snprintf(label, sizeof(label), "%s%s", prefix, name);
		if (json_is_object(value)) {
			snprintf(label, sizeof(label), "%s ", name);
			state_put(value, label, out);
			continue;
		}
		buf_printf(out, "%-14s ", label);
		if (json_is_integer(value))
			buf_printf(out, "%" JSON_INTEGER_FORMAT "\n", json_integer_value(value));
		else if (json_is_string(value))
			buf_printf(out, "%s\n", json_string_value(value));
		else
			buf_puts(out, json_is_true(value) ? "yes\n" : "no\n");
	}
}

/* What is kept of one service; NULL: it says nothing of it. */
static json_t *state_of(json_t *service)
{
	static const char *const beside[] = { "near", "book" };
	json_t *state = json_object_get(service, "cache");

	for (size_t i = 0; state && i < ARRAY_LEN(beside); i++)
		if (json_object_get(service, beside[i]))
			json_object_set(state, beside[i], json_object_get(service, beside[i]));
	return state;
}

static int state_print(const struct args *args, json_t *state)
{
	SCOPED(buf_free) struct buf out = { 0 };

	if (args_flag(args, "json"))
		return json_print(state);
	state_put(state, "", &out);
	return message_data(&out);
}

/* Of several tenants: as JSON an object of them. */
static int states_print(const struct args *args, json_t *tenants)
{
	SCOPED(json_drop) json_t *states = json_object();
	SCOPED(buf_free) struct buf out = { 0 };
	json_t *tenant;
	size_t i;

	json_array_foreach(tenants, i, tenant)
	{
		const char *name = json_string_value(json_object_get(tenant, "name"));

		buf_printf(&out, "%s%-14s %s\n", i ? "\n" : "", "tenant", name ? name : "");
		state_put(state_of(tenant), "", &out);
		json_object_set(states, name ? name : "", state_of(tenant));
	}
	return args_flag(args, "json") ? json_print(states) : message_data(&out);
}

static int status(const struct args *args)
{
	SCOPED(remote_free) struct remote_answer answer = { 0 };
	SCOPED(json_drop) json_t *root = NULL;
	json_t *state;
	int code;

	for (size_t i = 0; i < args->n_flags; i++)
		if (strcmp(args->flags[i].flag->name, "json") != 0) {
			message_error("cache status takes no --%s", args->flags[i].flag->name);
			return EXIT_USAGE;
		}
	code = remote_ask(args,
			  &(const struct remote_request){ .line = "GET /readyz?verbose", .accept = "application/json" },
			  &answer);
	if (code != EXIT_OK)
		return code;
	root = json_loads(answer.body, 0, NULL);
	if (json_is_array(json_object_get(root, "tenants")))
		return states_print(args, json_object_get(root, "tenants"));
	state = state_of(root);
	if (state)
		return state_print(args, state);
	message_error("the service answered with status %d", answer.status);
	return EXIT_INTERNAL;
}

int command_cache(struct args *args)
{
	const char *what = args->n_operands == 1 ? args->operands[0] : "";

	if (strcmp(what, "purge") == 0)
		return purge(args);
	if (strcmp(what, "forget") == 0)
		return forget(args);
	if (strcmp(what, "status") == 0)
		return status(args);
	message_error("cache takes purge, forget or status; see: federator cache --help");
	return EXIT_USAGE;
}
