/* run.h - one question of the web team on its way: the inside of web.c, sessions.c, searches.c, stitch.c and onsite.c
 * only. Everything lives in the arena of the asker, but for what the store answers. */
#ifndef FEDERATOR_WEB_RUN_H
#define FEDERATOR_WEB_RUN_H

#include "federator/web/fetching.h"
#include "federator/web/session.h"
#include "federator/web/web.h"

enum { WEB_FETCHES_MAX = 4 };

struct web_run {
	struct lane *lane;
	struct arena *mem;
	const struct web_ask *ask;
	const struct world *world;
	const struct weblog *log;
	struct str tenant;
	int64_t now_us; /* wall clock */
	struct deadline due;
	struct web_which which; /* as the question says */
	struct node *root;
	struct web_fault fault;
	struct web_fetch *fetches[WEB_FETCHES_MAX]; /* their rows stay until the answer has left */
	size_t n_fetches;
	void (*next)(struct web_run *run, const struct rows *rows); /* of the fetch under way */
	web_done *done;
	void *owner;
	const struct rows *kept; /* of a fetch before */
	void *more; /* of the file that answers */
};

/* Ask the store, and go on in `next`; `sql` is emptied. What fails ends the run. */
void web_run_ask(struct web_run *run, struct web_sql *sql,
		 void (*next)(struct web_run *run, const struct rows *rows)) NONNULL(1, 2, 3);
/* End with the answer. */
void web_run_end(struct web_run *run) NONNULL(1);
/* End with what is wrong. `suggestion` may be NULL. */
void web_run_refuse(struct web_run *run, int status, const char *type, const char *detail, const char *suggestion)
	NONNULL(1, 3, 4);

/* What sessions are shown with. */
struct web_shown web_run_shown(const struct web_run *run) NONNULL(1);
/* How many of the rows this page shows: not the one that was asked to know whether there are more. */
uint32_t web_run_page(const struct web_run *run, const struct rows *rows) NONNULL(1, 2);
/* Link to the page behind `last`, when the rows have one more. */
void web_run_put_next(struct web_run *run, const struct rows *rows, struct web_mark last) NONNULL(1, 2);
/* A moment in the log's zone, as a member of `parent`. */
void web_run_put_time(const struct web_run *run, struct node *parent, struct str name, int64_t us) NONNULL(1, 2);

/* charges.c: count who is asked for. False: who asks may not see one more, and run->fault says so. */
bool web_charge_question(struct web_run *run) MUST_CHECK NONNULL(1);
/* The same of whom a session is shown that was asked for by its name. */
bool web_charge_session(struct web_run *run, const struct web_session *session) MUST_CHECK NONNULL(1, 2);

/* sessions.c */
void web_sessions_begin(struct web_run *run) NONNULL(1);
/* See above. */
void web_session_begin(struct web_run *run) NONNULL(1);
/* searches.c */
void web_searches_begin(struct web_run *run) NONNULL(1);
/* See above. */
void web_terms_begin(struct web_run *run) NONNULL(1);
/* stitch.c */
void web_stitch_begin(struct web_run *run) NONNULL(1);
/* onsite.c */
void web_live_begin(struct web_run *run) NONNULL(1);

#endif
