#include "tests/federator/rights/state.h"

#include <stdlib.h>

static const char *const role_names[] = { "r0", "r1", "r2", "r3", "r9" };
static const char *const purpose_names[] = { "p0", "p1", "p2", "p9" };
static const char *const agent_names[] = { "kim", "lee", "" };

unsigned below(struct state *s, unsigned n)
{
	return made_below(&s->seed, n);
}

struct who any_who(struct state *s)
{
	bool odd = below(s, 40) == 0;
	struct who who = { .role = role_names[below(s, odd ? 5 : 4)],
			   .purpose = purpose_names[below(s, odd ? 4 : 3)],
			   .agent = agent_names[below(s, 3)],
			   .may = MAY_ALL };

	if (below(s, 10) == 0)
		who.may = below(s, MAY_ALL + 1);
	return who;
}

void header_add(struct trial *t, const char *name, struct str value)
{
	t->fields[t->x.headers.n++] = (struct header){ str_of(name), value };
}

/* A key of somebody, or of nobody; sets whose values may be told. */
struct str any_key(struct trial *t, const char **name_out)
{
	struct state *s = t->s;
	unsigned i = below(s, CUSTOMERS);

	if (below(s, 2)) {
		*name_out = "member";
		t->customers = 1u << i;
		return s->made.members[i];
	}
	*name_out = "phone";
	for (unsigned other = 0; other < CUSTOMERS; other++)
		if (str_eq(s->made.phones[other], s->made.phones[i]))
			t->customers |= 1u << other;
	return s->made.phones[i];
}

struct str any_id(struct trial *t)
{
	struct state *s = t->s;
	const struct given_id *id = s->n_ids ? &s->ids[below(s, s->n_ids < IDS ? (unsigned)s->n_ids : IDS)] : NULL;

	if (!id)
		return STR("c.none");
	t->customers = id->customers;
	return id->text;
}

static struct str any_options(struct trial *t, bool tree)
{
	static const char *const of_tree[] = { "provenance=full", "view=full", "view=pop", "fields=f1,f2,visits.c3",
					       "parts=crm,more",  "lang=ko",   "view=full&provenance=full" };

	return below(t->s, 2) && tree ? str_of(of_tree[below(t->s, ARRAY_LEN(of_tree))]) : STR("lang=ko");
}

void ask_line(struct trial *t, const char *method, struct str path, struct str query)
{
	t->x.method = method;
	t->x.path = path;
	t->x.query = query;
}

static void ask_by_body(struct trial *t, const char *method, const char *path, const char *view)
{
	const char *name;
	struct str value = any_key(t, &name);

	if (strcmp(view, "routing") == 0 && strcmp(name, "member") == 0)
		name = "phone", value = t->s->made.phones[0], t->customers = 1;
	ask_line(t, method, str_of(path), STR(""));
	header_add(t, "Content-Type", STR("application/json"));
	t->x.body = arena_printf(t->x.mem, "{\"by\":{\"%s\":\"%.*s\"},\"view\":\"%s\"%s}", name, STR_ARG(value), view,
				 below(t->s, 2) && strcmp(view, "routing") ? ",\"provenance\":\"full\"" : "");
}

static void ask_by_query(struct trial *t, const char *path)
{
	const char *name;
	struct str value = any_key(t, &name), options = any_options(t, strcmp(path, "/v1/customers") == 0);

	if (strcmp(path, "/v1/routing") == 0) {
		if (strcmp(name, "member") == 0)
			name = "phone", value = t->s->made.phones[0], t->customers = 1;
		options = STR("view=routing");
	}
	ask_line(t, "GET", str_of(path),
		 arena_printf(t->x.mem, "%s=%.*s&%.*s", name, STR_ARG(value), STR_ARG(options)));
}

static void ask_by_id(struct trial *t)
{
	static const struct {
		const char *method, *below;
	} of[] = { { "GET", "" }, { "GET", "" }, { "GET", "/timeline" }, { "GET", "/explain" },
		   { "POST", "/refresh" } };
	unsigned i = below(t->s, ARRAY_LEN(of));
	struct str id = any_id(t);

	ask_line(t, of[i].method, arena_printf(t->x.mem, "/v1/customers/%.*s%s", STR_ARG(id), of[i].below),
		i == 2 ? STR("view=full") : any_options(t, true));
}

static void ask_name(struct trial *t)
{
	struct state *s = t->s;
	unsigned i = below(s, CUSTOMERS);

	for (unsigned other = 0; other < CUSTOMERS; other++)
		t->customers |= str_eq(s->made.phones[other], s->made.phones[i]) ? 1u << other : 0;
	ask_line(t, "GET", arena_printf(t->x.mem, "/v1/cnam/%.*s", STR_ARG(s->made.phones[i])), STR(""));
}

/* With a grant that was given to somebody. */
static void add_grant(struct trial *t)
{
	struct state *s = t->s;
	const struct given_grant *g = &s->grants[below(s, s->n_grants < GRANTS ? (unsigned)s->n_grants : GRANTS)];
	unsigned may = oracle_unmaskable(s->oracle, g->who.role, g->who.purpose);

	if (below(s, 4))
		t->who = g->who;
	header_add(t, "X-Unmask", g->text);
	t->refused = strcmp(g->who.role, t->who.role) != 0 || strcmp(g->who.purpose, t->who.purpose) != 0 ||
		     strcmp(g->who.agent, t->who.agent) != 0 || g->until_ms <= lane_wall_ms(s->lane) ||
		     (g->classes & ~may);
	t->unmasked = t->refused ? 0 : g->classes;
}

static void add_headers(struct trial *t, bool view)
{
	static const char *const cache[] = { "no-cache", "only-if-cached", "max-stale", "max-age=5", "no-store" };
	struct state *s = t->s;

	if (view && s->n_grants && below(s, 5) == 0)
		add_grant(t);
	if (below(s, 8) == 0)
		header_add(t, "Cache-Control", str_of(cache[below(s, ARRAY_LEN(cache))]));
	if (below(s, 5) == 0)
		header_add(t, "Accept", STR("application/xml"));
	if (below(s, 9) == 0)
		header_add(t, "Prefer", STR("handling=strict"));
	header_add(t, "X-Purpose", str_of(t->who.purpose));
	header_add(t, "Authorization",
		   arena_printf(t->x.mem, "%s,%s,%u", t->who.role, t->who.agent, t->who.may)); /* as of a key */
}

void make_request(struct trial *t)
{
	unsigned kind = below(t->s, 10);

	if (kind < 3)
		ask_by_body(t, kind ? "QUERY" : "POST", kind ? "/v1/customers" : "/v1/customers/lookup",
			    below(t->s, 2) ? "pop" : "full");
	else if (kind < 5)
		ask_by_query(t, "/v1/customers");
	else if (kind < 8)
		ask_by_id(t);
	else if (kind == 8)
		below(t->s, 2) ? ask_by_body(t, "QUERY", "/v1/routing", "routing") : ask_by_query(t, "/v1/routing");
	else
		ask_name(t);
	add_headers(t, kind < 8);
}
