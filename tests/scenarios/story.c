#include "tests/scenarios/story.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/text.h"
#include "tests/scenarios/fake_redis.h"
#include "tests/scenarios/scripted.h"

enum { OPTIONS_MOST = 16, TIMES_MOST = 1000 };

struct reader {
	struct story *story;
	struct words options[OPTIONS_MOST];
	struct wish **last_wish;
	struct deed *asked; /* all deeds in the order of the file */
	struct deed **last_deed;
	struct err *err;
};

static bool wrong(const struct reader *r, const struct words *w, const char *what)
{
	return words_wrong(w, r->err, what);
}

/* One word that must be there. */
static bool take_text(const struct reader *r, struct words *w, const char **out)
{
	struct word word = words_take(w);

	if (!word.text.p || !word.text.n)
		return wrong(r, w, "something is missing at the end of the line");
	*out = word.text.p;
	return true;
}

/* ---- at TIME ... ---- */

static struct deed *deed_add(struct reader *r, enum deed_kind kind, uint64_t at_us, struct words words)
{
	struct deed *d = arena_new_of(r->story->mem, struct deed);

	*d = (struct deed){.kind = kind, .at_us = at_us, .words = words, .client = "", .times = 1};
	*r->last_deed = d;
	r->last_deed = &d->next;
	return d;
}

static bool read_times(struct reader *r, struct words *w, struct deed *d)
{
	uint64_t n;

	if (w->n < 2 || strcmp(w->of[1].text.p, "times") != 0)
		return true;
	if (!text_to_u64(words_take(w).text, &n) || n < 1 || n > TIMES_MOST)
		return wrong(r, w, "`times` stands behind a number from 1 to 1000");
	words_take(w);
	d->times = (uint32_t)n;
	return true;
}

static bool is_method(const struct words *w)
{
	return w->n >= 2 && !w->of[0].quoted &&
	       w->of[0].text.p[strspn(w->of[0].text.p, "ABCDEFGHIJKLMNOPQRSTUVWXYZ")] == '\0';
}

/* `budget 300ms` goes into the body, behind what is there. */
static bool read_budget(struct reader *r, struct words *w, struct deed *d)
{
	const char *text = NULL;

	if (!take_text(r, w, &text))
		return false;
	if (d->body.n < 2 || d->body.p[0] != '{')
		return wrong(r, w, "`budget` needs a JSON body; in a URL write budget=300ms");
	d->body =
		arena_printf(r->story->mem, "%.*s,\"budget\":\"%s\"}", (int)(d->body.n - 1), d->body.p, text);
	return true;
}

static bool read_request_rest(struct reader *r, struct words *w, struct deed *d)
{
	const char *text = NULL;

	while (w->n) {
		if (words_take_if(w, "budget")) {
			if (!read_budget(r, w, d))
				return false;
		} else if (words_take_if(w, "header")) {
			if (!take_text(r, w, &text))
				return false;
			d->headers = arena_printf(r->story->mem, "%s%s\r\n", d->headers, text).p;
		} else if (w->of[0].text.p[0] == '{' || w->of[0].quoted) {
			d->body = words_take(w).text;
		} else {
			return wrong(
				r, w,
				"behind the target come a body, `budget 300ms` and `header \"Name: value\"`");
		}
	}
	return true;
}

static bool read_request(struct reader *r, struct words w, struct deed *d)
{
	d->admin = words_take_if(&w, "admin");
	if (!read_times(r, &w, d))
		return false;
	if (!is_method(&w))
		return wrong(r, &w,
			     "expected a request like `QUERY /v1/customers {...}`, or a word that tells what "
			     "happens");
	d->method = words_take(&w).text.p;
	d->target = words_take(&w).text.p;
	d->headers = "";
	return read_request_rest(r, &w, d);
}

static bool read_client(struct reader *r, struct words w, struct deed *d)
{
	if (words_take_if(&w, "sends")) {
		d->kind = DEED_SEND;
		d->body = words_take(&w).text;
		return d->body.n ? true : wrong(r, &w, "`sends` is followed by a text in quotes");
	}
	if (words_take_if(&w, "hangs")) {
		d->kind = DEED_HANG_UP;
		return words_take_if(&w, "up") || wrong(r, &w, "expected `hangs up`");
	}
	return read_request(r, w, d);
}

