#include "base/digest.h"

#include <assert.h>
#include <sodium.h>
#include <stdlib.h>

static_assert(sizeof(crypto_generichash_state) <= sizeof(((struct digest *)NULL)->state),
	      "libsodium's state fits");
static_assert(_Alignof(crypto_generichash_state) <= _Alignof(struct digest), "and is aligned");

static unsigned char sip_key[crypto_shorthash_siphash24_KEYBYTES]; /* written by digest_init() only */

static crypto_generichash_state *state_of(struct digest *d)
{
	return (crypto_generichash_state *)(void *)d->state;
}

bool digest_init(struct err *err)
{
	if (sodium_init() < 0)
		return err_set(err, ERR_SYSTEM, "libsodium", "cannot initialise: no source of randomness");
	randombytes_buf(sip_key, sizeof(sip_key));
	return true;
}

void digest_begin(struct digest *d, struct str key)
{
	assert(key.n <= crypto_generichash_KEYBYTES_MAX);
	if (crypto_generichash_init(state_of(d), (const unsigned char *)key.p, key.n, DIGEST_BYTES) != 0)
		abort();
}

void digest_add(struct digest *d, const void *bytes, size_t n)
{
	crypto_generichash_update(state_of(d), bytes, n);
}

void digest_add_str(struct digest *d, struct str s)
{
	unsigned char head[9];

	head[0] = s.p != NULL;
	for (unsigned i = 0; i < 8; i++)
		head[1 + i] = (unsigned char)((uint64_t)s.n >> (8 * i));
	digest_add(d, head, sizeof(head));
	digest_add(d, s.p, s.n);
}

void digest_end(struct digest *d, unsigned char out[DIGEST_BYTES])
{
	crypto_generichash_final(state_of(d), out, DIGEST_BYTES);
	sodium_memzero(d, sizeof(*d));
}

void digest_hex(const unsigned char *bytes, size_t n, char *out)
{
	sodium_bin2hex(out, 2 * n + 1, bytes, n);
}

static_assert(DIGEST_SIP_KEY_BYTES == sizeof(sip_key), "all keys are alike");

uint64_t digest_sip_keyed(struct str s, const unsigned char key[DIGEST_SIP_KEY_BYTES])
{
	unsigned char out[crypto_shorthash_siphash24_BYTES];
	uint64_t hash;

	crypto_shorthash_siphash24(out, (const unsigned char *)s.p, s.n, key);
	memcpy(&hash, out, sizeof(hash));
	return hash;
}

uint64_t digest_sip(struct str s)
{
	return digest_sip_keyed(s, sip_key);
}

static_assert(DIGEST_SIP128_BYTES == crypto_shorthash_siphashx24_BYTES, "SipHash with twice the bits");
static_assert(sizeof(sip_key) == crypto_shorthash_siphashx24_KEYBYTES, "takes the same key");

void digest_sip128(struct str s, unsigned char out[DIGEST_SIP128_BYTES])
{
	crypto_shorthash_siphashx24(out, (const unsigned char *)s.p, s.n, sip_key);
}
