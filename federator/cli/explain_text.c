/* explain_text.c - the tree of an explained answer, read by people: the plan with a bar of time for each part, the
 * fields with winners and losers, the steps. */
#include "federator/cli/explain_text.h"

#include <stdlib.h>

#include <jansson.h>

#include "base/text.h"

enum { NAME_CELLS = 26, BAR_CELLS = 32 };

static void put_text(const char *text, struct buf *out)
{
	for (const char *p = text ? text : ""; *p; p++)
		buf_putc(out, (unsigned char)*p < ' ' || *p == 0x7f ? '?' : *p);
}

static void put_member(const char *before, const json_t *object, const char *name, struct buf *out)
{
	const char *text = json_string_value(json_object_get(object, name));

	if (!text)
		return;
	buf_puts(out, before);
	put_text(text, out);
}

/* Up to the column, at least one blank. */
static void pad_to(size_t cells, size_t line, struct buf *out)
{
	size_t have = text_cells((struct str){ out->data + line, out->len - line });

	buf_printf(out, "%*s", have < cells ? (int)(cells - have) : 1, "");
}

static double ms_of(const json_t *object, const char *name)
{
	return json_number_value(json_object_get(object, name));
}

static void put_names(const char *before, const json_t *array, struct buf *out)
{
	for (size_t i = 0; i < json_array_size(array); i++) {
		buf_puts(out, i ? " " : before);
		put_text(json_string_value(json_array_get(array, i)), out);
	}
}

/* ---- the request ---- */

static void put_request(const json_t *root, struct buf *out)
{
	const json_t *match = json_object_get(root, "match");

	put_member("view ", root, "view", out);
	put_member(", revision ", root, "revision", out);
	put_member("\nrole ", root, "role", out);
	put_member(", purpose ", root, "purpose", out);
	put_member("\ncustomer: ", match, "outcome", out);
	put_member(" by ", match, "by", out);
	put_names(", found in ", json_object_get(match, "evidence"), out);
	buf_puts(out, json_is_false(json_object_get(root, "complete")) ? ", incomplete\n" : "\n");
	buf_printf(out, "%.3f ms of a budget of %.0f ms, %.0f ms of it kept for merge to render\n",
		   ms_of(root, "took_us") / 1000, ms_of(root, "budget_ms"), ms_of(root, "reserve_ms"));
}

/* ---- the plan ---- */

/* When the last part ended. */
static double end_of(const json_t *parts)
{
	double end = 0;

	for (size_t i = 0; i < json_array_size(parts); i++) {
		const json_t *part = json_array_get(parts, i);
		double own = ms_of(part, "start_ms") + ms_of(part, "took_ms");
		double below = end_of(json_object_get(part, "then"));

		own = below > own ? below : own;
		end = own > end ? own : end;
	}
	return end;
}

static void put_bar(const json_t *part, double end, struct buf *out)
{
	double scale = end > 0 ? BAR_CELLS / end : 0;
	int from = (int)(ms_of(part, "start_ms") * scale);
	int to = (int)((ms_of(part, "start_ms") + ms_of(part, "took_ms")) * scale);

	from = from < BAR_CELLS ? from : BAR_CELLS - 1;
	to = to > from ? to : from + 1;
	buf_putc(out, '|');
	for (int i = 0; i < BAR_CELLS; i++)
		buf_putc(out, i >= from && i < to ? '=' : ' ');
	buf_putc(out, '|');
}

static void put_time(const json_t *part, double end, struct buf *out)
{
	if (json_object_get(part, "start_ms")) {
		put_bar(part, end, out);
		buf_printf(out, " %8.3f ms  ", ms_of(part, "took_ms"));
	} else {
		buf_printf(out, "%-*s  ", BAR_CELLS + 14,
			   json_is_true(json_object_get(part, "from_walk")) ? "rows of the way to the customer"
									    : "never began");
	}
}

/* ", 2 rows"; nothing when the member is not there. `what` is the word for one. */
static void put_count(const char *before, const json_t *object, const char *member, const char *what, struct buf *out)
{
	json_int_t n = json_integer_value(json_object_get(object, member));

	if (json_object_get(object, member))
		buf_printf(out, "%s%" JSON_INTEGER_FORMAT " %s%s", before, n, what, n == 1 ? "" : "s");
}

static void put_state(const json_t *part, struct buf *out)
{
	put_member("", part, "state", out);
	put_member(" (", part, "reason", out);
	put_member(": ", part, "depends_on", out);
	if (json_object_get(part, "reason"))
		buf_putc(out, ')');
	if (json_object_get(part, "age_ms"))
		buf_printf(out, ", %.0f ms old", ms_of(part, "age_ms"));
	if (json_is_true(json_object_get(part, "refreshing")))
		buf_puts(out, ", its query runs on");
	put_count(", ", part, "rows", "row", out);
	if (json_is_true(json_object_get(part, "truncated")))
		buf_puts(out, ", truncated");
}

static void put_sql(const char *sql, int indent, struct buf *out)
{
	while (sql && *sql) {
		const char *end = strchrnul(sql, '\n');
		size_t n = (size_t)(end - sql), skip = strspn(sql, " \t\r");

		if (skip < n) {
			buf_printf(out, "\n%*s", indent, "");
			for (size_t i = skip; i < n; i++)
				buf_putc(out, (unsigned char)sql[i] < ' ' ? ' ' : sql[i]);
		}
		sql = *end ? end + 1 : end;
	}
}

