/* service.h - what lives as long as the process: the running mapping set with its adapters, the memory store of the
 * cache, the salts and sealing key. */
#ifndef FEDERATOR_SERVICE_H
#define FEDERATOR_SERVICE_H

#include <stdatomic.h>

#include "adapters/adapter.h"
#include "cache/cache.h"
#include "federator/limits/limits.h"
#include "federator/meters.h"
#include "federator/options.h"
#include "metadata/load.h"

/* One mapping set in use, with an adapter per source. A request keeps the one it started with. Immutable, but for
 * what is under way. */
struct world {
	const struct catalog *cat;
	struct adapter *const *adapters; /* by source index; never NULL */
	const char *const *troubles; /* by source index: why it cannot be opened (its adapter refuses all), or NULL */
	const unsigned char (*part_ids)[DIGEST_BYTES]; /* by part index: definition + connection, for cache keys */
	const struct cache_wholes *wholes; /* by part index: what its copies are voided with */
	const bool *walked; /* by key index: plan_walked() */
	const bool *const *common; /* by part index and column: columns_common() */
	struct underway *underway; /* underway.h */
	struct counters *const *source_meters; /* by source index: enum source_meter */
	struct counters *const *view_meters; /* by view index: enum view_meter */
	int64_t loaded_ms; /* wall clock */
	uint64_t serial; /* no other set of the process has it */
};

enum { SERVICE_TAG_SECRET_BYTES = 192 }; /* as many as XXH3 has of its own */

struct audit_port; /* audit/audit.h */
struct service; /* opaque */
struct job; /* flow/job.c */
struct underway;

struct contacts; /* of contacts.h */
struct gauge; /* of waiting.h */
struct shelf; /* of cache/shelf.h */

/* One event loop and what belongs to it alone. */
struct lane {
	struct service *service;
	struct loop *loop;
	struct cache *cache;
	struct flight *flights; /* fetches under way: flow/flight.c, as what follows */
	atomic_uint hurries; /* flights that were hurried while they landed; any thread */
	struct loop_turn call;
	struct job *landed; /* to be stored: flow/job.c */
	struct loop_turn store;
	struct loop_timer nudge;
	uint32_t nudge_ms;
	struct gauge *gauges; /* how long fetches wait at the sources: waiting.c */
	int64_t still_ms; /* not 0: its clock stands at this moment, and no deadline passes */
	struct counters *meters; /* the service's: enum meter; NULL: nobody wants to know */
	struct audit_port *audit; /* where its answers go on record, set before the loop runs; NULL: nowhere */
	enum entrance entrance; /* public, unless its server says otherwise before the loop runs */
	struct lane *next; /* the service's */
};

/* In place of all sources (adapter_conf.answer) and of the cache (cache_stand_in()). */
struct stand_in {
	bool (*answer)(void *owner, const struct fetch *f, const struct rows **rows_out, struct err *err);
	struct cache_hit (*copy)(void *owner, struct cache_ask *ask);
	void *owner;
};

/* Load the mapping directory of the options, open its adapters. Findings stand in `ds`. The caller owns the result:
 * end it with service_close(). */
struct service *service_open(const struct options *opt, struct diags *ds, struct err *err)
	MUST_CHECK NONNULL(1, 2, 3);
/* The same, but what is wrong in the mapping directory is no failure: the service then runs with a set that has
 * nothing in it until a reload brings one. *err says whether it does, with class ERR_MAPPING, or is ERR_NONE. */
struct service *service_open_anyway(const struct options *opt, struct diags *ds, struct err *err)
	MUST_CHECK NONNULL(1, 2, 3);
/* Has it no mapping set yet? Safe from any thread; takes no lock. */
bool service_is_vacant(const struct service *svc) NONNULL(1);
/* service_open() on a set that is loaded already, with nothing outside the process: no secret, source or cache is
 * touched. Takes over the caller's ownership of `cat`, also on failure. `stand_in` must live as long as the service. */
struct service *service_open_alone(const struct options *opt, const struct catalog *cat,
				   const struct stand_in *stand_in, struct err *err) MUST_CHECK NONNULL(1, 2, 3, 4);
/* Load the directory again and swap, or change nothing and fail with findings in `ds`. Safe from any thread; one
 * reload at a time. Sources whose connection did not change keep their adapters. What the new set shows beyond the
 * old one is a warning in `ds` and one line in the log. */
