#include "federator/cli/check_weblog.h"

#include "base/text.h"
#include "metadata/weblogs.h"
#include "weblog/rules.h"

enum { CONFIDENCE_HIGH = 80 }; /* from there on somebody would act on it */

struct checked {
	const struct weblog *log;
	const struct weblog_format *format;
	struct arena *mem;
	struct diags *ds;
};

static const char *near_format(const struct weblog_rules *rules, const char *name, struct arena *mem)
{
	const char **known = arena_array_of(mem, const char *, rules->n_formats + 1);
	const char *near;

	for (size_t i = 0; i < rules->n_formats; i++)
		known[i] = arena_cstr(mem, rules->formats[i].name);
	near = text_nearest(str_of(name), known, rules->n_formats);
	return near ? arena_printf(mem, "did you mean `%s`?", near).p
		    : "docs/weblog.md lists the names; federator weblog try FILE says which one reads a log";
}

/* The format of a log that says it; NULL with a finding. */
static const struct weblog_format *format_of(const struct weblog *log, const struct weblog_rules *rules,
					     struct arena *mem, struct diags *ds)
{
	const struct weblog_format *format = weblog_rules_format(rules, str_of(log->format));
	struct err err = { 0 };

	if (format)
		return format;
	if (!strpbrk(log->format, "$%{#")) {
		diag_add(ds, "M1015", log->format_at, near_format(rules, log->format, mem),
			 "there is no log format `%s`", log->format);
		return NULL;
	}
	format = weblog_format_new(str_of(log->format), mem, &err);
	if (!format)
		diag_add(ds, "M1015", log->format_at, "federator weblog try --format FORMAT FILE tries it",
			 "the format is not understood: %s", err.text);
	return format;
}

/* All cookies, or this one as a field of its own: $cookie_vid of nginx, %{vid}C of Apache. */
static bool has_cookie(const struct checked *c, struct str name)
{
	return weblog_format_has_cookies(c->format) || weblog_format_has_field(c->format, name) ||
	       weblog_format_has_field(c->format, arena_printf(c->mem, "cookie_%.*s", STR_ARG(name)));
}

static void check_value(const struct checked *c, const struct weblog_value *value, struct span at)
{
	if (value->from == WEBLOG_FROM_COOKIE && !has_cookie(c, value->name))
		diag_add(c->ds, "M1016", at, "log them: \"$http_cookie\", or the one cookie as a field of its own",
			 "the format of `%s` has no cookies, so cookie:%.*s never has a value", c->log->name,
			 STR_ARG(value->name));
	if (value->from == WEBLOG_FROM_FIELD && !weblog_format_has_field(c->format, value->name))
		diag_add(c->ds, "M1016", at, "a field is called as the format has it, without $",
			 "the format of `%s` has no field `%.*s`", c->log->name, STR_ARG(value->name));
}

static void check_values(const struct checked *c)
{
	const struct weblog *log = c->log;

	for (size_t i = 0; i < log->n_visitors; i++)
		check_value(c, &log->visitors[i], log->format_at);
	for (size_t i = 0; i < log->n_pages; i++) {
		const struct weblog_page *page = &log->pages[i];
		const struct weblog_value *const values[] = { &page->product, &page->category, &page->order,
							      &page->terms, &page->hits };

		for (size_t v = 0; v < ARRAY_LEN(values); v++)
			check_value(c, values[v], page->at);
	}
	for (size_t i = 0; i < log->n_evidence; i++)
		check_value(c, &log->evidence[i].value, log->evidence[i].at);
}

/* Can whoever asks choose the value? What stands in the URL, a cookie or a header of the request, also as a field. */
static bool is_sent_by_visitor(const struct weblog_value *value)
{
	static const struct str fronts[] = { STR("cookie_"), STR("arg_"), STR("http_") };

	if (value->from != WEBLOG_FROM_FIELD)
		return value->from != WEBLOG_FROM_NOWHERE;
	for (size_t i = 0; i < ARRAY_LEN(fronts); i++)
		if (value->name.n > fronts[i].n && memcmp(value->name.p, fronts[i].p, fronts[i].n) == 0)
			return true;
	return false;
}

/* A page of its own, and an answer that the site gives only when it has checked: done, or moved, not either. */
static bool is_guarded(const struct weblog_evidence *evidence)
{
	bool everywhere = evidence->path.text.n == 0 || str_eq(evidence->path.text, STR("/*"));

	return !everywhere && evidence->status.least / 100 == evidence->status.most / 100;
}

static void check_trust(const struct checked *c)
{
	for (size_t i = 0; i < c->log->n_evidence; i++) {
		const struct weblog_evidence *evidence = &c->log->evidence[i];

		if (evidence->confidence >= CONFIDENCE_HIGH && is_sent_by_visitor(&evidence->value) &&
		    !is_guarded(evidence))
			diag_add(c->ds, "M1017", evidence->at,
				 "take it from what the server says, field:sent_http_x_member; or say path and "
				 "status=\"302..302\" of the answer that follows a check",
				 "anybody can send the value of `%s`, and would be taken for that %s", evidence->name,
				 evidence->gives->name);
	}
}

bool check_weblogs(const struct catalog *cat, const char *dir, struct arena *mem, struct diags *ds, struct err *err)
{
	const struct weblog_rules *rules;

	if (cat->n_weblogs == 0 && !dir)
		return true;
	rules = weblog_rules_new(dir, mem, err);
	if (!rules)
		return false;
	for (size_t i = 0; i < cat->n_weblogs; i++) {
		struct checked c = { .log = &cat->weblogs[i], .mem = mem, .ds = ds };

		if (c.log->format)
			c.format = format_of(c.log, rules, mem, ds);
		if (c.format)
			check_values(&c);
		check_trust(&c);
	}
	return true;
}
