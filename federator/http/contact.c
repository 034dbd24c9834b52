#include "federator/http/contact.h"

#include "federator/contacts.h"
#include "federator/http/asking.h"
#include "federator/http/handlers.h"
#include "federator/http/members.h"
#include "metadata/normalize.h"

enum { MINUTES_USUAL = 60 };

/* A request about a contact. */
struct contacting {
	struct contact_errand errand;
	struct exchange *x;
	struct question q;     /* of a view or pop that waits */
	contact_then *then;
	contact_rung *rung;
	struct ask whose;      /* of one that begins: its keys */
	struct tracer tracer;
	struct contact contact;
	struct cache_name names[CONTACT_NAMES_MOST];
	uint32_t minutes;
	bool resolved;
};

static struct contacting *contacting_new(struct exchange *x, struct str id, void (*done)(struct contact_errand *e))
{
	struct contacting *c = arena_new_of(x->mem, struct contacting);

	*c = (struct contacting){ .x = x,
				  .errand = { .lane = x->lane,
					      .mem = x->mem,
					      .tenant = str_of(service_options(x->lane->service)->tenant),
					      .id = id,
					      .done = done } };
	if (!x->world)
		x->world = service_world(x->lane->service); /* so that the lane stays */
	return c;
}

static struct contacting *contacting_of(struct contact_errand *e)
{
	return CONTAINER_OF(e, struct contacting, errand);
}

static void name_make(const struct contacting *c, const struct key *key, struct str value, struct cache_name *out)
{
	cache_name_make(out, c->errand.tenant, service_salt(c->x->lane->service), str_of(key->name), value);
}

static void refuse_unknown(struct exchange *x)
{
	exchange_busy(x, "contacts-unknown", "nobody knows which contacts go on", "ask again in a moment");
}

/* ---- a view ---- */

bool contact_needed(const struct exchange *x)
{
	return strcmp(service_options(x->lane->service)->contact, "required") == 0;
}

static void refuse(struct exchange *x)
{
	exchange_problem(x, 403, "no-contact", "X-Contact names no live contact of this caller with this customer",
			 "views are for the time of a call or chat, and for whom it is with");
}

static bool is_named(const struct contact *contact, const struct cache_name *name)
{
	for (size_t i = 0; i < contact->n_names; i++)
		if (strcmp(contact->names[i].text, name->text) == 0)
			return true;
	return false;
}

static bool names_key(const struct contacting *c, const struct catalog *cat, struct str name, struct str value)
{
	const struct key *key = catalog_key(cat, name);
	struct cache_name asked;
	struct str canonical;

	if (!key || normalize_key(key, value, c->x->mem, &canonical) != KEY_OK)
		return false;
	name_make(c, key, canonical, &asked);
	return is_named(&c->errand.contact, &asked);
}

/* Each key that is asked by must be the contact's: one that is not would lead to others. */
static bool is_about_them(const struct contacting *c)
{
	const struct catalog *cat = c->x->world->cat;
	const struct ask *ask = &c->q.ask;
	struct cache_name name;
	struct str subject;

	if (c->errand.contact.n_names == 0)
		return true;
	for (size_t i = 0; i < ask->n_by; i++)
		if (!names_key(c, cat, ask->by[i].name, ask->by[i].value))
			return false;
	if (ask->n_by)
		return true;
	if (!unseal_id(c->x->lane->service, ask->tenant, ask->id, c->x->mem, &subject))
		return false;
	name_make(c, cat->identity, subject, &name);
	return is_named(&c->errand.contact, &name);
}

static void on_found(struct contact_errand *e)
{
	struct contacting *c = contacting_of(e);
	struct str agent = e->contact.agent;

	if (e->failed)
		refuse_unknown(c->x);
	else if (!e->found || (agent.n && !str_eq(agent, str_of(c->x->caller.agent))) || !is_about_them(c))
		refuse(c->x);
	else
		c->then(c->x, &c->q);
}

void contact_guard(struct exchange *x, struct question *q, contact_then *then)
{
	struct contacting *c;

	if (!contact_needed(x)) {
		then(x, q);
		return;
	}
	if (!q->ask.contact.n) {
		refuse(x);
		return;
	}
	c = contacting_new(x, q->ask.contact, on_found);
	c->q = *q;
	c->then = then;
	contact_find(&c->errand);
}

/* ---- a contact begins ---- */

/* Members of an answer. The id is a token. */
static struct str said_of(const struct contacting *c)
{
	return arena_printf(c->x->mem, "\"contact\":\"%.*s\",\"minutes\":%u,\"resolved\":%s", STR_ARG(c->errand.id),
			    c->minutes, c->resolved ? "true" : "false");
}

static void on_put(struct contact_errand *e)
{
	struct contacting *c = contacting_of(e);
	struct buf out = { 0 };

	if (e->failed) {
		refuse_unknown(c->x);
		return;
	}
	buf_printf(&out, "{%.*s}", STR_ARG(said_of(c)));
	exchange_bytes(c->x, 200, "application/json", &out);
}

static void keep(struct contacting *c)
{
	c->contact.names = c->names;
	c->contact.until_ms = lane_wall_ms(c->x->lane) + INT64_C(60000) * c->minutes;
	contact_keep(&c->errand, &c->contact);
}

