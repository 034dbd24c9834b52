#include "tests/scenarios/play.h"

#include <inttypes.h>
#include <stdlib.h>

#include <sodium.h>

#include "base/log.h"
#include "tests/scenarios/judge.h"
#include "tests/scenarios/scripted.h"
#include "tests/scenarios/vtime.h"

static const int64_t begin_wall_ms = INT64_C(1795392000000); /* 2026-11-23 00:00 UTC */
enum { PATIENCE_MS = 120 * 1000 };                           /* for answers, after the last deed */

struct play {
	struct story *story;
	struct outcome *out;
	struct house house;
	struct evidence evidence;
	struct loop *loop;
	struct loop_timer timer; /* the next deed, or the end of patience */
	struct deed *next;
	uint32_t open; /* clients that wait for an answer */
};

/* ---- chance: the same each time ---- */

static uint64_t chance;

static const char *chance_name(void)
{
	return "the same each time";
}

static uint32_t chance_next(void)
{
	chance = chance * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)(chance >> 32);
}

static void chance_bytes(void *buf, size_t n)
{
	for (size_t i = 0; i < n; i++)
		((unsigned char *)buf)[i] = (unsigned char)chance_next();
}

/* The random part of a pause is none. */
static uint32_t chance_below(const uint32_t below)
{
	(void)below;
	return 0;
}

static void chance_begin(void)
{
	static randombytes_implementation same = {.implementation_name = chance_name,
						  .random = chance_next,
						  .uniform = chance_below,
						  .buf = chance_bytes};

	chance = 1;
	randombytes_set_implementation(&same);
}

/* ---- the transcript ---- */

static double now_ms(const struct play *p)
{
	return (double)(clock_mono_us() - p->evidence.begun_us) / 1000;
}

static void note_answer(struct play *p, const struct client *c)
{
	if (c->closed_us && !c->answered_us)
		buf_printf(&p->out->transcript, "%.3f closed\n", now_ms(p));
	else if (!c->closed_us)
		buf_printf(&p->out->transcript, "%.3f < %d %.*s\n", now_ms(p), c->status,
			   STR_ARG(client_body(c)));
}

/* ---- deeds ---- */

static void look_for_the_end(struct play *p)
{
	if (!p->next && !p->open)
		loop_stop(p->loop);
}

static void on_changed(void *owner, struct client *c)
{
	struct play *p = owner;

	note_answer(p, c);
	if (!c->answered_us || !c->closed_us) /* the first of the two */
		p->open--;
	look_for_the_end(p);
}

/* %(NAME$.path) in a request is what stands there in the answer to NAME. */
static struct str filled_in(struct play *p, struct str text, unsigned line)
{
	struct buf out = {0};
	struct str result;
	const char *from, *end, *dollar;

	while (text.n && (from = memmem(text.p, text.n, "%(", 2)) && (end = strchr(from, ')')) &&
	       (dollar = strchr(from, '$')) && dollar < end) {
		const char *name =
			arena_cstr(p->house.mem, (struct str){from + 2, (size_t)(dollar - from - 2)});
		const char *path = arena_cstr(p->house.mem, (struct str){dollar, (size_t)(end - dollar)});
		const struct deed *d = deed_named(p->story->deeds, name);
		const char *value = d && d->clients ? json_string_value(client_at(d->clients, path)) : NULL;

		if (!value)
			judge_complain(&p->evidence, line, "there is no text at %s in the answer to %s", path,
				       name);
		buf_put(&out, text.p, (size_t)(from - text.p));
		buf_puts(&out, value ? value : "-");
		text.n -= (size_t)(end + 1 - text.p);
		text.p = end + 1;
	}
	buf_put_str(&out, text);
	result = arena_str(p->house.mem, buf_str(&out));
	buf_free(&out);
	return result.p ? result : STR("");
}

static struct client *dial(struct play *p, struct deed *d)
{
	struct client *c = client_new(p->loop, d->admin ? p->house.admin_path : p->house.public_path);
	struct client **last = (struct client **)&d->clients;

