#include "federator/http/unmask.h"

#include "federator/access/grant.h"
#include "federator/http/asking.h"
#include "federator/http/handlers.h"
#include "federator/http/members.h"
#include "federator/render/render.h"

enum {
	MINUTES_MOST = 480, /* as in mappings */
	REASON_MOST = 600,  /* bytes: 200 syllables */
	CLASSES_BYTES_MOST = 2048,
};

/* What is wished, and for how long it may be. */
struct wish {
	const struct jsontext *classes;
	struct str purpose;
	struct grant grant;
	uint32_t minutes;
};

/* ---- reading ---- */

static bool are_names(const struct jsontext *classes)
{
	size_t bytes = 0;

	if (!classes || classes->kind != JSONTEXT_ARRAY || classes->n_items == 0 || classes->n_items > CLASSES_MAX)
		return false;
	for (const struct jsontext *c = classes->first; c; c = c->next) {
		if (c->kind != JSONTEXT_STRING || !headers_is_token(c->text))
			return false;
		bytes += c->text.n + 1;
	}
	return bytes <= CLASSES_BYTES_MOST;
}

/* Is there a letter or anything else that is not a blank? */
static bool says_something(struct str reason)
{
	for (size_t i = 0; i < reason.n; i++)
		if (reason.p[i] != ' ')
			return true;
	return false;
}

/* False: it is answered. */
static bool wish_read(struct exchange *x, struct wish *out)
{
	static const char *const names[] = { "classes", "reason", "minutes", "contact" };
	const struct jsontext *body = members_read(x, names, ARRAY_LEN(names));
	struct grant *grant = &out->grant;

	if (!body)
		return false;
	out->classes = jsontext_member(body, STR("classes"));
	if (!are_names(out->classes))
		members_refuse(x, "classes", "an array of names of privacy classes");
	else if (!members_text(body, STR("reason"), REASON_MOST, &grant->reason) || !says_something(grant->reason))
		members_refuse(x, "reason", "a text of 1 to 600 bytes, which goes on record");
	else if (!members_number(body, STR("minutes"), MINUTES_MOST, 0, &out->minutes))
		members_refuse(x, "minutes", "a number from 1 to 480");
	else if (!members_text(body, STR("contact"), 64, &grant->contact) ||
		 (grant->contact.p && !headers_is_token(grant->contact)))
		members_refuse(x, "contact", "1 to 64 letters, digits, '.', '_' or '-'");
	else
		return true;
	return false;
}

/* ---- what the policies say ---- */

/* For how many minutes all of them may be seen; 0: one of them may not at all, *refused_out. */
static uint32_t minutes_of(const struct exchange *x, const struct wish *wish, struct str *refused_out)
{
	const struct world *world = service_world(x->lane->service);
	uint32_t least = MINUTES_MOST;

	for (const struct jsontext *c = wish->classes->first; c && least; c = c->next) {
		const struct class_ *cls = catalog_class(world->cat, c->text);
		uint32_t minutes = cls ? catalog_unmask_minutes(world->cat, str_of(x->caller.role), wish->purpose, cls)
				       : 0;

		least = minutes < least ? minutes : least;
		*refused_out = c->text;
	}
	world_unref(&world);
	return least;
}

/* False: it is answered. */
static bool wish_allowed(struct exchange *x, struct wish *wish)
{
	struct str refused = { 0 };
	uint32_t most = minutes_of(x, wish, &refused);

	if (x->caller.proof != PROOF_NONE && !x->caller.agent[0]) {
		exchange_problem(x, 403, "no-agent", "nobody unmasks without a name",
				 "say who asks: X-Agent, or a token of the person");
		return false;
	}
	if (most == 0) {
		exchange_problem(x, 403, "unmask-refused",
				 arena_printf(x->mem, "no policy lets role `%s` with purpose `%.*s` unmask `%.*s`",
					      x->caller.role, STR_ARG(wish->purpose), STR_ARG(refused))
					 .p,
				 NULL);
		return false;
	}
	if (wish->minutes > most) {
		exchange_problem(x, 403, "unmask-refused",
				 arena_printf(x->mem, "the policies allow %u minutes at most", most).p, NULL);
		return false;
	}
	wish->minutes = wish->minutes ? wish->minutes : most;
	return true;
}

/* ---- the grant ---- */

static struct str class_words(const struct jsontext *classes, struct arena *mem)
{
	struct str words = STR("");

	for (const struct jsontext *c = classes->first; c; c = c->next)
		words = arena_printf(mem, "%.*s%s%.*s", STR_ARG(words), words.n ? " " : "", STR_ARG(c->text));
	return words;
}

static void answer(struct exchange *x, const struct wish *wish, struct str text)
{
	struct node *root = tree_object(x->mem, NULL, STR("unmask")), *classes;
	struct buf out = { 0 };

	tree_text(x->mem, root, STR("grant"), text);
	classes = tree_array(x->mem, root, STR("classes"), STR("class"));
	for (const struct jsontext *c = wish->classes->first; c; c = c->next)
		tree_text(x->mem, classes, STR(""), c->text);
	tree_number(x->mem, root, STR("minutes"), wish->minutes);
	render_json(root, false, &out);
	exchange_bytes(x, 200, "application/json", &out);
}

void unmask_grant(struct exchange *x)
{
	struct question q = asking_begin(x, 0);
	struct wish wish = { 0 };
	struct grantee to;

	if (!question_query(&q, x->query, NULL, 0) || !question_headers(&q, &x->headers) || !asking_allowed(x, &q)) {
		asking_refuse(x, &q);
		return;
	}
	wish.purpose = q.ask.purpose;
	if (!wish_read(x, &wish) || !wish_allowed(x, &wish))
		return;
	wish.grant.classes = class_words(wish.classes, x->mem);
	wish.grant.given_ms = lane_wall_ms(x->lane);
	wish.grant.until_ms = wish.grant.given_ms + INT64_C(60000) * wish.minutes;
	x->unmask = wish.grant.classes;
	x->reason = wish.grant.reason;
	to = grantee_of(&x->caller, q.ask.tenant, q.ask.purpose);
	answer(x, &wish, grant_seal(x->lane->service, &to, &wish.grant, x->mem));
}

bool unmask_read(struct exchange *x, struct question *q)
{
	struct grantee to = grantee_of(&x->caller, q->ask.tenant, q->ask.purpose);
	struct str text = headers_get(&x->headers, "X-Unmask");
	struct grant grant;

	if (!text.p)
		return true;
	if (!grant_open(x->lane->service, &to, text, lane_wall_ms(x->lane), x->mem, &grant) ||
	    (grant.contact.n && !str_eq(grant.contact, q->ask.contact)))
		return question_refuse(q, 403, "unmask-refused", "ask for another one: POST /v1/unmask",
				       "X-Unmask holds no grant for this question, or its time is over");
	q->ask.unmask = x->unmask = grant.classes;
	q->ask.unmask_given_ms = grant.given_ms;
	x->reason = grant.reason;
	return true;
}
