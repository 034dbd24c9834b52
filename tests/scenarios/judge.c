#include "tests/scenarios/judge.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <libxml/parser.h>

#include "tests/scenarios/scripted.h"

void judge_complain(const struct evidence *e, unsigned line, const char *fmt, ...)
{
	const char *base = strrchr(e->story->path, '/');
	char text[700];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	buf_printf(e->complaints, "%s:%u: %s\n", base ? base + 1 : e->story->path, line, text);
}

static const struct client *clients_of(const struct wish *wish)
{
	return wish->of ? wish->of->clients : NULL;
}

static bool compare(int64_t is, enum wish_op op, int64_t wanted)
{
	switch (op) {
	case OP_EQ:
		return is == wanted;
	case OP_NE:
		return is != wanted;
	case OP_LT:
		return is < wanted;
	case OP_LE:
		return is <= wanted;
	case OP_GT:
		return is > wanted;
	case OP_GE:
		return is >= wanted;
	case OP_EXISTS:
	case OP_ABSENT:
	case OP_ITEMS:
	case OP_CONTAINS:
	case OP_NEVER:
		break;
	}
	abort();
}

static const char *op_text(enum wish_op op)
{
	static const char *const texts[] = {"==", "!=", "<", "<=", ">", ">="};

	return texts[op];
}

/* Was it at the time, or by it? */
static void judge_time(const struct evidence *e, const struct wish *wish, uint64_t from_us, uint64_t at_us)
{
	uint64_t took_us = at_us - from_us;

	if (wish->timed && (wish->exactly ? took_us != wish->time_us : took_us > wish->time_us))
		judge_complain(e, wish->line, "%s %" PRIu64 " us wanted, it was %" PRIu64 " us",
			       wish->exactly ? "at" : "by", wish->time_us, took_us);
}

/* ---- about one answer ---- */

static void judge_status(const struct evidence *e, const struct wish *wish, const struct client *c)
{
	if (!c->answered_us)
		judge_complain(e, wish->line, "there is no answer");
	else if (c->status != wish->number)
		judge_complain(e, wish->line, "the status is %d: %.400s", c->status, client_body(c).p);
	else
		judge_time(e, wish, c->begun_us, c->answered_us);
}

static void judge_closed(const struct evidence *e, const struct wish *wish, const struct client *c)
{
	if (!c->closed_us)
		judge_complain(e, wish->line, "the connection is still open");
	else
		judge_time(e, wish, c->begun_us, c->closed_us);
}

static void judge_header(const struct evidence *e, const struct wish *wish, const struct client *c)
{
	SCOPED(arena_wipe_free) struct arena *mem = arena_new();
	const char *is = client_header(c, wish->name, mem);

	if (wish->op == OP_ABSENT && is)
		judge_complain(e, wish->line, "the header is there: %s", is);
	if (wish->op == OP_EQ && (!is || strcmp(is, wish->value.text.p) != 0))
		judge_complain(e, wish->line, "the header is %s", is ? is : "not there");
}

static bool holds(struct str all, struct str part)
{
	return part.n == 0 || memmem(all.p ? all.p : "", all.n, part.p, part.n) != NULL;
}

static void judge_body(const struct evidence *e, const struct wish *wish, const struct client *c)
{
	bool has = holds(client_body(c), wish->value.text);

	if (has == (wish->op == OP_NEVER))
		judge_complain(e, wish->line, "the body %s: %.400s",
			       has ? "contains it" : "does not contain it",
			       client_body(c).p ? client_body(c).p : "");
}

/* Does a value of the answer equal a word? Quoted words are texts, others JSON. */
static bool equals(const json_t *is, const struct word *word)
{
	json_t *wanted;
	bool same;

	if (word->quoted)
		return json_is_string(is) &&
		       str_eq((struct str){json_string_value(is), json_string_length(is)}, word->text);
	wanted = json_loadb(word->text.p, word->text.n, JSON_DECODE_ANY, NULL);
	same = wanted && json_equal(is, wanted);
	json_decref(wanted);
	return same;
}

