#include "federator/live/live.h"

#include <errno.h>
#include <pthread.h>

#include "federator/live/dummy.h"
#include "federator/live/findings.h"
#include "federator/secret.h"
#include "federator/source_conf.h"

enum {
	CONNECT_MS = 10000, /* who checks by hand has more time than a view: a busy machine is no missing source */
	SESSION_MS = 15000, /* until it has told of itself, its connect included */
	LATER_MS = 5000, /* behind its cap a query is waited for: servers end it a little later */
	CLOSE_MS = 1000,
	MAX_ROWS = 1000,
	MAX_BYTES = 1024 * 1024,
	QUEUE = 4,
};

/* One source being asked, one fetch at a time. */
struct visit {
	const struct catalog *cat;
	const struct source *src;
	struct diags *ds;
	struct live *live;
	struct arena *mem; /* of conf, with the secret */
	struct adapter_conf conf;
	struct adapter *ad; /* NULL: not opened, or given up */
	pthread_mutex_t lock;
	pthread_cond_t landed; /* on the monotonic clock */
	bool done; /* under the lock: the fetch is back */
	struct fetch *session; /* the first one, under way while other sources are opened */
	struct err err; /* why there is none */
};

/* On a worker's thread, or in adapter_close(). */
static void on_done(struct fetch *f)
{
	struct visit *v = f->owner;

	pthread_mutex_lock(&v->lock);
	v->done = true;
	pthread_cond_signal(&v->landed);
	pthread_mutex_unlock(&v->lock);
}

/* A fetch that describes; without a query the session. */
static struct fetch *fetch_make(struct visit *v, const char *name, uint32_t cap_ms)
{
	struct fetch *f = fetch_new();

	f->part = name;
	f->n_runs = 1;
	f->max_rows = MAX_ROWS;
	f->max_bytes = MAX_BYTES;
	f->describe = true;
	f->give_up = f->cap = deadline_after_ms(cap_ms);
	f->done = on_done;
	f->owner = v;
	return f;
}

static bool visit_submit(struct visit *v, struct fetch *f)
{
	v->done = false;
	return adapter_submit(v->ad, f, &f->err);
}

/* Wait for the fetch under way; a source that is still silent then is given up, which brings the fetch back. */
static void visit_await(struct visit *v, struct deadline due)
{
	struct timespec at = clock_timespec(due.at_us);
	bool silent;
	int rc = 0;

	pthread_mutex_lock(&v->lock);
	while (!v->done && rc != ETIMEDOUT)
		rc = pthread_cond_timedwait(&v->landed, &v->lock, &at);
	silent = !v->done;
	pthread_mutex_unlock(&v->lock);
	if (silent)
		v->live->hung += adapter_close(&v->ad, 0);
}

static void visit_ask(struct visit *v, struct fetch *f, uint32_t wait_ms)
{
	if (visit_submit(v, f))
		visit_await(v, deadline_after_ms(wait_ms));
}

static void visit_begin(struct visit *v, const struct options *opt)
{
	pthread_mutex_init(&v->lock, NULL);
	clock_cond_init(&v->landed);
	v->mem = arena_new();
	if (!source_conf(opt, v->cat, v->src, v->mem, &v->conf, &v->err))
		return;
	v->conf.pool = 1;
	v->conf.queue = QUEUE;
	v->conf.connect_ms = CONNECT_MS;
	v->ad = adapter_open(&v->conf, &v->err);
	if (!v->ad)
		return;
	v->session = fetch_make(v, "the session", SESSION_MS);
	if (visit_submit(v, v->session))
		return;
	v->err = v->session->err;
	fetch_free(&v->session);
}

static void visit_end(struct visit *v)
{
	v->live->hung += adapter_close(&v->ad, CLOSE_MS);
	arena_wipe_free(&v->mem);
	pthread_cond_destroy(&v->landed);
	pthread_mutex_destroy(&v->lock);
}

/* What the session says; false: the source is not reached. */
static bool visit_session(struct visit *v)
{
	if (v->session) {
		visit_await(v, v->session->cap);
		v->err = v->session->err;
		if (!v->ad)
			err_set(&v->err, ERR_LATE, v->src->name, "no answer for %d s", SESSION_MS / 1000);
	}
	if (v->err.cls == ERR_NONE)
		findings_session(v->src, v->session->description, v->ds);
	else
		findings_silent(v->src, &v->err, false, v->ds);
	fetch_free(&v->session);
	return v->err.cls == ERR_NONE;
}

/* After a query that failed: does the source still answer? With a new connection, when the query was given up: one
 * that its server ends later than its own cap is no reason to leave the others unasked. */
