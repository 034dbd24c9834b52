/* sql.h - what is asked of the store of a web log (docs/decisions/0039), as one text that SQLite, PostgreSQL and
 * MariaDB read alike. Values are parameters, always; texts of ours are literals. No state. */
#ifndef FEDERATOR_WEB_SQL_H
#define FEDERATOR_WEB_SQL_H

#include "base/buf.h"
#include "metadata/weblogs.h"

enum { WEB_SQL_PARAMS_MAX = 20 };

/* Zeroed before it is written; its texts are the caller's. End it with web_sql_free(). */
struct web_sql {
	struct buf text; /* with `?` markers */
	struct str params[WEB_SQL_PARAMS_MAX];
	uint32_t n_params;
	const char *const *columns;
	uint32_t n_columns;
	uint32_t most; /* rows */
};

/* Free; usable with SCOPED. */
void web_sql_free(struct web_sql *sql) NONNULL(1);

/* A place in a list that is shown in pages: a moment and, of all of that moment, a name. */
struct web_mark {
	int64_t at_us;
	struct str name;
};

/* Which sessions, searches or events. NULL views and false: all. */
struct web_which {
	struct str log;
	struct str visitor, session;
	struct str path; /* an event's; with `*` at its end what it begins with */
	struct str last_path; /* the same of the last event */
	struct str key, value; /* canonical: linked with it */
	bool has_since, has_until, has_mark;
	int64_t since_us, until_us; /* until: exclusive */
	struct web_mark mark; /* behind it */
	struct str identity; /* name of the key: sessions say its value, too */
	bool people; /* no bots */
	uint32_t most; /* rows; one more is asked, to know whether there are more */
};

/* Places of the columns of sessions. */
enum web_session_column {
	WEB_S_SESSION, WEB_S_VISITOR, WEB_S_STARTED, WEB_S_LAST, WEB_S_EVENTS, WEB_S_SEARCHES, WEB_S_FAILURES,
	WEB_S_ENTRY, WEB_S_PATH, WEB_S_REFERRER, WEB_S_CAMPAIGN, WEB_S_ENGINE_TERMS, WEB_S_CLIENT, WEB_S_AGENT,
	WEB_S_DEVICE, WEB_S_BOT,
	WEB_S_LINKS, /* how many values of the identity the visitor has */
	WEB_S_LINKED, /* the least of those that stand since before the session's end */
	WEB_S_PROVED_LEAST, WEB_S_PROVED_MOST, /* of those with evidence in the session */
	WEB_S_COLUMNS,
};
/* Sessions, newest first. */
void web_sql_sessions(struct web_sql *sql, const struct web_which *which, struct arena *mem) NONNULL(1, 2, 3);

enum web_event_column {
	WEB_E_ID, WEB_E_AT, WEB_E_VISITOR, WEB_E_SESSION, WEB_E_KIND, WEB_E_METHOD, WEB_E_PATH, WEB_E_QUERY,
	WEB_E_STATUS, WEB_E_RESULT, WEB_E_PRODUCT, WEB_E_CATEGORY, WEB_E_ORDER, WEB_E_TERMS, WEB_E_HITS, WEB_E_ENGINE,
	WEB_E_ENGINE_TERMS, WEB_E_REFERRER, WEB_E_CAMPAIGN, WEB_E_TOOK, WEB_E_BYTES, WEB_E_COLUMNS,
};
/* The events of a session of a visitor in their order. */
void web_sql_events(struct web_sql *sql, const struct web_which *which, struct arena *mem) NONNULL(1, 2, 3);
/* Searches, newest first: events with `terms`. */
void web_sql_searches(struct web_sql *sql, const struct web_which *which, struct arena *mem) NONNULL(1, 2, 3);

enum web_term_column { WEB_T_TERMS, WEB_T_SEARCHES, WEB_T_VISITORS, WEB_T_LAST, WEB_T_KNOWN, WEB_T_COLUMNS };
/* What is searched for, most often first. `zero`: only searches that found nothing: those of which the log says so,
 * and with `unseen_before_us` (0: none) those before that moment of which it says nothing, and after which the session
 * has no page of a product. WEB_T_KNOWN counts those of which the log says how much they found. */
void web_sql_terms(struct web_sql *sql, const struct web_which *which, bool zero, int64_t unseen_before_us,
		   struct arena *mem) NONNULL(1, 2, 5);

enum web_total_column { WEB_N_SEARCHES, WEB_N_VISITORS, WEB_N_COLUMNS };
/* How many searches there are, and of how many visitors. */
void web_sql_totals(struct web_sql *sql, const struct web_which *which, struct arena *mem) NONNULL(1, 2, 3);

enum web_link_column { WEB_L_KEY, WEB_L_VALUE, WEB_L_CONFIDENCE, WEB_L_FIRST, WEB_L_LAST, WEB_L_SINCE, WEB_L_COLUMNS };
/* What a visitor stands for; logs of one store have this together. */
void web_sql_links(struct web_sql *sql, struct str visitor, uint32_t most) NONNULL(1);

enum web_evidence_column {
	WEB_V_SESSION, WEB_V_KEY, WEB_V_VALUE, WEB_V_EVIDENCE, WEB_V_CONFIDENCE, WEB_V_FIRST, WEB_V_LAST, WEB_V_COLUMNS,
};
/* Why, as far as this log says it; newest first. */
void web_sql_evidence(struct web_sql *sql, struct str log, struct str visitor, uint32_t most) NONNULL(1);

/* A moment as the store has it: UTC, three digits behind the second, in `mem`. */
struct str web_sql_time(int64_t us, struct arena *mem) NONNULL(2);

#endif
