#include <stdlib.h>

#include "base/memory.h"
#include "federator/flow/flow.h"
#include "federator/render/render.h"
#include "federator/web/admit.h"
#include "federator/web/watch_state.h"

/* ---- what a group sees ---- */

static int64_t window_us(const struct web_group *group, const struct weblog *log)
{
	return group->ask.minutes ? INT64_C(60000000) * group->ask.minutes : (int64_t)log->idle_ms * 1000;
}

static bool is_of(const struct audience *a, const struct web_ask *ask)
{
	return str_eq(str_of(a->caller.role), ask->role) && str_eq(str_of(a->caller.purpose), ask->purpose);
}

static struct audience *audience_of(const struct web_group *group)
{
	struct audience *a = group->watch->audiences;

	while (!is_of(a, &group->ask))
		a = a->next;
	return a;
}

static bool face_fits(const struct web_group *group, const struct web_face *face)
{
	for (size_t i = 0; i < group->ask.n_pairs; i++)
		if (!web_face_says(face, group->ask.pairs[i].name, group->ask.pairs[i].value))
			return false;
	return true;
}

static bool session_fits(const struct web_group *group, const struct weblog *log, const struct web_session *s,
			 int64_t at_us)
{
	return s && at_us && s->last_us + window_us(group, log) > at_us &&
	       (!group->ask.path.p || web_path_fits(group->ask.path, s->last_path));
}

static bool sees_now(const struct web_group *group, const struct weblog *log, const struct visit *v,
		     const struct looks *looks, int64_t at_us)
{
	return session_fits(group, log, v->now, at_us) &&
	       (!log->live || (looks && looks->known && face_fits(group, looks->now)));
}

static bool saw(const struct web_group *group, const struct weblog *log, const struct visit *v,
		const struct looks *looks)
{
	return session_fits(group, log, v->told, group->watch->told_us) &&
	       (!log->live || (looks && looks->told_known && face_fits(group, looks->told)));
}

/* ---- telling ---- */

static void json_session(const struct web_watch *w, const struct world *world, const struct weblog *log,
			 const struct web_session *s, const struct web_face *face, struct buf *out)
{
	SCOPED(arena_wipe_free) struct arena *mem = arena_new();
	const struct web_shown shown = { .service = w->all->conf.lane->service,
					 .tenant = str_of(service_options(w->all->conf.lane->service)->tenant),
					 .log = log,
					 .identity = world->cat->identity,
					 .now_us = web_watch_now_us(w),
					 .mem = mem };
	struct node *root = web_session_put(s, &shown, NULL, STR("session"));

	if (face)
		web_face_put(face, mem, root);
	render_json(root, false, out);
}

static void tell_gone(struct web_group *group, const struct visit *v, bool ended)
{
	const struct web_session *s = v->now;
	SCOPED(arena_wipe_free) struct arena *mem = arena_new();
	SCOPED(buf_free) struct buf out = { 0 };
	struct node *root = tree_object(mem, NULL, STR("gone"));

	tree_text(mem, root, STR("session"), s->session);
	tree_text(mem, root, STR("visitor"), s->visitor);
	tree_text(mem, root, STR("why"), ended ? STR("ended") : STR("filter"));
	render_json(root, false, &out);
	group->watch->all->conf.tell(group, v->number, "gone", buf_str(&out));
}

static void tell_visit(struct web_group *group, const struct world *world, const struct weblog *log,
		       const struct visit *v, int64_t at_us)
{
	const struct looks *looks = log->live ? visit_looks(v, audience_of(group)) : NULL;
	bool sees = sees_now(group, log, v, looks, at_us), did = saw(group, log, v, looks);
	bool other = v->now != v->told || (looks && looks->now != looks->told);

	if (sees && (!did || other)) {
		SCOPED(buf_free) struct buf out = { 0 };

		json_session(group->watch, world, log, v->now, looks ? looks->now : NULL, &out);
		group->watch->all->conf.tell(group, v->number, "session", buf_str(&out));
	} else if (did && !sees) {
		tell_gone(group, v, v->now->last_us + window_us(group, log) <= at_us);
	}
}

int64_t web_groups_widest_us(const struct web_watch *w, const struct weblog *log)
{
	int64_t most = (int64_t)log->idle_ms * 1000;

	for (const struct web_group *g = w->groups; g; g = g->next)
		if (window_us(g, log) > most)
			most = window_us(g, log);
	return most;
}

/* All groups hear what is different since they heard last. */
void web_groups_publish(struct web_watch *w, const struct world *world, const struct weblog *log)
{
	int64_t at_us = web_watch_now_us(w), widest = web_groups_widest_us(w, log);
	struct visit *next;

	for (struct visit *v = w->visits.all; v; v = next) {
		next = v->newer;
		for (struct web_group *g = w->groups; g; g = g->next)
			if (g->listeners)
				tell_visit(g, world, log, v, at_us);
		visit_told(v);
		if (v->now->last_us + widest <= at_us)
			visit_drop(&w->visits, v);
	}
	w->told_us = at_us;
}

static struct str problem_text(const struct err *err, struct arena *mem)
{
	struct reply reply = { 0 };
	bool late = err->cls == ERR_LATE;
	struct str text;

	problem_reply(&reply, FORMAT_JSON, late ? 504 : 503, late ? "weblog-late" : "weblog-unavailable",
		      "The store of the web log does not answer", err->text,
		      "nothing to do: what changes is told when it is back");
	text = arena_str(mem, (struct str){ reply.body, reply.len });
	reply_free(&reply);
	return text;
}

