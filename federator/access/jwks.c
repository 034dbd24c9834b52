#include "federator/access/jwks.h"

#include <gnutls/crypto.h>

#include "base/base64.h"
#include "base/jsontext.h"

enum { P256_BYTES = 32, ED25519_BYTES = 32, RSA_BITS_LEAST = 2048, RSA_BYTES_MOST = 1024 };

static const struct jws_alg algs[] = {
	{ "ES256", GNUTLS_SIGN_ECDSA_SHA256, GNUTLS_PK_ECDSA, P256_BYTES },
	{ "RS256", GNUTLS_SIGN_RSA_SHA256, GNUTLS_PK_RSA, 0 },
	{ "EdDSA", GNUTLS_SIGN_EDDSA_ED25519, GNUTLS_PK_EDDSA_ED25519, 0 },
};

const struct jws_alg *jws_alg_named(struct str name)
{
	for (size_t i = 0; i < ARRAY_LEN(algs); i++)
		if (str_eq(name, str_of(algs[i].name)))
			return &algs[i];
	return NULL;
}

/* ---- reading one key ---- */

static struct str text_of(const struct jsontext *key, struct str name)
{
	const struct jsontext *member = jsontext_member(key, name);

	return member && member->kind == JSONTEXT_STRING ? member->text : (struct str){ 0 };
}

/* Bytes in base64url; `n` not 0: just so many. */
static bool bytes_of(const struct jsontext *key, struct str name, size_t n, struct arena *mem, gnutls_datum_t *out)
{
	size_t room = n ? n : RSA_BYTES_MOST, got;

	out->data = arena_alloc(mem, room);
	if (!base64_url_read(text_of(key, name), out->data, room, &got) || got == 0 || (n && got != n))
		return false;
	out->size = (unsigned)got;
	return true;
}

/* Is an RSA key strong enough, and its exponent an odd number above 1? */
static bool rsa_is_good(gnutls_pubkey_t key, const gnutls_datum_t *e)
{
	unsigned bits = 0;

	return gnutls_pubkey_get_pk_algorithm(key, &bits) == GNUTLS_PK_RSA && bits >= RSA_BITS_LEAST &&
	       e->data[e->size - 1] & 1 && (e->size > 1 || e->data[0] > 1);
}

static bool import_rsa(const struct jsontext *from, struct arena *mem, gnutls_pubkey_t key)
{
	gnutls_datum_t n, e;

	return bytes_of(from, STR("n"), 0, mem, &n) && bytes_of(from, STR("e"), 0, mem, &e) &&
	       gnutls_pubkey_import_rsa_raw(key, &n, &e) == 0 && rsa_is_good(key, &e);
}

static bool import_p256(const struct jsontext *from, struct arena *mem, gnutls_pubkey_t key)
{
	gnutls_datum_t x, y;

	return bytes_of(from, STR("x"), P256_BYTES, mem, &x) && bytes_of(from, STR("y"), P256_BYTES, mem, &y) &&
	       gnutls_pubkey_import_ecc_raw(key, GNUTLS_ECC_CURVE_SECP256R1, &x, &y) == 0;
}

static bool import_ed25519(const struct jsontext *from, struct arena *mem, gnutls_pubkey_t key)
{
	gnutls_datum_t x;

	return bytes_of(from, STR("x"), ED25519_BYTES, mem, &x) &&
	       gnutls_pubkey_import_ecc_raw(key, GNUTLS_ECC_CURVE_ED25519, &x, NULL) == 0;
}

static const struct kind {
	const char *kty, *crv; /* NULL: has none */
	size_t alg; /* in algs */
	bool (*import)(const struct jsontext *from, struct arena *mem, gnutls_pubkey_t key);
} kinds[] = {
	{ "EC", "P-256", 0, import_p256 },
	{ "RSA", NULL, 1, import_rsa },
	{ "OKP", "Ed25519", 2, import_ed25519 },
};

static const struct kind *kind_of(const struct jsontext *key)
{
	struct str kty = text_of(key, STR("kty")), crv = text_of(key, STR("crv"));

	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		if (str_eq(kty, str_of(kinds[i].kty)) && (!kinds[i].crv || str_eq(crv, str_of(kinds[i].crv))))
			return &kinds[i];
	return NULL;
}

/* For another signature, or for something else than signatures? */
static bool is_for_others(const struct jsontext *key, const struct kind *kind)
{
	const struct jsontext *use = jsontext_member(key, STR("use")), *alg = jsontext_member(key, STR("alg"));

	return (use && !str_eq(text_of(key, STR("use")), STR("sig"))) ||
	       (alg && !str_eq(text_of(key, STR("alg")), str_of(algs[kind->alg].name)));
}

static bool is_secret(const struct jsontext *key)
{
	return jsontext_member(key, STR("d")) || jsontext_member(key, STR("k"));
}

