/* api_key.c - single keys. */
#include <assert.h>

#include <sodium.h>

#include "base/base64.h"
#include "federator/access/keyfile.h"

bool api_key_is_valid(const struct api_key *key, int64_t now_s)
{
	return !key->revoked_s && (!key->expires_s || now_s < key->expires_s);
}

/* The secret is random, 256 bits of it: a fast hash keeps it as well as a slow one would. */
static void hash_of(struct str secret, unsigned char out[DIGEST_BYTES])
{
	struct digest d;

	digest_begin(&d, STR("federator API key"));
	digest_add_str(&d, secret);
	digest_end(&d, out);
}

static_assert(KEY_SECRET_CHARS == (KEY_SECRET_BYTES * 8 + 5) / 6, "without padding");

void api_key_draw(char text[KEY_CHARS + 1], unsigned char hash[DIGEST_BYTES])
{
	unsigned char id[KEY_ID_CHARS / 2], secret[KEY_SECRET_BYTES];
	char *at = text + KEY_ID_CHARS + 1;

	randombytes_buf(id, sizeof(id));
	randombytes_buf(secret, sizeof(secret));
	digest_hex(id, sizeof(id), text);
	text[KEY_ID_CHARS] = '.';
	sodium_bin2base64(at, KEY_SECRET_CHARS + 1, secret, sizeof(secret), sodium_base64_VARIANT_URLSAFE_NO_PADDING);
	hash_of((struct str){ at, KEY_SECRET_CHARS }, hash);
	sodium_memzero(secret, sizeof(secret));
}

const struct api_key *api_key_find(const struct keyfile *file, struct str text)
{
	static const struct api_key nobody = { 0 };
	const struct api_key *key = NULL, *compared;
	unsigned char hash[DIGEST_BYTES];
	bool same;

	if (text.n != KEY_CHARS || text.p[KEY_ID_CHARS] != '.')
		return NULL;
	key = map_get(file->by_id, (struct str){ text.p, KEY_ID_CHARS });
	compared = key && !key->certificate.p ? key : &nobody;
	hash_of((struct str){ text.p + KEY_ID_CHARS + 1, KEY_SECRET_CHARS }, hash);
	same = sodium_memcmp(hash, compared->hash, DIGEST_BYTES) == 0;
	return same && compared != &nobody ? key : NULL;
}
