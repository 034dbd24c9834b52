#include "cache/name.h"

#include "base/base64.h"
#include "cache/stamp.h"

enum { SALT_MOST = 64 /* of a BLAKE2b key */, HASH_BYTES = 16 };

static bool is_plain(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
	       c == '.' || c == '-';
}

void name_tenant(struct str tenant, char out[TENANT_MOST + 1])
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
	digest_hex(hash, HASH_BYTES, out + 1);
}

void name_hash_begin(struct digest *d, struct str salt)
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

static void make(struct cache_name *out, struct str salt, const struct str *words, size_t n)
{
	unsigned char hash[DIGEST_BYTES];
	struct digest d;

	name_hash_begin(&d, salt);
	for (size_t i = 0; i < n; i++)
		digest_add_str(&d, words[i]);
	digest_end(&d, hash);
	base64_url((struct str){ (const char *)hash, NAME_BYTES }, out->text);
}

void cache_name_make(struct cache_name *out, struct str tenant, struct str salt, struct str key, struct str value)
{
	make(out, salt, (const struct str[]){ STR("value"), tenant, key, value }, 4);
}

void cache_whole_make(struct cache_name *out, enum cache_whole whole, struct str name)
{
	switch (whole) {
	case CACHE_ALL:
		*out = (struct cache_name){ STAMP_ALL };
		return;
	case CACHE_SOURCE:
		make(out, (struct str){ 0 }, (const struct str[]){ STR("source"), name }, 2);
		return;
	case CACHE_PART:
		make(out, (struct str){ 0 }, (const struct str[]){ STR("part"), name }, 2);
		return;
	}
}

bool name_same(const struct cache_name *a, const struct cache_name *b)
{
	return memcmp(a->text, b->text, sizeof(a->text)) == 0;
}
