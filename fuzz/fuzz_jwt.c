/* The first byte says what the input is: `c` claims, `h` a header, which are signed here, so that what is behind the
 * signature is reached; anything else is a token as it came, which nobody here has signed. */
#include "base/base64.h"
#include "federator/access/jwt.h"
#include "fuzz/fuzz_target.h"

#include <stdlib.h>

#include <sodium.h>

static unsigned char public_key[crypto_sign_PUBLICKEYBYTES], secret_key[crypto_sign_SECRETKEYBYTES];

static void check(bool kept)
{
	if (!kept)
		abort();
}

static struct str base64(struct str bytes, struct arena *mem)
{
	char *out = arena_alloc(mem, base64_length(bytes.n) + 1);

	return (struct str){ out, base64_url(bytes, out) };
}

static struct jwks set_make(struct arena *mem)
{
	static const unsigned char seed[crypto_sign_SEEDBYTES] = { 7 };
	struct str x;
	struct jwks set;
	struct err err;

	check(sodium_init() >= 0 && crypto_sign_seed_keypair(public_key, secret_key, seed) == 0);
	x = base64((struct str){ (const char *)public_key, sizeof(public_key) }, mem);
	x = arena_printf(mem, "{\"keys\":[{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"kid\":\"ed\",\"x\":\"%.*s\"}]}",
			 STR_ARG(x));
	check(jwks_parse(x, "jwks", mem, &set, &err));
	return set;
}

static struct str sign(struct str header, struct str claims, struct arena *mem)
{
	struct str head = base64(header, mem), body = base64(claims, mem), signature;
	struct str text = arena_printf(mem, "%.*s.%.*s", STR_ARG(head), STR_ARG(body));
	unsigned char made[crypto_sign_BYTES];

	crypto_sign_detached(made, NULL, (const unsigned char *)text.p, text.n, secret_key);
	signature = base64((struct str){ (const char *)made, sizeof(made) }, mem);
	return arena_printf(mem, "%.*s.%.*s", STR_ARG(text), STR_ARG(signature));
}

static bool verify(const struct jwks *set, struct str token, struct arena *mem, struct jwt *out)
{
	const struct jwt_rules rules = { STR("https://id.mall"), STR("federator"), 1800000000 };

	return jwt_verify(set, token, &rules, mem, out);
}

static void check_taken(const struct jwt *jwt)
{
	check(caller_is_name(jwt->tenant) && caller_is_name(jwt->client) && caller_is_name(jwt->agent) &&
	      caller_is_name(jwt->role));
	check(jwt->until_s > 1800000000 && (jwt->may & ~(unsigned)MAY_ALL) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct str header = STR("{\"alg\":\"EdDSA\",\"kid\":\"ed\"}");
	const struct str claims = STR("{\"iss\":\"https://id.mall\",\"aud\":\"federator\",\"tenant\":\"t\","
				      "\"sub\":\"s\",\"azp\":\"c\",\"role\":\"r\",\"exp\":1800000001}");
	struct str input = { size ? (const char *)data : "", size };
	struct str rest = size ? (struct str){ input.p + 1, size - 1 } : input;
	struct arena *mem = arena_new();
	struct jwks set = set_make(mem);
	struct jwt jwt;

	if (size && data[0] == 'c') {
		if (verify(&set, sign(header, rest, mem), mem, &jwt))
			check_taken(&jwt);
	} else if (size && data[0] == 'h') {
		if (verify(&set, sign(rest, claims, mem), mem, &jwt))
			check_taken(&jwt);
	} else {
		check(!verify(&set, input, mem, &jwt));
	}
	check(verify(&set, sign(header, claims, mem), mem, &jwt));
	jwks_free(&set);
	arena_wipe_free(&mem);
	return 0;
}
