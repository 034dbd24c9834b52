#include <assert.h>
#include <stdio.h>

#include "cache/cache.h"

enum {
	TENANT_MOST = 64, /* in the clear */
	SALT_MOST = 64, /* of a BLAKE2b key */
	DEFINITION_BYTES = 8,
	ASKED_BYTES = 16,
};

static_assert(sizeof("fed1:") + TENANT_MOST + 1 + 2 * DEFINITION_BYTES + 1 + 2 * ASKED_BYTES <=
		      sizeof(((struct cache_key *)NULL)->text),
	      "a key fits");

static bool is_plain(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
	       c == '.' || c == '-';
}

/* A tenant's name as it is, or "~" and its hash when it is too long or holds anything a key should not. */
static void tenant_text(struct str tenant, char out[TENANT_MOST + 1])
{
	unsigned char hash[DIGEST_BYTES];
	struct digest d;
	bool plain = tenant.n > 0 && tenant.n <= TENANT_MOST;

	for (size_t i = 0; plain && i < tenant.n; i++)
		plain = is_plain(tenant.p[i]);
	if (plain) {
		memcpy(out, tenant.p, tenant.n);
		out[tenant.n] = '\0';
		return;
	}
	digest_begin(&d, (struct str){ 0 });
	digest_add_str(&d, tenant);
	digest_end(&d, hash);
	out[0] = '~';
	digest_hex(hash, ASKED_BYTES, out + 1);
}

/* A salt of any length as a key of BLAKE2b. */
static void begin_salted(struct digest *d, struct str salt)
{
	unsigned char hash[DIGEST_BYTES];

	if (salt.n <= SALT_MOST) {
		digest_begin(d, salt);
		return;
	}
	digest_begin(d, (struct str){ 0 });
	digest_add_str(d, salt);
	digest_end(d, hash);
	digest_begin(d, (struct str){ (const char *)hash, sizeof(hash) });
	explicit_bzero(hash, sizeof(hash));
}

void cache_key_make(struct cache_key *out, struct str tenant, const unsigned char definition[DIGEST_BYTES],
		    struct str salt, const struct str *asked, size_t n_asked)
{
	char name[TENANT_MOST + 1], part[2 * DEFINITION_BYTES + 1], values[2 * ASKED_BYTES + 1];
	unsigned char hash[DIGEST_BYTES];
	struct digest d;

	begin_salted(&d, salt);
	for (size_t i = 0; i < n_asked; i++)
		digest_add_str(&d, asked[i]);
	digest_end(&d, hash);
	tenant_text(tenant, name);
	digest_hex(definition, DEFINITION_BYTES, part);
	digest_hex(hash, ASKED_BYTES, values);
	*out = (struct cache_key){ 0 };
	snprintf(out->text, sizeof(out->text), "fed1:%s:%s:%s", name, part, values);
}
