/* purging.c - copies are void: by what the query string or the body names, or of one customer. */
#include <time.h>

#include "federator/http/asking.h"
#include "federator/http/contact.h"
#include "federator/http/handlers.h"
#include "federator/purge/purge.h"
#include "federator/render/render.h"

struct purging {
	struct exchange *x;
	struct purge purge;
	struct question q; /* asked afterwards: customers_refresh() */
};

static struct purging *purging_begin(struct exchange *x)
{
	struct purging *p = arena_new_of(x->mem, struct purging);

	p->x = x;
	purge_begin(&p->purge, x->lane, x->mem);
	p->purge.request_id = x->request_id;
	return p;
}

static struct str time_text(struct arena *mem, int64_t wall_ms)
{
	time_t s = (time_t)(wall_ms / 1000);
	char text[24];
	struct tm tm;

	gmtime_r(&s, &tm);
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm);
	return arena_printf(mem, "%s.%03dZ", text, (int)(wall_ms % 1000));
}

static void told(struct purge *purge)
{
	struct exchange *x = CONTAINER_OF(purge, struct purging, purge)->x;
	struct node *root = tree_object(x->mem, NULL, STR("purged"));
	struct buf out = { 0 };

	if (purge->whole)
		tree_null(x->mem, root, STR("dropped"));
	else
		tree_number(x->mem, root, STR("dropped"), (int64_t)purge->dropped);
	if (purge->n_keys)
		tree_bool(x->mem, root, STR("resolved"), !purge->unresolved);
	tree_text(x->mem, root, STR("committed_at"), time_text(x->mem, purge->committed_ms));
	render_json(root, false, &out);
	exchange_bytes(x, 200, "application/json", &out);
}

static void on_purged(struct purge *purge)
{
	struct exchange *x = CONTAINER_OF(purge, struct purging, purge)->x;
	struct reply reply = { .retry_after_s = 1 };

	if (purge->err.cls == ERR_NONE) {
		told(purge);
		return;
	}
	problem_reply(&reply, x->format, 503, "not-purged", "Copies may not be void", purge->err.text,
		      "ask again until the answer is 200; asking twice does no harm");
	exchange_reply(x, &reply);
}

static void refuse(struct purging *p)
{
	static const struct {
		int status;
		const char *type;
	} as[] = { [PURGE_UNKNOWN] = { 404, "unknown-name" },
		   [PURGE_EXPIRED] = { 404, "unknown-id" },
		   [PURGE_MALFORMED] = { 422, "malformed-key" },
		   [PURGE_TOO_MANY] = { 400, "too-many" } };
	const struct purge *purge = &p->purge;

	purge_drop(&p->purge);
	exchange_problem(p->x, as[purge->refusal].status, as[purge->refusal].type, purge->detail, purge->advice);
}

/* Several keys are of one thing to name: what they find goes. */
static bool add_named(struct purge *purge, const struct question *q)
{
	const struct purge_words *words = &q->purge;
	bool good = true;

	for (size_t i = 0; i < q->ask.n_by && good; i++)
		good = purge_add(purge, PURGE_KEY, q->ask.by[i].name, q->ask.by[i].value);
	if (good && words->customer.p)
		good = purge_add(purge, PURGE_CUSTOMER, STR(""), words->customer);
	if (good && words->source.p)
		good = purge_add(purge, PURGE_SOURCE, words->source, STR(""));
	if (good && words->part.p)
		good = purge_add(purge, PURGE_PART, words->part, STR(""));
	if (good && words->all)
		good = purge_add(purge, PURGE_ALL, STR(""), STR(""));
	return good;
}

static void purge_named(struct exchange *x, const struct question *q, const char *ways)
{
	const struct purge_words *words = &q->purge;
	int given = (q->ask.n_by > 0) + (words->customer.p != NULL) + (words->source.p != NULL) +
		    (words->part.p != NULL) + words->all;
	struct purging *p;

	if (given != 1) {
		exchange_problem(x, 400, given ? "too-many" : "nothing-named",
				 given ? "more than one thing is named" : "nothing is named whose copies are void",
				 ways);
		return;
	}
	x->about = words->customer;
	p = purging_begin(x);
	if (add_named(&p->purge, q))
		purge_run(&p->purge, on_purged);
	else
		refuse(p);
}

void purging_query(struct exchange *x)
{
	struct question q = { .mem = x->mem, .scope = SCOPE_PURGE };

	if (asking_refuse_body(x))
		return;
	if (question_query(&q, x->query, NULL, 0))
		purge_named(x, &q, "name one of customer (a sealed id), source, part, or all=true");
	else
		asking_refuse(x, &q);
}

void purging_body(struct exchange *x)
{
	struct question q = { .mem = x->mem, .scope = SCOPE_PURGE };

	if (asking_body(x, &q))
		purge_named(x, &q, "name one of by (keys and values), customer (a sealed id), source, part, or all");
	else
		asking_refuse(x, &q);
}

void customers_erase(struct exchange *x)
{
	struct question q = { .mem = x->mem };
	struct purging *p;

	if (asking_refuse_body(x))
		return;
	if (!question_query(&q, x->query, NULL, 0)) {
		asking_refuse(x, &q);
		return;
	}
	x->about = x->args[0];
	p = purging_begin(x);
	if (purge_add(&p->purge, PURGE_CUSTOMER, STR(""), x->args[0]))
		purge_run(&p->purge, on_purged);
	else
		refuse(p);
}

/* Should the copies stay, the answer is from the sources all the same. */
static void ask_anew(struct purge *purge)
{
	struct purging *p = CONTAINER_OF(purge, struct purging, purge);

	asking_run(p->x, &p->q);
}

static bool refresh_read(struct exchange *x, struct question *q)
{
	q->ask.id = x->args[0];
	if (asking_refuse_body(x))
		return false;
	if (!question_query(q, x->query, NULL, 0) || !asking_headers(x, q)) {
		asking_refuse(x, q);
		return false;
	}
	if (!x->acceptable) {
		exchange_problem(x, 406, "not-acceptable", "views come as application/json and application/xml", NULL);
		return false;
	}
	q->ask.no_cache = true;
	return true;
}

/* All that can be wrong with it is found before anything is void, and behind the contact: else it would tell which ids
 * are somebody's. */
static void refresh(struct exchange *x, struct question *q)
{
	struct reply reply = { 0 };
	struct purging *p;

	if (flow_refused(x->lane, &q->ask, &reply)) {
		exchange_reply(x, &reply);
		return;
	}
	p = purging_begin(x);
	p->q = *q;
	if (purge_add(&p->purge, PURGE_CUSTOMER, STR(""), x->args[0]))
		purge_run(&p->purge, ask_anew);
	else
		refuse(p);
}

void customers_refresh(struct exchange *x)
{
	struct question q = asking_begin(x, SCOPE_VIEW);

	q.of_customer = true;
	if (refresh_read(x, &q))
		contact_guard(x, &q, refresh);
}
