/* sessions.c - sessions, newest first, and one with its events in their order. */
#include "federator/web/run.h"

static void on_sessions(struct web_run *run, const struct rows *rows)
{
	struct web_shown shown = web_run_shown(run);
	uint32_t n = web_run_page(run, rows);
	struct node *list = tree_array(run->mem, run->root, STR("sessions"), STR("session"));
	struct web_session s = { 0 };

	for (uint32_t r = 0; r < n; r++) {
		s = web_session_read(rows, r);
		web_session_put(&s, &shown, list, STR(""));
	}
	web_run_put_next(run, rows, (struct web_mark){ s.last_us, s.session });
	web_run_end(run);
}

void web_sessions_begin(struct web_run *run)
{
	struct web_sql sql = { 0 };

	web_sql_sessions(&sql, &run->which, run->mem);
	web_run_ask(run, &sql, on_sessions);
}

static void on_events(struct web_run *run, const struct rows *rows)
{
	struct web_shown shown = web_run_shown(run);
	uint32_t n = web_run_page(run, rows);
	struct node *list = tree_array(run->mem, run->root, STR("events"), STR("event"));
	struct web_mark last = { 0 };

	for (uint32_t r = 0; r < n; r++) {
		web_event_put(rows, r, &shown, list);
		last = (struct web_mark){ web_time(rows_cell(rows, r, WEB_E_AT)), rows_cell(rows, r, WEB_E_ID) };
	}
	web_run_put_next(run, rows, last);
	web_run_end(run);
}

static void on_session(struct web_run *run, const struct rows *rows)
{
	struct web_shown shown = web_run_shown(run);
	struct web_sql sql = { 0 };
	struct web_session s;

	if (rows->n_rows == 0) {
		web_run_refuse(run, 404, "unknown-session", "the weblog has no session of that name",
			       "sessions are removed when they are older than `keep` of the mapping");
		return;
	}
	s = web_session_read(rows, 0);
	if (!web_charge_session(run, &s)) {
		web_run_end(run);
		return;
	}
	web_session_put(&s, &shown, run->root, STR("session"));
	run->which.visitor = s.visitor;
	run->which.has_since = run->which.has_until = true; /* a range of the index: visitors may have many sessions */
	run->which.since_us = s.started_us;
	run->which.until_us = s.last_us + 1000; /* the store has milliseconds */
	web_sql_events(&sql, &run->which, run->mem);
	web_run_ask(run, &sql, on_events);
}

void web_session_begin(struct web_run *run)
{
	struct web_which one = run->which;
	struct web_sql sql = { 0 };

	run->which.session = one.session = run->ask->name;
	one.has_mark = false;
	one.most = 1;
	web_sql_sessions(&sql, &one, run->mem);
	web_run_ask(run, &sql, on_session);
}
