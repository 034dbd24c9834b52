#include "federator/cli/audit_month.h"

#include "base/text.h"
#include "federator/audit/text.h"

/* A name in a column; its end when it is too wide. */
static void put_cell(struct str text, size_t wide, struct buf *out)
{
	struct str name = text.n ? text : STR("-");
	size_t cells = text_cells(name);

	buf_put_str(out, name);
	for (size_t i = cells; i < wide; i++)
		buf_putc(out, ' ');
	buf_putc(out, ' ');
}

static void put_actor(const struct audit_actor *a, struct buf *out)
{
	put_cell(a->tenant, 10, out);
	put_cell(a->client, 14, out);
	put_cell(a->agent, 14, out);
	put_cell(a->role, 10, out);
	buf_printf(out, "%9llu %9llu %9llu %9llu %8llu %8llu %8llu\n", (unsigned long long)a->views,
		   (unsigned long long)a->subjects, (unsigned long long)a->nobody, (unsigned long long)a->off_hours,
		   (unsigned long long)a->denials, (unsigned long long)a->acts, (unsigned long long)a->unmasked);
}

void audit_month_text(const struct audit_month *m, struct buf *out)
{
	buf_printf(out, "%s: %llu records; off: outside %u to %u o'clock and at weekends, %s\n\n", m->month,
		   (unsigned long long)m->records, m->from_hour, m->to_hour, zone_name(m->zone));
	put_cell(STR("tenant"), 10, out);
	put_cell(STR("client"), 14, out);
	put_cell(STR("agent"), 14, out);
	put_cell(STR("role"), 10, out);
	buf_printf(out, "%9s %9s %9s %9s %8s %8s %8s\n", "views", "customers", "nobody", "off", "denials", "acts",
		   "unmasked");
	for (size_t i = 0; i < m->n_actors; i++)
		put_actor(&m->actors[i], out);
	if (m->at_least)
		buf_puts(out,
			 "\nMore different customers than could be told apart: `customers` are at least so many.\n");
	if (m->n_rules)
		buf_puts(out, "\nDenied, by rule:\n");
	for (size_t i = 0; i < m->n_rules; i++)
		buf_printf(out, "%9llu %.*s\n", (unsigned long long)m->rules[i].n, STR_ARG(m->rules[i].word));
	if (m->n_reasons)
		buf_puts(out, "\nMasks were lifted, by client, agent and reason:\n");
	for (size_t i = 0; i < m->n_reasons; i++)
		buf_printf(out, "%9llu %.*s %.*s: %.*s\n", (unsigned long long)m->reasons[i].n,
			   STR_ARG(m->reasons[i].actor->client), STR_ARG(m->reasons[i].actor->agent),
			   STR_ARG(m->reasons[i].word));
	if (m->unreadable)
		buf_printf(out, "\n%llu lines of all months are no records: see `federator audit verify`.\n",
			   (unsigned long long)m->unreadable);
}

static void put_names(const struct audit_actor *a, struct buf *out)
{
	buf_puts(out, "\"tenant\":");
	audit_quote(a->tenant, out);
	buf_puts(out, ",\"client\":");
	audit_quote(a->client, out);
	buf_puts(out, ",\"agent\":");
	audit_quote(a->agent, out);
	buf_puts(out, ",\"role\":");
	audit_quote(a->role, out);
}

static void put_actor_json(const struct audit_actor *a, struct buf *out)
{
	buf_putc(out, '{');
	put_names(a, out);
	audit_put_number("views", (int64_t)a->views, out);
	audit_put_number("customers", (int64_t)a->subjects, out);
	audit_put_number("shown", (int64_t)a->shown, out);
	audit_put_number("nobody", (int64_t)a->nobody, out);
	audit_put_number("off_hours", (int64_t)a->off_hours, out);
	audit_put_number("denials", (int64_t)a->denials, out);
	audit_put_number("acts", (int64_t)a->acts, out);
	audit_put_number("listens", (int64_t)a->listens, out);
	audit_put_number("unmasked", (int64_t)a->unmasked, out);
	buf_putc(out, '}');
}

static void put_tally_json(const struct audit_tally *t, const char *name, struct buf *out)
{
	buf_putc(out, '{');
	if (t->actor) {
		put_names(t->actor, out);
		buf_putc(out, ',');
	}
	buf_printf(out, "\"%s\":", name);
	audit_quote(t->word, out);
	audit_put_number("n", (int64_t)t->n, out);
	buf_putc(out, '}');
}

void audit_month_json(const struct audit_month *m, struct buf *out)
{
	buf_printf(out, "{\"month\":\"%s\",\"zone\":\"%s\",\"hours\":[%u,%u],\"records\":%llu", m->month,
		   zone_name(m->zone), m->from_hour, m->to_hour, (unsigned long long)m->records);
	audit_put_number("unreadable", (int64_t)m->unreadable, out);
	audit_put_true("customers_are_at_least", m->at_least, out);
	buf_puts(out, ",\"actors\":[");
	for (size_t i = 0; i < m->n_actors; i++) {
		buf_puts(out, i ? "," : "");
		put_actor_json(&m->actors[i], out);
	}
	buf_puts(out, "],\"denials\":[");
	for (size_t i = 0; i < m->n_rules; i++) {
		buf_puts(out, i ? "," : "");
		put_tally_json(&m->rules[i], "rule", out);
	}
	buf_puts(out, "],\"unmasked\":[");
	for (size_t i = 0; i < m->n_reasons; i++) {
		buf_puts(out, i ? "," : "");
		put_tally_json(&m->reasons[i], "reason", out);
	}
	buf_puts(out, "]}\n");
}
