/* wish.c - what stands behind `expect`. */
#include <stdlib.h>

#include "base/text.h"
#include "tests/scenarios/story.h"

static const struct {
	const char *word;
	enum wish_op op;
} ops[] = {{"==", OP_EQ}, {"!=", OP_NE}, {"<", OP_LT}, {"<=", OP_LE}, {">", OP_GT}, {">=", OP_GE}};

/* Is there an answer to it? */
static bool deed_is_heard(const struct deed *d)
{
	return d->kind == DEED_ASK || d->kind == DEED_SEND || d->kind == DEED_RELOAD;
}

struct deed *deed_named(struct deed *asked, const char *name)
{
	struct deed *found = NULL;

	for (struct deed *d = asked; d; d = d->next)
		if (deed_is_heard(d) && (!*name || strcmp(d->client, name) == 0))
			found = d;
	return found;
}

static bool take_op(struct words *w, struct wish *out, struct err *err)
{
	struct word word = words_take(w);

	for (size_t i = 0; i < ARRAY_LEN(ops); i++)
		if (word.text.p && strcmp(word.text.p, ops[i].word) == 0) {
			out->op = ops[i].op;
			return true;
		}
	return words_wrong(w, err, "expected ==, !=, <, <=, > or >=");
}

/* The number behind; a sign is not needed anywhere. */
static bool take_number(struct words *w, int64_t *out, struct err *err)
{
	uint64_t number;

	if (!text_to_u64(words_take(w).text, &number) || number > INT64_MAX)
		return words_wrong(w, err, "expected a number");
	*out = (int64_t)number;
	return true;
}

/* `by 300ms` or `at 300ms`, when it is there. */
static bool take_time(struct words *w, struct wish *out, struct err *err)
{
	bool by = words_take_if(w, "by");

	out->exactly = !by && words_take_if(w, "at");
	out->timed = by || out->exactly;
	return !out->timed || words_take_duration(w, &out->time_us, err);
}

static bool read_status(struct words *w, struct arena *mem, struct wish *out, struct err *err)
{
	(void)mem;
	return take_number(w, &out->number, err) && take_time(w, out, err);
}

static bool read_no(struct words *w, struct arena *mem, struct wish *out, struct err *err)
{
	(void)mem;
	if (words_take_if(w, "answer"))
		return true;
	if (!words_take_if(w, "log"))
		return words_wrong(w, err, "`no` is followed by answer or log");
	out->kind = WISH_LOG;
	out->op = OP_EQ;
	out->number = 0;
	out->fields = *w;
	w->n = 0;
	return true;
}

static bool read_closed(struct words *w, struct arena *mem, struct wish *out, struct err *err)
{
	(void)mem;
	return take_time(w, out, err);
}

static bool take_contains(struct words *w, struct wish *out, struct err *err)
{
	out->op = words_take_if(w, "never") ? OP_NEVER : OP_CONTAINS;
	if (!words_take_if(w, "contains") || w->n == 0)
		return words_wrong(w, err, "expected `contains \"text\"` or `never contains \"text\"`");
	out->value = words_take(w);
	return true;
}

static bool read_header(struct words *w, struct arena *mem, struct wish *out, struct err *err)
{
	struct word name = words_take(w);

	if (!name.text.p)
		return words_wrong(w, err, "`header` is followed by its name");
	out->name = arena_cstr(mem, name.text);
	if (words_take_if(w, "absent")) {
		out->op = OP_ABSENT;
		return true;
	}
	out->op = OP_EQ;
	out->value = words_take(w);
	return out->value.text.p || words_wrong(w, err, "what must the header be? a text, or absent");
}

static bool read_body(struct words *w, struct arena *mem, struct wish *out, struct err *err)
{
	(void)mem;
	return take_contains(w, out, err);
}

