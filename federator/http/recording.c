#include "federator/http/recording.h"

#include <stdlib.h>

#include "federator/audit/audit.h"
#include "federator/audit/subject.h"
#include "federator/audit/text.h"

/* Of these routes nothing is on record unless it is denied: they show no customer. */
static bool shows_nobody(const struct route *route)
{
	return (route->may & ~(unsigned)MAY_MAP) == 0;
}

static bool is_denied(const struct exchange *x)
{
	int status = x->reply.status;

	return status == 401 || status == 403 || status == 429 ||
	       (status == 404 && x->route && !shows_nobody(x->route));
}

bool recording_wanted(const struct exchange *x)
{
	int status = x->reply.status;

	if (!x->lane->audit || x->shed != SHED_NOT || x->reply.shed)
		return false;
	if (is_denied(x))
		return true;
	if (!x->route || shows_nobody(x->route))
		return false;
	return status < 400 || status == 409 || (status >= 500 && x->is_view);
}

void recording_refuse(struct reply *reply, enum format format)
{
	*reply = (struct reply){ .retry_after_s = 1 };
	problem_reply(reply, format, 503, RECORDING_AWAY, exchange_title(503), RECORDING_AWAY_TEXT,
		      "ask again in a moment");
}

static const char *proof_of(const struct caller *caller)
{
	switch (caller->proof) {
	case PROOF_NONE:
		return "none";
	case PROOF_KEY:
		return "key";
	case PROOF_TOKEN:
		return "token";
	case PROOF_CERTIFICATE:
		return "certificate";
	}
	abort();
}

void recording_put_caller(const char *kind, const struct lane *lane, const struct caller *caller, struct buf *out)
{
	buf_puts(out, "\"kind\":\"");
	buf_puts(out, kind);
	buf_putc(out, '"');
	/* whose it is may not be known; no tenant has that name */
	audit_put("tenant", lane->service ? str_of(service_options(lane->service)->tenant) : STR("?"), out);
	audit_put("client", str_of(caller->client), out);
	audit_put("agent", str_of(caller->agent), out);
	audit_put_true("agent_proven", caller->agent_proven, out);
	audit_put("proof", str_of(proof_of(caller)), out);
	audit_put("role", str_of(caller->role), out);
	audit_put("purpose", str_of(caller->purpose), out);
}

/* POST, PUT or DELETE of what is no question. */
static bool is_act(const struct route *route)
{
	return strchr("PD", route->method[0]) && !(route->may & (MAY_VIEW | MAY_ROUTE | MAY_WEB));
}

static const char *kind_of(const struct exchange *x)
{
	if (is_denied(x))
		return "denial";
	return is_act(x->route) ? "act" : "view";
}

static const char *outcome_of(const struct exchange *x)
{
	if (is_denied(x))
		return "denied";
	return x->reply.status < 400 ? "done" : "error";
}

static bool tells(const struct exchange *x)
{
	return x->reply.status < 400;
}

/* Who was shown or acted on; of a problem document who would have been. */
static void put_about(const struct exchange *x, struct buf *out)
{
	struct service *svc = x->lane->service;
	struct str tenant, subject;
	char digits[AUDIT_SUBJECT_DIGITS + 1];
	const struct world *world;

	if (!x->about.p) /* also where there is no service */
		return;
	tenant = str_of(service_options(svc)->tenant);
	if (!unseal_id(svc, tenant, x->about, x->mem, &subject))
		return;
	world = service_world(svc);
	audit_subject(service_salt(svc), tenant, str_of(world->cat->identity->name), subject, digits);
	if (tells(x))
		buf_printf(out, ",\"subjects\":[\"%s\"]", digits);
	else
		buf_printf(out, ",\"asked\":{\"%s\":\"%s\"}", world->cat->identity->name, digits);
	world_unref(&world);
}

/* Of a flow that knows whose the keys are the outcome, with all that was seen; else what is known here. */
static void put_outcome(const struct exchange *x, struct buf *out)
{
	if (x->reply.seen.p) {
		buf_put_str(out, x->reply.seen);
		return;
	}
	audit_put("outcome", str_of(outcome_of(x)), out);
	put_about(x, out);
}

/* Who asked, with the purpose that the policies were asked with: what the question says goes before what is usual. */
static struct caller asker_of(const struct exchange *x)
{
	struct str purpose = headers_get(&x->headers, "X-Purpose");
	struct caller caller = x->caller;

	if (caller.role[0] && headers_is_token(purpose))
		caller_name_set(caller.purpose, purpose);
	return caller;
}

/* Which call or chat it is for, or which one begins or ends. */
static struct str contact_of(const struct exchange *x)
{
	return x->route && x->route->may == MAY_CONTACT ? x->args[0] : headers_get(&x->headers, "X-Contact");
}

void recording_put(const struct exchange *x, struct buf *out)
{
	struct str contact = contact_of(x);
	struct caller caller = asker_of(x);

	recording_put_caller(kind_of(x), x->lane, &caller, out);
	if (headers_is_token(contact))
		audit_put("contact", contact, out);
	audit_put("unmask", tells(x) ? x->unmask : STR(""), out);
	audit_put("reason", tells(x) ? x->reason : STR(""), out);
	audit_put("method", str_of(x->method), out);
	audit_put("operation", x->route ? str_of(x->route->pattern) : STR("none"), out);
	audit_put_number("status", x->reply.status, out);
	if (x->reply.problem)
		audit_put("rule", str_of(x->reply.problem), out);
	put_outcome(x, out);
	audit_put("request_id", str_of(x->request_id), out);
}

void recording_put_strangers(const struct lane *lane, uint32_t n, struct buf *out)
{
	const struct caller nobody = { .proof = PROOF_NONE };

	recording_put_caller("denial", lane, &nobody, out);
	audit_put_number("status", 401, out);
	audit_put("rule", STR("unauthenticated"), out);
	audit_put("outcome", STR("denied"), out);
	if (n > 1)
		audit_put_number("left_out", n - 1, out);
}

void recording_put_untaken(const struct exchange *x, struct buf *out)
{
	struct caller caller = asker_of(x);

	recording_put_caller("untaken", x->lane, &caller, out);
	audit_put("operation", str_of(x->route->pattern), out);
	put_about(x, out);
	audit_put("request_id", str_of(x->request_id), out);
}

void recording_put_address(const char *address, struct buf *out)
{
	audit_put("address", str_of(address), out);
}
