/* weblog_print.c - what `weblog try` found, for people and as JSON. */
#include "federator/cli/weblog.h"

#include <inttypes.h>
#include <stdlib.h>
#include <time.h>

#include <jansson.h>

#include "federator/cli/cli.h"

enum { RUNNERS_UP = 3, WHEN_TEXT = 32 };

static double percent(uint64_t part, uint64_t of)
{
	return of ? 100.0 * (double)part / (double)of : 0.0;
}

static uint64_t per_second(const struct weblog_trial *t)
{
	return t->cpu_us ? t->lines * UINT64_C(1000000) / t->cpu_us : 0;
}

/* 2015-05-17T10:05:03Z */
static void when_text(int64_t us, char out[WHEN_TEXT])
{
	time_t seconds = (time_t)(us / 1000000);
	struct tm tm;

	if (!gmtime_r(&seconds, &tm) || strftime(out, WHEN_TEXT, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		out[0] = '\0';
}

static double score(const struct weblog_guess *guess)
{
	return percent(guess->read, guess->read + guess->rejected);
}

static void format_text(const struct weblog_trial *t, struct buf *out)
{
	if (!t->format.n) {
		buf_puts(out, "format      cannot be told: there is no line\n");
		return;
	}
	buf_printf(out, "format      %.*s", STR_ARG(t->format));
	if (t->n_guesses)
		buf_printf(out, " (guessed: reads %.1f %% of the first lines)", score(&t->guesses[0]));
	buf_putc(out, '\n');
	for (size_t i = 1; i < t->n_guesses && i <= RUNNERS_UP; i++)
		buf_printf(out, "            runner-up %.*s: %.1f %%\n", STR_ARG(t->guesses[i].named->name),
			   score(&t->guesses[i]));
}

static void terms_text(const char *title, uint64_t n, uint64_t distinct, const struct weblog_term *top, struct buf *out)
{
	buf_printf(out, "%s%" PRIu64 ", %" PRIu64 " different\n", title, n, distinct);
	for (size_t i = 0; i < WEBLOG_TOP && top[i].n; i++)
		buf_printf(out, "  %8" PRIu64 "  %.*s\n", top[i].n, STR_ARG(top[i].text));
}

static void visitors_text(const struct weblog_sums *s, struct buf *out)
{
	buf_printf(out, "bots        %.1f %% of requests; %" PRIu64 " of %" PRIu64 " agents are on the list, %" PRIu64
			" visitors asked for robots.txt\n",
		   percent(s->bot_requests, s->requests), s->bot_agents, s->agents, s->robots_visitors);
	buf_printf(out, "sessions    %" PRIu64 " of %" PRIu64 " visitors (client and agent)\n", s->sessions,
		   s->visitors);
	if (s->not_followed)
		buf_printf(out, "            %" PRIu64 " requests of further visitors are not in these figures\n",
			   s->not_followed);
}

void weblog_trial_text(const struct weblog_trial *t, struct buf *out)
{
	const struct weblog_sums *s = &t->sums;
	char first[WHEN_TEXT], last[WHEN_TEXT];

	format_text(t, out);
	buf_printf(out,
		   "lines       %" PRIu64 ", of requests %" PRIu64 ", read %" PRIu64 " (%.2f %%), rejected %" PRIu64
		   "\n",
		   t->lines, t->read + t->rejected, t->read, percent(t->read, t->read + t->rejected), t->rejected);
	if (t->lines == 0)
		buf_puts(out, "            what was given is empty\n");
	else
		buf_printf(out, "speed       %" PRIu64 " lines per CPU second\n", per_second(t));
	if (s->requests) {
		when_text(s->first_us, first);
		when_text(s->last_us, last);
		buf_printf(out, "time        %s to %s\n", first, last);
		visitors_text(s, out);
		terms_text(t->effect ? "searches by the parameters of searches.conf  " : "searches    ", s->searches,
			   s->distinct_terms, s->top, out);
		terms_text("from search engines with a term  ", s->engine_searches, s->distinct_engine_terms,
			   s->engine_top, out);
	}
	if (s->korean_terms || s->broken_terms)
		buf_printf(out, "            terms in CP949: %" PRIu64 ", in no charset that is known: %" PRIu64 "\n",
			   s->korean_terms, s->broken_terms);
	if (t->effect)
		weblog_effect_text(t->effect, out);
	if (t->n_bad)
		buf_puts(out, "\nrejected, the first ones:\n");
	for (size_t i = 0; i < t->n_bad; i++)
		weblog_bad_text(&t->bad[i], out);
}

/* --- JSON --- */

static json_t *number(uint64_t n)
{
	return json_integer((json_int_t)n);
}

static json_t *text(struct str s)
{
	return json_stringn_nocheck(s.p ? s.p : "", s.n);
}

static json_t *guesses_json(const struct weblog_trial *t)
{
	json_t *array = json_array();

	for (size_t i = 0; i < t->n_guesses && i <= RUNNERS_UP; i++) {
		const struct weblog_guess *guess = &t->guesses[i];

		json_array_append_new(array, json_pack("{s:o, s:o, s:o}", "format", text(guess->named->name), "read",
						       number(guess->read), "rejected", number(guess->rejected)));
	}
	return array;
}

static json_t *bad_json(const struct weblog_trial *t)
{
	json_t *array = json_array();

	for (size_t i = 0; i < t->n_bad; i++) {
		const struct weblog_bad *bad = &t->bad[i];
		json_t *item = json_pack("{s:o, s:o, s:o, s:s, s:o}", "file", text(str_of(bad->file)), "line",
					 number(bad->number), "byte", number(bad->fault.at + 1), "reason",
					 bad->fault.what, "shown", text(bad->shown));

		if (bad->fault.name.n)
			json_object_set_new(item, "at", text(bad->fault.name));
		json_array_append_new(array, item);
	}
	return array;
}

static json_t *terms_json(uint64_t n, uint64_t distinct, const struct weblog_term *top)
{
	json_t *array = json_array();

	for (size_t i = 0; i < WEBLOG_TOP && top[i].n; i++)
		json_array_append_new(array, json_pack("{s:o, s:o}", "term", text(top[i].text), "n", number(top[i].n)));
	return json_pack("{s:o, s:o, s:o}", "n", number(n), "distinct", number(distinct), "top", array);
}

static void requests_json(const struct weblog_sums *s, json_t *doc)
{
	char first[WHEN_TEXT], last[WHEN_TEXT];

	when_text(s->first_us, first);
	when_text(s->last_us, last);
	json_object_set_new(doc, "time", json_pack("{s:s, s:s}", "first", first, "last", last));
	json_object_set_new(doc, "bots",
			    json_pack("{s:o, s:o, s:o}", "requests", number(s->bot_requests), "agents",
				      number(s->bot_agents), "asked_for_robots_txt", number(s->robots_visitors)));
	json_object_set_new(doc, "agents", number(s->agents));
	json_object_set_new(doc, "visitors", number(s->visitors));
	json_object_set_new(doc, "sessions", number(s->sessions));
	json_object_set_new(doc, "not_followed", number(s->not_followed));
	json_object_set_new(doc, "searches", terms_json(s->searches, s->distinct_terms, s->top));
	json_object_set_new(doc, "engine_searches",
			    terms_json(s->engine_searches, s->distinct_engine_terms, s->engine_top));
	json_object_set_new(doc, "terms_cp949", number(s->korean_terms));
	json_object_set_new(doc, "terms_broken", number(s->broken_terms));
}

void weblog_trial_json(const struct weblog_trial *t, struct buf *out)
{
	json_t *doc = json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "format", text(t->format), "guesses",
				guesses_json(t), "lines", number(t->lines), "read", number(t->read), "rejected",
				number(t->rejected), "bytes", number(t->bytes), "lines_per_cpu_second",
				number(per_second(t)));
	char *json;

	if (t->sums.requests)
		requests_json(&t->sums, doc);
	if (t->effect)
		json_object_set_new(doc, "mapping", weblog_effect_json(t->effect));
	json_object_set_new(doc, "bad_lines", bad_json(t));
	json = json_dumps(doc, JSON_INDENT(2));
	if (json) {
		buf_puts(out, json);
		buf_putc(out, '\n');
	}
	free(json);
	json_decref(doc);
}
