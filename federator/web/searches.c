/* searches.c - what visitors searched for: one by one, by term, and what found nothing. */
#include "base/text.h"
#include "federator/web/run.h"

enum { DAY_S = 24 * 60 * 60, SHARE_DIGITS = 10000 };

static void on_searches(struct web_run *run, const struct rows *rows)
{
	struct web_shown shown = web_run_shown(run);
	uint32_t n = web_run_page(run, rows);
	struct node *list = tree_array(run->mem, run->root, STR("searches"), STR("search")), *node;
	struct web_mark last = { 0 };

	for (uint32_t r = 0; r < n; r++) {
		node = web_event_put(rows, r, &shown, list);
		web_put_text(run->mem, node, STR("visitor"), rows_cell(rows, r, WEB_E_VISITOR));
		web_put_text(run->mem, node, STR("session"), rows_cell(rows, r, WEB_E_SESSION));
		last = (struct web_mark){ web_time(rows_cell(rows, r, WEB_E_AT)), rows_cell(rows, r, WEB_E_ID) };
	}
	web_run_put_next(run, rows, last);
	web_run_end(run);
}

void web_searches_begin(struct web_run *run)
{
	struct web_sql sql = { 0 };

	run->which.people = true;
	web_sql_searches(&sql, &run->which, run->mem);
	web_run_ask(run, &sql, on_searches);
}

/* ---- by term ---- */

/* Four digits behind the point are as exact as anybody wants a share. */
static void put_share(struct web_run *run, struct node *node, int64_t of, int64_t all)
{
	int64_t share = all > 0 && of >= 0 ? (of * SHARE_DIGITS + all / 2) / all : 0;
	struct node *number = tree_text(run->mem, node, STR("visitors_share"),
					arena_printf(run->mem, "%lld.%04lld", (long long)(share / SHARE_DIGITS),
						     (long long)(share % SHARE_DIGITS)));

	number->kind = NODE_LITERAL;
}

static void on_totals(struct web_run *run, const struct rows *rows)
{
	const struct rows *terms = run->kept;
	struct node *list;
	int64_t visitors = rows->n_rows ? web_number(rows_cell(rows, 0, WEB_N_VISITORS)) : 0;

	tree_number(run->mem, run->root, STR("searches"),
		    rows->n_rows ? web_number(rows_cell(rows, 0, WEB_N_SEARCHES)) : 0);
	tree_number(run->mem, run->root, STR("visitors"), visitors);
	list = tree_array(run->mem, run->root, STR("terms"), STR("term"));
	for (uint32_t r = 0; r < terms->n_rows; r++) {
		struct node *node = tree_object(run->mem, list, STR(""));

		web_put_text(run->mem, node, STR("terms"), rows_cell(terms, r, WEB_T_TERMS));
		web_put_number(run->mem, node, STR("searches"), rows_cell(terms, r, WEB_T_SEARCHES));
		if (run->ask->what == WEB_ZERO)
			web_put_number(run->mem, node, STR("by_hits"), rows_cell(terms, r, WEB_T_KNOWN));
		web_put_number(run->mem, node, STR("visitors"), rows_cell(terms, r, WEB_T_VISITORS));
		put_share(run, node, web_number(rows_cell(terms, r, WEB_T_VISITORS)), visitors);
		web_run_put_time(run, node, STR("last"), web_time(rows_cell(terms, r, WEB_T_LAST)));
	}
	web_run_end(run);
}

static void on_terms(struct web_run *run, const struct rows *rows)
{
	struct web_sql sql = { 0 };

	run->kept = rows;
	web_sql_totals(&sql, &run->which, run->mem);
	web_run_ask(run, &sql, on_totals);
}

/* Is there a page of the mapping that shows a product? If not, that none follows says nothing. */
static bool knows_products(const struct weblog *log)
{
	for (size_t i = 0; i < log->n_pages; i++)
		if (log->pages[i].product.from != WEBLOG_FROM_NOWHERE)
			return true;
	return false;
}

/* All that the store keeps is much to count: without `since` it is a day. */
static void window_put(struct web_run *run)
{
	struct web_which *w = &run->which;

	if (!w->has_until) {
		w->has_until = true;
		w->until_us = run->now_us;
	}
	if (!w->has_since) {
		w->has_since = true;
		w->since_us = w->until_us - INT64_C(1000000) * DAY_S;
	}
	web_run_put_time(run, run->root, STR("since"), w->since_us);
	web_run_put_time(run, run->root, STR("until"), w->until_us);
}

void web_terms_begin(struct web_run *run)
{
	bool zero = run->ask->what == WEB_ZERO, unseen = zero && knows_products(run->log);
	struct web_sql sql = { 0 };

	run->which.people = true;
	tree_text(run->mem, run->root, STR("group"), zero ? STR("zero_result") : STR("term"));
	window_put(run);
	web_sql_terms(&sql, &run->which, zero, unseen ? run->now_us - (int64_t)run->log->idle_ms * 1000 : 0, run->mem);
	web_run_ask(run, &sql, on_terms);
}
