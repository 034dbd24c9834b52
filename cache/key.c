#include <assert.h>
#include <stdio.h>

#include "cache/name.h"

#define HEAD "fed2:c:{"

/* Every copy pays for its key twice, once in its index. Two customers have the same only when the 144 bits of the tag
 * and of these are the same. */
enum {
	HEAD_CHARS = sizeof(HEAD) - 1,
	DEFINITION_BYTES = 6,
	ASKED_BYTES = 6,
	TAG_AT = 16, /* in the hash of what is asked; behind ASKED_BYTES */
	PIECE_CHARS = 8, /* of six bytes */
};

static_assert(HEAD_CHARS + TENANT_MOST + 1 + NAME_CHARS + 2 + PIECE_CHARS + 1 + PIECE_CHARS + 1 <=
		      sizeof(((struct cache_key *)NULL)->text),
	      "a key fits");

void cache_key_make(struct cache_key *out, const struct cache_asked *asked)
{
	char tenant[TENANT_MOST + 1], part[PIECE_CHARS + 1], values[PIECE_CHARS + 1];
	unsigned char hash[DIGEST_BYTES];
	struct cache_name tag;
	struct digest d;

	name_hash_begin(&d, asked->salt);
	for (size_t i = 0; i < asked->n_values; i++)
		digest_add_str(&d, asked->values[i]);
	digest_end(&d, hash);
	name_tenant(asked->tenant, tenant);
	name_text(asked->definition, DEFINITION_BYTES, part, sizeof(part));
	name_text(hash, ASKED_BYTES, values, sizeof(values));
	if (asked->tag)
		tag = *asked->tag;
	else
		name_text(hash + TAG_AT, NAME_BYTES, tag.text, sizeof(tag.text));
	*out = (struct cache_key){ 0 };
	snprintf(out->text, sizeof(out->text), HEAD "%s:%s}:%s:%s", tenant, tag.text, part, values);
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
