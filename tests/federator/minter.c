#include "tests/federator/minter.h"

#include <gnutls/crypto.h>
#include <stdlib.h>

#include "base/base64.h"

static void check(int code)
{
	if (code < 0)
		abort();
}

void minter_begin(struct minter *m)
{
	static const struct {
		gnutls_pk_algorithm_t pk;
		unsigned bits;
	} kinds[MINT_KINDS] = {
		[MINT_ES256] = { GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1) },
		[MINT_RS256] = { GNUTLS_PK_RSA, 2048 },
		[MINT_EDDSA] = { GNUTLS_PK_EDDSA_ED25519, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_ED25519) },
	};

	m->mem = arena_new();
	for (size_t i = 0; i < MINT_KINDS; i++) {
		check(gnutls_privkey_init(&m->keys[i]));
		check(gnutls_privkey_generate(m->keys[i], kinds[i].pk, kinds[i].bits, 0));
	}
}

void minter_end(struct minter *m)
{
	for (size_t i = 0; i < MINT_KINDS; i++)
		gnutls_privkey_deinit(m->keys[i]);
	arena_wipe_free(&m->mem);
}

struct str minter_base64(const struct minter *m, struct str bytes)
{
	char *out = arena_alloc(m->mem, base64_length(bytes.n) + 1);

	return (struct str){ out, base64_url(bytes, out) };
}

/* An integer in so many bytes; 0: in as many as it has. Of an Ed25519 key they are no integer, and always 32. */
static struct str member(const struct minter *m, gnutls_datum_t *bytes, size_t room)
{
	size_t lead = room && bytes->size > room ? bytes->size - room : 0, n = bytes->size - lead;
	char *out = arena_alloc(m->mem, (room > n ? room : n) + 1);

	room = room ? room : n;
	if (n)
		memcpy(out + room - n, bytes->data + lead, n);
	gnutls_free(bytes->data);
	return minter_base64(m, (struct str){ out, room });
}

struct str minter_jwk(const struct minter *m, enum minted kind, const char *kid, const char *more)
{
	const char *id = kid ? arena_printf(m->mem, ",\"kid\":\"%s\"", kid).p : "";
	gnutls_datum_t a = { 0 }, b = { 0 };
	gnutls_ecc_curve_t curve;
	gnutls_pubkey_t key;
	struct str x, y;

	check(gnutls_pubkey_init(&key));
	check(gnutls_pubkey_import_privkey(key, m->keys[kind], 0, 0));
	if (kind == MINT_RS256)
		check(gnutls_pubkey_export_rsa_raw2(key, &a, &b, GNUTLS_EXPORT_FLAG_NO_LZ));
	else
		check(gnutls_pubkey_export_ecc_raw2(key, &curve, &a, &b, 0));
	gnutls_pubkey_deinit(key);
	x = member(m, &a, kind == MINT_RS256 ? 0 : 32);
	y = member(m, &b, kind == MINT_RS256 ? 0 : 32);
	if (kind == MINT_EDDSA)
		return arena_printf(m->mem, "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"%.*s\"%s%s}", STR_ARG(x), id,
				    more);
	if (kind == MINT_RS256)
		return arena_printf(m->mem, "{\"kty\":\"RSA\",\"n\":\"%.*s\",\"e\":\"%.*s\"%s%s}", STR_ARG(x),
				    STR_ARG(y), id, more);
	return arena_printf(m->mem, "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"%.*s\",\"y\":\"%.*s\"%s%s}", STR_ARG(x),
			    STR_ARG(y), id, more);
}

struct str minter_jwks(const struct minter *m)
{
	return arena_printf(m->mem, "{\"keys\":[%s,%s,%s]}", minter_jwk(m, MINT_ES256, "es", "").p,
			    minter_jwk(m, MINT_RS256, "rs", "").p, minter_jwk(m, MINT_EDDSA, "ed", "").p);
}

/* Two halves of 32 bytes, whatever the integers of the DER are. */
static struct str halves(const struct minter *m, const gnutls_datum_t *der)
{
	char *out = arena_alloc(m->mem, 64);
	gnutls_datum_t part[2];

	check(gnutls_decode_rs_value(der, &part[0], &part[1]));
	for (size_t i = 0; i < 2; i++) {
		size_t lead = part[i].size > 32 ? part[i].size - 32 : 0, n = part[i].size - lead;

		memcpy(out + 32 * (i + 1) - n, part[i].data + lead, n);
		gnutls_free(part[i].data);
	}
	return (struct str){ out, 64 };
}

struct str minter_sign(const struct minter *m, enum minted kind, struct str text, bool der)
{
	static const gnutls_sign_algorithm_t algs[MINT_KINDS] = { GNUTLS_SIGN_ECDSA_SHA256, GNUTLS_SIGN_RSA_SHA256,
								  GNUTLS_SIGN_EDDSA_ED25519 };
	const gnutls_datum_t data = { (unsigned char *)(uintptr_t)text.p, (unsigned)text.n };
	gnutls_datum_t made;
	struct str out;

	check(gnutls_privkey_sign_data2(m->keys[kind], algs[kind], 0, &data, &made));
	out = kind == MINT_ES256 && !der ? halves(m, &made) :
					   arena_str(m->mem, (struct str){ (const char *)made.data, made.size });
	gnutls_free(made.data);
	return out;
}

struct str minter_token_with(const struct minter *m, const char *header, const char *claims, struct str signature)
{
	return arena_printf(m->mem, "%.*s.%.*s.%.*s", STR_ARG(minter_base64(m, str_of(header))),
			    STR_ARG(minter_base64(m, str_of(claims))), STR_ARG(minter_base64(m, signature)));
}

struct str minter_token(const struct minter *m, enum minted kind, const char *header, const char *claims)
{
	struct str text = arena_printf(m->mem, "%.*s.%.*s", STR_ARG(minter_base64(m, str_of(header))),
				       STR_ARG(minter_base64(m, str_of(claims))));

	return minter_token_with(m, header, claims, minter_sign(m, kind, text, false));
}