/* The names of keys stand in front, so more customers than there is room for lose theirs. */
static void on_customer(struct tracer *tracer, struct str subject)
{
	struct contacting *c = CONTAINER_OF(tracer, struct contacting, tracer);
	struct cache_name name;

	name_make(c, c->x->world->cat->identity, subject, &name);
	c->contact.names = c->names;
	if (is_named(&c->contact, &name))
		return;
	c->resolved = c->resolved && c->contact.n_names < CONTACT_NAMES_MOST;
	if (c->contact.n_names < CONTACT_NAMES_MOST)
		c->names[c->contact.n_names++] = name;
}

static void on_traced(void *owner, struct reply *reply)
{
	struct contacting *c = owner;

	c->resolved = c->resolved && reply->status == 200 && reply->complete;
	reply_free(reply);
	keep(c);
}

static void trace(struct contacting *c)
{
	struct ask *ask = &c->whose;

	c->resolved = true;
	c->tracer.found = on_customer;
	ask->tenant = c->errand.tenant;
	ask->no_cache = ask->no_store = true;
	ask->tracer = &c->tracer;
	if (ask->n_by)
		flow_start(c->x->lane, ask, on_traced, c);
	else
		keep(c);
}

static bool refuse_key(struct exchange *x, int status, const char *type, const char *detail)
{
	exchange_problem(x, status, type, detail, NULL);
	return false;
}

/* A number that is withheld tells nothing: it is left out. False: it is answered. */
static bool key_add(struct contacting *c, struct str name, struct str value)
{
	const struct key *key = catalog_key(c->x->world->cat, name);
	struct ask *ask = &c->whose;
	struct str canonical;

	if (!key)
		return refuse_key(c->x, 400, "unknown-key", "the mapping has no key of a name in `by`");
	switch (normalize_key(key, value, c->x->mem, &canonical)) {
	case KEY_OK:
		name_make(c, key, canonical, &c->names[c->contact.n_names++]);
		ask->by[ask->n_by].name = name;
		ask->by[ask->n_by++].value = value;
		return true;
	case KEY_BLOCKED:
		return true;
	case KEY_MALFORMED:
		return refuse_key(c->x, 422, "malformed-key", "a value in `by` does not fit its key");
	}
	return false;
}

static bool keys_read(struct contacting *c, const struct jsontext *by)
{
	if (by && (by->kind != JSONTEXT_OBJECT || by->n_items > ASK_KEYS_MAX)) {
		members_refuse(c->x, "by", "an object of at most 5 keys and values");
		return false;
	}
	for (const struct jsontext *m = by ? by->first : NULL; m; m = m->next) {
		if (m->kind != JSONTEXT_STRING && m->kind != JSONTEXT_NUMBER) {
			members_refuse(c->x, "by", "texts and whole numbers");
			return false;
		}
		if (!key_add(c, m->name, m->text))
			return false;
	}
	return true;
}

/* False: it is answered. */
static bool contact_read(struct contacting *c)
{
	static const char *const names[] = { "agent", "by", "minutes" };
	const struct jsontext *body = members_read(c->x, names, ARRAY_LEN(names));

	if (!body)
		return false;
	if (!members_text(body, STR("agent"), 64, &c->contact.agent) ||
	    (c->contact.agent.p && !caller_is_name(c->contact.agent)))
		members_refuse(c->x, "agent", "a name of 1 to 64 bytes without blanks");
	else if (!members_number(body, STR("minutes"), CONTACT_MINUTES_MOST, MINUTES_USUAL, &c->minutes))
		members_refuse(c->x, "minutes", "a number from 1 to 1440");
	else
		return keys_read(c, jsontext_member(body, STR("by")));
	return false;
}

/* False: it is answered. */
static bool id_read(struct exchange *x)
{
	struct question q = { .mem = x->mem };

	if (!headers_is_token(x->args[0]))
		exchange_problem(x, 400, "bad-contact",
				 "a contact is named by 1 to 64 letters, digits, '.', '_' or '-'", NULL);
	else if (!question_query(&q, x->query, NULL, 0))
		asking_refuse(x, &q);
	else
		return true;
	return false;
}

void contact_put(struct exchange *x)
{
	struct contacting *c;

	if (!id_read(x))
		return;
	c = contacting_new(x, x->args[0], on_put);
	if (contact_read(c))
		trace(c);
}

static void on_rung(struct contact_errand *e)
{
	struct contacting *c = contacting_of(e);

	if (e->failed)
		refuse_unknown(c->x);
	else
		c->rung(c->x, &c->q, said_of(c));
}

void contact_ring(struct exchange *x, struct question *q, contact_rung *then)
{
	const struct ask *ask = &q->ask;
	struct contacting *c;

	if (!contact_needed(x) || !ask->contact.n || !(x->caller.may & MAY_CONTACT)) {
		then(x, q, (struct str){ 0 });
		return;
	}
	c = contacting_new(x, ask->contact, on_rung);
	c->q = *q;
	c->rung = then;
	c->contact.agent = x->args[0];
	c->minutes = MINUTES_USUAL;
	for (size_t i = 0; i < ask->n_by; i++)
		if (!key_add(c, ask->by[i].name, ask->by[i].value))
			return;
	trace(c);
}

/* ---- it ends ---- */

static void on_ended(struct contact_errand *e)
{
	struct exchange *x = contacting_of(e)->x;
	struct buf nothing = { 0 };

	if (e->failed)
		refuse_unknown(x);
	else
		exchange_bytes(x, 204, "application/json", &nothing);
}

void contact_delete(struct exchange *x)
{
	if (id_read(x) && !asking_refuse_body(x))
		contact_end(&contacting_new(x, x->args[0], on_ended)->errand);
}
