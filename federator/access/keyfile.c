#include "federator/access/keyfile.h"

#include "base/base64.h"
#include "base/civil.h"
#include "base/jsontext.h"

/* What is being read. */
struct reading {
	struct str text;
	const char *where;
	struct arena *mem;
	struct keyfile file;
	struct err *err;
};

static bool refuse(const struct reading *r, size_t at, const char *what)
{
	size_t line = 1;

	for (size_t i = 0; i < at && i < r->text.n; i++)
		line += r->text.p[i] == '\n';
	return err_set(r->err, ERR_CONFIG, r->where, "line %zu: %s", line, what);
}

/* ---- members of a key ---- */

static const char *read_name(const struct jsontext *value, struct str *out)
{
	if (value->kind != JSONTEXT_STRING || !caller_is_name(value->text))
		return "a name is 1 to 64 bytes of text without blanks, quotation marks and backslashes";
	*out = value->text;
	return NULL;
}

static const char *read_id(const struct jsontext *value, struct str *out)
{
	static const char digits[] = "0123456789abcdef";

	if (value->kind != JSONTEXT_STRING || value->text.n != KEY_ID_CHARS)
		return "an id is 12 hexadecimal digits";
	for (size_t i = 0; i < value->text.n; i++)
		if (!value->text.p[i] || !strchr(digits, value->text.p[i]))
			return "an id is 12 hexadecimal digits";
	*out = value->text;
	return NULL;
}

static const char *read_time(const struct jsontext *value, int64_t *out)
{
	struct civil when;

	if (value->kind != JSONTEXT_STRING || !civil_parse(value->text, &when) || !when.has_time || !when.has_offset ||
	    when.us < CIVIL_SECOND_US)
		return "a time looks like \"2026-11-22T09:38:51Z\"";
	*out = when.us / CIVIL_SECOND_US;
	return NULL;
}

static const char *read_scopes(const struct jsontext *value, unsigned *out)
{
	if (value->kind != JSONTEXT_ARRAY)
		return "scopes are a list of words";
	for (const struct jsontext *item = value->first; item; item = item->next) {
		unsigned may = item->kind == JSONTEXT_STRING ? may_of(item->text) : 0;

		if (!may)
			return "there is no such scope; they are view, routing, pops, warm, web, mappings, purge, "
			       "erase, export and unmask";
		*out |= may;
	}
	return NULL;
}

static const char *read_hash(const struct jsontext *value, unsigned char out[DIGEST_BYTES])
{
	size_t n;

	if (value->kind == JSONTEXT_STRING && base64_url_read(value->text, out, DIGEST_BYTES, &n) && n == DIGEST_BYTES)
		return NULL;
	return "a hash is 32 bytes in base64url";
}

enum member { ID, CLIENT, TENANT, ROLE, SCOPES, HASH, CERTIFICATE, CREATED, EXPIRES, REVOKED, MEMBERS };

static const char *const member_names[MEMBERS] = {
	"id", "client", "tenant", "role", "scopes", "hash", "certificate", "created", "expires", "revoked",
};
enum { NEEDED = 1 << ID | 1 << CLIENT | 1 << TENANT | 1 << ROLE | 1 << SCOPES | 1 << CREATED };

/* NULL, or what is wrong. */
static const char *read_member(enum member which, const struct jsontext *value, struct api_key *key)
{
	switch (which) {
	case ID:
		return read_id(value, &key->id);
	case CLIENT:
		return read_name(value, &key->client);
	case TENANT:
		return read_name(value, &key->tenant);
	case ROLE:
		return read_name(value, &key->role);
	case SCOPES:
		return read_scopes(value, &key->may);
	case HASH:
		return read_hash(value, key->hash);
	case CERTIFICATE:
		return read_name(value, &key->certificate);
	case CREATED:
		return read_time(value, &key->created_s);
	case EXPIRES:
		return read_time(value, &key->expires_s);
	case REVOKED:
		return read_time(value, &key->revoked_s);
	case MEMBERS:
		break;
	}
	return "a key has no such member";
}

/* ---- keys ---- */

static const char *add_key(struct reading *r, const struct api_key *from)
{
	struct api_key *key = &r->file.of[r->file.n];

	*key = *from;
	if (map_set(r->file.by_id, key->id, key))
		return "the id of this key is that of another one";
	if (key->certificate.p && !key->revoked_s && map_set(r->file.by_certificate, key->certificate, key))
		return "the certificate of this key is that of another one in force; revoke one of them";
	r->file.n++;
	return NULL;
}

