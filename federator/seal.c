#include "federator/service_state.h"

#include <assert.h>

#include <sodium.h>

#include "base/base64.h"
#include "base/nonce.h"

enum {
	NONCE = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES,
	TAG = crypto_aead_xchacha20poly1305_ietf_ABYTES,
	EXPIRY = 8, /* seconds since 1970, big-endian, before the subject */
	SUBJECT_BYTES_MAX = 1024,
	SEALED_BYTES_MAX = NONCE + EXPIRY + SUBJECT_BYTES_MAX + TAG,
};

static_assert(DIGEST_BYTES == crypto_aead_xchacha20poly1305_ietf_KEYBYTES, "the key is a digest");

static const char id_prefix[] = "c.";

static void expiry_put(unsigned char out[EXPIRY], uint64_t seconds)
{
	for (int i = EXPIRY - 1; i >= 0; i--, seconds >>= 8)
		out[i] = (unsigned char)(seconds & 0xff);
}

static uint64_t expiry_get(const unsigned char in[EXPIRY])
{
	uint64_t seconds = 0;

	for (int i = 0; i < EXPIRY; i++)
		seconds = seconds << 8 | in[i];
	return seconds;
}

struct str seal_id(const struct service *svc, struct str tenant, struct str subject, struct arena *mem)
{
	size_t plain_n = EXPIRY + subject.n, sealed_n = NONCE + plain_n + TAG;
	unsigned char *plain = arena_alloc(mem, plain_n), *sealed = arena_alloc(mem, sealed_n);
	char *text = arena_alloc(mem, 2 + base64_length(sealed_n) + 1);

	assert(subject.n <= SUBJECT_BYTES_MAX); /* a normalized key is far shorter */
	expiry_put(plain, (uint64_t)(clock_wall_ms() / 1000) + svc->opt->id_ttl_s);
	memcpy(plain + EXPIRY, subject.n ? subject.p : "", subject.n);
	nonce_draw(sealed, NONCE);
	crypto_aead_xchacha20poly1305_ietf_encrypt(sealed + NONCE, NULL, plain, plain_n,
						   (const unsigned char *)tenant.p, tenant.n, NULL, sealed,
						   svc->seal_key);
	memcpy(text, id_prefix, 2);
	return (struct str){ text, 2 + base64_url((struct str){ (const char *)sealed, sealed_n }, text + 2) };
}

bool unseal_id(const struct service *svc, struct str tenant, struct str id, struct arena *mem,
	       struct str *subject_out)
{
	unsigned char sealed[SEALED_BYTES_MAX], *plain;
	unsigned long long plain_n;
	size_t n;

	if (id.n < 2 || memcmp(id.p, id_prefix, 2) != 0 ||
	    !base64_url_read((struct str){ id.p + 2, id.n - 2 }, sealed, sizeof(sealed), &n) ||
	    n < NONCE + EXPIRY + TAG)
		return false;
	plain = arena_alloc(mem, n - NONCE);
	if (crypto_aead_xchacha20poly1305_ietf_decrypt(plain, &plain_n, NULL, sealed + NONCE, n - NONCE,
						       (const unsigned char *)tenant.p, tenant.n, sealed,
						       svc->seal_key) != 0)
		return false;
	if (expiry_get(plain) < (uint64_t)(clock_wall_ms() / 1000))
		return false;
	*subject_out = arena_str(mem, (struct str){ (const char *)plain + EXPIRY, (size_t)plain_n - EXPIRY });
	return true;
}

/* The key is that of sealed ids: their associated data is a tenant, which holds no NUL. */
static struct str message_about(struct str about, struct arena *mem)
{
	char *text = arena_alloc(mem, about.n + 1);

	memcpy(text + 1, about.n ? about.p : "", about.n);
	return (struct str){ text, about.n + 1 };
}

struct str seal_message(const struct service *svc, struct str about, struct str plain, struct arena *mem)
{
	struct str ad = message_about(about, mem);
	unsigned char *sealed = arena_alloc(mem, NONCE + plain.n + TAG);

	nonce_draw(sealed, NONCE);
	crypto_aead_xchacha20poly1305_ietf_encrypt(sealed + NONCE, NULL,
						   (const unsigned char *)(plain.n ? plain.p : ""), plain.n,
						   (const unsigned char *)ad.p, ad.n, NULL, sealed, svc->seal_key);
	return (struct str){ (const char *)sealed, NONCE + plain.n + TAG };
}

bool unseal_message(const struct service *svc, struct str about, struct str sealed, struct arena *mem,
		    struct str *plain_out)
{
	const unsigned char *bytes = (const unsigned char *)sealed.p;
	struct str ad = message_about(about, mem);
	unsigned long long n;
	unsigned char *plain;

	if (sealed.n < NONCE + TAG)
		return false;
	plain = arena_alloc(mem, sealed.n);
	if (crypto_aead_xchacha20poly1305_ietf_decrypt(plain, &n, NULL, bytes + NONCE, sealed.n - NONCE,
						       (const unsigned char *)ad.p, ad.n, bytes, svc->seal_key) != 0)
		return false;
	*plain_out = (struct str){ (const char *)plain, (size_t)n };
	return true;
}
