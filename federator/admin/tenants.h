/* tenants.h - the services of the process, one for each tenant, and what runs beside them from start to end. Each step
 * is for the main thread, but for tenants_reload(). */
#ifndef FEDERATOR_ADMIN_TENANTS_H
#define FEDERATOR_ADMIN_TENANTS_H

#include "federator/http/server.h"
#include "federator/http/streams.h"
#include "federator/tenancy.h"

struct tenants; /* opaque */

/* Open all services. ERR_CONFIG: the options of one are no good. What is wrong with the mapping of one of many is told
 * in the log, and the others go on without it; else it is a failure. Findings stand in `ds`. `names` must live as long.
 * The caller owns the result: end with tenants_close() and tenants_free(). */
struct tenants *tenants_open(const struct tenancy *names, struct diags *ds, struct err *err) MUST_CHECK
	NONNULL(1, 2, 3);
/* The one that is there without --tenants; NULL with it. */
struct service *tenants_single(const struct tenants *t) NONNULL(1);
/* How many. */
size_t tenants_count(const struct tenants *t) NONNULL(1);
/* The service of the tenant at that place. */
struct service *tenants_service(const struct tenants *t, size_t place) NONNULL(1) __attribute__((returns_nonnull));
/* What the process is counted with, and requests of nobody, enum meter: without --tenants as the one service. */
struct counters *tenants_meters(const struct tenants *t) NONNULL(1) __attribute__((returns_nonnull));
/* The place of the tenant of that name; TENANTS_MOST: there is none. */
size_t tenants_place(const struct tenants *t, struct str name) MUST_CHECK NONNULL(1);

/* Start the streams of each, `most` at a time of all together, with their record in `audit`, or none. */
bool tenants_stream(struct tenants *t, struct access *access, struct audit *audit, uint32_t most, struct err *err)
	MUST_CHECK NONNULL(1, 2, 5);
/* Service or services, and streams as the context, into the conf of a server. They live as long. */
void tenants_seat(struct tenants *t, struct server_conf *conf) NONNULL(1, 2);
/* Follow what sources tell about copies: of those without a mapping as soon as they have one. */
bool tenants_follow(struct tenants *t, struct err *err) MUST_CHECK NONNULL(1, 2);

/* Load the mapping of one again, or with TENANTS_MOST of all; the outcome of each is in the log. False: at least one
 * was refused and runs on with what it had; *err is that of the last. Blocks while files are read; safe from any thread
 * but the loops that answer requests. */
bool tenants_reload(struct tenants *t, size_t place, struct diags *ds, struct err *err) MUST_CHECK NONNULL(1, 3, 4);

/* The steps of the end, in this order, with those of the servers between them: streams say good-bye; nothing is
 * followed any more; no request holds a mapping set (false: `due` came first); nothing runs on lanes of ours. */
void tenants_drain_streams(struct tenants *t) NONNULL(1);
/* See above. */
void tenants_drain(struct tenants *t) NONNULL(1);
/* See above. */
bool tenants_wait_idle(struct tenants *t, struct deadline due) MUST_CHECK NONNULL(1);
/* See above. */
void tenants_stop_following(struct tenants *t) NONNULL(1);
/* See above. */
void tenants_stop_streams(struct tenants *t) NONNULL(1);
/* Close the services, without lanes; returns the number of workers left hung in drivers (then leave by _exit). */
uint32_t tenants_close(struct tenants *t) NONNULL(1);
/* Free what is left, when the servers are freed. Accepts NULL inside; sets *t to NULL. */
void tenants_free(struct tenants **t) NONNULL(1);

#endif
