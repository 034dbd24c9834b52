/* routing.c - a few flat attributes for call distributors, and a name for telephones. Mistakes in a
 * configuration are refused; whatever a caller's number is, the answer is 200. */
#include "federator/http/asking.h"
#include "federator/http/handlers.h"

enum { FORMATS = 1 << FORMAT_JSON | 1 << FORMAT_XML | 1 << FORMAT_FORM | 1 << FORMAT_TEXT };

static struct question begin(const struct exchange *x, unsigned scope)
{
	struct question q = asking_begin(x, scope);

	q.any_value = true;
	q.ask.flat = true;
	q.ask.format = FORMAT_LINE; /* until `format` or Accept chooses */
	return q;
}

/* `format` wins over Accept, which many telephone systems cannot set. */
static void answer(struct exchange *x, struct question *q)
{
	if (q->ask.format == FORMAT_LINE && !headers_choose(&x->headers, FORMATS, &q->ask.format)) {
		exchange_problem(x, 406, "not-acceptable",
				 "the answer comes as application/json, application/xml, "
				 "application/x-www-form-urlencoded and text/plain",
				 "say it in the parameter `format`: json, xml, form or text");
		return;
	}
	asking_start(x, q);
}

void routing_look_up(struct exchange *x)
{
	struct question q = begin(x, SCOPE_ROUTING);

	if (asking_body(x, &q))
		answer(x, &q);
	else
		asking_refuse(x, &q);
}

void routing_find(struct exchange *x)
{
	struct question q = begin(x, SCOPE_ROUTING);

	if (asking_query(x, &q))
		answer(x, &q);
	else
		asking_refuse(x, &q);
}

/* The key by which the view `cnam` is asked first; the NULL view when there is no such flat view. */
static struct str name_key(struct exchange *x)
{
	const struct world *world = service_world(x->lane->service);
	const struct view *view = catalog_view(world->cat, STR("cnam"));
	struct str key = { 0 };

	if (view && view->shape == SHAPE_FLAT)
		key = arena_str(x->mem, str_of(view->by[0]->name));
	world_unref(&world);
	return key;
}

void routing_name(struct exchange *x)
{
	struct question q = begin(x, SCOPE_LINE);
	struct str key = name_key(x), number = x->args[0].p ? x->args[0] : STR("");

	q.ask.view = STR("cnam");
	if (!key.p)
		exchange_problem(x, 404, "no-caller-names", "the mapping has no flat view `cnam`",
				 "add one: <view name=\"cnam\" by=\"phone\" shape=\"flat\" ...>");
	else if (!question_query(&q, x->query, NULL, 0) || !question_key(&q, key, number))
		asking_refuse(x, &q);
	else
		asking_start(x, &q);
}
