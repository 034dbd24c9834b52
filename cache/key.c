#include <assert.h>
#include <stdio.h>

#include "cache/name.h"

#define HEAD "fed2:c:{"

enum { HEAD_CHARS = sizeof(HEAD) - 1, DEFINITION_BYTES = 6, DEFINITION_CHARS = 8 };

static_assert(HEAD_CHARS + TENANT_MOST + 1 + NAME_CHARS + 2 + DEFINITION_CHARS + 1 <=
		      sizeof(((struct cache_key *)NULL)->text),
	      "a key fits");

static void make_tag(const struct cache_asked *asked, struct cache_name *out)
{
	unsigned char hash[DIGEST_BYTES];
	struct digest d;

	name_hash_begin(&d, asked->salt);
	for (size_t i = 0; i < asked->n_values; i++)
		digest_add_str(&d, asked->values[i]);
	digest_end(&d, hash);
	name_text(hash, NAME_BYTES, out->text, sizeof(out->text));
}

/* Every copy pays for its key twice, once in its index: the tag alone says what is asked. */
void cache_key_make(struct cache_key *out, const struct cache_asked *asked)
{
	char tenant[TENANT_MOST + 1], part[DEFINITION_CHARS + 1];
	struct cache_name tag;
	char *to = out->text;

	if (asked->tag)
		tag = *asked->tag;
	else
		make_tag(asked, &tag);
	name_tenant(asked->tenant, tenant);
	name_text(asked->definition, DEFINITION_BYTES, part, sizeof(part));
	*out = (struct cache_key){ 0 };
	to = stpcpy(to, HEAD);
	to = stpcpy(to, tenant);
	to = stpcpy(to, ":");
	to = stpcpy(to, tag.text);
	to = stpcpy(to, "}:");
	stpcpy(to, part);
}

struct str name_key_tenant(const struct cache_key *key)
{
	const char *tenant = key->text + HEAD_CHARS, *end;

	if (strncmp(key->text, HEAD, HEAD_CHARS) != 0)
		return STR("");
	end = strchr(tenant, ':');
	return end ? (struct str){ tenant, (size_t)(end - tenant) } : STR("");
}

struct str name_key_rest(const struct cache_key *key)
{
	struct str tenant = name_key_tenant(key);

	return tenant.n ? str_of(tenant.p + tenant.n + 1) : STR("");
}