static bool read_wall(struct reader *r, struct words w, struct deed *d)
{
	struct str text = words_take(&w).text;
	uint64_t us;

	if (text.n < 2 || !strchr("+-", text.p[0]) ||
	    !words_duration((struct str){text.p + 1, text.n - 1}, &us))
		return wrong(r, &w, "the clock jumps by a time like +1h or -10m");
	d->wall_ms = (int64_t)(us / 1000) * (text.p[0] == '-' ? -1 : 1);
	return true;
}

static bool read_look(struct reader *r, struct words w, struct deed *d)
{
	d->wish = arena_new_of(r->story->mem, struct wish);
	if (!wish_read(w, NULL, r->story->mem, d->wish, r->err))
		return false;
	return d->wish->kind == WISH_COUNTER || wrong(r, &w,
						      "only counters can be looked at in between; other "
						      "expectations stand in lines of their own");
}

static bool read_source_deed(struct reader *r, struct words w, struct deed *d)
{
	(void)d;
	return scripted_check(w, r->story->mem, r->err);
}

static bool read_cache_deed(struct reader *r, struct words w, struct deed *d)
{
	(void)d;
	return fake_redis_check(w, r->err);
}

static bool read_reload(struct reader *r, struct words w, struct deed *d)
{
	(void)d;
	return w.n == 1 || wrong(r, &w, "`reload` is followed by a directory");
}

static bool read_secret(struct reader *r, struct words w, struct deed *d)
{
	(void)d;
	return w.n == 2 || wrong(r, &w, "`secret` is followed by the name of a source and its password");
}

static bool read_nothing(struct reader *r, struct words w, struct deed *d)
{
	(void)d;
	return w.n == 0 || wrong(r, &w, "there are words too many at the end of the line");
}

static const struct {
	const char *word;
	enum deed_kind kind;
	bool (*read)(struct reader *r, struct words w, struct deed *d);
} deeds[] = {
	{"source", DEED_SOURCE, read_source_deed}, {"cache", DEED_CACHE, read_cache_deed},
	{"secret", DEED_SECRET, read_secret},      {"reload", DEED_RELOAD, read_reload},
	{"drain", DEED_DRAIN, read_nothing},       {"clock", DEED_WALL, read_wall},
	{"expect", DEED_LOOK, read_look},          {"nothing", DEED_NOTHING, read_nothing},
};

static bool read_at(struct reader *r, struct words w)
{
	struct deed *d;
	uint64_t at_us;
	struct str first;

	if (!words_take_duration(&w, &at_us, r->err))
		return false;
	for (size_t i = 0; i < ARRAY_LEN(deeds); i++)
		if (words_take_if(&w, deeds[i].word))
			return deeds[i].read(r, w, deed_add(r, deeds[i].kind, at_us, w));
	d = deed_add(r, DEED_ASK, at_us, w);
	first = w.n ? w.of[0].text : STR("");
	if (first.n > 1 && first.p[first.n - 1] == ':' && !w.of[0].quoted) {
		d->client = arena_cstr(r->story->mem, (struct str){first.p, first.n - 1});
		words_take(&w);
		return read_client(r, w, d);
	}
	return read_request(r, w, d);
}

/* ---- the other lines ---- */

static bool read_scenario(struct reader *r, struct words w)
{
	return take_text(r, &w, &r->story->title);
}

static bool read_mapping(struct reader *r, struct words w)
{
	return take_text(r, &w, &r->story->mapping);
}

static bool read_fails(struct reader *r, struct words w)
{
	return take_text(r, &w, &r->story->fails);
}

static bool read_option(struct reader *r, struct words w)
{
	if (w.n != 2 || r->story->n_options == OPTIONS_MOST)
		return wrong(r, &w, "`option` is followed by a name and a value, sixteen times at most");
	r->options[r->story->n_options++] = w;
	return true;
}

static bool read_source(struct reader *r, struct words w)
{
	deed_add(r, DEED_SOURCE, 0, w);
	return scripted_check(w, r->story->mem, r->err);
}

