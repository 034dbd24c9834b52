/* sessions.h - which session of its visitor an event belongs to, and what each session comes to. One thread. Bounded:
 * those who have not been seen for longest are forgotten when all is written, and asked from the store again. */
#ifndef WEBLOG_SESSIONS_H
#define WEBLOG_SESSIONS_H

#include "weblog/event.h"

/* A session as the store has it, or what is to be changed of it. Texts live as long as it says who gives it. */
struct weblog_session {
	struct str session, visitor; /* session: the same name whenever the log is read */
	int64_t started_us, last_us; /* of all its events: a late line may be older than the one that it began with */
	uint32_t events, searches, failures; /* those that come to what the store has; failures: REFUSED and FAILED */
	bool moved; /* started_us is before what the store has, which keeps it else */
	struct str last_path;
	/* of its first event; only of a session that is new to the store, which keeps them else */
	bool is_new;
	struct str entry_path, referrer, campaign, engine_terms, client, agent;
	const char *device;
	bool is_bot;
};

struct weblog_sessions; /* opaque */

/* The caller owns it: end it with weblog_sessions_free(). Times end a session as conf says; `visitors_max` are
 * remembered. */
struct weblog_sessions *weblog_sessions_new(const struct weblog *conf, size_t visitors_max) NONNULL(1)
	__attribute__((returns_nonnull));
/* Free; accepts NULL inside; sets *sessions to NULL. */
void weblog_sessions_free(struct weblog_sessions **sessions) NONNULL(1);

/* Is it known which session the event's visitor had last, or that there was none? If not, the store is to be asked and
 * the answer given to weblog_sessions_learn(). Notes where the visitor is, until weblog_sessions_written(). */
bool weblog_sessions_knows(struct weblog_sessions *sessions, struct weblog_event *event) NONNULL(1, 2);
/* No session that the store has now ended later than `last_us`: 0 when it has none. Until this is said, the
 * store may have any. */
void weblog_sessions_away(struct weblog_sessions *sessions, int64_t last_us) NONNULL(1);
/* When the last session of those visitors that are not known ended, at the latest: whose events are so much later that
 * it does not matter need not be asked for. */
int64_t weblog_sessions_last_away(const struct weblog_sessions *sessions) NONNULL(1);
/* The last session of a visitor; NULL: there is none. Copied. */
void weblog_sessions_learn(struct weblog_sessions *sessions, struct str visitor, const struct weblog_session *last)
	NONNULL(1);
/* Put an event of a visitor that is known in its session: fills event->session with a text that lives until
 * weblog_sessions_written(); those of the event are copied. A late line may belong to the session before the last
 * one. */
void weblog_sessions_add(struct weblog_sessions *sessions, struct weblog_event *event) NONNULL(1, 2);
/* The sessions that were changed since weblog_sessions_written(), each once; valid until the next call that adds. */
const struct weblog_session *weblog_sessions_changed(struct weblog_sessions *sessions, size_t *n_out) NONNULL(1, 2);
/* The store has them. */
void weblog_sessions_written(struct weblog_sessions *sessions) NONNULL(1);
/* The store has them not: forget all, and begin with what the store knows. */
void weblog_sessions_forget(struct weblog_sessions *sessions) NONNULL(1);

#endif
