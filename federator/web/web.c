#include "base/civil.h"
#include "base/text.h"
#include "federator/web/admit.h"
#include "federator/web/run.h"
#include "metadata/normalize.h"

enum { LIMIT_DEFAULT = 100, AUDIENCE_FILTERS = 8 };

/* ---- the end ---- */

static void count(const struct web_run *run, enum meter which)
{
	counters_add(service_meters(run->lane->service), which, 1);
}

static void finish(struct web_run *run)
{
	if (run->fault.status < 500)
		count(run, run->fault.status ? METER_WEB_REFUSED : METER_WEB_ANSWERED);
	run->done(run->owner, run->fault.status ? NULL : run->root, &run->fault);
	for (size_t i = 0; i < run->n_fetches; i++)
		web_fetch_free(&run->fetches[i]);
	world_unref(&run->world); /* last: the run itself is gone with the answer, or about to be */
}

void web_run_end(struct web_run *run)
{
	struct web_run last = *run;

	finish(&last);
}

void web_run_refuse(struct web_run *run, int status, const char *type, const char *detail, const char *suggestion)
{
	run->fault = (struct web_fault){ .status = status, .type = type, .detail = detail, .suggestion = suggestion };
	web_run_end(run);
}

/* ---- asking ---- */

static void fail(struct web_run *run, const struct err *err)
{
	web_fetch_note(run->log, err);
	count(run, METER_WEB_FAILED);
	const char *detail = arena_printf(run->mem, "source `%s` with the events of weblog `%s`: %s: %s",
					  run->log->store->name, run->log->name, err_reason(err->cls), err->text)
				     .p;
	bool late = err->cls == ERR_LATE;

	run->fault.retry_after_s = 1;
	run->fault.status = late ? 504 : 503;
	run->fault.type = late ? "weblog-late" : "weblog-unavailable";
	run->fault.detail = detail;
	run->fault.suggestion = late ? "ask for a shorter time with `since` and `until`" : "ask again in a moment";
	web_run_end(run);
}

static void on_rows(void *owner, const struct rows *rows, const struct err *err)
{
	struct web_run *run = owner;

	if (rows)
		run->next(run, rows);
	else
		fail(run, err);
}

void web_run_ask(struct web_run *run, struct web_sql *sql,
		 void (*next)(struct web_run *run, const struct rows *rows))
{
	struct err err;
	struct web_fetch *f = web_fetch_begin(run->lane, run->world, run->log->store, sql, &err);

	web_sql_free(sql);
	if (!f) {
		fail(run, &err);
		return;
	}
	run->fetches[run->n_fetches++] = f;
	run->next = next;
	web_fetch_await(f, run->due, on_rows, run);
}

/* ---- the question ---- */

static bool refuse(struct web_run *run, int status, const char *type, const char *detail, const char *suggestion)
{
	run->fault = (struct web_fault){ .status = status, .type = type, .detail = detail, .suggestion = suggestion };
	return false;
}

static bool time_read(struct web_run *run, const char *name, struct str text, bool *has_out, int64_t *us_out)
{
	struct civil c;

	if (!text.p)
		return true;
	if (!civil_parse(text, &c) || !c.has_offset)
		return refuse(run, 400, "malformed-time",
			      arena_printf(run->mem, "`%s` wants a time with offset, such as 2026-11-22T09:00:00+09:00",
					   name)
				      .p,
			      "in a URL + is written %2B");
	*has_out = true;
	*us_out = c.us;
	return true;
}

static const char one_at_a_time[] = "sessions are asked for by one key or customer at a time";

static bool key_read(struct web_run *run, struct str name, struct str value)
{
	const struct key *key = catalog_key(run->world->cat, name);
	struct str canonical;

	if (!key)
		return refuse(run, 400, "unknown-key", "the mapping has no key of that name", NULL);
	if (run->which.key.p)
		return refuse(run, 400, "too-many-keys", one_at_a_time, NULL);
	if (normalize_key(key, value, run->mem, &canonical) != KEY_OK)
		return refuse(run, 422, "malformed-key",
			      arena_printf(run->mem, "the value given for `%s` cannot be read as %s, or is blocked",
					   key->name, normalize_expects(key->type))
				      .p,
			      NULL);
	run->which.key = str_of(key->name);
	run->which.value = canonical;
	return true;
}