/* `log contains "text"`, `log never contains "text"`, or fields and perhaps `N times`. */
static bool read_log(struct words *w, struct arena *mem, struct wish *out, struct err *err)
{
	(void)mem;
	if (w->n && (strcmp(w->of[0].text.p, "never") == 0 || strcmp(w->of[0].text.p, "contains") == 0))
		return take_contains(w, out, err);
	out->fields = *w;
	out->op = OP_GE;
	out->number = 1;
	if (w->n > 2 && strcmp(w->of[w->n - 1].text.p, "times") == 0) {
		struct words last = {&w->of[w->n - 2], 2, w->line};

		out->fields.n -= 2;
		out->op = OP_EQ;
		if (!take_number(&last, &out->number, err))
			return false;
	}
	w->n = 0;
	return out->fields.n > 0 || words_wrong(w, err, "`log` is followed by name=value, or by contains");
}

static bool read_counter(struct words *w, struct arena *mem, struct wish *out, struct err *err)
{
	out->name = arena_cstr(mem, words_take(w).text);
	return take_op(w, out, err) && take_number(w, &out->number, err);
}

static bool read_path(struct words *w, struct arena *mem, struct wish *out, struct err *err)
{
	out->name = arena_cstr(mem, words_take(w).text);
	if (words_take_if(w, "exists")) {
		out->op = OP_EXISTS;
		return true;
	}
	if (words_take_if(w, "absent")) {
		out->op = OP_ABSENT;
		return true;
	}
	if (words_take_if(w, "has")) {
		out->op = OP_ITEMS;
		return take_number(w, &out->number, err) &&
		       (words_take_if(w, "items") || words_wrong(w, err, "expected `has N items`"));
	}
	if (w->n && (strcmp(w->of[0].text.p, "contains") == 0 || strcmp(w->of[0].text.p, "never") == 0))
		return take_contains(w, out, err);
	if (!take_op(w, out, err))
		return false;
	out->value = words_take(w);
	if (words_take_if(w, "reason"))
		out->reason = words_take(w);
	return out->value.text.p || words_wrong(w, err, "there is no value to compare with");
}

static const struct {
	const char *word;
	enum wish_kind kind;
	bool of_answer;
	bool (*read)(struct words *w, struct arena *mem, struct wish *out, struct err *err);
} wishes[] = {
	{"status", WISH_STATUS, true, read_status},     {"no", WISH_NO_ANSWER, true, read_no},
	{"closed", WISH_CLOSED, true, read_closed},     {"header", WISH_HEADER, true, read_header},
	{"body", WISH_BODY, true, read_body},           {"log", WISH_LOG, false, read_log},
	{"counter", WISH_COUNTER, false, read_counter}, {"stopped", WISH_STOPPED, false, read_closed},
};

/* `NAME:` in front says whose answer it is; else that of the last request above. */
static bool read_whose(struct words *w, struct deed *asked, struct arena *mem, struct wish *out,
		       struct err *err)
{
	struct str first = w->n && !w->of[0].quoted ? w->of[0].text : STR("");
	const char *name = "";

	if (first.n > 1 && first.p[first.n - 1] == ':') {
		name = arena_cstr(mem, (struct str){first.p, first.n - 1});
		words_take(w);
	}
	out->of = deed_named(asked, name);
	return out->of || !*name || words_wrong(w, err, "no request above has this name");
}

bool wish_read(struct words w, struct deed *asked, struct arena *mem, struct wish *out, struct err *err)
{
	bool found = false, of_answer = true;

	*out = (struct wish){.line = w.line};
	if (!read_whose(&w, asked, mem, out, err))
		return false;
	if (w.n && !w.of[0].quoted && w.of[0].text.p[0] == '$') {
		found = true;
		out->kind = WISH_PATH;
		if (!read_path(&w, mem, out, err))
			return false;
	}
	for (size_t i = 0; i < ARRAY_LEN(wishes) && !found; i++) {
		found = words_take_if(&w, wishes[i].word);
		if (!found)
			continue;
		out->kind = wishes[i].kind;
		of_answer = wishes[i].of_answer;
		if (!wishes[i].read(&w, mem, out, err))
			return false;
	}
	if (!found)
		return words_wrong(&w, err,
				   "expected status, no, closed, header, body, log, counter, stopped or a "
				   "path like $.a.b");
	if (of_answer && out->kind != WISH_LOG && !out->of)
		return words_wrong(&w, err, "there is no request above whose answer this could be");
	return w.n == 0 || words_wrong(&w, err, "there are words too many at the end of the line");
}