/* Numbers of JSON may be compared by size. */
static bool value_fits(const json_t *is, const struct wish *wish)
{
	switch (wish->op) {
	case OP_EXISTS:
		return is != NULL;
	case OP_ABSENT:
		return is == NULL;
	case OP_ITEMS:
		return json_is_array(is) && (int64_t)json_array_size(is) == wish->number;
	case OP_CONTAINS:
	case OP_NEVER:
		return json_is_string(is) &&
		       holds(str_of(json_string_value(is)), wish->value.text) == (wish->op == OP_CONTAINS);
	case OP_EQ:
		return is && equals(is, &wish->value);
	case OP_NE:
		return !is || !equals(is, &wish->value);
	case OP_LT:
	case OP_LE:
	case OP_GT:
	case OP_GE:
		return json_is_integer(is) &&
		       compare(json_integer_value(is), wish->op, strtoll(wish->value.text.p, NULL, 10));
	}
	abort();
}

/* `$.parts.orders.state == "missing" reason "deadline"`: the reason stands beside the state. */
static bool reason_fits(const struct client *c, const struct wish *wish)
{
	SCOPED(arena_wipe_free) struct arena *mem = arena_new();
	const char *dot = strrchr(wish->name, '.');

	return !wish->reason.text.p ||
	       (dot &&
		equals(client_at(c, arena_printf(mem, "%.*s.reason", (int)(dot - wish->name), wish->name).p),
		       &wish->reason));
}

static void judge_path(const struct evidence *e, const struct wish *wish, const struct client *c)
{
	const json_t *is = client_at(c, wish->name);
	char *text;

	if (value_fits(is, wish) && reason_fits(c, wish))
		return;
	text = is ? json_dumps(is, JSON_ENCODE_ANY) : NULL;
	judge_complain(e, wish->line, "%s is %s in %.500s", wish->name, text ? text : "not there",
		       c->answered_us ? client_body(c).p : "no answer");
	free(text);
}

static void judge_no_answer(const struct evidence *e, const struct wish *wish, const struct client *c)
{
	if (c->answered_us)
		judge_complain(e, wish->line, "there is an answer, %d", c->status);
}

/* ---- about the log ---- */

/* Does a line of the log have name=value, be it a text or a number? */
static bool line_has(const json_t *line, const struct word *field)
{
	const char *equal = strchr(field->text.p, '=');
	char name[64];
	const json_t *is;

	if (!equal)
		return false;
	snprintf(name, sizeof(name), "%.*s", (int)(equal - field->text.p), field->text.p);
	is = json_object_get(line, name);
	if (json_is_integer(is))
		return json_integer_value(is) == strtoll(equal + 1, NULL, 10);
	return json_is_string(is) && strcmp(json_string_value(is), equal + 1) == 0;
}

static int64_t count_lines(struct str log, const struct words *fields)
{
	int64_t count = 0;

	while (log.n) {
		const char *end = memchr(log.p, '\n', log.n);
		size_t n = end ? (size_t)(end - log.p) + 1 : log.n;
		json_t *line = json_loadb(log.p, n, 0, NULL);
		bool all = line != NULL;

		for (size_t i = 0; i < fields->n && all; i++)
			all = line_has(line, &fields->of[i]);
		count += all;
		json_decref(line);
		log = (struct str){log.p + n, log.n - n};
	}
	return count;
}

static void judge_log(const struct evidence *e, const struct wish *wish)
{
	int64_t count;
	bool has;

	if (wish->op == OP_CONTAINS || wish->op == OP_NEVER) {
		has = holds(e->log, wish->value.text);
		if (has == (wish->op == OP_NEVER))
			judge_complain(e, wish->line, "the log %s",
				       has ? "contains it" : "does not contain it");
		return;
	}
	count = count_lines(e->log, &wish->fields);
	if (!compare(count, wish->op, wish->number))
		judge_complain(e, wish->line, "the log has %" PRId64 " such lines:\n%.*s", count,
			       STR_ARG(e->log));
}

