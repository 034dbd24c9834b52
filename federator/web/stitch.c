/* stitch.c - why a visitor is taken for a customer, or not: the links, the evidence behind them, and of each session
 * which value it counts for. The rules are those of the views of the store (docs/decisions/0039), told in words. */
#include "federator/view/mask.h"
#include "federator/web/run.h"

enum { LINKS_MOST = 100, EVIDENCE_MOST = 1000 };

struct link {
	const struct key *key; /* NULL: the mapping has it no more */
	struct str key_name, value; /* the store's */
	struct str shown; /* sealed, or masked */
	int64_t since_us;
	bool shared; /* the visitor has other values of the key, too, or no name of its own */
};

struct stitch {
	struct link *links;
	uint32_t n_links;
	const struct rows *link_rows, *evidence;
	uint32_t *here, n_here; /* rows of the evidence that lies in the session at hand */
	bool shared;
};

/* ---- values ---- */

static enum mask_kind mask_for(const struct key *key)
{
	switch (key->type) {
	case KEY_EMAIL:
		return MASK_EMAIL;
	case KEY_PHONE_KR:
	case KEY_PHONE_US:
		return MASK_PHONE;
	case KEY_TEXT:
	case KEY_UPPER:
	case KEY_LOWER:
	case KEY_INTEGER:
	case KEY_DIGITS:
	case KEY_UUID:
		break;
	}
	return MASK_ALL;
}

/* The identity's as a sealed id, by which the customer can be asked for; others only as far as a mask lets through. */
static struct str value_shown(struct web_run *run, const struct link *link)
{
	struct web_shown shown = web_run_shown(run);

	if (link->key == run->world->cat->identity)
		return web_customer_id(&shown, link->value);
	return mask_text(link->key ? mask_for(link->key) : MASK_ALL, link->value, run->mem);
}

static void put_value(struct web_run *run, struct node *node, const struct link *link)
{
	tree_text(run->mem, node, STR("key"), link->key_name);
	web_put_text(run->mem, node, link->key == run->world->cat->identity ? STR("customer") : STR("value"),
		     link->shown);
}

static struct str day_text(const struct web_run *run, uint64_t ms)
{
	uint64_t hours = ms / 3600000;

	return hours % 24 == 0 ? arena_printf(run->mem, "%llu days", (unsigned long long)(hours / 24))
			       : arena_printf(run->mem, "%llu hours", (unsigned long long)hours);
}

/* ---- links ---- */

static void links_read(struct web_run *run, struct stitch *s, const struct rows *rows)
{
	s->link_rows = rows;
	s->n_links = rows->n_rows;
	s->links = arena_array_of(run->mem, struct link, rows->n_rows + 1);
	for (uint32_t r = 0; r < rows->n_rows; r++) {
		struct link *link = &s->links[r];

		link->key_name = rows_cell(rows, r, WEB_L_KEY);
		link->key = catalog_key(run->world->cat, link->key_name);
		link->value = rows_cell(rows, r, WEB_L_VALUE);
		link->since_us = web_time(rows_cell(rows, r, WEB_L_SINCE));
		link->shown = value_shown(run, link);
		if (web_visitor_is_unnamed(run->ask->name))
			link->shared = s->shared = true;
		if (r && str_eq(link->key_name, s->links[r - 1].key_name)) /* they are in the order of keys */
			link->shared = s->links[r - 1].shared = s->shared = true;
	}
}

static struct str link_text(struct web_run *run, const struct link *link)
{
	struct str since = web_time_text(run->log, link->since_us, run->mem);

	if (web_visitor_is_unnamed(run->ask->name))
		return STR("everybody with this address and agent is this visitor: only sessions with evidence count");
	if (link->shared)
		return arena_printf(run->mem,
				    "several values of `%.*s` were met here: only sessions with evidence count",
				    STR_ARG(link->key_name));
	return arena_printf(run->mem,
			    "it is the only value of `%.*s` that was met, so all that was done since %.*s counts: %.*s "
			    "before the first evidence",
			    STR_ARG(link->key_name), STR_ARG(since), STR_ARG(day_text(run, run->log->window_ms)));
}

