/* keys.c - the key file: who may speak to the service. */
#include <stdio.h>

#include <sodium.h>

#include "base/civil.h"
#include "base/clock.h"
#include "federator/access/keystore.h"
#include "federator/cli/commands.h"

static int64_t now_s(void)
{
	return clock_wall_ms() / 1000;
}

static int fail(struct keystore *store, const struct err *err)
{
	keystore_close(store);
	return message_err(err);
}

/* ---- add ---- */

static bool name_take(const struct args *args, const char *flag, const char *fallback, struct str *out)
{
	const char *given = args_flag(args, flag);

	*out = str_of(given ? given : fallback);
	if (out->p && caller_is_name(*out))
		return true;
	if (out->p)
		message_error("--%s takes 1 to 64 bytes without blanks, quotation marks and backslashes", flag);
	else
		message_error("keys add takes --%s", flag);
	return false;
}

static bool scopes_take(const struct args *args, unsigned *out)
{
	const char *given = args_flag(args, "scopes");
	struct str rest = str_of(given ? given : "view");

	while (rest.n) {
		const char *comma = memchr(rest.p, ',', rest.n);
		struct str word = { rest.p, comma ? (size_t)(comma - rest.p) : rest.n };

		if (!may_of(word)) {
			SCOPED(buf_free) struct buf all = { 0 };

			may_put(MAY_ALL, ", ", &all);
			message_error("there is no scope '%.*s'; they are %s", STR_ARG(word), all.data);
			return false;
		}
		*out |= may_of(word);
		rest = (struct str){ word.p + word.n + (comma != NULL), rest.n - word.n - (comma != NULL) };
	}
	return true;
}

static bool expiry_take(const struct args *args, int64_t created_s, int64_t *out)
{
	const char *given = args_flag(args, "expires");
	uint64_t s = 0;

	if (!given)
		return true;
	if (!options_seconds(str_of(given), &s) || s == 0 || s > 3650 * (uint64_t)CIVIL_DAY_S) {
		message_error("--expires takes a time up to 3650d, such as 90d or 12h");
		return false;
	}
	*out = created_s + (int64_t)s;
	return true;
}

static bool key_take(const struct args *args, const struct options *opt, struct api_key *out)
{
	const char *certificate = args_flag(args, "certificate");

	out->created_s = now_s();
	return name_take(args, "client", NULL, &out->client) && name_take(args, "role", NULL, &out->role) &&
	       name_take(args, "tenant", opt->tenant, &out->tenant) && scopes_take(args, &out->may) &&
	       expiry_take(args, out->created_s, &out->expires_s) &&
	       (!certificate || name_take(args, "certificate", NULL, &out->certificate));
}

/* The key itself is the data, so that a script can take it; all else is a message. */
static int key_show(const struct api_key *key, const char *text)
{
	SCOPED(buf_free) struct buf out = { 0 };
	int code;

	if (key->certificate.p) {
		buf_printf(&out, "%.*s\n", STR_ARG(key->id));
		return message_data(&out);
	}
	buf_printf(&out, "%s\n", text);
	code = message_data(&out);
	sodium_memzero(out.data, out.len);
	fprintf(stderr, "federator: this is the only time that the key is shown; send it as "
			"`Authorization: Bearer KEY` or `X-API-Key: KEY`\n");
	return code;
}

static int add(const struct args *args, const struct options *opt)
{
	char text[KEY_CHARS + 1];
	struct keystore store;
	struct api_key key = { 0 }, *place;
	struct err err;
	int code;

	if (!key_take(args, opt, &key))
		return EXIT_USAGE;
	api_key_draw(text, key.hash);
	key.id = arena_str(args->mem, (struct str){ text, KEY_ID_CHARS });
	if (!keystore_open(opt->keys, true, args->mem, &store, &err))
		return message_err(&err);
	place = keystore_add(&store, &err);
	if (place)
		*place = key;
	if (!place || !keystore_write(&store, &err))
		return fail(&store, &err);
	keystore_close(&store);
	code = key_show(&key, text);
	sodium_memzero(text, sizeof(text));
	return code;
}

/* ---- list ---- */

static const char *state_of(const struct api_key *key)
{
	return key->revoked_s ? "revoked" : api_key_is_valid(key, now_s()) ? "valid" : "expired";
}