static bool read_cache(struct reader *r, struct words w)
{
	static const char *const kinds[] = {"memory", "off", "redis"};

	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		if (words_take_if(&w, kinds[i])) {
			r->story->cache = kinds[i];
			return read_nothing(r, w, NULL);
		}
	if (strcmp(r->story->cache, "redis") != 0)
		return wrong(
			r, &w,
			"`cache` is followed by memory, off or redis; what redis does stands below that");
	deed_add(r, DEED_CACHE, 0, w);
	return fake_redis_check(w, r->err);
}

static bool read_also(struct reader *r, struct words w)
{
	if (!words_take_if(&w, "cache") || !words_take_if(&w, "off") || w.n)
		return wrong(r, &w, "expected `also cache off`");
	return r->story->also_cache_off = true;
}

static bool read_expect(struct reader *r, struct words w)
{
	struct wish *wish = arena_new_of(r->story->mem, struct wish);

	if (!wish_read(w, r->asked, r->story->mem, wish, r->err))
		return false;
	*r->last_wish = wish;
	r->last_wish = &wish->next;
	return true;
}

static const struct {
	const char *word;
	bool (*read)(struct reader *r, struct words w);
} lines[] = {
	{"scenario", read_scenario}, {"mapping", read_mapping}, {"fails", read_fails},
	{"option", read_option},     {"source", read_source},   {"cache", read_cache},
	{"also", read_also},         {"at", read_at},           {"expect", read_expect},
};

static bool read_line(struct reader *r, struct str line, unsigned number)
{
	struct words w;

	if (!words_cut(line, number, r->story->mem, &w, r->err))
		return false;
	for (size_t i = 0; w.n && i < ARRAY_LEN(lines); i++)
		if (words_take_if(&w, lines[i].word))
			return lines[i].read(r, w);
	return w.n == 0 || wrong(r, &w,
				 "a line begins with scenario, mapping, fails, option, source, cache, also, "
				 "at or expect");
}

/* In order of time, those of the same time as they were. */
static void sort_deeds(struct reader *r)
{
	struct deed *sorted = NULL, *next;

	for (struct deed *d = r->asked; d; d = next) {
		struct deed **at = &sorted;

		next = d->next;
		while (*at && (*at)->at_us <= d->at_us)
			at = &(*at)->next;
		d->next = *at;
		*at = d;
	}
	r->story->deeds = sorted;
}

static bool is_whole(const struct reader *r, unsigned n_lines)
{
	const struct words end = {.line = n_lines};

	if (!r->story->title)
		return wrong(r, &end, "there is no line `scenario \"what it tells\"`");
	if (!r->story->mapping)
		return wrong(r, &end, "there is no line `mapping DIRECTORY`");
	if (!r->story->wishes)
		return wrong(r, &end, "nothing is expected: the scenario could not fail");
	return true;
}

static bool read_lines(struct reader *r, FILE *file)
{
	char *line = NULL;
	size_t room = 0;
	unsigned number = 0;
	ssize_t n;
	bool good = true;

	while (good && (n = getline(&line, &room, file)) >= 0) {
		if (n > 0 && line[n - 1] == '\n')
			n--;
		good = read_line(r, arena_str(r->story->mem, (struct str){line, (size_t)n}), ++number);
	}
	free(line);
	return good && is_whole(r, number);
}

bool story_read(const char *path, struct arena *mem, struct story *out, struct err *err)
{
	struct reader r = {.story = out, .last_wish = &out->wishes, .err = err};
	FILE *file = fopen(path, "re");
	bool good;

	*out = (struct story){.mem = mem, .path = path, .cache = "memory"};
	r.last_deed = &r.asked;
	if (!file)
		return err_set(err, ERR_CONFIG, path, "%s", strerror(errno));
	good = read_lines(&r, file);
	fclose(file);
	if (!good) {
		const char *line = arena_cstr(mem, str_of(err->where)), *base = strrchr(path, '/');
		const char *what = arena_cstr(mem, str_of(err->text));

		return err_set(err, ERR_CONFIG, arena_printf(mem, "%s:%s", base ? base + 1 : path, line).p,
			       "%s", what);
	}
	out->options = arena_array_of(mem, struct words, out->n_options + 1);
	memcpy(out->options, r.options, out->n_options * sizeof(struct words));
	sort_deeds(&r);
	return true;
}
