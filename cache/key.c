#include <assert.h>
#include <sodium.h>
#include <stdio.h>

#include "base/base64.h"
#include "cache/name.h"

#define HEAD "fed2:c:{"

enum { HEAD_CHARS = sizeof(HEAD) - 1, PLACE_BYTES = sizeof(uint64_t), PLACE_CHARS = 11 };

static_assert(HEAD_CHARS + TENANT_MOST + 1 + NAME_CHARS + 2 + PLACE_CHARS + 1 <=
		      sizeof(((struct cache_key *)NULL)->text),
	      "a key fits");

/* Of what is asked; with the definition only for the place in a sheaf. */
static void hash_asked(const struct cache_asked *asked, bool with_definition, unsigned char hash[DIGEST_BYTES])
{
	struct digest d;

	name_hash_begin(&d, asked->salt);
	if (with_definition)
		digest_add_str(&d, (struct str){ (const char *)asked->definition, DIGEST_BYTES });
	for (size_t i = 0; i < asked->n_values; i++)
		digest_add_str(&d, asked->values[i]);
	digest_end(&d, hash);
}

void cache_key_make(struct cache_key *out, const struct cache_asked *asked)
{
	char tenant[TENANT_MOST + 1], place[PLACE_CHARS + 2];
	unsigned char hash[DIGEST_BYTES];
	struct cache_name tag;
	char *to = out->text;

	if (asked->tag) {
		tag = *asked->tag;
	} else {
		hash_asked(asked, false, hash);
		base64_url((struct str){ (const char *)hash, NAME_BYTES }, tag.text);
	}
	if (asked->n_values)
		hash_asked(asked, true, hash);
	name_tenant(asked->tenant, tenant);
	base64_url((struct str){ (const char *)(asked->n_values ? hash : asked->definition), PLACE_BYTES }, place);
	*out = (struct cache_key){ 0 };
	to = stpcpy(to, HEAD);
	to = stpcpy(to, tenant);
	to = stpcpy(to, ":");
	to = stpcpy(to, tag.text);
	to = stpcpy(to, "}:");
	stpcpy(to, place);
}

struct str name_key_tenant(const struct cache_key *key)
{
	const char *tenant = key->text + HEAD_CHARS, *end;

	if (strncmp(key->text, HEAD, HEAD_CHARS) != 0)
		return STR("");
	end = strchr(tenant, ':');
	return end ? (struct str){ tenant, (size_t)(end - tenant) } : STR("");
}

struct str name_key_sheaf(const struct cache_key *key)
{
	const char *end = strchr(key->text, '}');

	return (struct str){ key->text, end ? (size_t)(end + 1 - key->text) : strlen(key->text) };
}

struct str name_key_tag(const struct cache_key *key)
{
	struct str sheaf = name_key_sheaf(key);

	assert(sheaf.n > HEAD_CHARS + NAME_CHARS + 1);
	return (struct str){ sheaf.p + sheaf.n - 1 - NAME_CHARS, NAME_CHARS };
}

uint64_t name_key_place(const struct cache_key *key)
{
	struct str sheaf = name_key_sheaf(key);
	uint64_t place = 0;
	size_t n = 0;

	if (sodium_base642bin((unsigned char *)&place, sizeof(place), sheaf.p + sheaf.n + 1, PLACE_CHARS, NULL, &n,
			      NULL, sodium_base64_VARIANT_URLSAFE_NO_PADDING) != 0 ||
	    n != sizeof(place))
		return 0;
	return place;
}

void name_bytes(struct str text, unsigned char out[NAME_BYTES])
{
	size_t n = 0;

	memset(out, 0, NAME_BYTES);
	if (sodium_base642bin(out, NAME_BYTES, text.p, text.n, NULL, &n, NULL,
			      sodium_base64_VARIANT_URLSAFE_NO_PADDING) != 0)
		memset(out, 0, NAME_BYTES);
}
