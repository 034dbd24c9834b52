#include "weblog/placing.h"

enum { ASKED_AT_ONCE = 256 };

static bool ask(struct weblog_sessions *sessions, struct weblog_store *store, const struct weblog_asked *asked,
		struct arena *mem, struct err *err)
{
	struct weblog_found found;

	if (asked->n == 0)
		return true;
	if (!weblog_store_sessions(store, asked, mem, &found, err))
		return false;
	for (size_t i = 0; i < found.n; i++)
		weblog_sessions_learn(sessions, found.sessions[i].visitor, &found.sessions[i]);
	for (size_t i = 0; i < asked->n; i++) /* those who had none; nothing for the others */
		weblog_sessions_learn(sessions, asked->visitors[i], NULL);
	return true;
}

bool weblog_place(struct weblog_sessions *sessions, struct weblog_store *store, const struct weblog *conf,
		  struct weblog_gathered *batch, struct err *err)
{
	int64_t reach_us = (int64_t)(conf->idle_ms + conf->longest_ms) * 1000;
	struct str visitors[ASKED_AT_ONCE];
	struct weblog_asked asked = { .visitors = visitors };

	for (size_t i = 0; i < batch->n; i++) {
		struct weblog_event *event = &batch->events[i];

		if (weblog_sessions_knows(sessions, event))
			continue;
		if (weblog_sessions_last_away(sessions) <= event->at_us - reach_us) {
			weblog_sessions_learn(sessions, event->visitor, NULL);
			continue;
		}
		if (asked.n == 0 || event->at_us - reach_us < asked.since_us)
			asked.since_us = event->at_us - reach_us;
		visitors[asked.n++] = event->visitor;
		if (asked.n < ASKED_AT_ONCE)
			continue;
		if (!ask(sessions, store, &asked, batch->mem, err))
			return false;
		asked.n = 0;
	}
	if (!ask(sessions, store, &asked, batch->mem, err))
		return false;
	for (size_t i = 0; i < batch->n; i++)
		weblog_sessions_add(sessions, &batch->events[i]);
	return true;
}