static void judge_counter(const struct evidence *e, const struct wish *wish)
{
	int64_t is;

	if (!house_counter(e->house, wish->name, &is))
		judge_complain(e, wish->line, "there is no counter %s", wish->name);
	else if (!compare(is, wish->op, wish->number))
		judge_complain(e, wish->line, "%s is %" PRId64 ", not %s %" PRId64, wish->name, is,
			       op_text(wish->op), wish->number);
}

static void judge_stopped(const struct evidence *e, const struct wish *wish)
{
	if (!e->house->stopped_us)
		judge_complain(e, wish->line, "it has not stopped");
	else
		judge_time(e, wish, e->begun_us, e->house->stopped_us);
}

static void judge_answer(const struct evidence *e, const struct wish *wish, const struct client *c)
{
	switch (wish->kind) {
	case WISH_STATUS:
		judge_status(e, wish, c);
		return;
	case WISH_NO_ANSWER:
		judge_no_answer(e, wish, c);
		return;
	case WISH_CLOSED:
		judge_closed(e, wish, c);
		return;
	case WISH_PATH:
		judge_path(e, wish, c);
		return;
	case WISH_HEADER:
		judge_header(e, wish, c);
		return;
	case WISH_BODY:
		judge_body(e, wish, c);
		return;
	case WISH_LOG:
	case WISH_COUNTER:
	case WISH_STOPPED:
		break;
	}
	abort();
}

/* Of many that are wrong one tells enough. */
static void judge_answers(const struct evidence *e, const struct wish *wish, const struct client *c)
{
	size_t before = e->complaints->len;

	for (; c && e->complaints->len == before; c = c->next)
		judge_answer(e, wish, c);
}

void judge_wish(const struct evidence *e, const struct wish *wish)
{
	const struct client *c = clients_of(wish);

	if (wish->kind == WISH_LOG)
		judge_log(e, wish);
	else if (wish->kind == WISH_COUNTER)
		judge_counter(e, wish);
	else if (wish->kind == WISH_STOPPED)
		judge_stopped(e, wish);
	else if (!c && wish->kind != WISH_CLOSED && wish->kind != WISH_NO_ANSWER)
		judge_complain(e, wish->line, "the request found nobody who listens");
	else
		judge_answers(e, wish, c);
}

/* ---- always ---- */

static void judge_form(const struct evidence *e, const struct deed *d, const struct client *c)
{
	SCOPED(arena_wipe_free) struct arena *mem = arena_new();
	const char *type = client_header(c, "Content-Type", mem);
	struct str body = client_body(c);
	xmlDocPtr doc;

	if (!type || !body.n)
		return;
	if (strstr(type, "json") && !c->json)
		judge_complain(e, d->words.line, "the answer is no JSON: %.400s", body.p);
	if (!strstr(type, "xml"))
		return;
	doc = xmlReadMemory(body.p, (int)body.n, NULL, NULL,
			    XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
	if (!doc)
		judge_complain(e, d->words.line, "the answer is no XML: %.400s", body.p);
	xmlFreeDoc(doc);
}

static void judge_privacy(const struct evidence *e)
{
	SCOPED(buf_free) struct buf values = {0};

	scripted_values(&values);
	for (size_t at = 0; at < values.len; at += strlen(values.data + at) + 1)
		if (values.data[at] && holds(e->log, str_of(values.data + at))) {
			judge_complain(e, 1, "the log tells a value of a source: %s", values.data + at);
			return;
		}
}

void judge_always(const struct evidence *e)
{
	judge_privacy(e);
	for (const struct deed *d = e->story->deeds; d; d = d->next)
		for (const struct client *c = d->clients; c; c = c->next)
			if (c->answered_us)
				judge_form(e, d, c);
}