	if (!c) {
		buf_printf(&p->out->transcript, "%.3f nobody listens\n", now_ms(p));
		return NULL;
	}
	while (*last)
		last = &(*last)->next;
	*last = c;
	c->changed = on_changed;
	c->owner = p;
	p->open++;
	return c;
}

static void do_ask(struct play *p, struct deed *d)
{
	struct str target = filled_in(p, str_of(d->target), d->words.line),
		   body = filled_in(p, d->body, d->words.line);
	struct buf request = {0};

	buf_printf(&request, "%s %s HTTP/1.1\r\nHost: federator\r\n%s", d->method, target.p, d->headers);
	if (body.n)
		buf_printf(&request, "Content-Type: application/json\r\nContent-Length: %zu\r\n", body.n);
	buf_printf(&request, "\r\n%.*s", STR_ARG(body));
	buf_printf(&p->out->transcript, "%.3f > %s %s %.*s\n", now_ms(p), d->method, target.p, STR_ARG(body));
	for (uint32_t i = 0; i < d->times; i++) {
		struct client *c = dial(p, d);

		if (!c)
			continue;
		c->head = strcmp(d->method, "HEAD") == 0;
		client_send(c, buf_str(&request));
	}
	buf_free(&request);
}

/* The deed that opened the connection of that name, before `d`. */
static struct deed *opener(struct play *p, const struct deed *d)
{
	for (struct deed *o = p->story->deeds; o && o != d; o = o->next)
		if (o->clients && *d->client && strcmp(o->client, d->client) == 0)
			return o;
	return NULL;
}

static void do_send(struct play *p, struct deed *d)
{
	struct deed *first = opener(p, d);
	struct client *c = first ? first->clients : dial(p, d);

	if (c)
		client_send(c, d->body);
}

static void do_hang_up(struct play *p, struct deed *d)
{
	struct deed *first = opener(p, d);

	for (struct client *c = first ? first->clients : NULL; c; c = c->next) {
		if (c->watch.fd >= 0 && !c->answered_us)
			p->open--;
		client_hang_up(c);
	}
	if (!first)
		judge_complain(&p->evidence, d->words.line, "no connection has this name");
}

static void do_reload(struct play *p, struct deed *d)
{
	struct err err;

	if (!house_set_mapping(&p->house, d->words.of[0].text.p, &err)) {
		judge_complain(&p->evidence, d->words.line, "%s: %s", err.where, err.text);
		return;
	}
	d->admin = true;
	d->method = "POST";
	d->target = "/admin/reload";
	d->headers = "";
	do_ask(p, d);
}

static void do_source(struct play *p, struct deed *d)
{
	struct err err;

	if (d->at_us > 0 && !scripted_tell(d->words, p->house.mem, &err))
		judge_complain(&p->evidence, d->words.line, "%s: %s", err.where, err.text);
}

static void do_deed(struct play *p, struct deed *d)
{
	switch (d->kind) {
	case DEED_ASK:
		do_ask(p, d);
		return;
	case DEED_SEND:
		do_send(p, d);
		return;
	case DEED_HANG_UP:
		do_hang_up(p, d);
		return;
	case DEED_SOURCE:
		do_source(p, d);
		return;
	case DEED_CACHE:
		if (d->at_us > 0 && p->house.redis)
			fake_redis_tell(p->house.redis, d->words);
		return;
	case DEED_SECRET:
		house_set_password(&p->house, d->words.of[0].text.p, d->words.of[1].text.p);
		return;
	case DEED_RELOAD:
		do_reload(p, d);
		return;
	case DEED_DRAIN:
		house_drain(&p->house);
		return;
	case DEED_WALL:
		vtime_jump_wall(d->wall_ms);
		return;
	case DEED_LOOK:
		judge_wish(&p->evidence, d->wish);
		return;
	case DEED_NOTHING:
		return;
	}
	abort();
}

