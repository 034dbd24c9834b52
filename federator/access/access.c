#include "federator/access/access.h"

#include <stdlib.h>
#include <strings.h>

#include "base/log.h"
#include "base/memory.h"
#include "federator/access/jwt.h"
#include "federator/access/rings.h"
#include "federator/access/tokens.h"

struct access {
	const struct options *opt;
	const struct tenancy *tenants;
	struct rings *rings; /* NULL: nothing is configured */
	struct tokens *tokens;
};

/* ---- beginning and end ---- */

static bool options_fit(const struct options *opt, struct err *err)
{
	if (*opt->jwks && (!*opt->jwt_issuer || !*opt->jwt_audience))
		return err_set(err, ERR_CONFIG, "jwks",
			       "takes --jwt-issuer and --jwt-audience, too: a token is good from that issuer only");
	if (!*opt->jwks && (*opt->jwt_issuer || *opt->jwt_audience))
		return err_set(err, ERR_CONFIG, *opt->jwt_issuer ? "jwt-issuer" : "jwt-audience",
			       "is about tokens, whose keys --jwks names");
	if (*opt->tenants && !*opt->keys && !*opt->jwks)
		return err_set(err, ERR_CONFIG, "tenants", "takes --keys or --jwks: who asks tells the tenant");
	return true;
}

/* Somebody meant somebody by it. */
static void strangers_tell(void *arg, const struct keyfile *keys)
{
	const struct access *a = arg;

	for (size_t i = 0; i < keys->n; i++) {
		const struct api_key *key = &keys->of[i];

		if (!key->revoked_s && tenancy_place(a->tenants, key->tenant) == TENANTS_MOST)
			log_event(LOG_WARN, "key_of_no_tenant", LOG_STR("key", key->id),
				  LOG_STR("tenant", key->tenant));
	}
}

struct access *access_open(const struct options *opt, const struct tenancy *tenants, struct err *err)
{
	struct access *a;

	if (!options_fit(opt, err))
		return NULL;
	a = memory_new(sizeof(*a));
	a->opt = opt;
	a->tenants = tenants;
	if (!*opt->keys && !*opt->jwks)
		return a;
	a->tokens = tokens_new();
	a->rings = rings_open(opt->keys, opt->jwks, &(const struct rings_owner){ strangers_tell, a }, err);
	if (!a->rings)
		access_close(&a);
	return a;
}

void access_close(struct access **ap)
{
	struct access *a = *ap;

	if (!a)
		return;
	rings_close(&a->rings);
	tokens_free(&a->tokens);
	free(a);
	*ap = NULL;
}

bool access_is_guarded(const struct access *a)
{
	return a->rings;
}

void access_reread(struct access *a)
{
	if (a->rings)
		rings_look(a->rings);
}

/* ---- one caller ---- */

/* One question: what is asked, and what is found out. */
struct asking {
	struct access *a;
	const struct credential *c;
	int64_t now_s;
	struct arena *mem;
	struct caller caller;
	struct access_pass pass;
};

/* A tenant that is not of this installation has no callers. */
static bool take(struct asking *q, struct str tenant, struct str client, struct str role)
{
	size_t place = tenancy_place(q->a->tenants, tenant);

	if (place == TENANTS_MOST)
		return false;
	q->caller.tenant = (uint32_t)place;
	caller_name_set(q->caller.client, client);
	caller_name_set(q->caller.role, role);
	caller_name_set(q->caller.purpose, str_of(q->a->tenants->of[place].purpose));
	return true;
}

static bool take_key(struct asking *q, const struct api_key *key, enum proof proof)
{
	if (!key || !api_key_is_valid(key, q->now_s))
		return false;
	q->caller.proof = proof;
	q->caller.may = key->may;
	q->pass.until_s = key->expires_s ? key->expires_s : INT64_MAX;
	memcpy(q->pass.key_id, key->id.p, KEY_ID_CHARS);
	return take(q, key->tenant, key->client, key->role);
}

static bool by_key(struct asking *q, struct str text)
{
	struct ring *ring = rings_take(q->a->rings, RING_KEYS, &q->pass.epoch);
	bool good = ring && take_key(q, api_key_find(&ring->keys, text), PROOF_KEY);

	rings_give(&ring);
	return good;
}

static bool by_certificate(struct asking *q, struct str name)
{
	struct ring *ring = rings_take(q->a->rings, RING_KEYS, &q->pass.epoch);
	bool good = ring && take_key(q, map_get(ring->keys.by_certificate, name), PROOF_CERTIFICATE);

	rings_give(&ring);
	return good;
}

static bool verify(struct asking *q, struct ring *ring, struct str token)
{
	const struct jwt_rules rules = { .issuer = str_of(q->a->opt->jwt_issuer),
					 .audience = str_of(q->a->opt->jwt_audience),
					 .now_s = q->now_s };
	struct jwt jwt;

	if (!jwt_verify(&ring->jwks, token, &rules, q->mem, &jwt))
		return false;
	q->caller.proof = PROOF_TOKEN;
	q->caller.may = jwt.may;
	q->caller.agent_proven = !str_eq(jwt.agent, jwt.client); /* RFC 9068: a program for itself */
	if (q->caller.agent_proven)
		caller_name_set(q->caller.agent, jwt.agent);
	q->pass.until_s = jwt.until_s;
	return take(q, jwt.tenant, jwt.client, jwt.role);
}