static void put_details(const json_t *part, int indent, struct buf *out)
{
	buf_printf(out, "\n%*s", indent, "");
	put_member("", part, "source", out);
	put_member(" by ", part, "by", out);
	put_names(", waited for ", json_object_get(part, "waited_for"), out);
	buf_printf(out, ", deadline %.0f ms", ms_of(part, "deadline_ms"));
	put_member(", ", part, "mapping", out);
	put_sql(json_string_value(json_object_get(part, "sql")), indent, out);
	buf_putc(out, '\n');
}

static void put_parts(const json_t *parts, int depth, double end, struct buf *out)
{
	for (size_t i = 0; i < json_array_size(parts); i++) {
		const json_t *part = json_array_get(parts, i);
		size_t line = out->len;

		buf_printf(out, "%*s%c ", 2 * depth, "", json_is_true(json_object_get(part, "critical")) ? '*' : '-');
		put_member("", part, "part", out);
		pad_to(NAME_CELLS, line, out);
		put_time(part, end, out);
		put_state(part, out);
		put_details(part, 2 * depth + 4, out);
		put_parts(json_object_get(part, "then"), depth + 1, end, out);
	}
}

static void put_plan(const json_t *plan, struct buf *out)
{
	double end = 0;

	for (size_t i = 0; i < json_array_size(plan); i++) {
		double one = end_of(json_object_get(json_array_get(plan, i), "parts"));

		end = one > end ? one : end;
	}
	if (json_array_size(plan) == 0)
		return; /* nothing was asked */
	buf_printf(out, "\nplan, * = on the critical path, bars from 0 to %.3f ms\n", end);
	for (size_t i = 0; i < json_array_size(plan); i++) {
		const json_t *stage = json_array_get(plan, i);

		put_member("", stage, "from", out);
		put_member(" -> ", stage, "to", out);
		buf_putc(out, '\n');
		put_parts(json_object_get(stage, "parts"), 1, end, out);
	}
}

/* ---- the fields ---- */

static void put_value(const json_t *object, struct buf *out)
{
	const json_t *value = json_object_get(object, "value");
	char *text;

	if (!value || json_is_null(value))
		return;
	buf_puts(out, " = ");
	text = json_is_string(value) ? NULL : json_dumps(value, JSON_ENCODE_ANY);
	put_text(text ? text : json_string_value(value), out);
	free(text);
}

static void put_candidate(const char *what, const json_t *candidate, const char *rule, struct buf *out)
{
	if (!candidate)
		return;
	buf_puts(out, what);
	put_member("", candidate, "part", out);
	put_member(".", candidate, "column", out);
	put_value(candidate, out);
	put_member(" (", candidate, "source", out);
	buf_putc(out, ')');
	put_member(", as of ", candidate, "as_of", out);
	if (rule)
		buf_printf(out, ", rule %s", rule);
	put_member(", ", candidate, "why", out);
	put_member(" for ", candidate, "path", out);
	put_member(", ", candidate, "mapping", out);
	buf_putc(out, '\n');
}

static void put_candidates(const char *what, const json_t *array, struct buf *out)
{
	for (size_t i = 0; i < json_array_size(array); i++)
		put_candidate(what, json_array_get(array, i), NULL, out);
}

static void put_field(const json_t *field, struct buf *out)
{
	const char *at = json_string_value(json_object_get(field, "at"));

	buf_puts(out, "  ");
	put_text(at ? at : json_string_value(json_object_get(field, "path")), out);
	put_value(field, out);
	put_member(" - ", field, "state", out);
	put_count(", ", field, "items", "item", out);
	put_count(" - ", field, "values", "value", out);
	buf_puts(out, json_object_get(field, "values") ? " from " : "\n");
	put_candidate(json_object_get(field, "values") ? "" : "      won  ", json_object_get(field, "winner"),
		      json_string_value(json_object_get(field, "rule")), out);
	put_candidates("      lost ", json_object_get(field, "lost"), out);
	put_candidates("      none ", json_object_get(field, "without"), out);
}

/* ---- the whole ---- */

static void put_steps(const json_t *steps, struct buf *out)
{
	buf_puts(out, "\nsteps\n");
	for (size_t i = 0; i < json_array_size(steps); i++) {
		const json_t *step = json_array_get(steps, i);
		size_t line = out->len;

		put_member("  ", step, "name", out);
		pad_to(12, line, out);
		buf_printf(out, "%10.0f us\n", ms_of(step, "took_us"));
	}
}

bool explain_text(struct str json, struct buf *out)
{
	json_t *root = json_loadb(json.p ? json.p : "", json.n, 0, NULL);
	const json_t *plan = json_object_get(root, "plan"), *fields = json_object_get(root, "fields");
	bool good = json_is_array(plan);

	if (good) {
		put_request(root, out);
		put_plan(plan, out);
		if (json_array_size(fields))
			buf_puts(out, "\nfields\n");
		for (size_t i = 0; i < json_array_size(fields); i++)
			put_field(json_array_get(fields, i), out);
		put_steps(json_object_get(root, "steps"), out);
	}
	json_decref(root);
	return good;
}