static bool read_key(struct reading *r, const struct jsontext *object)
{
	struct api_key key = { 0 };
	unsigned seen = 0;
	const char *wrong;

	if (object->kind != JSONTEXT_OBJECT)
		return refuse(r, object->at, "a key is an object");
	for (const struct jsontext *value = object->first; value; value = value->next) {
		enum member which = 0;

		while (which < MEMBERS && !str_eq(value->name, str_of(member_names[which])))
			which++;
		wrong = read_member(which, value, &key);
		if (wrong)
			return refuse(r, value->at, wrong);
		seen |= 1u << which;
	}
	if ((seen & NEEDED) != NEEDED)
		return refuse(r, object->at, "a key has id, client, tenant, role, scopes and created");
	if (!(seen & 1 << HASH) == !(seen & 1 << CERTIFICATE))
		return refuse(r, object->at, "a key has either hash or certificate");
	wrong = add_key(r, &key);
	return !wrong || refuse(r, object->at, wrong);
}

static bool read_root(struct reading *r, const struct jsontext *root)
{
	const struct jsontext *version = jsontext_member(root, STR("version"));
	const struct jsontext *keys = jsontext_member(root, STR("keys"));

	if (root->kind != JSONTEXT_OBJECT || root->n_items != 2 || !version || !keys ||
	    version->kind != JSONTEXT_NUMBER || !str_eq(version->text, STR("1")) || keys->kind != JSONTEXT_ARRAY)
		return refuse(r, root->at, "expected {\"version\": 1, \"keys\": [...]} and nothing else");
	if (keys->n_items > KEYFILE_KEYS_MOST)
		return refuse(r, keys->at, "there are more than 10000 keys");
	r->file.of = arena_array_of(r->mem, struct api_key, keys->n_items + 1);
	for (const struct jsontext *key = keys->first; key; key = key->next)
		if (!read_key(r, key))
			return false;
	return true;
}

bool keyfile_parse(struct str text, const char *where, struct arena *mem, struct keyfile *out, struct err *err)
{
	struct reading r = { .text = text, .where = where, .mem = mem, .err = err };
	struct jsontext_fault fault = { 0 };
	const struct jsontext *root = jsontext_read(text, true, mem, &fault);

	if (!root)
		return refuse(&r, fault.at, "this is not JSON in which each member stands once");
	r.file.by_id = map_new(mem);
	r.file.by_certificate = map_new(mem);
	if (!read_root(&r, root))
		return false;
	*out = r.file;
	return true;
}

/* ---- writing ---- */

static void text_print(const char *name, struct str text, struct buf *out)
{
	buf_printf(out, ",\n     \"%s\": \"%.*s\"", name, STR_ARG(text)); /* names hold nothing to escape */
}

static void time_print(const char *name, int64_t s, struct buf *out)
{
	char text[CIVIL_UTC_BYTES];

	if (!s)
		return;
	civil_write_utc(s, text);
	text_print(name, str_of(text), out);
}

static void key_print(const struct api_key *key, struct buf *out)
{
	char hash[64];

	buf_printf(out, "    {\"id\": \"%.*s\"", STR_ARG(key->id));
	text_print("client", key->client, out);
	text_print("tenant", key->tenant, out);
	text_print("role", key->role, out);
	buf_puts(out, ",\n     \"scopes\": [");
	if (key->may) {
		buf_putc(out, '"');
		may_put(key->may, "\", \"", out);
		buf_putc(out, '"');
	}
	buf_putc(out, ']');
	if (key->certificate.p) {
		text_print("certificate", key->certificate, out);
	} else {
		base64_url((struct str){ (const char *)key->hash, DIGEST_BYTES }, hash);
		text_print("hash", str_of(hash), out);
	}
	time_print("created", key->created_s, out);
	time_print("expires", key->expires_s, out);
	time_print("revoked", key->revoked_s, out);
	buf_putc(out, '}');
}

void keyfile_print(const struct keyfile *file, struct buf *out)
{
	buf_puts(out, "{\n  \"version\": 1,\n  \"keys\": [\n");
	for (size_t i = 0; i < file->n; i++) {
		key_print(&file->of[i], out);
		buf_puts(out, i + 1 < file->n ? ",\n" : "\n");
	}
	buf_puts(out, "  ]\n}\n");
}
