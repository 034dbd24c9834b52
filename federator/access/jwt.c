#include "federator/access/jwt.h"

#include "base/base64.h"
#include "base/jsontext.h"
#include "base/text.h"

/* The pieces as they came, and what is signed. */
struct pieces {
	struct str header, claims, signature, signed_text;
};

static bool cut(struct str *rest, struct str *piece)
{
	const char *dot = rest->n ? memchr(rest->p, '.', rest->n) : NULL;

	if (!dot)
		return false;
	*piece = (struct str){ rest->p, (size_t)(dot - rest->p) };
	*rest = (struct str){ dot + 1, rest->n - piece->n - 1 };
	return true;
}

static bool take_apart(struct str token, struct pieces *out)
{
	struct str rest = token;

	if (!cut(&rest, &out->header) || !cut(&rest, &out->claims) || (rest.n && memchr(rest.p, '.', rest.n)))
		return false;
	out->signature = rest;
	out->signed_text = (struct str){ token.p, out->header.n + 1 + out->claims.n };
	return true;
}

bool jwt_is_token(struct str text)
{
	struct pieces pieces;

	return take_apart(text, &pieces);
}

/* ---- JSON inside ---- */

static bool bytes_read(struct str piece, struct arena *mem, struct str *out)
{
	unsigned char *bytes = arena_alloc(mem, piece.n + 1);

	out->p = (const char *)bytes;
	return base64_url_read(piece, bytes, piece.n, &out->n);
}

/* An object in which no member stands twice; or NULL. */
static const struct jsontext *object_read(struct str piece, struct arena *mem)
{
	const struct jsontext *root;
	struct jsontext_fault fault;
	struct str text;

	if (!bytes_read(piece, mem, &text))
		return NULL;
	root = jsontext_read(text, true, mem, &fault);
	return root && root->kind == JSONTEXT_OBJECT ? root : NULL;
}

/* A member that must be text if it is there. */
static bool text_read(const struct jsontext *object, struct str name, struct str *out)
{
	const struct jsontext *member = jsontext_member(object, name);

	*out = member ? member->text : (struct str){ 0 };
	return !member || member->kind == JSONTEXT_STRING;
}

static bool name_read(const struct jsontext *claims, struct str name, struct str *out)
{
	return text_read(claims, name, out) && (!out->p || caller_is_name(*out));
}

/* Seconds since 1970, a fraction dropped; RFC 7519 allows more numbers than anybody writes. */
static bool time_read(const struct jsontext *claims, struct str name, bool *given, int64_t *out)
{
	const struct jsontext *member = jsontext_member(claims, name);
	struct str digits = member ? member->text : (struct str){ 0 };
	const char *dot = digits.n ? memchr(digits.p, '.', digits.n) : NULL;
	uint64_t value;

	*given = member;
	if (!member)
		return true;
	if (dot)
		digits.n = (size_t)(dot - digits.p);
	if (member->kind != JSONTEXT_NUMBER || !text_to_u64(digits, &value) || value > (UINT64_C(1) << 53) ||
	    (dot && (memchr(dot, 'e', member->text.n - digits.n) || memchr(dot, 'E', member->text.n - digits.n))))
		return false;
	*out = (int64_t)value;
	return true;
}

/* ---- the header ---- */

/* What a token of this name could be taken for is for somebody else (RFC 8725, 3.11). */
static bool type_is_ours(struct str type)
{
	static const char *const types[] = { "JWT", "at+jwt", "application/at+jwt", "application/jwt" };

	for (size_t i = 0; i < ARRAY_LEN(types); i++)
		if (type.n == strlen(types[i]) && strncasecmp(type.p, types[i], type.n) == 0)
			return true;
	return !type.p;
}