static bool visit_lives(struct visit *v)
{
	struct fetch *f;
	bool lives;

	if (!v->ad)
		v->ad = adapter_open(&v->conf, &v->err);
	if (!v->ad)
		return false;
	f = fetch_make(v, "the session", SESSION_MS);
	visit_ask(v, f, SESSION_MS);
	lives = f->err.cls == ERR_NONE;
	v->err = f->err;
	fetch_free(&f);
	return lives;
}

static struct fetch *query_fetch(struct visit *v, struct asked *a, enum dummy dummy)
{
	struct fetch *f = fetch_make(v, a->part->name, a->part->cap_ms);
	size_t n;

	a->keys = dummy_keys(a->part, a->query, dummy, a->mem);
	sqltext_expand(a->query, a->keys, a->query->n_by + 1, f->mem, &f->sql, &f->params, &n);
	f->n_params = (uint32_t)n;
	return f;
}

/* The answer to the query, with the first values that the database takes, if it takes any. */
static struct fetch *query_ask(struct visit *v, struct asked *a)
{
	struct fetch *f = NULL;

	for (enum dummy dummy = DUMMY_USUAL; dummy <= DUMMY_NULL; dummy++) {
		fetch_free(&f);
		f = query_fetch(v, a, dummy);
		visit_ask(v, f, a->part->cap_ms + LATER_MS);
		if (!v->ad || !f->description || !f->description->bad_value)
			break;
	}
	return f;
}

/* False: the source stopped answering. */
static bool visit_query(struct visit *v, struct asked *a)
{
	struct fetch *f = query_ask(v, a);
	bool lives = true;

	v->live->queries++;
	if (f->err.cls == ERR_NONE)
		findings_result(a, f->description);
	else
		lives = visit_lives(v);
	if (f->err.cls != ERR_NONE && lives)
		findings_refused(a, &f->err, f->description);
	fetch_free(&f);
	return lives;
}

/* As a part of one query without keys. */
static bool visit_watermark(struct visit *v, const struct part *part, struct arena *mem)
{
	const struct column column = { .name = "watermark", .type = TYPE_TEXT, .at = part->watermark->at };
	const struct part alone = { .name = part->name,
				    .source = part->source,
				    .cap_ms = part->cap_ms,
				    .queries = &part->watermark->query,
				    .n_queries = 1,
				    .columns = &column,
				    .n_columns = 1,
				    .at = part->watermark->at };

	return visit_query(v, &(struct asked){ &alone, alone.queries, NULL, v->ds, mem });
}

static bool visit_part(struct visit *v, const struct part *part)
{
	SCOPED(arena_wipe_free) struct arena *mem = arena_new();

	for (size_t q = 0; q < part->n_queries; q++)
		if (!visit_query(v, &(struct asked){ part, &part->queries[q], NULL, v->ds, mem }))
			return false;
	return !part->watermark || visit_watermark(v, part, mem);
}

static void visit_run(struct visit *v)
{
	if (!visit_session(v))
		return;
	for (size_t p = 0; p < v->cat->n_parts; p++) {
		if (v->cat->parts[p].source != v->src || visit_part(v, &v->cat->parts[p]))
			continue;
		findings_silent(v->src, &v->err, true, v->ds);
		return;
	}
	v->live->reached++;
}

static void check_writers(const struct options *opt, const struct catalog *cat, struct diags *ds)
{
	SCOPED(arena_wipe_free) struct arena *mem = arena_new();

	for (size_t i = 0; i < cat->n_weblogs; i++) {
		struct err err = { 0 };
		struct str secret;

		if (!secret_find(opt, cat->weblogs[i].writer, mem, &secret, &err))
			findings_writer(&cat->weblogs[i], &err, ds);
	}
}

struct live live_check(const struct options *opt, const struct catalog *cat, struct diags *ds)
{
	SCOPED(arena_wipe_free) struct arena *mem = arena_new();
	struct visit *visits = arena_array_of(mem, struct visit, cat->n_sources);
	struct live live = { 0 };

	for (size_t i = 0; i < cat->n_sources; i++) { /* all connect side by side */
		visits[i].cat = cat;
		visits[i].src = &cat->sources[i];
		visits[i].ds = ds;
		visits[i].live = &live;
		visit_begin(&visits[i], opt);
	}
	for (size_t i = 0; i < cat->n_sources; i++)
		visit_run(&visits[i]);
	for (size_t i = 0; i < cat->n_sources; i++)
		visit_end(&visits[i]);
	check_writers(opt, cat, ds);
	return live;
}
