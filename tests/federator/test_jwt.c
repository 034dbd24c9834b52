/* test_jwt.c - which tokens are taken, and the many that are not. */
#include "tests/cmocka_all.h"

#include <stdio.h>

#include <sodium.h>

#include "base/digest.h"
#include "federator/access/jwt.h"
#include "tests/federator/minter.h"

#define NOW 1800000000
#define WHO "\"tenant\":\"mall\",\"sub\":\"kim\",\"azp\":\"console\",\"role\":\"agent\",\"scope\":\"view openid pops\""
#define FOR "\"iss\":\"https://id.mall\",\"aud\":\"federator\""
#define CLAIMS "{" FOR "," WHO ",\"exp\":1800000300}"

static struct minter minter;
static struct jwks keys;
static struct arena *mem;

static int begin(void **state)
{
	struct err err;

	(void)state;
	if (!digest_init(&err))
		return 1;
	mem = arena_new();
	minter_begin(&minter);
	return jwks_parse(minter_jwks(&minter), "jwks", mem, &keys, &err) ? 0 : 1;
}

static int end(void **state)
{
	(void)state;
	jwks_free(&keys);
	minter_end(&minter);
	arena_wipe_free(&mem);
	return 0;
}

static bool taken_by(const struct jwks *set, struct str token, struct jwt *out)
{
	const struct jwt_rules rules = { STR("https://id.mall"), STR("federator"), NOW };

	return jwt_verify(set, token, &rules, mem, out);
}

static bool taken(struct str token)
{
	struct jwt jwt;

	return taken_by(&keys, token, &jwt);
}

static bool claims_taken(const char *claims)
{
	return taken(minter_token(&minter, MINT_ES256, "{\"alg\":\"ES256\",\"kid\":\"es\"}", claims));
}

static bool header_taken(const char *header)
{
	return taken(minter_token(&minter, MINT_ES256, header, CLAIMS));
}

static const char *const headers[MINT_KINDS] = {
	"{\"alg\":\"ES256\",\"kid\":\"es\",\"typ\":\"JWT\"}",
	"{\"typ\":\"at+jwt\",\"alg\":\"RS256\",\"kid\":\"rs\"}",
	"{\"alg\":\"EdDSA\",\"kid\":\"ed\"}",
};

static void each_kind_of_signature_says_who_it_is(void **state)
{
	struct jwt jwt;

	(void)state;
	for (enum minted kind = 0; kind < MINT_KINDS; kind++) {
		assert_true(taken_by(&keys, minter_token(&minter, kind, headers[kind], CLAIMS), &jwt));
		assert_true(str_eq(jwt.tenant, STR("mall")));
		assert_true(str_eq(jwt.agent, STR("kim")));
		assert_true(str_eq(jwt.client, STR("console")));
		assert_true(str_eq(jwt.role, STR("agent")));
		assert_int_equal(jwt.may, MAY_VIEW | MAY_POP);
		assert_int_equal(jwt.until_s, 1800000300 + JWT_LEEWAY_S);
	}
}

static void the_kind_must_be_that_of_the_key(void **state)
{
	static const char *const algs[] = { "ES256", "RS256", "EdDSA", "none",  "None",
					    "",	     "HS256", "ES384", "PS256", "es256" };
	static const char *const kids[MINT_KINDS] = { "es", "rs", "ed" };

	(void)state;
	for (size_t a = 0; a < ARRAY_LEN(algs); a++)
		for (size_t k = 0; k < MINT_KINDS; k++)
			for (enum minted by = 0; by < MINT_KINDS; by++) {
				char header[80];

				snprintf(header, sizeof(header), "{\"alg\":\"%s\",\"kid\":\"%s\"}", algs[a], kids[k]);
				assert_int_equal(taken(minter_token(&minter, by, header, CLAIMS)), a == k && k == by);
			}
}

/* HMAC with what everybody knows: the modulus, the JWK, its x. */
static void a_public_key_is_no_secret_of_an_hmac(void **state)
{
	static const char header[] = "{\"alg\":\"HS256\",\"kid\":\"rs\"}";
	struct str text = arena_printf(mem, "%.*s.%.*s", STR_ARG(minter_base64(&minter, str_of(header))),
				       STR_ARG(minter_base64(&minter, STR(CLAIMS))));

	(void)state;
	for (enum minted kind = 0; kind < MINT_KINDS; kind++) {
		struct str key = minter_jwk(&minter, kind, NULL, "");
		unsigned char mac[crypto_auth_hmacsha256_BYTES];
		crypto_auth_hmacsha256_state s;
		struct str made = { (const char *)mac, sizeof(mac) };

		crypto_auth_hmacsha256_init(&s, (const unsigned char *)key.p, key.n);
		crypto_auth_hmacsha256_update(&s, (const unsigned char *)text.p, text.n);
		crypto_auth_hmacsha256_final(&s, mac);
		assert_false(taken(minter_token_with(&minter, header, CLAIMS, made)));
		assert_false(taken(minter_token_with(&minter, headers[MINT_RS256], CLAIMS, made)));
	}
}