static void put_links(struct web_run *run, const struct stitch *s)
{
	struct node *list = tree_array(run->mem, run->root, STR("links"), STR("link"));

	for (uint32_t i = 0; i < s->n_links; i++) {
		struct node *node = tree_object(run->mem, list, STR(""));

		tree_number(run->mem, node, STR("link"), i + 1);
		put_value(run, node, &s->links[i]);
		web_put_number(run->mem, node, STR("confidence"), rows_cell(s->link_rows, i, WEB_L_CONFIDENCE));
		web_run_put_time(run, node, STR("first"), web_time(rows_cell(s->link_rows, i, WEB_L_FIRST)));
		web_run_put_time(run, node, STR("last"), web_time(rows_cell(s->link_rows, i, WEB_L_LAST)));
		web_run_put_time(run, node, STR("since"), s->links[i].since_us);
		tree_bool(run->mem, node, STR("shared"), s->links[i].shared);
		tree_text(run->mem, node, STR("why"), link_text(run, &s->links[i]));
	}
}

/* ---- evidence ---- */

static bool is_of(const struct stitch *s, uint32_t r, const struct link *link)
{
	return str_eq(rows_cell(s->evidence, r, WEB_V_KEY), link->key_name) &&
	       str_eq(rows_cell(s->evidence, r, WEB_V_VALUE), link->value);
}

static void put_evidence(struct web_run *run, const struct stitch *s)
{
	struct node *list = tree_array(run->mem, run->root, STR("evidence"), STR("piece"));

	for (uint32_t r = 0; r < s->evidence->n_rows; r++) {
		struct node *node = tree_object(run->mem, list, STR(""));

		for (uint32_t i = 0; i < s->n_links; i++)
			if (is_of(s, r, &s->links[i]))
				tree_number(run->mem, node, STR("link"), i + 1);
		web_put_text(run->mem, node, STR("key"), rows_cell(s->evidence, r, WEB_V_KEY));
		web_put_text(run->mem, node, STR("evidence"), rows_cell(s->evidence, r, WEB_V_EVIDENCE));
		web_put_number(run->mem, node, STR("confidence"), rows_cell(s->evidence, r, WEB_V_CONFIDENCE));
		web_put_text(run->mem, node, STR("session"), rows_cell(s->evidence, r, WEB_V_SESSION));
		web_run_put_time(run, node, STR("first"), web_time(rows_cell(s->evidence, r, WEB_V_FIRST)));
		web_run_put_time(run, node, STR("last"), web_time(rows_cell(s->evidence, r, WEB_V_LAST)));
	}
}

/* ---- sessions ---- */

static void evidence_gather(struct stitch *s, const struct web_session *session)
{
	s->n_here = 0;
	for (uint32_t r = 0; r < s->evidence->n_rows; r++)
		if (str_eq(rows_cell(s->evidence, r, WEB_V_SESSION), session->session))
			s->here[s->n_here++] = r;
}

/* The name of the newest piece for a link in the session at hand; the NULL view: there is none, or on a shared device
 * one for somebody else as well. */
static struct str evidence_for(const struct stitch *s, const struct link *link)
{
	struct str found = { 0 };

	for (uint32_t i = 0; i < s->n_here; i++) {
		uint32_t r = s->here[i];

		if (!str_eq(rows_cell(s->evidence, r, WEB_V_KEY), link->key_name))
			continue;
		if (is_of(s, r, link))
			found = found.p ? found : rows_cell(s->evidence, r, WEB_V_EVIDENCE);
		else if (link->shared)
			return (struct str){ 0 };
	}
	return found;
}

static struct str session_why(struct web_run *run, const struct link *link, const struct web_session *session,
			      struct str evidence)
{
	struct str since = web_time_text(run->log, link->since_us, run->mem);

	if (link->shared)
		return arena_printf(run->mem, "evidence `%.*s` lies in this session", STR_ARG(evidence));
	if (session->started_us < link->since_us)
		return arena_printf(run->mem,
				    "it is the only value of `%.*s`; what was done before %.*s does not count",
				    STR_ARG(link->key_name), STR_ARG(since));
	if (evidence.p)
		return arena_printf(run->mem,
				    "it is the only value of `%.*s`, and evidence `%.*s` lies in this session",
				    STR_ARG(link->key_name), STR_ARG(evidence));
	return arena_printf(run->mem, "it is the only value of `%.*s` that was met on this device",
			    STR_ARG(link->key_name));
}

/* Does the session count for the link? */
static bool put_reason(struct web_run *run, const struct stitch *s, uint32_t i, const struct web_session *session,
		       struct node *list)
{
	const struct link *link = &s->links[i];
	struct str evidence = evidence_for(s, link);
	struct node *node;

