/* session.h - a session of a visitor as it is read from the store, and as it is shown. */
#ifndef FEDERATOR_WEB_SESSION_H
#define FEDERATOR_WEB_SESSION_H

#include "base/rows.h"
#include "federator/service.h"
#include "federator/view/tree.h"
#include "federator/web/sql.h"

/* Texts are the rows'; NULL views: not known. */
struct web_session {
	struct str session, visitor;
	int64_t started_us, last_us;
	int64_t events, searches, failures;
	struct str entry_path, last_path, referrer, campaign, engine_terms, client, agent, device;
	bool is_bot;
	struct str customer; /* value of the identity: who it is, if that is known and it is one */
};

/* What all sessions of an answer are shown with. */
struct web_shown {
	const struct service *service;
	struct str tenant;
	const struct weblog *log;
	const struct key *identity;
	int64_t now_us;
	struct arena *mem;
};

/* The sealed id of whom a value of the identity stands for; the NULL view: it is no value, or blocked. */
struct str web_customer_id(const struct web_shown *shown, struct str value) NONNULL(1);

/* A moment of the store, in microseconds since 1970; 0 for what is none. */
int64_t web_time(struct str cell);
/* A number of the store; -1 for what is none. */
int64_t web_number(struct str cell);
/* Row `r` of web_sql_sessions(). */
struct web_session web_session_read(const struct rows *rows, uint32_t r) NONNULL(1);
/* The session as an object in `parent`; the NULL parent: as a root. */
struct node *web_session_put(const struct web_session *session, const struct web_shown *shown, struct node *parent,
			     struct str name) NONNULL(1, 2) __attribute__((returns_nonnull));
/* Row `r` of web_sql_events() as an object in `parent`. */
struct node *web_event_put(const struct rows *rows, uint32_t r, const struct web_shown *shown, struct node *parent)
	NONNULL(1, 3, 4) __attribute__((returns_nonnull));
/* A member for a text that is known. */
void web_put_text(struct arena *mem, struct node *parent, struct str name, struct str value) NONNULL(1, 2);
/* A member for a number that is known, as the store writes it. */
void web_put_number(struct arena *mem, struct node *parent, struct str name, struct str cell) NONNULL(1, 2);
/* A moment in the log's zone, in `mem`: RFC 3339. */
struct str web_time_text(const struct weblog *log, int64_t us, struct arena *mem) NONNULL(1, 3);
/* Is it a hash of client and agent, behind which anybody may be? */
bool web_visitor_is_unnamed(struct str visitor) MUST_CHECK;
/* Does the path fit: the same, or with `*` at the pattern's end what it begins with? */
bool web_path_fits(struct str pattern, struct str path);

#endif