bool service_reload(struct service *svc, struct diags *ds, struct err *err) MUST_CHECK NONNULL(1, 2, 3);
/* The running set with one more owner. Safe from any thread. */
const struct world *service_world(struct service *svc) NONNULL(1) __attribute__((returns_nonnull));
/* Is it the running set? The caller has an owner of `w`. Safe from any thread; takes no lock. */
bool service_runs(const struct service *svc, const struct world *w) NONNULL(1, 2);
/* One more owner of a set already held; returns its argument. Safe from any thread. */
const struct world *world_ref(const struct world *w) NONNULL(1) __attribute__((returns_nonnull));
/* Drop one owner; the last one closes adapters no newer set uses. Accepts NULL inside; sets *w to NULL. */
void world_unref(const struct world **w) NONNULL(1);
/* Wait until no request holds a mapping set any more, so that lanes may be closed. False: `due` came first. The loops
 * must be running. Not for a loop's thread. */
bool service_wait_idle(struct service *svc, struct deadline due) MUST_CHECK NONNULL(1);
/* The same, asked without waiting. */
bool service_is_idle(struct service *svc) NONNULL(1);
/* The options the service runs with. */
const struct options *service_options(const struct service *svc) NONNULL(1);
/* How many fetches the sources of the running set take at a time: at work and in their queues. Safe from any thread. */
uint32_t service_room(const struct service *svc) NONNULL(1);
/* Secret of the installation (or of the process) for cache keys. */
struct str service_salt(const struct service *svc) NONNULL(1);
/* What entity tags are hashed with, SERVICE_TAG_SECRET_BYTES of them: the same in every process with the same
 * --salt-secret, or with none. */
const unsigned char *service_tag_secret(const struct service *svc) NONNULL(1) __attribute__((returns_nonnull));
/* What the service counts: enum meter. Any thread may add and read. */
struct counters *service_meters(const struct service *svc) NONNULL(1) __attribute__((returns_nonnull));
/* The caches of all lanes as one; up when all are. Safe from any thread. */
struct cache_state service_cache(struct service *svc) NONNULL(1);
/* The copies close at hand in front of Redis, and what tells of changes there. Safe from any thread. */
struct cache_near_state service_near(const struct service *svc) NONNULL(1);
/* The words that copies in Redis share. Safe from any thread. */
struct cache_words_state service_words(const struct service *svc) NONNULL(1);
/* Answers kept as bytes; NULL: none are. */
struct shelf *service_rendered(const struct service *svc) NONNULL(1);
/* What one actor may ask; NULL: nobody is limited. */
struct limits *service_limits(const struct service *svc) NONNULL(1);
/* How Redis is reached, where copies are kept in it; the texts live as long as the service. False: they are not. */
bool service_redis(const struct service *svc, struct redis_conf *out) MUST_CHECK NONNULL(1, 2);
/* Contacts that go on; NULL: they are kept in Redis. */
struct contacts *service_contacts(const struct service *svc) NONNULL(1);
/* When it began: milliseconds since 1970. */
int64_t service_began_ms(const struct service *svc) NONNULL(1);
/* Begin a lane on `loop`, which is not running yet: its cache as the options say. It stays where it is. */
void lane_open(struct lane *lane, struct service *svc, struct loop *loop) NONNULL(1, 2, 3);
/* Milliseconds since 1970 by the lane's clock. */
int64_t lane_wall_ms(const struct lane *lane) NONNULL(1);
/* Count something of the listener that the lane serves: `first` is its METER_ for the public one. Any thread. */
void lane_count(const struct lane *lane, enum meter first, int64_t step) NONNULL(1);
/* Count something of the public listener, if the lane serves that one. Any thread. */
void lane_count_public(const struct lane *lane, size_t which) NONNULL(1);
/* Set a timer of a request on the lane's loop; not while its clock stands still. */
void lane_timer_set(const struct lane *lane, struct loop_timer *timer, struct deadline due) NONNULL(1, 2);
/* End a lane; no request may run on it. */
void lane_close(struct lane *lane) NONNULL(1);
/* End, idle and without lanes; returns the number of workers left hung in drivers (then leave by _exit). Sets *svc to
 * NULL. */
uint32_t service_close(struct service **svc) NONNULL(1);

/* A sealed id: "c." + base64url of an authenticated encryption of tenant, expiry and subject. */
struct str seal_id(const struct service *svc, struct str tenant, struct str subject, struct arena *mem)
	NONNULL(1, 4);
/* The subject of a sealed id; false: not ours, another tenant's, or expired. */
bool unseal_id(const struct service *svc, struct str tenant, struct str id, struct arena *mem,
	       struct str *subject_out) MUST_CHECK NONNULL(1, 4, 5);

/* A message to other processes with the same salt, in `mem`: an authenticated encryption of `plain` that opens only as
 * one `about` the same. */
struct str seal_message(const struct service *svc, struct str about, struct str plain, struct arena *mem) NONNULL(1, 4);
/* The way back; false: it is not such a message. */
bool unseal_message(const struct service *svc, struct str about, struct str sealed, struct arena *mem,
		    struct str *plain_out) MUST_CHECK NONNULL(1, 4, 5);

#endif