static bool customer_read(struct web_run *run, struct str id)
{
	if (!id.p)
		return true;
	if (run->which.key.p)
		return refuse(run, 400, "too-many-keys", one_at_a_time, NULL);
	if (!unseal_id(run->lane->service, run->tenant, id, run->mem, &run->which.value))
		return refuse(run, 404, "unknown-id", "the id is not one of ours, or it has expired", NULL);
	run->which.key = str_of(run->world->cat->identity->name);
	return true;
}

/* Cursors are sealed for the question that they go on with, so that none is taken for another's. */
static struct str audience(const struct web_run *run)
{
	const struct web_which *w = &run->which;
	struct str filters[AUDIENCE_FILTERS] = { str_of(run->log->name), run->ask->name,  run->ask->visitor,
						 w->path,		 w->key,	  w->value,
						 run->ask->since,	 run->ask->until };
	struct str text = arena_printf(run->mem, "%.*s\nweb %d", STR_ARG(run->tenant), (int)run->ask->what);

	for (size_t i = 0; i < AUDIENCE_FILTERS; i++)
		text = arena_printf(run->mem, "%.*s\n%zu %.*s", STR_ARG(text), filters[i].n, STR_ARG(filters[i]));
	return text;
}

static bool mark_parse(struct str text, struct web_mark *out)
{
	const char *blank = text.n ? memchr(text.p, ' ', text.n) : NULL;
	uint64_t us;

	if (!blank || !text_to_u64((struct str){ text.p, (size_t)(blank - text.p) }, &us) || us > INT64_MAX)
		return false;
	*out = (struct web_mark){ (int64_t)us, { blank + 1, text.n - (size_t)(blank + 1 - text.p) } };
	return true;
}

static bool cursor_read(struct web_run *run)
{
	struct str text;

	if (!run->ask->cursor.p)
		return true;
	run->which.has_mark = unseal_id(run->lane->service, audience(run), run->ask->cursor, run->mem, &text) &&
			      mark_parse(text, &run->which.mark);
	return run->which.has_mark || refuse(run, 400, "bad-cursor",
					     "the cursor is not ours, is one of another question, or has expired",
					     "begin with the first page");
}

static bool path_read(struct web_run *run)
{
	struct str path = run->ask->path;
	const char *star = path.n ? memchr(path.p, '*', path.n) : NULL;

	if (path.p && (path.n == 0 || path.p[0] != '/' || (star && star != path.p + path.n - 1)))
		return refuse(run, 400, "bad-parameter",
			      "`path` takes a path that begins with `/`, with `*` nowhere but at its end", NULL);
	run->which.path = path;
	return true;
}

static bool field_read(struct web_run *run, struct str name)
{
	const struct view *live = run->log->live;

	for (size_t i = 0; live && i < live->n_uses; i++)
		if (str_eq(name, str_of(live->uses[i].as)))
			return true;
	return refuse(run, 400, "unknown-field",
		      arena_printf(run->mem, "weblog `%s` has no view in `live` that shows `%.*s`", run->log->name,
				   STR_ARG(name))
			      .p,
		      NULL);
}

static bool pairs_read(struct web_run *run)
{
	const struct web_ask *ask = run->ask;
	bool good = true;

	for (size_t i = 0; i < ask->n_pairs && good; i++)
		good = ask->what == WEB_LIVE ? field_read(run, ask->pairs[i].name)
					     : key_read(run, ask->pairs[i].name, ask->pairs[i].value);
	return good;
}

static bool question_read(struct web_run *run)
{
	const struct web_ask *ask = run->ask;
	bool good = time_read(run, "since", ask->since, &run->which.has_since, &run->which.since_us) &&
		    time_read(run, "until", ask->until, &run->which.has_until, &run->which.until_us) &&
		    path_read(run) && pairs_read(run);

	return good && customer_read(run, ask->customer) && cursor_read(run);
}

static void which_begin(struct web_run *run)
{
	run->which = (struct web_which){ .log = str_of(run->log->name),
					 .visitor = run->ask->visitor,
					 .identity = str_of(run->world->cat->identity->name),
					 .most = run->ask->limit ? run->ask->limit : LIMIT_DEFAULT };
}

