#include "federator/demo/emit.h"
#include "federator/demo/products.h"

#include <stdio.h>

enum { VIEWS_MAX = 64 };

/* One cookie of one person, or of a stranger. */
struct cookie {
	const char *visitor;
	int64_t id;    /* first free event number */
	int64_t begin; /* of the session, UTC */
	unsigned pages;
	char session[32];
};

/* Product pages, with a help page and a page without a title between them; a search every four pages. */
static int64_t emit_session(struct generator *g, struct cookie *c, struct random *r)
{
	int64_t at = c->begin;

	for (unsigned i = 0; i < c->pages; i++, at += 5 + random_below(r, 90)) {
		unsigned product = random_below(r, PRODUCTS);
		char url[96], title[128] = "", name[96];

		if (i % 4 == 1)
			EMIT(g, search, CELL_N(c->id), CELL_T(c->visitor), CELL_T(c->session),
			     CELL_T(wall_time(at).text), CELL_T(product_thing(product)),
			     CELL_N(random_below(r, 40)));
		if (random_chance(r, 15)) {
			EMIT(g, page_view, CELL_N(c->id++), CELL_T(c->visitor), CELL_T(c->session),
			     CELL_T(wall_time(at).text), CELL_T("https://shop.example.com/help/return"),
			     CELL_T("반품 안내"), CELL_T(NULL));
			continue;
		}
		product_name(product, name);
		snprintf(title, sizeof(title), "%s | 온누리몰", name);
		snprintf(url, sizeof(url), "https://shop.example.com/product/%s", product_code(product).text);
		EMIT(g, page_view, CELL_N(c->id++), CELL_T(c->visitor), CELL_T(c->session),
		     CELL_T(wall_time(at).text), CELL_T(url), CELL_T(random_chance(r, 4) ? NULL : title),
		     CELL_T(product_code(product).text));
	}
	return at;
}

static void emit_visits(struct generator *g, struct cookie *c, struct random *r, bool on_site)
{
	static const char *const devices[] = {"mobile", "mobile", "desktop", "app"};
	const int64_t now = DEMO_NOW - SEOUL_OFFSET_S;
	unsigned sessions = on_site ? 2 : 1 + random_below(r, 2);
	const char *device = RANDOM_WORD(r, devices);

	for (unsigned s = 0; s < sessions; s++) {
		bool current = on_site && s == 0;
		int64_t last;

		c->pages = current ? 6 : 1 + random_below(r, 12);
		c->begin = current ? now - 600 : now - 7200 - DAY_S * s * 5 - random_below(r, 86400 * 20);
		snprintf(c->session, sizeof(c->session), "%s-%u", c->visitor + 1, s + 1);
		last = emit_session(g, c, r);
		EMIT(g, visit, CELL_T(c->session), CELL_T(c->visitor), CELL_T(wall_time(c->begin).text),
		     CELL_T(wall_time(current ? now - 20 : last).text), CELL_T(device));
	}
}

static void emit_cart(struct generator *g, const char *visitor, struct random *r, unsigned n)
{
	unsigned product = random_below(r, PRODUCTS / 2);

	for (unsigned i = 0; i < n; i++) {
		EMIT(g, cart, CELL_T(visitor), CELL_T(product_code(product).text),
		     CELL_T(wall_time(DEMO_NOW - SEOUL_OFFSET_S - 300 - random_below(r, 86400 * 3)).text),
		     CELL_N(1 + random_below(r, 3)));
		product += 1 + random_below(r, 50);
	}
}

static void emit_link(struct generator *g, const char *visitor, uint32_t member, struct random *r,
		      unsigned members)
{
	static const char *const evidence[] = {"login", "login", "order", "mail"};

	EMIT(g, visitor_link, CELL_T(visitor), CELL_N(member), CELL_T(RANDOM_WORD(r, evidence)),
	     CELL_T(wall_time(DEMO_NOW - SEOUL_OFFSET_S - 600 - random_below(r, 86400 * 25)).text),
	     CELL_N(members));
}

static void emit_consent(struct generator *g, const struct person *p)
{
	static const char *const channels[] = {"mail", "sms", "push"};
	struct random r = person_random(p, SUBJECT_CONSENT);

	for (unsigned i = 0; i < ARRAY_LEN(channels); i++)
		if (p->guide || random_chance(&r, 70))
			EMIT(g, mail_consent, CELL_N(p->number), CELL_T(channels[i]),
			     CELL_T(random_chance(&r, 55) ? "Y" : "N"),
			     CELL_T(wall_time(DEMO_NOW - DAY_S * (1 + random_below(&r, 900))).text));
}

/* One cookie in fifty is a family's tablet: two members logged in there, so it stands for neither. */
void emit_web(struct generator *g, const struct person *p)
{
	struct random r = person_random(p, SUBJECT_WEB);

	for (unsigned n = 0; n < p->visitors; n++) {
		struct short_text visitor = person_visitor(p, n);
		struct cookie c = {.visitor = visitor.text,
				   .id = ((int64_t)p->number * VISITORS_MAX + n) * VIEWS_MAX};
		bool shared = !p->guide && p->number > 1 && random_chance(&r, 2);

		emit_visits(g, &c, &r, p->on_site && n == 0);
		emit_cart(g, c.visitor, &r,
			  p->guide && n == 0      ? 2
			  : random_chance(&r, 20) ? 1 + random_below(&r, 3)
						  : 0);
		emit_link(g, c.visitor, p->number, &r, shared ? 2 : 1);
		if (shared)
			emit_link(g, c.visitor, p->number - 1, &r, 2);
	}
	emit_consent(g, p);
}

void emit_stranger(struct generator *g, uint32_t number)
{
	struct random r = random_of(g->seed, number, SUBJECT_STRANGER);
	struct short_text visitor;
	struct cookie c = {.visitor = visitor.text, .id = -(int64_t)number * VIEWS_MAX};

	snprintf(visitor.text, sizeof(visitor.text), "x%08x", number);
	emit_visits(g, &c, &r, false);
	emit_cart(g, c.visitor, &r, random_below(&r, 2));
}