static void line_put(const struct api_key *key, struct buf *out)
{
	char when[CIVIL_UTC_BYTES] = "never";

	if (key->expires_s)
		civil_write_utc(key->expires_s, when);
	buf_printf(out, "%.*s  %-7s  %-20s  %-20.*s  %-12.*s  %-12.*s  ", STR_ARG(key->id), state_of(key), when,
		   STR_ARG(key->client), STR_ARG(key->tenant), STR_ARG(key->role));
	may_put(key->may, ",", out);
	if (key->certificate.p)
		buf_printf(out, "  certificate %.*s", STR_ARG(key->certificate));
	buf_putc(out, '\n');
}

static void time_put(const char *name, int64_t s, struct buf *out)
{
	char when[CIVIL_UTC_BYTES];

	if (!s)
		return;
	civil_write_utc(s, when);
	buf_printf(out, ",\"%s\":\"%s\"", name, when);
}

/* Names hold nothing to escape. */
static void json_put(const struct api_key *key, struct buf *out)
{
	buf_printf(out, "{\"id\":\"%.*s\",\"state\":\"%s\",\"client\":\"%.*s\",\"tenant\":\"%.*s\",\"role\":\"%.*s\","
			"\"scopes\":[",
		   STR_ARG(key->id), state_of(key), STR_ARG(key->client), STR_ARG(key->tenant), STR_ARG(key->role));
	if (key->may) {
		buf_putc(out, '"');
		may_put(key->may, "\",\"", out);
		buf_putc(out, '"');
	}
	buf_putc(out, ']');
	if (key->certificate.p)
		buf_printf(out, ",\"certificate\":\"%.*s\"", STR_ARG(key->certificate));
	time_put("created", key->created_s, out);
	time_put("expires", key->expires_s, out);
	time_put("revoked", key->revoked_s, out);
	buf_putc(out, '}');
}

static int list(const struct args *args, const struct options *opt)
{
	bool json = args_flag(args, "json");
	SCOPED(buf_free) struct buf out = { 0 };
	struct keystore store;
	struct err err;

	if (!keystore_open(opt->keys, false, args->mem, &store, &err))
		return message_err(&err);
	keystore_close(&store);
	buf_puts(&out, json ? "[" : "");
	for (size_t i = 0; i < store.file.n; i++) {
		if (json)
			buf_puts(&out, i ? ",\n" : "");
		(json ? json_put : line_put)(&store.file.of[i], &out);
	}
	buf_puts(&out, json ? "]\n" : "");
	return message_data(&out);
}

/* ---- revoke ---- */

/* It stays in the file, so that whose it was can be told later. */
static int revoke(const struct args *args, const struct options *opt)
{
	struct keystore store;
	struct api_key *key;
	struct err err;

	if (!keystore_open(opt->keys, false, args->mem, &store, &err))
		return message_err(&err);
	key = map_get(store.file.by_id, str_of(args->operands[1]));
	if (!key || key->revoked_s) {
		keystore_close(&store);
		message_error(key ? "the key is revoked already" : "no key has this id; see: federator keys list");
		return EXIT_USAGE;
	}
	key->revoked_s = now_s();
	if (!keystore_write(&store, &err))
		return fail(&store, &err);
	keystore_close(&store);
	return EXIT_OK;
}

/* ---- the command ---- */

static bool flags_fit(const struct args *args, const char *what)
{
	for (size_t i = 0; i < args->n_flags; i++) {
		const char *name = args->flags[i].flag->name;

		if ((strcmp(name, "json") == 0) == (strcmp(what, "list") == 0) && strcmp(what, "revoke") != 0)
			continue;
		message_error("keys %s takes no --%s", what, name);
		return false;
	}
	return true;
}

int command_keys(struct args *args)
{
	const char *what = args->n_operands ? args->operands[0] : "";
	struct options opt;
	struct err err;

	if (!options_read(&opt, args->config, args->argc, args->argv, args->mem, &err))
		return message_err(&err);
	if (args->n_operands != (strcmp(what, "revoke") == 0 ? 2u : 1u) ||
	    (strcmp(what, "add") && strcmp(what, "list") && strcmp(what, "revoke"))) {
		message_error("keys takes add, list or revoke ID; see: federator keys --help");
		return EXIT_USAGE;
	}
	if (!*opt.keys) {
		message_error("--keys FILE names the file, here and for serve");
		return EXIT_USAGE;
	}
	if (!flags_fit(args, what))
		return EXIT_USAGE;
	return *what == 'a' ? add(args, &opt) : *what == 'l' ? list(args, &opt) : revoke(args, &opt);
}
