/* get.c - one view, how it came about, or all views, at the terminal: the flow of the service, on a loop of our own. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/loop.h"
#include "federator/cli/commands.h"
#include "federator/cli/explain_text.h"
#include "federator/flow/export.h"
#include "federator/flow/flow.h"
#include "federator/http/cache_control.h"
#include "federator/http/question.h"

enum {
	POLL_MS = 5,
	CONNECT_MS = 5000, /* a cold start waits that long for first connections */
	LATE_MS = 1000,    /* rows that are still under way when the answer is there */
};

struct get {
	struct service *service;
	struct loop *loop;
	struct lane lane;
	struct ask ask;
	bool as_text; /* explained, for people */
	bool all; /* all views */
	struct loop_timer timer;
	const struct world *world; /* while connecting */
	struct deadline connect_due, late_due;
	bool answered;
	struct reply reply;
};

static struct get *get_of(struct loop_timer *t)
{
	return CONTAINER_OF(t, struct get, timer);
}

/* ---- the question ---- */

static bool refuse(const struct question *q)
{
	message_error("%s%s%s", q->fault.detail, q->fault.suggestion ? "; " : "",
		      q->fault.suggestion ? q->fault.suggestion : "");
	return false;
}

static bool key_read(struct question *q, const char *text)
{
	const char *equals = strchr(text, '=');

	if (!equals) {
		message_error("--by takes KEY=VALUE, such as phone=010-1234-5678");
		return false;
	}
	return question_key(q, (struct str){ text, (size_t)(equals - text) }, str_of(equals + 1)) ||
	       refuse(q);
}

/* Flags that are called as the members of Cache-Control. */
static bool is_about_copies(const char *name)
{
	static const char *const names[] = { "no-cache", "no-store",  "only-if-cached",
					     "max-age",  "min-fresh", "max-stale" };

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (strcmp(name, names[i]) == 0)
			return true;
	return false;
}

static bool copies_read(struct ask *ask, const char *name, const char *value)
{
	const char *wrong = cache_control_take(ask, str_of(name), str_of(value));

	if (wrong)
		message_error("--%s takes whole seconds, such as --%s 30", name, name);
	return !wrong;
}

static bool flag_read(struct question *q, const char *name, const char *value)
{
	struct ask *ask = &q->ask;

	if (strcmp(name, "by") == 0)
		return key_read(q, value);
	if (strcmp(name, "xml") == 0)
		ask->format = FORMAT_XML;
	else if (strcmp(name, "provenance") == 0)
		ask->provenance = true;
	else if (strcmp(name, "canonical") == 0)
		ask->canonical = true;
	else if (strcmp(name, "pretty") == 0 || strcmp(name, "json") == 0)
		ask->pretty = true;
	else if (is_about_copies(name))
		return copies_read(ask, name, value);
	else
		return question_member(q, str_of(name), str_of(value)) || refuse(q);
	return true;
}

static bool ask_read(const struct args *args, const struct options *opt, unsigned scope, struct ask *out)
{
	struct question q = { .mem = args->mem, .scope = scope };

	q.ask.explain = (scope & SCOPE_EXPLAIN) != 0;
	q.ask.tenant = str_of(opt->tenant);
	q.ask.role = str_of(opt->role);
	q.ask.purpose = str_of(opt->purpose);
	q.ask.pretty = isatty(STDOUT_FILENO) == 1;
	for (size_t i = 0; i < args->n_flags; i++)
		if (!flag_read(&q, args->flags[i].flag->name, args->flags[i].value))
			return false;
	if (q.ask.n_by == 0) {
		message_error("%s needs a key to ask by, such as --by phone=010-1234-5678", args->command->name);
		return false;
	}
	*out = q.ask;
	return true;
}

/* ---- the flow ---- */

/* Over with connecting: connected, or failed to. */
static bool source_settled(struct adapter *ad)
{
	struct adapter_state s = adapter_state(ad);

	return s.connected > 0 || s.last_error != ERR_NONE;
}

static bool plan_settled(const struct world *world, const struct plan *plan)
{
	for (size_t i = 0; i < plan->n_steps; i++)
		if (!source_settled(world->adapters[plan->steps[i].part->source->index]))
			return false;
	return true;
}

static bool asked_by(const struct get *g, const struct key *key)
{
	for (size_t i = 0; i < g->ask.n_by; i++)
		if (str_eq(g->ask.by[i].name, str_of(key->name)))
			return true;
	return false;
}

static bool asked_by_all(const struct get *g, const struct way *way)
{
	for (size_t k = 0; k < way->n_keys; k++)
		if (!asked_by(g, way->keys[k]))
			return false;
	return true;
}