static void no_signature_is_none(void **state)
{
	(void)state;
	for (enum minted kind = 0; kind < MINT_KINDS; kind++)
		assert_false(taken(minter_token_with(&minter, headers[kind], CLAIMS, STR(""))));
	assert_false(taken(minter_token_with(&minter, "{\"alg\":\"none\"}", CLAIMS, STR(""))));
	assert_false(taken(minter_token_with(&minter, "{\"alg\":\"none\",\"kid\":\"es\"}", CLAIMS, STR("x"))));
}

static void headers_that_are_not_taken(void **state)
{
	static const char *const bad[] = {
		"{\"alg\":\"ES256\"}", /* several keys: which one? */
		"{\"alg\":\"ES256\",\"kid\":\"ES\"}",
		"{\"alg\":\"ES256\",\"kid\":\"../es\"}",
		"{\"alg\":\"ES256\",\"kid\":7}",
		"{\"alg\":\"ES256\",\"kid\":null}",
		"{\"alg\":[\"ES256\"],\"kid\":\"es\"}",
		"{\"kid\":\"es\"}",
		"{\"alg\":\"ES256\",\"kid\":\"es\",\"crit\":[\"exp\"],\"exp\":1}",
		"{\"alg\":\"ES256\",\"kid\":\"es\",\"crit\":[]}",
		"{\"alg\":\"ES256\",\"kid\":\"es\",\"b64\":false,\"crit\":[\"b64\"]}",
		"{\"alg\":\"ES256\",\"alg\":\"ES256\",\"kid\":\"es\"}",
		"{\"alg\":\"ES256\",\"kid\":\"es\",\"kid\":\"es\"}",
		"{\"alg\":\"ES256\",\"\\u0061lg\":\"none\",\"kid\":\"es\"}",
		"{\"alg\":\"ES256\",\"kid\":\"es\",\"typ\":\"logout+jwt\"}",
		"{\"alg\":\"ES256\",\"kid\":\"es\",\"typ\":1}",
		"{\"alg\":\"ES256\",\"kid\":\"es\"} {}",
		"[\"ES256\"]",
		"",
		"\xef\xbb\xbf{\"alg\":\"ES256\",\"kid\":\"es\"}",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		if (header_taken(bad[i]))
			fail_msg("taken: %s", bad[i]);
	/* what the sender says about keys is no key */
	assert_true(header_taken("{\"alg\":\"ES256\",\"kid\":\"es\",\"jku\":\"https://evil/\","
				 "\"jwk\":{\"kty\":\"oct\"}}"));
}

static void claims_that_are_not_taken(void **state)
{
	static const char *const bad[] = {
		"{" FOR "," WHO "}",
		"{" FOR "," WHO ",\"exp\":1799999940}", /* over, with the leeway */
		"{" FOR "," WHO ",\"exp\":\"1800000300\"}",
		"{" FOR "," WHO ",\"exp\":-1}",
		"{" FOR "," WHO ",\"exp\":1e30}",
		"{" FOR "," WHO ",\"exp\":18e8}",
		"{" FOR "," WHO ",\"exp\":1800000300.5e9}",
		"{" FOR "," WHO ",\"exp\":99999999999999999999}",
		"{" FOR "," WHO ",\"exp\":null}",
		"{" FOR "," WHO ",\"exp\":1800000300,\"nbf\":1800000061}",
		"{" FOR "," WHO ",\"exp\":1800000300,\"nbf\":\"now\"}",
		"{\"aud\":\"federator\"," WHO ",\"exp\":1800000300}",
		"{\"iss\":\"https://id.mall/\",\"aud\":\"federator\"," WHO ",\"exp\":1800000300}",
		"{\"iss\":[\"https://id.mall\"],\"aud\":\"federator\"," WHO ",\"exp\":1800000300}",
		"{\"iss\":\"https://id.mall\"," WHO ",\"exp\":1800000300}",
		"{\"iss\":\"https://id.mall\",\"aud\":\"other\"," WHO ",\"exp\":1800000300}",
		"{\"iss\":\"https://id.mall\",\"aud\":[]," WHO ",\"exp\":1800000300}",
		"{\"iss\":\"https://id.mall\",\"aud\":[\"other\"]," WHO ",\"exp\":1800000300}",
		"{\"iss\":\"https://id.mall\",\"aud\":[\"federator\",1]," WHO ",\"exp\":1800000300}",
		"{\"iss\":\"https://id.mall\",\"aud\":{\"federator\":1}," WHO ",\"exp\":1800000300}",
		"{" FOR ",\"sub\":\"kim\",\"azp\":\"c\",\"role\":\"agent\",\"exp\":1800000300}",
		"{" FOR ",\"tenant\":\"mall\",\"azp\":\"c\",\"role\":\"agent\",\"exp\":1800000300}",
		"{" FOR ",\"tenant\":\"mall\",\"sub\":\"kim\",\"role\":\"agent\",\"exp\":1800000300}",
		"{" FOR ",\"tenant\":\"mall\",\"sub\":\"kim\",\"azp\":\"c\",\"exp\":1800000300}",
		"{" FOR ",\"tenant\":\"mall\",\"sub\":\"k m\",\"azp\":\"c\",\"role\":\"agent\",\"exp\":1800000300}",
		"{" FOR ",\"tenant\":\"mall\",\"sub\":\"\",\"azp\":\"c\",\"role\":\"agent\",\"exp\":1800000300}",
		"{" FOR ",\"tenant\":\"mall\",\"sub\":\"k\\u0000m\",\"azp\":\"c\",\"role\":\"a\",\"exp\":1800000300}",
		"{" FOR ",\"tenant\":\"mall\",\"sub\":5,\"azp\":\"c\",\"role\":\"agent\",\"exp\":1800000300}",
		"{" FOR ",\"tenant\":[\"mall\"],\"sub\":\"kim\",\"azp\":\"c\",\"role\":\"agent\",\"exp\":1800000300}",
		"{" FOR "," WHO ",\"scope\":\"purge\",\"exp\":1800000300}", /* scope twice */
		"{" FOR "," WHO ",\"role\":\"admin\",\"exp\":1800000300}",
		"{" FOR "," WHO ",\"exp\":1,\"exp\":1800000300}",
		"{" FOR "," WHO ",\"e\\u0078p\":1,\"exp\":1800000300}",
		"{\"a\":" CLAIMS "}",
		"[" CLAIMS "]",
		"\"" "x" "\"",
		"",
		"{" FOR "," WHO ",\"exp\":1800000300",
		"{" FOR "," WHO ",\"exp\":1800000300,\"x\":\"\xff\"}",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		if (claims_taken(bad[i]))
			fail_msg("taken: %s", bad[i]);
}

static void claims_that_are_taken(void **state)
{
	static const char *const good[] = {
		"{" FOR "," WHO ",\"exp\":1799999941}", /* clocks differ */
		"{" FOR "," WHO ",\"exp\":1800000300.9}",
		"{" FOR "," WHO ",\"exp\":1800000300,\"nbf\":1800000060,\"iat\":0,\"jti\":\"1\"}",
		"{\"iss\":\"https://id.mall\",\"aud\":[\"other\",\"federator\"]," WHO ",\"exp\":1800000300}",
		"{" FOR ",\"tenant\":\"mall\",\"sub\":\"k\",\"client_id\":\"c\",\"role\":\"agent\",\"exp\":1800000300}",
		"{" FOR "," WHO ",\"client_id\":\"other\",\"exp\":1800000300}",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(good); i++)
		if (!claims_taken(good[i]))
			fail_msg("not taken: %s", good[i]);
}

/* Every letter counts, and nothing may stand around them. */
static void a_token_that_was_changed_is_none(void **state)
{
	(void)state;
	for (enum minted kind = 0; kind < MINT_KINDS; kind++) {
		struct str good = minter_token(&minter, kind, headers[kind], CLAIMS);
		char *text = (char *)(uintptr_t)good.p;

		for (size_t i = 0; i < good.n; i++) {
			char was = text[i];

			text[i] = was == 'A' ? 'B' : 'A';
			assert_false(taken(good));
			text[i] = was;
			assert_false(taken((struct str){ good.p, i }));
		}
		assert_false(taken(arena_printf(mem, "%.*s.", STR_ARG(good))));
		assert_false(taken(arena_printf(mem, ".%.*s", STR_ARG(good))));
		assert_false(taken(arena_printf(mem, "%.*s=", STR_ARG(good))));
		assert_false(taken(arena_printf(mem, "%.*s ", STR_ARG(good))));
		assert_true(taken(good));
	}
}

static void signatures_that_are_written_otherwise_are_none(void **state)
{
	struct str text = arena_printf(mem, "%.*s.%.*s", STR_ARG(minter_base64(&minter, str_of(headers[MINT_ES256]))),
				       STR_ARG(minter_base64(&minter, STR(CLAIMS))));
	struct str good = minter_sign(&minter, MINT_ES256, text, false);
	struct str der = minter_sign(&minter, MINT_ES256, text, true);
	struct str wrong[] = {
		der,
		{ good.p, 63 },
		{ good.p, 32 },
		arena_printf(mem, "%.*s", 0, ""),
		arena_str(mem, (struct str){ arena_alloc(mem, 64), 64 }), /* r and s are 0 */
		{ memcpy(arena_alloc(mem, 65), good.p, 64), 65 },
	};
	char *padded = arena_alloc(mem, 66);

	(void)state;
	assert_true(taken(minter_token_with(&minter, headers[MINT_ES256], CLAIMS, good)));
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
		assert_false(taken(minter_token_with(&minter, headers[MINT_ES256], CLAIMS, wrong[i])));
	memcpy(padded + 1, good.p, 32); /* each half with a zero in front */
	memcpy(padded + 34, good.p + 32, 32);
	assert_false(taken(minter_token_with(&minter, headers[MINT_ES256], CLAIMS, (struct str){ padded, 66 })));
}

static void a_signature_of_rsa_is_as_long_as_its_key(void **state)
{
	struct str text = arena_printf(mem, "%.*s.%.*s", STR_ARG(minter_base64(&minter, str_of(headers[MINT_RS256]))),
				       STR_ARG(minter_base64(&minter, STR(CLAIMS))));
	struct str good = minter_sign(&minter, MINT_RS256, text, false);
	char *longer = arena_alloc(mem, good.n + 1);

	(void)state;
	memcpy(longer + 1, good.p, good.n);
	assert_true(taken(minter_token_with(&minter, headers[MINT_RS256], CLAIMS, good)));
	assert_false(taken(minter_token_with(&minter, headers[MINT_RS256], CLAIMS,
					     (struct str){ longer, good.n + 1 })));
	assert_false(taken(minter_token_with(&minter, headers[MINT_RS256], CLAIMS,
					     (struct str){ good.p, good.n - 1 })));
}

static void what_is_huge_or_deep_is_not_read(void **state)
{
	char *pad = arena_alloc(mem, 8001);

	(void)state;
	memset(pad, 'x', 3000);
	assert_true(claims_taken(arena_printf(mem, "{" FOR "," WHO ",\"exp\":1800000300,\"x\":\"%s\"}", pad).p));
	memset(pad, 'x', 8000);
	assert_false(claims_taken(arena_printf(mem, "{" FOR "," WHO ",\"exp\":1800000300,\"x\":\"%s\"}", pad).p));
	memset(pad, '[', 2000);
	pad[2000] = '\0';
	assert_false(claims_taken(arena_printf(mem, "{" FOR "," WHO ",\"exp\":1800000300,\"x\":%s}", pad).p));
}

static void one_key_alone_needs_no_kid(void **state)
{
	struct str only = arena_printf(mem, "{\"keys\":[%.*s]}", STR_ARG(minter_jwk(&minter, MINT_EDDSA, NULL, "")));
	struct jwks set;
	struct jwt jwt;
	struct err err;

	(void)state;
	assert_true(jwks_parse(only, "jwks", mem, &set, &err));
	assert_true(taken_by(&set, minter_token(&minter, MINT_EDDSA, "{\"alg\":\"EdDSA\"}", CLAIMS), &jwt));
	assert_false(taken_by(&set, minter_token(&minter, MINT_ES256, "{\"alg\":\"ES256\"}", CLAIMS), &jwt));
	assert_false(taken_by(&set, minter_token(&minter, MINT_EDDSA, headers[MINT_EDDSA], CLAIMS), &jwt));
	jwks_free(&set);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_kind_of_signature_says_who_it_is),
		cmocka_unit_test(the_kind_must_be_that_of_the_key),
		cmocka_unit_test(a_public_key_is_no_secret_of_an_hmac),
		cmocka_unit_test(no_signature_is_none),
		cmocka_unit_test(headers_that_are_not_taken),
		cmocka_unit_test(claims_that_are_not_taken),
		cmocka_unit_test(claims_that_are_taken),
		cmocka_unit_test(a_token_that_was_changed_is_none),
		cmocka_unit_test(signatures_that_are_written_otherwise_are_none),
		cmocka_unit_test(a_signature_of_rsa_is_as_long_as_its_key),
		cmocka_unit_test(what_is_huge_or_deep_is_not_read),
		cmocka_unit_test(one_key_alone_needs_no_kid),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