/* One deed at a time: between two at the same moment all others do what they can. */
static void on_timer(struct loop_timer *t)
{
	struct play *p = CONTAINER_OF(t, struct play, timer);
	struct deed *d = p->next;

	if (!d) { /* out of patience: who is not answered by now stands in the complaints */
		p->open = 0;
		look_for_the_end(p);
		return;
	}
	p->next = d->next;
	do_deed(p, d);
	loop_timer_set(p->loop, t,
		       p->next ? (struct deadline){p->evidence.begun_us + p->next->at_us}
			       : deadline_after_ms(PATIENCE_MS));
	look_for_the_end(p);
}

/* ---- from beginning to end ---- */

/* What may differ between a copy and the source itself. */
static void drop_origin(json_t *json)
{
	static const char *const names[] = {"state", "age_ms", "took_ms", "max_stale_ms"};
	const char *name;
	json_t *part;

	json_object_foreach(json_object_get(json, "parts"), name, part) for (size_t i = 0;
									     i < ARRAY_LEN(names); i++)
		json_object_del(part, names[i]);
	json_object_del(json, "id");
	json_object_del(json, "links");
}

static void keep_bodies(struct play *p)
{
	for (const struct deed *d = p->story->deeds; d; d = d->next)
		for (const struct client *c = d->clients; c; c = c->next) {
			json_t *copy = c->json ? json_deep_copy(c->json) : NULL;
			char *text;

			if (copy)
				drop_origin(copy);
			text = copy ? json_dumps(copy, JSON_SORT_KEYS | JSON_ENCODE_ANY) : NULL;
			buf_printf(&p->out->bodies, "%d %s\n", c->status, text ? text : "");
			free(text);
			json_decref(copy);
		}
}

/* The directory has another name each time. */
static void hide_directory(const struct house *h, struct buf *text)
{
	size_t n = strlen(h->dir), left = text->len;
	char *at = text->data;

	while (n && at && (at = memmem(at, left, h->dir, n))) {
		memset(at + n - 6, '0', 6);
		at += n;
		left = text->len - (size_t)(at - text->data);
	}
}

static void judge_all(struct play *p)
{
	struct buf log = {0};

	house_log(&p->house, &log);
	p->evidence.log = buf_str(&log);
	for (const struct wish *w = p->story->wishes; w; w = w->next)
		judge_wish(&p->evidence, w);
	judge_always(&p->evidence);
	keep_bodies(p);
	buf_put_str(&p->out->transcript, p->evidence.log);
	buf_free(&log);
	hide_directory(&p->house, &p->out->transcript);
}

static void free_clients(struct play *p)
{
	for (struct deed *d = p->story->deeds; d; d = d->next)
		while (d->clients) {
			struct client *c = d->clients;

			d->clients = c->next;
			client_free(&c);
		}
}

static void hang_up_all(struct play *p)
{
	for (const struct deed *d = p->story->deeds; d; d = d->next)
		for (struct client *c = d->clients; c; c = c->next)
			client_hang_up(c);
}

void play_story(struct story *story, const char *cache, const char *base, struct outcome *out)
{
	struct play p = {.story = story, .out = out, .timer.fire = on_timer};
	struct err err = {0};

	*out = (struct outcome){0};
	chance_begin();
	vtime_begin(begin_wall_ms);
	p.evidence = (struct evidence){.house = &p.house, .story = story, .complaints = &out->complaints};
	p.evidence.begun_us = clock_mono_us();
	p.loop = digest_init(&err) ? loop_new(&err) : NULL;
	if (p.loop && house_begin(&p.house, story, cache, base, &err)) {
		p.next = story->deeds;
		loop_timer_set(p.loop, &p.timer, (struct deadline){p.evidence.begun_us});
		loop_run(p.loop);
		judge_all(&p);
		hang_up_all(&p);
	} else {
		judge_complain(&p.evidence, 1, "%s: %s", err.where, err.text);
	}
	house_end(&p.house);
	free_clients(&p);
	loop_free(&p.loop);
	vtime_end();
}

void outcome_free(struct outcome *o)
{
	buf_free(&o->complaints);
	buf_free(&o->transcript);
	buf_free(&o->bodies);
}
