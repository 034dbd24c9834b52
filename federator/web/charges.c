/* charges.c - whom a question of the web team shows, for the limits of who asks: whoever is asked for, by a key, a
 * sealed id or the name of a visitor, and whose session is opened. Who stands in lists and is on the site now was not
 * chosen by who asks: the sealed ids there count when they are used. */
#include "federator/charge.h"
#include "federator/web/run.h"
#include "metadata/normalize.h"

static bool pass(struct web_run *run, struct limits_told told)
{
	if (told.verdict == LIMITS_PASS)
		return true;
	run->fault = (struct web_fault){ .status = 429,
					 .type = CHARGE_TYPE,
					 .detail = charge_detail(&told.state, run->mem).p,
					 .suggestion = CHARGE_SUGGESTION,
					 .retry_after_s = told.state.reset_s,
					 .over = told.state };
	return false;
}

static bool counts(const struct web_run *run)
{
	return service_limits(run->lane->service) && (run->ask->who.agent.n || run->ask->who.client.n);
}

static bool subject(struct web_run *run, struct str key, struct str value)
{
	uint64_t hash = limits_hash(service_limits(run->lane->service), key, value);

	return pass(run, charge_subject(run->lane, &run->ask->who, hash, clock_mono_us()));
}

static bool visitor(struct web_run *run, struct str name)
{
	return subject(run, run->log->visitor ? str_of(run->log->visitor->name) : STR("visitor"), name);
}

bool web_charge_question(struct web_run *run)
{
	const struct web_ask *ask = run->ask;

	if (!counts(run))
		return true;
	if (ask->what == WEB_STITCH)
		return visitor(run, ask->name);
	if (ask->customer.p)
		return subject(run, run->which.key, run->which.value);
	if (run->which.key.p)
		return pass(run, charge_key(run->lane, &ask->who, run->which.key, run->which.value, clock_mono_us()));
	return !ask->visitor.p || visitor(run, ask->visitor);
}

bool web_charge_session(struct web_run *run, const struct web_session *session)
{
	const struct key *identity = run->world->cat->identity;
	struct str canonical;

	if (!counts(run))
		return true;
	if (session->customer.p && normalize_key(identity, session->customer, run->mem, &canonical) == KEY_OK)
		return subject(run, str_of(identity->name), canonical);
	return visitor(run, session->visitor);
}