/* ---- reading a set ---- */

/* NULL, or what is wrong. */
static const char *read_key(const struct jsontext *from, struct arena *mem, struct jwks *set)
{
	const struct jsontext *kid = jsontext_member(from, STR("kid"));
	const struct kind *kind = kind_of(from);
	struct jwk *key = &set->of[set->n];

	if (from->kind != JSONTEXT_OBJECT || !text_of(from, STR("kty")).p || (kid && kid->kind != JSONTEXT_STRING))
		return "is no JSON Web Key";
	if (is_secret(from))
		return "is a secret or private key; here belong public keys only";
	if (!kind || is_for_others(from, kind))
		return NULL;
	*key = (struct jwk){ .kid = kid ? kid->text : (struct str){ 0 }, .alg = &algs[kind->alg] };
	if (gnutls_pubkey_init(&key->key) != 0)
		return "cannot be kept: no memory";
	set->n++; /* jwks_free() ends it from here on */
	return kind->import(from, mem, key->key) && gnutls_pubkey_verify_params(key->key) >= 0 ?
		       NULL :
		       "is broken, or too weak";
}

/* A kid that is there says which key is meant. */
static const char *check_kids(const struct jwks *set)
{
	for (size_t i = 0; i < set->n; i++) {
		if (set->n > 1 && !set->of[i].kid.p)
			return "several keys, one without kid: nobody can say which one is meant";
		for (size_t j = 0; j < i; j++)
			if (str_eq(set->of[i].kid, set->of[j].kid))
				return "two keys with the same kid";
	}
	return set->n ? NULL : "no key for ES256, RS256 or EdDSA (Ed25519)";
}

static bool read_keys(const struct jsontext *keys, const char *where, struct arena *mem, struct jwks *set,
		      struct err *err)
{
	const char *wrong;
	size_t number = 0;

	set->of = arena_array_of(mem, struct jwk, keys->n_items + 1);
	for (const struct jsontext *key = keys->first; key; key = key->next) {
		number++;
		wrong = read_key(key, mem, set);
		if (wrong)
			return err_set(err, ERR_CONFIG, where, "key %zu %s", number, wrong);
	}
	wrong = check_kids(set);
	return !wrong || err_set(err, ERR_CONFIG, where, "holds %s", wrong);
}

bool jwks_parse(struct str text, const char *where, struct arena *mem, struct jwks *out, struct err *err)
{
	struct jsontext_fault fault;
	const struct jsontext *root = jsontext_read(text, true, mem, &fault);
	const struct jsontext *keys = root ? jsontext_member(root, STR("keys")) : NULL;
	struct jwks set = { 0 };

	if (!keys || keys->kind != JSONTEXT_ARRAY)
		return err_set(err, ERR_CONFIG, where, "is no JSON Web Key Set: {\"keys\": [...]}");
	if (keys->n_items > JWKS_KEYS_MOST)
		return err_set(err, ERR_CONFIG, where, "holds more than %d keys", JWKS_KEYS_MOST);
	if (!read_keys(keys, where, mem, &set, err)) {
		jwks_free(&set);
		return false;
	}
	*out = set;
	return true;
}

void jwks_free(struct jwks *set)
{
	for (size_t i = 0; i < set->n; i++)
		gnutls_pubkey_deinit(set->of[i].key);
	*set = (struct jwks){ 0 };
}

/* ---- using it ---- */

const struct jwk *jwks_find(const struct jwks *set, struct str kid, const struct jws_alg *alg)
{
	if (!kid.p)
		return set->n == 1 && set->of[0].alg == alg ? set->of : NULL;
	for (size_t i = 0; i < set->n; i++)
		if (str_eq(set->of[i].kid, kid))
			return set->of[i].alg == alg ? &set->of[i] : NULL;
	return NULL;
}

static gnutls_datum_t datum_of(struct str bytes)
{
	return (gnutls_datum_t){ (unsigned char *)(uintptr_t)bytes.p, (unsigned)bytes.n };
}

bool jwk_verify(const struct jwk *key, struct str text, struct str signature)
{
	const struct jws_alg *alg = key->alg;
	gnutls_datum_t data = datum_of(text), given = datum_of(signature), der = { 0 };
	gnutls_datum_t r = { given.data, (unsigned)alg->rs_bytes };
	bool good;

	if (!alg->rs_bytes)
		return gnutls_pubkey_verify_data2(key->key, alg->sign, 0, &data, &given) >= 0;
	if (signature.n != 2 * alg->rs_bytes)
		return false;
	if (gnutls_encode_rs_value(&der, &r, &(gnutls_datum_t){ given.data + alg->rs_bytes, r.size }) < 0)
		return false;
	good = gnutls_pubkey_verify_data2(key->key, alg->sign, 0, &data, &der) >= 0;
	gnutls_free(der.data);
	return good;
}
