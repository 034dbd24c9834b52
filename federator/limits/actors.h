/* actors.h - who asks, as far as it counts: clients, persons whom tokens prove, and names of agents that clients say
 * without a proof. Such a name is its client's alone, and a client has a share of them: it can neither use up the quota
 * of somebody else's agent nor push anybody out. Who was heard of within the hour is not forgotten. Not safe from
 * several threads. */
#ifndef FEDERATOR_LIMITS_ACTORS_H
#define FEDERATOR_LIMITS_ACTORS_H

#include "federator/limits/keys_seen.h"
#include "federator/limits/limits.h"

enum { ACTOR_NAME_BYTES = 65, HOUR_S = 3600 };
#define SECOND_US UINT64_C(1000000)

struct actor_id {
	enum limits_sort sort;
	struct actor *client; /* whose word the name is; NULL: nobody's */
	char name[ACTOR_NAME_BYTES];
};

struct actor {
	struct actor_id id;
	uint32_t names;                  /* of a client */
	uint64_t heard_us;
	uint64_t credit_us, credited_us; /* requests not made, in time; when that was so */
	uint64_t hour_us;                /* when its hour began */
	struct keys_seen seen;           /* in that hour, like what follows */
	uint32_t found; /* of them, customers to whom a key led: they do not count */
	uint32_t learnt; /* of those that count: from other processes */
	uint32_t nobody;
	unsigned told; /* bits by enum limits_notice */
	struct actor *next, **at;        /* in its bucket */
	struct actor *newer, **newer_at; /* by when they were heard of last */
};

enum { ACTOR_BUCKETS = 4096 };

struct actors {
	struct actor *buckets[ACTOR_BUCKETS];
	struct actor *oldest, **newest;
	uint32_t n[LIMITS_SORTS];
	uint64_t credit_us; /* of new ones */
};

/* Zeroed before; it stays where it is. */
void actors_begin(struct actors *all, uint64_t credit_us) NONNULL(1);
/* Forget all. */
void actors_end(struct actors *all) NONNULL(1);
/* Those who ask, by kind; NULL: it has no name, or there is no memory. An agent for whom there is no place is NULL,
 * too, and *crowded_out set: it counts as its client. Clients for whom there is no place are one together. */
void actors_find(struct actors *all, const struct limits_who *who, uint64_t now_us, struct actor *out[ACTOR_KINDS],
		 bool *crowded_out) NONNULL(1, 2, 4, 5);
/* It asked by nothing yet. */
void actor_forget_keys(struct actor *a) NONNULL(1);

#endif
