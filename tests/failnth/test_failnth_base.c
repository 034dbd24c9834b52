/* Memory, texts, time zones, the log, the loop. */
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/csv.h"
#include "base/digest.h"
#include "base/jsontext.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/map.h"
#include "base/zone.h"
#include "tests/failnth/failnth.h"

static enum outcome arenas(const void *arg)
{
	SCOPED(arena_wipe_free) struct arena *mem = arena_new();
	struct str all = STR("");

	(void)arg;
	for (size_t i = 0; i < 300; i++) {
		size_t each = 40 + 37 * i;
		char *p = arena_alloc(mem, each);

		memset(p, 'a' + (int)(i % 26), each);
		all = arena_printf(mem, "%.*s%c", STR_ARG(all), p[each - 1]);
	}
	return failnth_same(all);
}

static enum outcome buffers(const void *arg)
{
	SCOPED(buf_free) struct buf out = { 0 };

	(void)arg;
	for (int i = 0; i < 3000; i++)
		buf_printf(&out, "%d,", i);
	return failnth_same(buf_str(&out));
}

static enum outcome maps(const void *arg)
{
	SCOPED(arena_wipe_free) struct arena *mem = arena_new();
	struct map *m = map_new(mem);

	(void)arg;
	for (uintptr_t i = 1; i <= 500; i++)
		(void)map_set(m, arena_printf(mem, "key %zu", (size_t)i), (void *)i);
	for (uintptr_t i = 1; i <= 500; i++)
		if (map_get(m, arena_printf(mem, "key %zu", (size_t)i)) != (void *)i)
			return failnth_wrong("key %zu", (size_t)i);
	return failnth_same(STR(""));
}

static enum outcome tables(const void *text)
{
	SCOPED(arena_wipe_free) struct arena *mem = arena_new();
	struct csv_fault fault = { 0 };
	struct str all = STR("");
	struct csv csv;

	if (!csv_read(str_of(text), mem, &csv, &fault))
		return failnth_same(arena_printf(mem, "%zu: %s", fault.at, fault.what));
	for (size_t i = 0; i < csv.n_rows * csv.n_cols; i++)
		all = arena_printf(mem, "%.*s|%.*s", STR_ARG(all), STR_ARG(csv.cells[i].text));
	return failnth_same(all);
}

static enum outcome documents(const void *text)
{
	SCOPED(arena_wipe_free) struct arena *mem = arena_new();
	struct jsontext_fault fault = { 0 };
	const struct jsontext *root = jsontext_read(str_of(text), true, mem, &fault), *list;

	if (!root)
		return failnth_same(arena_printf(mem, "%zu: %s", fault.at, fault.what));
	list = jsontext_member(root, STR("list"));
	return failnth_same(arena_printf(mem, "%zu %zu", root->n_items, list ? list->n_items : 0));
}

static enum outcome zones(const void *name)
{
	SCOPED(arena_wipe_free) struct arena *mem = arena_new();
	struct err err = { 0 };
	const struct zone *z = zone_load(mem, name, &err);
	char now[40];

	if (!z)
		return failnth_refused(err.text);
	zone_format(z, INT64_C(1700000000000000), now);
	return failnth_same(str_of(now));
}

/* A line is there as a whole, or not at all. */
static enum outcome log_lines(const void *arg)
{
	int kept = dup(STDERR_FILENO), file = memfd_create("log", MFD_CLOEXEC);
	char text[512];
	ssize_t n;

	(void)arg;
	failnth_pause();
	dup2(file, STDERR_FILENO);
	failnth_resume();
	log_event(LOG_ERROR, "tried", LOG_CSTR("name", "\"quoted\" \xea\xb9\x80"), LOG_NUM("number", 7));
	failnth_pause();
	dup2(kept, STDERR_FILENO);
	close(kept);
	n = pread(file, text, sizeof(text) - 1, 0);
	close(file);
	failnth_resume();
	text[n > 0 ? n : 0] = '\0';
	if (n == 0)
		return failnth_refused("nothing was written");
	return failnth_same(str_of(strstr(text, "\"event\"")));
}

struct looping {
	struct loop *loop;
	struct loop_post post;
	struct loop_timer timers[200], last;
	struct loop_fd watch;
	int n;
};

static void on_timer(struct loop_timer *t)
{
	struct looping *l = CONTAINER_OF(t, struct looping, last);

	l->n++;
	loop_stop(l->loop);
}

static void on_other(struct loop_timer *t)
{
	(void)t;
}

static void on_post(struct loop_post *p)
{
	struct looping *l = CONTAINER_OF(p, struct looping, post);

	l->n += 100;
	loop_timer_set(l->loop, &l->last, deadline_after_ms(1));
}

static void on_ready(struct loop_fd *w, uint32_t events)
{
	struct looping *l = CONTAINER_OF(w, struct looping, watch);

	(void)events;
	loop_unwatch(l->loop, w);
	l->n += 10;
	loop_post(l->loop, &l->post);
}

static enum outcome turn(struct looping *l, const int ends[2])
{
	struct err err = { 0 };

	l->watch = (struct loop_fd){ .fd = ends[0], .ready = on_ready };
	if (!loop_watch(l->loop, &l->watch, 1 /* EPOLLIN */, &err))
		return failnth_refused(err.text);
	for (size_t i = 0; i < ARRAY_LEN(l->timers); i++) {
		l->timers[i].fire = on_other;
		loop_timer_set(l->loop, &l->timers[i], deadline_after_ms(60000));
	}
	loop_run(l->loop);
	return l->n == 111 ? failnth_same(STR("")) : failnth_wrong("%d", l->n);
}

static enum outcome loops(const void *arg)
{
	struct looping l = { .post = { .run = on_post }, .last = { .fire = on_timer } };
	enum outcome o = HONEST;
	struct err err = { 0 };
	int ends[2];

	(void)arg;
	failnth_pause();
	if (pipe(ends) != 0 || write(ends[1], "x", 1) != 1)
		return failnth_wrong("no pipe");
	failnth_resume();
	l.loop = loop_new(&err);
	if (l.loop)
		o = turn(&l, ends);
	loop_free(&l.loop);
	close(ends[0]);
	close(ends[1]);
	return o;
}

int main(int argc, char **argv)
{
	static const struct scenario all[] = {
		{ "arena", arenas, NULL },
		{ "buf", buffers, NULL },
		{ "map", maps, NULL },
		{ "csv", tables, "a, b,c\n1,\"two \"\"2\"\"\",\n\n4,5,6\n7,8,9\n" },
		{ "csv-short-row", tables, "a,b,c\n1,2\n" },
		{ "csv-open-quote", tables, "a,b\n1,\"2\n" },
		{ "json", documents, "{\"a\":1,\"list\":[1,2.5,\"x\\u00e9\",{\"b\":[true,null]}],\"c\":{\"d\":\"\"}}" },
		{ "json-twice", documents, "{\"a\":1,\"a\":2}" },
		{ "json-cut", documents, "{\"a\":[1,2" },
		{ "zone", zones, "Asia/Seoul" },
		{ "zone-with-rules", zones, "America/New_York" },
		{ "log", log_lines, NULL },
		{ "loop", loops, NULL },
	};
	struct err err;

	return digest_init(&err) ? failnth_main(all, ARRAY_LEN(all), argc, argv) : 1;
}