static bool sources_settled(const struct get *g)
{
	const struct catalog *cat = g->world->cat;
	const struct view *view = catalog_view(cat, g->ask.view.n ? g->ask.view : STR("pop"));

	for (size_t i = 0; i < g->ask.n_by; i++) {
		const struct key *key = catalog_key(cat, g->ask.by[i].name);

		if (key && !plan_settled(g->world, &cat->resolve[key->index]))
			return false;
	}
	for (size_t w = 0; w < cat->n_ways; w++)
		if (asked_by_all(g, &cat->ways[w]) && !plan_settled(g->world, &cat->ways[w].plan))
			return false;
	for (size_t s = 0; s < cat->n_sources && g->all; s++)
		if (!source_settled(g->world->adapters[s]))
			return false;
	return !view || plan_settled(g->world, &view->plan);
}

static void wait_late(struct loop_timer *t)
{
	struct get *g = get_of(t);

	if (service_is_idle(g->service) || deadline_left_us(g->late_due) == 0)
		loop_stop(g->loop);
	else
		loop_timer_set(g->loop, t, deadline_after_ms(POLL_MS));
}

static void answered(void *owner, struct reply *reply)
{
	struct get *g = owner;

	g->answered = true;
	g->reply = *reply;
	g->late_due = deadline_after_ms(LATE_MS);
	g->timer.fire = wait_late;
	loop_timer_set(g->loop, &g->timer, deadline_after_ms(0));
}

static void wait_connected(struct loop_timer *t)
{
	struct get *g = get_of(t);

	if (!sources_settled(g) && deadline_left_us(g->connect_due) > 0) {
		loop_timer_set(g->loop, t, deadline_after_ms(POLL_MS));
		return;
	}
	world_unref(&g->world);
	if (g->all)
		export_start(&g->lane, &g->ask, answered, g, NULL);
	else
		flow_start(&g->lane, &g->ask, answered, g);
}

/* ---- the answer ---- */

/* Why sources cannot be opened as they are set up: asking again never helps. */
static void troubles_print(struct service *service)
{
	const struct world *world = service_world(service);

	for (size_t i = 0; i < world->cat->n_sources; i++)
		if (world->troubles[i])
			message_error("source `%s`: %s", world->cat->sources[i].name, world->troubles[i]);
	world_unref(&world);
}

static int reply_print(struct service *service, const struct reply *reply, bool as_text)
{
	SCOPED(buf_free) struct buf out = { 0 };

	if (reply->status != 200) {
		int code = message_problem(reply->status, (struct str){ reply->body, reply->len });

		if (code == EXIT_UNREACHABLE)
			troubles_print(service);
		return code;
	}
	if (!as_text || !explain_text((struct str){ reply->body, reply->len }, &out))
		buf_put(&out, reply->body, reply->len);
	if (out.len && out.data[out.len - 1] != '\n')
		buf_putc(&out, '\n');
	return message_data(&out);
}

static int get_run(struct get *g)
{
	struct err err;
	int code;

	g->loop = loop_new(&err);
	if (!g->loop)
		return message_err(&err);
	lane_open(&g->lane, g->service, g->loop);
	g->world = service_world(g->service);
	g->connect_due = deadline_after_ms(CONNECT_MS);
	g->timer.fire = wait_connected;
	loop_timer_set(g->loop, &g->timer, deadline_after_ms(0));
	loop_run(g->loop);
	code = reply_print(g->service, &g->reply, g->as_text);
	if (g->all && code == EXIT_OK && !g->reply.complete) {
		message_error("not all is there: the parts and views say what is missing, and why");
		code = EXIT_UNREACHABLE;
	}
	reply_free(&g->reply);
	if (!service_is_idle(g->service))
		_exit(code); /* a fetch hangs; nothing may be freed under it */
	lane_close(&g->lane);
	return code;
}

static int get_command(const struct args *args, unsigned scope, bool all)
{
	struct diags *ds = diags_new(args->mem);
	struct options opt;
	struct get g = { .as_text = scope & SCOPE_EXPLAIN && !args_flag(args, "json"), .all = all };
	struct err err;
	int code = setup_options(args, true, &opt);

	if (code != EXIT_OK)
		return code;
	opt.near_bytes = 0; /* nothing would be read twice */
	opt.cache_learn = 0;
	if (!ask_read(args, &opt, scope, &g.ask))
		return EXIT_USAGE;
	g.service = service_open(&opt, ds, &err);
	if (!g.service) {
		message_findings(ds);
		return message_err(&err);
	}
	code = get_run(&g);
	if (service_close(&g.service) > 0)
		_exit(code); /* a driver hangs in connect */
	loop_free(&g.loop);  /* not before: a worker may have been about to wake it */
	return code;
}

int command_get(struct args *args)
{
	return get_command(args, SCOPE_VIEW, false);
}

int command_explain(struct args *args)
{
	return get_command(args, SCOPE_VIEW | SCOPE_EXPLAIN, false);
}

int command_export(struct args *args)
{
	return get_command(args, SCOPE_VIEW, true);
}
