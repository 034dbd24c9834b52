#include "tests/failnth/site.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "adapters/adapter.h"
#include "base/buf.h"
#include "base/log.h"
#include "federator/libraries.h"
#include "tests/failnth/files.h"
#include "tests/federator/flow_mapping.h"

/* With time for a machine that does much else: what is late is incomplete, and nothing has failed. */
static void put_mapping(void)
{
	static const char *const quick[] = { "\"200ms\"", "\"400ms\"", "\"900ms\"", "\"2s\"" };
	static const char *const slow[] = { "\"4s\"", "\"8s\"", "\"18s\"", "\"40s\"" };
	SCOPED(buf_free) struct buf out = { 0 };

	for (const char *p = FLOW_MAPPING; *p;) {
		size_t i = 0;

		while (i < ARRAY_LEN(quick) && strncmp(p, quick[i], strlen(quick[i])) != 0)
			i++;
		if (i < ARRAY_LEN(quick))
			buf_puts(&out, slow[i]);
		else
			buf_putc(&out, *p);
		p += i < ARRAY_LEN(quick) ? strlen(quick[i]) : 1;
	}
	files_put("m/mapping.xml", out.data);
}

bool site_begin(void)
{
	static const char *const rows[] = { CRM, WAREHOUSE, WEB };
	struct err err;

	log_set_level(LOG_ERROR + 1);
	if (!libraries_begin(&err) || !adapters_init(FEDERATOR_ODBC_DIR, &err)) {
		fprintf(stderr, "%s: %s\n", err.where, err.text);
		return false;
	}
	files_put("m", NULL);
	put_mapping();
	files_put("m/secrets", NULL);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char name[32], connect[300];

		snprintf(name, sizeof(name), "s%zu.txt", i);
		files_put(name, rows[i]);
		snprintf(connect, sizeof(connect), "fixture:%s", files_path(name));
		snprintf(name, sizeof(name), "m/secrets/s%zu", i);
		files_put(name, connect);
	}
	return true;
}

static enum outcome refused(const struct err *err)
{
	return err->text[0] ? failnth_refused(err->text) : failnth_wrong("refused without a word");
}

enum outcome site_open(struct site *s, const char *cache)
{
	struct err err = { 0 };

	*s = (struct site){ .mem = arena_new() };
	if (!options_read(&s->opt, NULL, 0, NULL, s->mem, &err))
		return refused(&err);
	s->opt.map = arena_cstr(s->mem, str_of(files_path("m")));
	s->opt.tenant = "t";
	s->opt.cache = cache;
	s->svc = service_open(&s->opt, diags_new(s->mem), &err);
	if (!s->svc)
		return refused(&err);
	s->loop = loop_new(&err);
	if (!s->loop)
		return refused(&err);
	lane_open(&s->lane, s->svc, s->loop);
	s->lane_open = true;
	return RIGHT;
}

static void on_reply(void *owner, struct reply *reply)
{
	struct site *s = owner;

	s->reply = *reply;
	s->answered = true;
	if (s->waiting)
		loop_stop(s->loop);
}

void site_ask(struct site *s, const struct ask *ask)
{
	free(s->reply.body);
	s->reply = (struct reply){ 0 };
	s->answered = false;
	flow_start(&s->lane, ask, on_reply, s);
	s->waiting = !s->answered;
	if (s->waiting)
		loop_run(s->loop);
	s->waiting = false;
}

struct idle {
	struct loop_turn turn;
	struct site *site;
};

static bool until_idle(struct loop_turn *t)
{
	struct site *s = CONTAINER_OF(t, struct idle, turn)->site;

	if (service_is_idle(s->svc))
		loop_stop(s->loop);
	return true;
}

void site_close(struct site *s)
{
	struct idle idle = { .turn = { .turn = until_idle }, .site = s };

	free(s->reply.body);
	if (s->lane_open) {
		loop_add_turn(s->loop, &idle.turn);
		loop_run(s->loop);
		lane_close(&s->lane);
	}
	service_close(&s->svc);
	loop_free(&s->loop);
	arena_wipe_free(&s->mem);
}

/* ---- what an answer says ---- */

static bool says_less(json_t *whole, json_t *part, char path[256]);

static bool object_says_less(json_t *whole, json_t *part, char path[256])
{
	size_t n = strlen(path);
	const char *name;
	json_t *value;

	json_object_foreach(part, name, value)
	{
		snprintf(path + n, 256 - n, ".%s", name);
		/* which one wins may depend on who answers; the answer tells who does not */
		if (strcmp(name, "tier") != 0 && strcmp(name, "journey") != 0 &&
		    !says_less(json_object_get(whole, name), value, path))
			return false;
		path[n] = '\0';
	}
	return true;
}

static bool says_less(json_t *whole, json_t *part, char path[256])
{
	size_t n = strlen(path);

	if (json_is_object(whole) && json_is_object(part))
		return object_says_less(whole, part, path);
	if (!json_is_array(whole) || !json_is_array(part))
		return json_equal(whole, part);
	for (size_t i = 0; i < json_array_size(part); i++) {
		snprintf(path + n, 256 - n, ".%zu", i);
		if (!says_less(json_array_get(whole, i), json_array_get(part, i), path))
			return false;
		path[n] = '\0';
	}
	return json_array_size(part) == json_array_size(whole);
}

static bool is_incomplete(json_t *root)
{
	json_t *match = json_object_get(root, "match");

	return json_is_false(json_object_get(root, "complete")) || json_is_false(json_object_get(match, "complete")) ||
	       json_object_get(root, "reason");
}

static enum outcome judge_json(json_t *whole, json_t *part)
{
	char path[256] = "customer";

	if (!whole || !part)
		return failnth_wrong("not JSON");
	if (!is_incomplete(part))
		return failnth_wrong("another answer that says it is complete: %.300s", json_dumps(part, JSON_COMPACT));
	if (!says_less(json_object_get(whole, "customer"), json_object_get(part, "customer"), path) &&
	    json_object_get(part, "customer"))
		return failnth_wrong("%s is another: %.300s", path, json_dumps(part, JSON_COMPACT));
	return failnth_refused("incomplete");
}

/* XML, form and text say so, or have a reason; a line is what is known: by the other source of `tier`, or nothing. */
static bool says_incomplete(struct str body)
{
	return memmem(body.p, body.n, "<complete>false<", 16) || memmem(body.p, body.n, "reason", 6) ||
	       str_eq(body, STR("BASE")) || body.n == 0;
}

enum outcome site_judge(const struct reply *reply)
{
	struct str body = { reply->body, reply->len };
	json_t *whole, *part;
	enum outcome o = failnth_same(body);

	if (o == RIGHT)
		return o;
	if (reply->status >= 500)
		return failnth_refused("a problem of ours");
	if (reply->status != 200)
		return failnth_wrong("status %d: %.200s", reply->status, reply->body);
	if (body.n == 0 || body.p[0] != '{')
		return says_incomplete(body) ? failnth_refused("incomplete") : o;
	failnth_pause();
	whole = json_loadb(failnth_expected().p, failnth_expected().n, 0, NULL);
	part = json_loadb(body.p, body.n, 0, NULL);
	o = judge_json(whole, part);
	json_decref(whole);
	json_decref(part);
	failnth_resume();
	return o;
}