static bool by_token(struct asking *q, struct str token)
{
	struct ring *ring;
	bool good;

	q->pass.epoch = rings_epoch(q->a->rings);
	if (token.n > JWT_BYTES_MOST)
		return false;
	if (tokens_find(q->a->tokens, token, q->pass.epoch, q->now_s, &q->caller, &q->pass.until_s))
		return true;
	ring = rings_take(q->a->rings, RING_JWKS, &q->pass.epoch);
	good = ring && verify(q, ring, token);
	rings_give(&ring);
	if (good)
		tokens_keep(q->a->tokens, token, q->pass.epoch, q->pass.until_s, &q->caller);
	return good;
}

/* What stands behind `Bearer`; the NULL view: another scheme. */
static struct str bearer_of(struct str authorization)
{
	static const char scheme[] = "Bearer ";
	const size_t n = sizeof(scheme) - 1;

	if (authorization.n <= n || strncasecmp(authorization.p, scheme, n) != 0)
		return (struct str){ 0 };
	return (struct str){ authorization.p + n, authorization.n - n };
}

static bool by_bearer(struct asking *q, struct str text)
{
	return text.p && (jwt_is_token(text) ? by_token(q, text) : by_key(q, text));
}

/* Who a program says it speaks for is its word; a token says it itself. */
static enum access_answer take_agent(struct asking *q)
{
	struct str agent = q->c->agent;

	if (!agent.p)
		return ACCESS_GIVEN;
	if (!caller_is_name(agent) || (q->caller.agent_proven && !str_eq(agent, str_of(q->caller.agent))))
		return ACCESS_AGENT;
	caller_name_set(q->caller.agent, agent);
	return ACCESS_GIVEN;
}

/* A certificate comes with the connection, be it meant or not: what the request itself says goes first. */
static enum access_answer prove(struct asking *q)
{
	const struct credential *c = q->c;
	bool good;

	if (!q->a->rings) {
		caller_everybody(q->a->opt, &q->caller);
		q->pass.until_s = INT64_MAX;
		return take_agent(q);
	}
	if (c->twice || (c->authorization.p && c->api_key.p))
		return ACCESS_UNCLEAR;
	if (c->authorization.p)
		good = by_bearer(q, bearer_of(c->authorization));
	else if (c->api_key.p)
		good = by_key(q, c->api_key);
	else if (c->certificate.p)
		good = by_certificate(q, c->certificate);
	else
		return ACCESS_NOBODY;
	return good ? take_agent(q) : ACCESS_REFUSED;
}

enum access_answer access_identify(struct access *a, const struct credential *c, int64_t now_s, struct arena *mem,
				   struct caller *caller_out, struct access_pass *pass_out)
{
	struct asking q = { .a = a, .c = c, .now_s = now_s, .mem = mem };
	enum access_answer answer = prove(&q);

	if (answer != ACCESS_GIVEN)
		return answer;
	*caller_out = q.caller;
	*pass_out = q.pass;
	return ACCESS_GIVEN;
}

bool access_by_certificate(struct access *a, struct str name, int64_t now_s, struct caller *caller_out,
			   struct access_pass *pass_out)
{
	struct asking q = { .a = a, .now_s = now_s };

	if (!a->rings || !by_certificate(&q, name))
		return false;
	*caller_out = q.caller;
	*pass_out = q.pass;
	return true;
}

/* ---- later ---- */

bool access_is_same(const struct access *a, const struct access_pass *pass, int64_t now_s)
{
	return now_s < pass->until_s && (!a->rings || pass->epoch == rings_epoch(a->rings));
}

/* What the key says about its client is what it said. */
static bool is_of(const struct api_key *key, const struct caller *caller, const struct tenancy *tenants)
{
	return key->may == caller->may && str_eq(key->role, str_of(caller->role)) &&
	       str_eq(key->client, str_of(caller->client)) && tenancy_place(tenants, key->tenant) == caller->tenant;
}

bool access_holds(struct access *a, struct access_pass *pass, const struct caller *caller, int64_t now_s)
{
	const struct api_key *key;
	struct ring *ring;

	if (now_s >= pass->until_s || !pass->key_id[0] || access_is_same(a, pass, now_s))
		return access_is_same(a, pass, now_s);
	ring = rings_take(a->rings, RING_KEYS, &pass->epoch);
	key = ring ? map_get(ring->keys.by_id, str_of(pass->key_id)) : NULL;
	if (!key || !api_key_is_valid(key, now_s) || !is_of(key, caller, a->tenants))
		pass->until_s = 0;
	rings_give(&ring);
	return pass->until_s;
}
