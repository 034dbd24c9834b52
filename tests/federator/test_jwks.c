/* test_jwks.c - which sets of public keys are taken. */
#include "tests/cmocka_all.h"

#include "base/digest.h"
#include "federator/access/jwks.h"
#include "tests/federator/minter.h"

static struct minter minter;
static struct arena *mem;
static struct jwks set;
static struct err err;

static int begin(void **state)
{
	(void)state;
	if (!digest_init(&err))
		return 1;
	mem = arena_new();
	minter_begin(&minter);
	return 0;
}

static int end(void **state)
{
	(void)state;
	minter_end(&minter);
	arena_wipe_free(&mem);
	return 0;
}

static bool parse(const char *text)
{
	return jwks_parse(str_of(text), "keys.json", mem, &set, &err);
}

static const char *jwk(enum minted kind, const char *kid, const char *more)
{
	return minter_jwk(&minter, kind, kid, more).p;
}

static void keys_of_each_kind_are_found_by_kid_and_kind(void **state)
{
	(void)state;
	assert_true(parse(minter_jwks(&minter).p));
	assert_int_equal(set.n, 3);
	assert_ptr_equal(jwks_find(&set, STR("es"), jws_alg_named(STR("ES256"))), &set.of[0]);
	assert_ptr_equal(jwks_find(&set, STR("rs"), jws_alg_named(STR("RS256"))), &set.of[1]);
	assert_ptr_equal(jwks_find(&set, STR("ed"), jws_alg_named(STR("EdDSA"))), &set.of[2]);
	assert_null(jwks_find(&set, STR("es"), jws_alg_named(STR("RS256"))));
	assert_null(jwks_find(&set, STR("e"), jws_alg_named(STR("ES256"))));
	assert_null(jwks_find(&set, (struct str){ 0 }, jws_alg_named(STR("ES256"))));
	jwks_free(&set);
	jwks_free(&set);
}

static void keys_for_others_are_passed_over(void **state)
{
	(void)state;
	assert_true(parse(arena_printf(mem,
				       "{\"keys\":[%s,{\"kty\":\"EC\",\"crv\":\"P-384\",\"kid\":\"b\"},"
				       "{\"kty\":\"new\",\"kid\":\"c\"},%s,%s,%s]}",
				       jwk(MINT_ES256, "a", ",\"use\":\"sig\",\"alg\":\"ES256\",\"x5c\":[]"),
				       jwk(MINT_RS256, "d", ",\"use\":\"enc\""),
				       jwk(MINT_RS256, "e", ",\"alg\":\"PS256\""),
				       jwk(MINT_RS256, "f", ",\"alg\":1"))
				  .p));
	assert_int_equal(set.n, 1);
	jwks_free(&set);
}

static void no_set_is_told_by_file_and_key(void **state)
{
	const char *good = jwk(MINT_ES256, "a", ""), *other = jwk(MINT_EDDSA, "b", "");
	const struct {
		const char *text, *word;
	} bad[] = {
		{ "", "is no JSON Web Key Set" },
		{ "[]", "is no JSON Web Key Set" },
		{ "{\"keys\":{}}", "is no JSON Web Key Set" },
		{ good, "is no JSON Web Key Set" },
		{ "{\"keys\":[],\"keys\":[]}", "is no JSON Web Key Set" },
		{ "{\"keys\":[]}", "no key for" },
		{ "{\"keys\":[1]}", "key 1" },
		{ arena_printf(mem, "{\"keys\":[%s,{}]}", good).p, "key 2" },
		{ "{\"keys\":[{\"kty\":\"oct\",\"k\":\"AAAA\",\"kid\":\"a\"}]}", "private" },
		{ arena_printf(mem, "{\"keys\":[%s]}", jwk(MINT_ES256, "a", ",\"d\":\"AAAA\"")).p, "private" },
		{ arena_printf(mem, "{\"keys\":[%s,%s]}", good, good).p, "same kid" },
		{ arena_printf(mem, "{\"keys\":[%s,%s]}", other, jwk(MINT_ES256, NULL, "")).p, "without kid" },
		{ "{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"AAAA\",\"y\":\"AAAA\"}]}", "broken" },
		{ "{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\","
		  "\"y\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}]}",
		  "broken" }, /* not on the curve */
		{ "{\"keys\":[{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"AAAA\"}]}", "broken" },
		{ "{\"keys\":[{\"kty\":\"RSA\",\"n\":\"AAAA\",\"e\":\"AQAB\"}]}", "weak" },
		{ "{\"keys\":[{\"kty\":\"RSA\",\"e\":\"AQAB\"}]}", "broken" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		if (parse(bad[i].text))
			fail_msg("taken: %s", bad[i].text);
		assert_int_equal(err.cls, ERR_CONFIG);
		assert_string_equal(err.where, "keys.json");
		if (!strstr(err.text, bad[i].word))
			fail_msg("%zu: %s", i, err.text);
	}
}

static void a_weak_exponent_or_modulus_is_refused(void **state)
{
	const char *rsa = jwk(MINT_RS256, "a", "");
	struct str n = { strstr(rsa, "\"n\":\"") + 5, 0 };
	const char *es[] = { "AQ", "Ag", "AA", "AQAA" }; /* 1, 2, 0, 65536 */

	(void)state;
	n.n = (size_t)(strchr(n.p, '"') - n.p);
	for (size_t i = 0; i < ARRAY_LEN(es); i++)
		assert_false(parse(arena_printf(mem, "{\"keys\":[{\"kty\":\"RSA\",\"n\":\"%.*s\",\"e\":\"%s\"}]}",
						STR_ARG(n), es[i])
					   .p));
	n.n = n.n / 8 * 4; /* 1024 bits */
	assert_false(parse(
		arena_printf(mem, "{\"keys\":[{\"kty\":\"RSA\",\"n\":\"%.*s\",\"e\":\"AQAB\"}]}", STR_ARG(n)).p));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_of_each_kind_are_found_by_kid_and_kind),
		cmocka_unit_test(keys_for_others_are_passed_over),
		cmocka_unit_test(no_set_is_told_by_file_and_key),
		cmocka_unit_test(a_weak_exponent_or_modulus_is_refused),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