static void go(struct web_run *run)
{
	switch (run->ask->what) {
	case WEB_SESSIONS:
		web_sessions_begin(run);
		return;
	case WEB_SESSION:
		web_session_begin(run);
		return;
	case WEB_SEARCHES:
		web_searches_begin(run);
		return;
	case WEB_TERMS:
	case WEB_ZERO:
		web_terms_begin(run);
		return;
	case WEB_LIVE:
		web_live_begin(run);
		return;
	case WEB_STITCH:
		web_stitch_begin(run);
		return;
	}
}

/* True: it is understood, and allowed. */
static bool admit(struct web_run *run)
{
	run->world = service_world(run->lane->service);
	run->tenant = str_of(service_options(run->lane->service)->tenant);
	run->now_us = lane_wall_ms(run->lane) * 1000;
	run->log = web_admit(run->world->cat, run->ask, run->mem, &run->fault);
	if (!run->log)
		return false;
	which_begin(run);
	return question_read(run);
}

bool web_check(struct lane *lane, const struct web_ask *ask, struct arena *mem, struct web_fault *fault)
{
	struct web_run run = { .lane = lane, .mem = mem, .ask = ask };
	bool good = admit(&run);

	world_unref(&run.world);
	if (good)
		return true;
	count(&run, METER_WEB_REFUSED);
	*fault = run.fault;
	return false;
}

void web_start(struct lane *lane, const struct web_ask *ask, struct arena *mem, web_done *done, void *owner)
{
	struct web_run *run = arena_new_of(mem, struct web_run);

	*run = (struct web_run){ .lane = lane,
				 .mem = mem,
				 .ask = ask,
				 .due = deadline_after_ms(WEB_CAP_MS),
				 .done = done,
				 .owner = owner };
	if (!admit(run) || !web_charge_question(run)) {
		web_run_end(run);
		return;
	}
	run->root = tree_object(mem, NULL, STR("web"));
	tree_text(mem, run->root, STR("log"), str_of(run->log->name));
	go(run);
}

/* ---- what answers share ---- */

struct web_shown web_run_shown(const struct web_run *run)
{
	return (struct web_shown){ .service = run->lane->service,
				   .tenant = run->tenant,
				   .log = run->log,
				   .identity = run->world->cat->identity,
				   .now_us = run->now_us,
				   .mem = run->mem };
}

uint32_t web_run_page(const struct web_run *run, const struct rows *rows)
{
	return rows->n_rows < run->which.most ? rows->n_rows : run->which.most;
}

void web_run_put_next(struct web_run *run, const struct rows *rows, struct web_mark last)
{
	struct arena *mem = run->mem;
	struct str text = arena_printf(mem, "%lld %.*s", (long long)last.at_us, STR_ARG(last.name));
	struct str cursor;

	if (rows->n_rows <= run->which.most)
		return;
	cursor = seal_id(run->lane->service, audience(run), text, mem);
	tree_text(mem, tree_object(mem, run->root, STR("links")), STR("next"),
		  arena_printf(mem, "%.*scursor=%.*s", STR_ARG(run->ask->self), STR_ARG(cursor)));
}

void web_run_put_time(const struct web_run *run, struct node *parent, struct str name, int64_t us)
{
	tree_text(run->mem, parent, name, web_time_text(run->log, us, run->mem));
}

/* ---- names ---- */

const char **web_keys(const struct catalog *cat, struct arena *mem, size_t *n_out)
{
	const char **names = arena_array_of(mem, const char *, cat->n_keys);
	bool *named = arena_array_of(mem, bool, cat->n_keys);

	*n_out = 0;
	for (size_t i = 0; i < cat->n_weblogs; i++)
		for (size_t e = 0; e < cat->weblogs[i].n_evidence; e++)
			named[cat->weblogs[i].evidence[e].gives->index] = true;
	for (size_t k = 0; k < cat->n_keys; k++)
		if (named[k])
			names[(*n_out)++] = cat->keys[k].name;
	return names;
}

const char **web_fields(const struct catalog *cat, struct arena *mem, size_t *n_out)
{
	const char **names;
	size_t most = 0;

	for (size_t i = 0; i < cat->n_weblogs; i++)
		most += cat->weblogs[i].live ? cat->weblogs[i].live->n_uses : 0;
	names = arena_array_of(mem, const char *, most);
	*n_out = 0;
	for (size_t i = 0; i < cat->n_weblogs; i++)
		for (size_t u = 0; cat->weblogs[i].live && u < cat->weblogs[i].live->n_uses; u++)
			names[(*n_out)++] = cat->weblogs[i].live->uses[u].as;
	return names;
}
