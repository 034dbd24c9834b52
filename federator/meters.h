/* meters.h - what the service counts while it answers, for /metrics. Adding never waits and takes no lock; who reads
 * sums up. What belongs to a source or a view of the mapping goes by its name: it counts on over reloads, and is gone
 * with the last mapping set that has it. */
#ifndef FEDERATOR_METERS_H
#define FEDERATOR_METERS_H

#include "base/histogram.h"

/* HTTP status codes that are counted by themselves; the last one stands for all others. */
enum { METER_STATUSES = 20 };
extern const int meter_statuses[METER_STATUSES]; /* the last is 0 */
/* The place of a status in it. */
size_t meter_status(int status);

/* Why parts are missing, in the words of the interface: first those that sources fail with, and last the one that
 * stands for all others. */
enum { METER_FAULTS = 7, METER_REASONS = 12 };
extern const char *const meter_reasons[METER_REASONS];
/* The place of a reason in it. */
size_t meter_reason(const char *reason) NONNULL(1);

/* Why requests are turned away: http/admission.h. */
enum { METER_SHEDS = 6 };

/* Which listener a request came in by. */
enum entrance { ENTRANCE_PUBLIC, ENTRANCE_ADMIN };
enum { ENTRANCES = ENTRANCE_ADMIN + 1 };

/* What became of who asks: let in, by how they are known (access/caller.h), and not. */
enum auth_meter {
	AUTH_OPEN,
	AUTH_KEY,
	AUTH_TOKEN,
	AUTH_CERTIFICATE,
	AUTH_MISSING,   /* no credential */
	AUTH_REFUSED,   /* one that is no good */
	AUTH_UNCLEAR,   /* several, or a bad X-Agent */
	AUTH_FORBIDDEN, /* without the scope of the route */
};
enum { AUTH_METERS = AUTH_FORBIDDEN + 1 };

/* Counters of the service: struct lane's `meters`. */
enum meter {
	METER_RELOADS,
	METER_RELOADS_REFUSED,
	METER_CONNECTIONS, /* open now, by listener */
	METER_CONNECTIONS_OPENED = METER_CONNECTIONS + ENTRANCES, /* by listener */
	METER_IN_FLIGHT = METER_CONNECTIONS_OPENED + ENTRANCES, /* requests now, by listener */
	METER_RESPONSES = METER_IN_FLIGHT + ENTRANCES, /* by place of the status; of the public listener */
	METER_SHED = METER_RESPONSES + METER_STATUSES, /* requests turned away, by why; of the public listener */
	METER_AUTH = METER_SHED + METER_SHEDS, /* enum auth_meter, of the public listener */
	METER_TLS_HANDSHAKES = METER_AUTH + AUTH_METERS, /* that ended well; of the public listener */
	METER_TLS_FAILED, /* that did not */
	METER_TLS_EXPIRES, /* when the certificate does: seconds since 1970 */
	METER_TLS_LISTS_EXPIRE, /* when the first list of revoked clients does */
	METER_STREAMS, /* open now */
	METER_STREAMS_OPENED,
	METER_STREAMS_CUT, /* because the client did not read */
	METER_POPS, /* by whether the agent listened here: no, yes */
	METER_POPS_SENT = METER_POPS + 2, /* to the other nodes */
	METER_POPS_LOST,
	METER_POPS_REFUSED, /* of other nodes */
	METER_WARMED,
	METER_WARM_FAILED,
	METER_WARM_SKIPPED,
	METER_LIMITED_REQUESTS, /* turned away */
	METER_LIMITED_CUSTOMERS,
	METER_SCRAPING, /* by what was noticed: misses, sequences */
	METER_LIMITS_CROWDED = METER_SCRAPING + 2, /* requests of agents who have no place in the limits */
	METER_LIMITS_LEARNT, /* customers, from other nodes */
	METER_PURGES,
	METER_PURGES_FAILED,
	METER_WEB_ANSWERED, /* questions of the web team, by what became of them */
	METER_WEB_REFUSED,
	METER_WEB_FAILED,
	METER_TOLD, /* entries of the stream of invalidations: committed */
	METER_TOLD_REFUSED, /* that cannot be understood */
	METER_TOLD_AGAIN, /* that were not committed at first */
	METER_TOLD_TOOK, /* a histogram */
	METER_WATERMARK_SAME = METER_TOLD_TOOK + HISTOGRAM_COUNTERS, /* watermarks that were asked */
	METER_WATERMARK_CHANGED,
	METER_WATERMARK_FAILED, /* the query, or voiding the copies */
	METER_WATERMARK_SKIPPED, /* no worker was free beside requests */
	METER_AUDIT, /* records of who saw what: durable */
	METER_AUDIT_REFUSED, /* not taken, or not durable for all that is known */
	METER_AUDIT_SYNCS,
	METER_AUDIT_DOWN, /* 1: the disk takes none */
	METER_AUDIT_TOOK, /* a histogram */
	METER_TURNS = METER_AUDIT_TOOK + HISTOGRAM_COUNTERS, /* a histogram */
	METERS = METER_TURNS + HISTOGRAM_COUNTERS,
};

/* Counters of a source: parts of answers, by what became of them. */
enum source_meter {
	SOURCE_LIVE,
	SOURCE_FRESH,
	SOURCE_STALE,
	SOURCE_SKIPPED,
	SOURCE_MISSING,
	SOURCE_WHY, /* the missing ones, by place of the reason */
	SOURCE_TRUNCATED = SOURCE_WHY + METER_REASONS,
	SOURCE_WRONG_SUBJECT, /* fetches, not answers */
	SOURCE_REFRESHES, /* behind answers */
	SOURCE_REFRESHES_SKIPPED, /* for want of a free worker, and as the source is not asked */
	SOURCE_REFRESHES_LAST = SOURCE_REFRESHES_SKIPPED + 1,
	SOURCE_METERS,
};

/* Counters of a view: its answers. */
enum view_meter {
	VIEW_COMPLETE, /* 200 */
	VIEW_OTHERS, /* 200 but not complete, and all else, by place of the status */
	VIEW_RENDERED = VIEW_OTHERS + METER_STATUSES, /* of all these, served as kept bytes */
	VIEW_TOOK, /* a histogram */
	VIEW_METERS = VIEW_TOOK + HISTOGRAM_COUNTERS,
};

/* A set of counters that mapping sets share by name. */
struct meter_set {
	struct counters *counters;
	char *name;
	size_t owners; /* mapping sets */
	struct meter_set *next;
};

/* One more owner of the set of that name, made with `n` counters when there is none. The caller holds the lock that
 * guards the list. */
struct meter_set *meter_set_take(struct meter_set **list, const char *name, size_t n) NONNULL(1, 2)
	__attribute__((returns_nonnull));
/* One owner less; the last one frees it. Accepts NULL inside; sets *set to NULL. Under the same lock. */
void meter_set_drop(struct meter_set **list, struct meter_set **set) NONNULL(1, 2);

#endif
