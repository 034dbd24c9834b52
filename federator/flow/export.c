#include "federator/flow/export.h"

#include <stdlib.h>

#include "base/civil.h"
#include "federator/flow/request.h"
#include "federator/render/render.h"
#include "metadata/normalize.h"

enum { PAGE_EVENTS = 1000 };

struct export {
	struct tracer tracer;
	struct arena *mem;
	struct lane *lane;
	const struct world *world;
	struct ask ask;
	void (*done)(void *owner, struct reply *reply);
	void *owner;
	const bool *given_up; /* or NULL */
	struct str subject; /* whom the keys name; the NULL view: nobody so far */
	bool several; /* they name more than one */
	const struct view *view; /* whose answer is waited for, or was the last one */
	size_t next_view;
	struct str page; /* cursor of its time line's next page; empty: the first */
	bool paging, paged; /* a page is wanted; there was one */
	bool waiting, driving;
	size_t n_put, n_good; /* views in the document; those that were answered */
	struct reply all; /* what is known of all answers together */
	struct reply refusal; /* the first one; status 0: there was none */
	struct buf out;
};

static bool is_xml(const struct export *e)
{
	return e->ask.format == FORMAT_XML;
}

static void put(struct export *e, const char *json, const char *xml)
{
	buf_puts(&e->out, is_xml(e) ? xml : json);
}

static struct str now_text(const struct export *e)
{
	char text[CIVIL_UTC_BYTES];

	civil_write_utc(lane_wall_ms(e->lane) / 1000, text);
	return arena_str(e->mem, str_of(text));
}

/* ---- the document ---- */

/* All but its end. */
static void put_head(struct export *e)
{
	struct node *root = tree_object(e->mem, NULL, STR("export"));

	tree_text(e->mem, root, STR("revision"), str_of(e->world->cat->revision));
	tree_text(e->mem, root, STR("began"), now_text(e));
	tree_text(e->mem, root, STR("role"), e->ask.role);
	tree_text(e->mem, root, STR("purpose"), e->ask.purpose);
	if (is_xml(e)) {
		render_xml(root, EXPORT_NAMESPACE, false, &e->out);
		e->out.len -= sizeof("</export>") - 1;
	} else {
		render_json(root, false, &e->out);
		e->out.len -= 1;
	}
	put(e, ",\"views\":[", "<views>");
}

static void put_tail(struct export *e)
{
	put(e, "],\"complete\":", "</views><complete>");
	buf_puts(&e->out, e->all.complete ? "true" : "false");
	put(e, ",\"ended\":\"", "</complete><ended>");
	buf_put_str(&e->out, now_text(e));
	put(e, "\"}", "</ended></export>");
}

/* A document inside ours, without the line that begins one of XML. */
static void put_body(struct export *e, const struct reply *reply)
{
	struct str body = { reply->body, reply->len };
	const char *end = is_xml(e) ? memchr(body.p, '\n', body.n) : NULL;

	if (end && body.n > 5 && memcmp(body.p, "<?xml", 5) == 0) {
		body.n -= (size_t)(end + 1 - body.p);
		body.p = end + 1;
	}
	buf_put_str(&e->out, body);
}

static void begin_view(struct export *e)
{
	put(e, e->n_put++ ? ",{\"view\":\"" : "{\"view\":\"", "<item><view>");
	buf_puts(&e->out, e->view->name); /* letters, digits, `_` and `-` */
	put(e, "\"", "</view>");
}

static void end_pages(struct export *e)
{
	if (e->paged)
		put(e, "]", "</timeline>");
	e->paged = e->paging = false;
}

static void end_view(struct export *e)
{
	end_pages(e);
	put(e, "}", "</item>");
	e->page = (struct str){ 0 };
}

static bool has_timeline(const struct view *view)
{
	for (size_t i = 0; i < view->n_uses; i++)
		if (view->uses[i].kind == USE_TIMELINE)
			return true;
	return false;
}

/* ---- what is asked ---- */

static void drive(struct export *e);

/* True: it is an answer. */
static bool note(struct export *e, const struct reply *reply)
{
	bool good = reply->status == 200;

	e->all.complete = e->all.complete && good && reply->complete;
	e->all.parts += reply->parts;
	e->all.missing += reply->missing;
	e->all.shown |= reply->shown;
	e->all.masked |= reply->masked;
	return good;
}

static void keep_refusal(struct export *e, struct reply *reply)
{
	e->refusal = *reply;
	e->refusal.seen = arena_str(e->mem, reply->seen);
	e->refusal.server_timing = NULL;
}

static void on_view(void *owner, struct reply *reply)
{
	struct export *e = owner;
	bool good = note(e, reply);

	e->n_good += good;
	begin_view(e);
	put(e, good ? ",\"answer\":" : ",\"problem\":", good ? "<answer>" : "<problem>");
	put_body(e, reply);
	put(e, "", good ? "</answer>" : "</problem>");
	e->paging = good && has_timeline(e->view);
	if (!e->paging)
		end_view(e);
	if (good || e->refusal.status)
		reply_free(reply);
	else
		keep_refusal(e, reply);
	e->waiting = false;
	drive(e);
}

static void on_page(void *owner, struct reply *reply)
{
	struct export *e = owner;
	bool good = note(e, reply);

	put(e, e->paged ? "," : ",\"timeline\":[", e->paged ? "" : "<timeline>");
	put(e, "", "<item>");
	put_body(e, reply);
	put(e, "", "</item>");
	e->paged = true;
	e->page = good ? arena_str(e->mem, reply->next_page) : (struct str){ 0 };
	reply_free(reply);
	if (!e->page.n)
		end_view(e);
	e->waiting = false;
	drive(e);
}

