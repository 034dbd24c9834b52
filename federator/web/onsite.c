/* onsite.c - who is on the site now, once: sessions with an event in the last minutes, and what the log's `live` view
 * says of their visitors. */
#include <stdlib.h>

#include "federator/web/face.h"
#include "federator/web/run.h"

enum {
	SCAN_MOST = 1000, /* sessions whose visitors are asked about, when only some of them are wanted */
	AT_ONCE = 8,
	FACES_MS = 5000, /* then those that are known are shown */
};

struct onsite {
	struct sitting {
		struct web_run *run;
		struct web_session session;
		struct web_face *face; /* NULL: not known */
	} *of;
	uint32_t n, next, running;
	bool asking; /* inside ask_on() */
	bool complete;
	struct deadline due;
};

static bool is_wanted(const struct web_run *run, const struct sitting *one)
{
	const struct web_ask *ask = run->ask;

	for (size_t i = 0; i < ask->n_pairs; i++)
		if (!web_face_says(one->face, ask->pairs[i].name, ask->pairs[i].value))
			return false;
	return true;
}

static void answer(struct web_run *run)
{
	struct onsite *all = run->more;
	struct web_shown shown = web_run_shown(run);
	struct node *list = tree_array(run->mem, run->root, STR("sessions"), STR("session"));
	uint32_t n = 0;

	for (uint32_t i = 0; i < all->n; i++) {
		const struct sitting *one = &all->of[i];
		struct node *node;

		if (!is_wanted(run, one))
			continue;
		if (n++ == run->which.most) {
			all->complete = false;
			break;
		}
		node = web_session_put(&one->session, &shown, list, STR(""));
		if (one->face)
			web_face_put(one->face, run->mem, node);
	}
	tree_bool(run->mem, run->root, STR("complete"), all->complete);
	for (uint32_t i = 0; i < all->n; i++)
		free(all->of[i].face);
	web_run_end(run);
}

static void ask_on(struct web_run *run);

static void on_face(void *owner, struct web_face *face)
{
	struct sitting *one = owner;
	struct onsite *all = one->run->more;

	one->face = face;
	all->complete = all->complete && face;
	all->running--;
	if (!all->asking)
		ask_on(one->run);
}

static void ask_on(struct web_run *run)
{
	struct onsite *all = run->more;
	struct web_face_ask ask = { .lane = run->lane,
				    .world = run->world,
				    .log = run->log,
				    .tenant = run->tenant,
				    .role = run->ask->role,
				    .purpose = run->ask->purpose };

	all->asking = true;
	while (all->next < all->n && all->running < AT_ONCE && deadline_left_us(all->due)) {
		struct sitting *one = &all->of[all->next++];

		ask.session = &one->session;
		all->running++;
		web_face_ask(&ask, on_face, one);
	}
	all->asking = false;
	if (all->running)
		return;
	all->complete = all->complete && all->next == all->n;
	answer(run);
}

static void on_sessions(struct web_run *run, const struct rows *rows)
{
	struct onsite *all = run->more;
	uint32_t most = run->ask->n_pairs ? SCAN_MOST : run->which.most;

	all->n = rows->n_rows < most ? rows->n_rows : most;
	all->complete = all->n == rows->n_rows;
	all->of = arena_array_of(run->mem, struct sitting, all->n + 1);
	all->due = deadline_after_ms(FACES_MS);
	for (uint32_t r = 0; r < all->n; r++)
		all->of[r] = (struct sitting){ .run = run, .session = web_session_read(rows, r) };
	if (!run->log->live)
		all->next = all->n;
	ask_on(run);
}

void web_live_begin(struct web_run *run)
{
	int64_t minutes_us = INT64_C(60000000) * run->ask->minutes;
	struct web_which which = run->which;
	struct web_sql sql = { 0 };

	if (!run->ask->minutes)
		minutes_us = (int64_t)run->log->idle_ms * 1000;
	which.people = true;
	which.has_since = true;
	which.since_us = run->now_us - minutes_us;
	which.last_path = run->which.path;
	which.path = (struct str){ 0 };
	if (run->ask->n_pairs)
		which.most = SCAN_MOST;
	web_run_put_time(run, run->root, STR("since"), which.since_us);
	run->more = arena_new_of(run->mem, struct onsite);
	web_sql_sessions(&sql, &which, run->mem);
	web_run_ask(run, &sql, on_sessions);
}