	if (link->shared ? !evidence.p : session->last_us < link->since_us)
		return false;
	node = tree_object(run->mem, list, STR(""));
	tree_number(run->mem, node, STR("link"), i + 1);
	put_value(run, node, link);
	tree_text(run->mem, node, STR("by"), link->shared ? STR("evidence") : STR("only_value"));
	tree_text(run->mem, node, STR("why"), session_why(run, link, session, evidence));
	return true;
}

static struct str nobody_why(struct web_run *run, const struct stitch *s)
{
	if (s->n_links == 0)
		return STR("nothing is known of who this visitor is");
	if (s->shared)
		return s->n_here ? STR("evidence of several people lies in this session")
				 : STR("no evidence lies in this session, and several people may use this device");
	return arena_printf(run->mem, "it ended more than %.*s before the first evidence",
			    STR_ARG(day_text(run, run->log->window_ms)));
}

static void put_session(struct web_run *run, struct stitch *s, const struct web_session *session,
			struct node *list)
{
	struct node *node = tree_object(run->mem, list, STR("")), *reasons;
	bool counts = false;

	evidence_gather(s, session);
	tree_text(run->mem, node, STR("session"), session->session);
	web_run_put_time(run, node, STR("started"), session->started_us);
	web_run_put_time(run, node, STR("last"), session->last_us);
	tree_number(run->mem, node, STR("events"), session->events);
	reasons = tree_array(run->mem, node, STR("counts_for"), STR("reason"));
	for (uint32_t i = 0; i < s->n_links; i++)
		counts = put_reason(run, s, i, session, reasons) || counts;
	if (!counts)
		tree_text(run->mem, node, STR("why"), nobody_why(run, s));
}

static struct str in_words(struct web_run *run, const struct stitch *s)
{
	if (s->n_links == 0)
		return STR("No evidence says who this visitor is: nothing counts for a customer.");
	if (web_visitor_is_unnamed(run->ask->name))
		return STR("The visitor has no name of its own: everybody with that address and agent is meant. A "
			   "session counts for the value of which alone evidence lies in it.");
	if (s->shared)
		return STR("The device is shared: of some key several values were met. A session counts for the "
			   "value of such a key of which alone evidence lies in it.");
	return arena_printf(run->mem,
			    "Each key has one value. Sessions count for it from %.*s before the first evidence on.",
			    STR_ARG(day_text(run, run->log->window_ms)));
}

static void on_sessions(struct web_run *run, const struct rows *rows)
{
	struct stitch *s = run->more;
	uint32_t n = web_run_page(run, rows);
	struct node *list;

	if (n == 0 && s->evidence->n_rows == 0) {
		web_run_refuse(run, 404, "unknown-visitor", "the weblog knows no visitor of that name",
			       "visitors are named in GET /v1/web/sessions");
		return;
	}
	tree_text(run->mem, run->root, STR("visitor"), run->ask->name);
	tree_bool(run->mem, run->root, STR("shared_device"), s->shared);
	tree_text(run->mem, run->root, STR("why"), in_words(run, s));
	put_links(run, s);
	put_evidence(run, s);
	list = tree_array(run->mem, run->root, STR("sessions"), STR("session"));
	for (uint32_t r = 0; r < n; r++) {
		struct web_session session = web_session_read(rows, r);

		put_session(run, s, &session, list);
	}
	tree_bool(run->mem, run->root, STR("complete"),
		  n == rows->n_rows && s->n_links < LINKS_MOST && s->evidence->n_rows < EVIDENCE_MOST);
	web_run_end(run);
}

static void on_evidence(struct web_run *run, const struct rows *rows)
{
	struct stitch *s = run->more;
	struct web_sql sql = { 0 };

	s->evidence = rows;
	s->here = arena_array_of(run->mem, uint32_t, rows->n_rows + 1);
	run->which.visitor = run->ask->name;
	web_sql_sessions(&sql, &run->which, run->mem);
	web_run_ask(run, &sql, on_sessions);
}

static void on_links(struct web_run *run, const struct rows *rows)
{
	struct web_sql sql = { 0 };

	links_read(run, run->more, rows);
	web_sql_evidence(&sql, str_of(run->log->name), run->ask->name, EVIDENCE_MOST);
	web_run_ask(run, &sql, on_evidence);
}

void web_stitch_begin(struct web_run *run)
{
	struct web_sql sql = { 0 };

	run->more = arena_new_of(run->mem, struct stitch);
	web_sql_links(&sql, run->ask->name, LINKS_MOST);
	web_run_ask(run, &sql, on_links);
}