void web_groups_tell_down(struct web_watch *w)
{
	SCOPED(arena_wipe_free) struct arena *mem = arena_new();

	for (struct web_group *g = w->groups; g; g = g->next)
		if (g->listeners)
			w->all->conf.tell(g, 0, "problem", problem_text(&w->down, mem));
}

/* ---- who listens ---- */

static bool same_question(const struct web_ask *a, const struct web_ask *b)
{
	bool same = str_eq(a->role, b->role) && str_eq(a->purpose, b->purpose) && str_eq(a->path, b->path) &&
		    a->minutes == b->minutes && a->n_pairs == b->n_pairs;

	for (size_t i = 0; same && i < a->n_pairs; i++)
		same = str_eq(a->pairs[i].name, b->pairs[i].name) && str_eq(a->pairs[i].value, b->pairs[i].value);
	return same;
}

static void audience_join(struct web_watch *w, const struct web_ask *ask, bool live)
{
	struct audience *a = w->audiences;

	while (a && !is_of(a, ask))
		a = a->next;
	if (!a) {
		a = memory_new(sizeof(*a));
		caller_name_set(a->caller.role, ask->role);
		caller_name_set(a->caller.purpose, ask->purpose);
		a->next = w->audiences;
		w->audiences = a;
		visits_audience(&w->visits, a, live);
	}
	a->n++;
}

static void audience_leave(struct web_watch *w, struct audience *audience)
{
	struct audience **at = &w->audiences;

	if (--audience->n)
		return;
	visits_forget_audience(&w->visits, audience);
	while (*at != audience)
		at = &(*at)->next;
	*at = audience->next;
	free(audience);
}

static struct web_group *group_new(struct web_watch *w, const struct web_ask *ask, bool live)
{
	struct web_group *group = memory_new(sizeof(*group));
	struct arena *mem = group->mem = arena_new();

	group->ask = (struct web_ask){ .what = WEB_LIVE,
				       .role = arena_str(mem, ask->role),
				       .purpose = arena_str(mem, ask->purpose),
				       .log = str_of(w->log),
				       .path = arena_str(mem, ask->path),
				       .minutes = ask->minutes,
				       .n_pairs = ask->n_pairs };
	for (size_t i = 0; i < ask->n_pairs; i++) {
		group->ask.pairs[i].name = arena_str(mem, ask->pairs[i].name);
		group->ask.pairs[i].value = arena_str(mem, ask->pairs[i].value);
	}
	group->watch = w;
	group->next = w->groups;
	w->groups = group;
	w->all->n_groups++;
	audience_join(w, &group->ask, live);
	return group;
}

static struct web_group *group_of(struct web_watches *all, const struct weblog *log, const struct web_ask *ask)
{
	struct web_watch *w;
	struct web_group *group;

	for (w = all->first; w; w = w->next)
		for (group = w->groups; group && str_eq(str_of(w->log), str_of(log->name)); group = group->next)
			if (same_question(&group->ask, ask))
				return group;
	if (all->n_groups == WEB_GROUPS_MOST)
		return NULL;
	return group_new(web_watch_named(all, str_of(log->name)), ask, log->live != NULL);
}

static bool catch_up(struct web_group *group, const struct weblog *log, const struct world *world,
		     const struct web_listener *listener, uint64_t *visit)
{
	struct web_watch *w = group->watch;

	for (struct visit *v = w->visits.all; v; v = v->newer) {
		const struct looks *looks = log->live ? visit_looks(v, audience_of(group)) : NULL;
		SCOPED(buf_free) struct buf out = { 0 };

		if (v->number <= *visit || !saw(group, log, v, looks))
			continue;
		if (!listener->takes_more(listener->owner))
			return false;
		*visit = v->number;
		json_session(w, world, log, v->told, looks ? looks->told : NULL, &out);
		listener->tell(listener->owner, "session", buf_str(&out));
	}
	return true;
}

bool web_group_catch_up(struct web_group *group, const struct web_listener *listener, uint64_t *visit)
{
	SCOPED(arena_wipe_free) struct arena *mem = arena_new();
	struct web_watch *w = group->watch;
	const struct world *world = service_world(w->all->conf.lane->service);
	const struct weblog *log = catalog_weblog(world->cat, str_of(w->log));
	bool whole = !log || catch_up(group, log, world, listener, visit);

	if (whole && w->down.cls != ERR_NONE)
		listener->tell(listener->owner, "problem", problem_text(&w->down, mem));
	world_unref(&world);
	return whole;
}

struct web_group *web_group_join(struct web_watches *all, const struct web_ask *ask)
{
	SCOPED(arena_wipe_free) struct arena *mem = arena_new();
	const struct world *world = service_world(all->conf.lane->service);
	struct web_fault fault;
	const struct weblog *log = web_admit(world->cat, ask, mem, &fault);
	struct web_group *group = log ? group_of(all, log, ask) : NULL;

	if (group)
		group->n++;
	world_unref(&world);
	return group;
}

void web_group_leave(struct web_group *group)
{
	struct web_watch *w = group->watch;
	struct web_group **at = &w->groups;

	if (--group->n)
		return;
	while (*at != group)
		at = &(*at)->next;
	*at = group->next;
	w->all->n_groups--;
	audience_leave(w, audience_of(group));
	arena_wipe_free(&group->mem);
	free(group);
	if (!w->groups)
		web_watch_end(w);
}