/* Keys and addresses in the header (jwk, jku, x5c, x5u) say nothing: the sender wrote them. */
static const struct jwk *key_for(const struct jwks *keys, const struct jsontext *header)
{
	const struct jws_alg *alg;
	struct str name, kid, type;

	if (!text_read(header, STR("alg"), &name) || !text_read(header, STR("kid"), &kid) ||
	    !text_read(header, STR("typ"), &type) || jsontext_member(header, STR("crit")) || !type_is_ours(type))
		return NULL;
	alg = jws_alg_named(name);
	return alg ? jwks_find(keys, kid, alg) : NULL;
}

static bool is_signed(const struct jwks *keys, const struct pieces *pieces, struct arena *mem)
{
	const struct jsontext *header = object_read(pieces->header, mem);
	const struct jwk *key = header ? key_for(keys, header) : NULL;
	struct str signature;

	return key && bytes_read(pieces->signature, mem, &signature) && signature.n &&
	       jwk_verify(key, pieces->signed_text, signature);
}

/* ---- the claims ---- */

static bool times_hold(const struct jsontext *claims, int64_t now_s, int64_t *until_out)
{
	bool ends, begins;
	int64_t end, begin;

	if (!time_read(claims, STR("exp"), &ends, &end) || !time_read(claims, STR("nbf"), &begins, &begin) || !ends)
		return false;
	*until_out = end + JWT_LEEWAY_S;
	return now_s < *until_out && (!begins || begin <= now_s + JWT_LEEWAY_S);
}

static bool is_text(const struct jsontext *value, struct str text)
{
	return value && value->kind == JSONTEXT_STRING && str_eq(value->text, text);
}

/* One text, or a list of them. */
static bool is_for(const struct jsontext *claims, struct str audience)
{
	const struct jsontext *aud = jsontext_member(claims, STR("aud"));
	bool found = is_text(aud, audience);

	if (!aud || aud->kind != JSONTEXT_ARRAY)
		return found;
	for (const struct jsontext *item = aud->first; item; item = item->next) {
		if (item->kind != JSONTEXT_STRING)
			return false;
		found = found || is_text(item, audience);
	}
	return found;
}

/* Words between single blanks (RFC 6749, 3.3). */
static bool scopes_read(const struct jsontext *claims, unsigned *out)
{
	struct str rest;

	if (!text_read(claims, STR("scope"), &rest))
		return false;
	while (rest.n) {
		const char *blank = memchr(rest.p, ' ', rest.n);
		struct str word = { rest.p, blank ? (size_t)(blank - rest.p) : rest.n };

		*out |= may_of(word);
		rest = (struct str){ word.p + word.n + (blank != NULL), rest.n - word.n - (blank != NULL) };
	}
	return true;
}

static bool who_read(const struct jsontext *claims, struct jwt *out)
{
	struct str azp, client_id;

	if (!name_read(claims, STR("sub"), &out->agent) || !name_read(claims, STR("role"), &out->role) ||
	    !name_read(claims, STR("tenant"), &out->tenant) || !name_read(claims, STR("azp"), &azp) ||
	    !name_read(claims, STR("client_id"), &client_id) || !scopes_read(claims, &out->may))
		return false;
	out->client = azp.p ? azp : client_id;
	return out->tenant.p && out->agent.p && out->role.p && out->client.p;
}

bool jwt_verify(const struct jwks *keys, struct str token, const struct jwt_rules *rules, struct arena *mem,
		struct jwt *out)
{
	const struct jsontext *claims;
	struct pieces pieces;
	struct jwt jwt = { 0 };

	if (token.n > JWT_BYTES_MOST || !take_apart(token, &pieces) || !is_signed(keys, &pieces, mem))
		return false;
	claims = object_read(pieces.claims, mem);
	if (!claims || !times_hold(claims, rules->now_s, &jwt.until_s) ||
	    !is_text(jsontext_member(claims, STR("iss")), rules->issuer) || !is_for(claims, rules->audience) ||
	    !who_read(claims, &jwt))
		return false;
	*out = jwt;
	return true;
}
