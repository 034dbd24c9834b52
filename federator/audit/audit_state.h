/* audit_state.h - the inside of a record, for audit.c (the thread that writes) and port.c (the loops) only. */
#ifndef FEDERATOR_AUDIT_AUDIT_STATE_H
#define FEDERATOR_AUDIT_AUDIT_STATE_H

#include <pthread.h>
#include <stdatomic.h>

#include "federator/audit/audit.h"
#include "federator/audit/store.h"

struct audit_entry {
	struct audit_entry *next;
	struct audit_port *port;
	struct audit_ticket *ticket; /* on the port's loop; NULL: nobody waits any more */
	int64_t wall_ms;
	uint64_t since_us;
	uint32_t n;
	bool durable;
	char text[];
};

struct audit {
	struct audit_conf conf;
	struct audit_key key;
	struct audit_store store; /* the writer's, once it runs */
	struct buf lines;
	uint64_t anchored_us;
	uint32_t anchored_file;
	pthread_t thread;
	bool joined; /* of audit_finish() */
	pthread_mutex_t lock;
	pthread_cond_t more;
	pthread_cond_t idle; /* a port has no entry with the writer any more; the writer has ended */
	struct audit_entry *first, **end; /* under lock, as those below */
	uint32_t waiting;                 /* in that list */
	uint32_t wanted;                  /* the writer sleeps until so many wait; 0: it is awake */
	bool stop, ended;
	uint32_t expected; /* the writer's, as below: records that may come at once */
	uint64_t sync_us;  /* how long a commit takes, smoothed */
	atomic_uint queued;
	atomic_bool closing; /* nothing more is taken */
	_Atomic(uint64_t) retry_us; /* 0: the disk takes records */
};

/* Count. Any thread. */
static inline void audit_counts(const struct audit *a, enum audit_count which, int64_t n)
{
	counters_add(a->conf.counters, a->conf.first + which, n);
}

#endif
