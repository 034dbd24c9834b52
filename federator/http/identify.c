#include "federator/http/identify.h"

#include <assert.h>

/* The value of a header; *twice is set when there are several. */
static struct str single(const struct headers *h, const char *name, bool *twice)
{
	struct str found = { 0 };

	for (size_t i = 0; i < h->n; i++) {
		if (!headers_same(h->of[i].name, name))
			continue;
		*twice = *twice || found.p;
		found = h->of[i].value;
	}
	return found;
}

static struct credential credential_of(const struct exchange *x)
{
	const struct headers *h = &x->headers;
	struct credential c = { .certificate = x->certificate };

	c.authorization = single(h, "Authorization", &c.twice);
	c.api_key = single(h, "X-API-Key", &c.twice);
	c.agent = single(h, "X-Agent", &c.twice);
	return c;
}

static void count(const struct exchange *x, enum auth_meter which)
{
	lane_count_public(x->lane, METER_AUTH + which);
}

/* Never which part was wrong: whoever tries shall not learn it. `error` is a word of RFC 6750, 3.1. */
static void refuse(struct exchange *x, const char *error)
{
	x->challenge = error ? arena_printf(x->mem, "Bearer realm=\"federator\", error=\"%s\"", error).p :
			       "Bearer realm=\"federator\"";
	exchange_problem(x, 401, "unauthenticated", "a valid API key or token is needed",
			 "send it as Authorization: Bearer, or an API key as X-API-Key");
}

void identify_refuse(struct exchange *x)
{
	refuse(x, NULL);
}

/* False: it is answered. */
static bool known(struct exchange *x, enum access_answer answer)
{
	switch (answer) {
	case ACCESS_GIVEN:
		return true;
	case ACCESS_NOBODY:
		count(x, AUTH_MISSING);
		refuse(x, NULL);
		return false;
	case ACCESS_REFUSED:
		count(x, AUTH_REFUSED);
		refuse(x, "invalid_token");
		return false;
	case ACCESS_UNCLEAR:
		count(x, AUTH_UNCLEAR);
		x->challenge = "Bearer realm=\"federator\", error=\"invalid_request\"";
		exchange_problem(x, 400, "several-credentials",
				 "one credential is needed, in one header, and X-Agent once at most", NULL);
		return false;
	case ACCESS_AGENT:
		count(x, AUTH_UNCLEAR);
		exchange_problem(x, 400, "bad-agent",
				 "X-Agent is no name of 1 to 64 bytes, or not the subject of the token", NULL);
		return false;
	}
	return false;
}

static bool allowed(struct exchange *x)
{
	if ((x->caller.may & x->route->may) == x->route->may)
		return true;
	count(x, AUTH_FORBIDDEN);
	x->challenge = arena_printf(x->mem, "Bearer realm=\"federator\", error=\"insufficient_scope\", scope=\"%s\"",
				    may_word(x->route->may))
			       .p;
	exchange_problem(x, 403, "not-allowed",
			 arena_printf(x->mem, "this needs the scope %s", may_word(x->route->may)).p, NULL);
	return false;
}

static_assert(AUTH_OPEN == (int)PROOF_NONE && AUTH_KEY == (int)PROOF_KEY && AUTH_TOKEN == (int)PROOF_TOKEN &&
		      AUTH_CERTIFICATE == (int)PROOF_CERTIFICATE,
	      "who was let in is counted by the proof");

bool identify(struct exchange *x)
{
	struct credential c;
	enum access_answer answer;

	if (!x->access)
		return allowed(x);
	c = credential_of(x);
	answer = access_identify(x->access, &c, lane_wall_ms(x->lane) / 1000, x->mem, &x->caller, &x->pass);
	if (answer != ACCESS_GIVEN && x->route->may == MAY_ASK_OPENLY) {
		x->caller = (struct caller){ 0 };
		return true;
	}
	if (!known(x, answer))
		return false;
	exchange_seat(x, x->caller.tenant);
	if (!allowed(x))
		return false;
	count(x, (enum auth_meter)x->caller.proof);
	return true;
}