static void ask_of_view(struct export *e, void (*done)(void *owner, struct reply *reply))
{
	struct ask ask = e->ask;

	ask.view = str_of(e->view->name);
	ask.world = world_ref(e->world);
	if (e->paging) {
		ask.timeline = true;
		ask.cursor = e->page;
		ask.limit = PAGE_EVENTS;
	}
	e->waiting = true;
	flow_start(e->lane, &ask, done, e);
}

/* Too much is there already: say so in place of the answer. */
static void leave_out(struct export *e)
{
	e->all.complete = false;
	if (!e->paging)
		begin_view(e);
	end_pages(e);
	put(e, ",\"left_out\":\"too_large\"", "<left_out>too_large</left_out>");
	end_view(e);
}

/* The first view is asked: there is something to answer with, whoever hears it. */
static bool is_given_up(const struct export *e)
{
	return e->given_up && *e->given_up && e->n_put > 0;
}

/* False: everything was asked, or nobody waits for more. */
static bool ask_next(struct export *e)
{
	const struct catalog *cat = e->world->cat;
	bool full = e->out.len > EXPORT_BYTES_MAX;

	if (is_given_up(e)) {
		e->all.complete = false;
		if (e->paging)
			end_view(e);
		return false;
	}

	if (!e->paging) {
		while (e->next_view < cat->n_views && cat->views[e->next_view].shape != SHAPE_TREE)
			e->next_view++;
		if (e->next_view == cat->n_views)
			return false;
		e->view = &cat->views[e->next_view++];
	}
	if (full)
		leave_out(e);
	else
		ask_of_view(e, e->paging ? on_page : on_view);
	return true;
}

static void finish(struct export *e)
{
	struct reply reply = e->refusal;
	struct arena *mem = e->mem;

	e->refusal = (struct reply){ 0 };
	if (e->n_good) {
		reply_free(&reply);
		put_tail(e);
		reply = e->all;
		reply.status = 200;
		reply.content_type = is_xml(e) ? "application/xml" : "application/json";
		if (e->lane->audit)
			reply.seen = seen_sum(e->lane, e->world->cat, &e->ask, &e->all, e->mem);
		reply.body = buf_take(&e->out, &reply.len);
	} else if (!reply.status) {
		problem_reply(&reply, e->ask.format, 400, "no-view", "Name a view", "the mapping has no view to export",
			      NULL);
	}
	buf_free(&e->out);
	world_unref(&e->world);
	e->done(e->owner, &reply);
	arena_wipe_free(&mem);
}

/* An answer that comes at once comes inside flow_start(): the loop goes on, so that the stack does not grow. */
static void drive(struct export *e)
{
	bool more = true;

	if (e->driving)
		return;
	e->driving = true;
	while (more && !e->waiting)
		more = ask_next(e);
	e->driving = false;
	if (!more)
		finish(e);
}

/* ---- whom keys name ---- */

static void on_found(struct tracer *tracer, struct str subject)
{
	struct export *e = CONTAINER_OF(tracer, struct export, tracer);

	if (!e->subject.p)
		e->subject = arena_str(e->mem, subject);
	e->several = e->several || !str_eq(e->subject, subject);
}

/* Nobody has to say whose the identity is. */
static void find_asked(struct export *e)
{
	const struct key *identity = e->world->cat->identity;
	struct str subject;

	for (size_t i = 0; i < e->ask.n_by; i++)
		if (str_eq(e->ask.by[i].name, str_of(identity->name)) &&
		    normalize_key(identity, e->ask.by[i].value, e->mem, &subject) == KEY_OK)
			on_found(&e->tracer, subject);
}

static void refuse(struct export *e, int status, const char *type, const char *title, const char *detail)
{
	problem_reply(&e->refusal, e->ask.format, status, type, title, detail, NULL);
	finish(e);
}

static void on_traced(void *owner, struct reply *reply)
{
	struct export *e = owner;

	if (reply->status != 200) {
		keep_refusal(e, reply);
		finish(e);
		return;
	}
	reply_free(reply);
	if (e->several) {
		refuse(e, 409, "several-customers", "Several customers fit",
		       "the keys given belong to more than one customer");
	} else if (!e->subject.p && reply->complete) {
		refuse(e, 404, "no-customer", "No such customer",
		       "every source that could know this customer answered that it does not");
	} else if (!reply->complete) {
		refuse(e, 503, "identity-unavailable", "The source that knows who this is did not answer",
		       "not every source that could name a customer answered");
	} else {
		e->ask.n_by = 0;
		e->ask.id = seal_id(e->lane->service, e->ask.tenant, e->subject, e->mem);
		e->ask.tracer = NULL;
		put_head(e);
		drive(e);
	}
}

void export_start(struct lane *lane, const struct ask *ask, void (*done)(void *owner, struct reply *reply), void *owner,
		  const bool *given_up)
{
	struct arena *mem = arena_new();
	struct export *e = arena_new_of(mem, struct export);
	struct ask first;

	*e = (struct export){ .tracer = { on_found },
			      .mem = mem,
			      .lane = lane,
			      .world = service_world(lane->service),
			      .done = done,
			      .owner = owner,
			      .given_up = given_up,
			      .all = { .complete = true } };
	ask_copy(&e->ask, ask, mem);
	e->ask.provenance = e->ask.no_cache = e->ask.no_store = true;
	e->ask.only_if_cached = e->ask.has_max_age = e->ask.has_max_stale = e->ask.repeats = false;
	e->ask.at_once = NULL;
	if (!e->ask.n_by) {
		put_head(e);
		drive(e);
		return;
	}
	first = e->ask;
	first.tracer = &e->tracer;
	first.world = world_ref(e->world);
	find_asked(e);
	flow_start(lane, &first, on_traced, e);
}
