/* admission.h - how many requests one loop works on at a time, and which are turned away: at once, before any source
 * is asked. Pure but for the log; one thread, that of the loop. */
#ifndef FEDERATOR_HTTP_ADMISSION_H
#define FEDERATOR_HTTP_ADMISSION_H

#include "base/base.h"

/* Why a request is turned away; SHED_NOT: it is taken. */
enum shed {
	SHED_NOT,
	SHED_FULL,   /* as many as may be are in flight */
	SHED_SHARE,  /* its tenant has its share, and others want theirs */
	SHED_LAG,    /* the loop is behind: it would be answered late */
	SHED_MEMORY, /* the process has as much memory as it may have */
	SHED_CONNECTIONS, /* all connections are taken; found out by the front */
	SHED_QUEUE,  /* the queue of a source that it needs is too long; found out by its flow */
	SHED_REASONS,
};

enum { ADMISSION_TENANTS = 64 };

/* What a tenant has in flight; without any the place is free. */
struct tenant_use {
	char name[64];
	uint32_t in_flight;
};

/* Zeroed: nothing is in flight. */
struct admission {
	uint32_t in_flight;
	uint32_t n_active; /* tenants with something in flight */
	struct tenant_use tenants[ADMISSION_TENANTS];
	uint64_t shed[SHED_REASONS]; /* since the start */
	uint64_t told; /* of them, in the log */
	uint64_t told_us;
};

/* The state of things when a request comes. */
struct admission_now {
	uint32_t most;     /* requests in flight */
	uint32_t most_of_tenant; /* of them; 0: it may have all */
	uint64_t lag_us;   /* of the loop */
	bool memory_short; /* the process has none to spare */
};

/* Take a request of `tenant`, or say why not. A request that was taken has to leave. A tenant may have all that
 * nobody else wants: it is turned away for its share only when the last quarter of `most` is left, which is kept for
 * tenants below theirs; or when it has as many as it may ever have. */
enum shed admission_enter(struct admission *a, struct str tenant, const struct admission_now *now) MUST_CHECK
	NONNULL(1, 3);
/* A request of `tenant` that was taken has its answer. */
void admission_leave(struct admission *a, struct str tenant) NONNULL(1);
/* Count a request that was turned away, and say so in the log, once in a second for all of them. */
void admission_tell(struct admission *a, enum shed why, uint64_t now_us) NONNULL(1);
/* The reason as a word for the log and metrics. */
const char *admission_word(enum shed why) __attribute__((returns_nonnull));
/* What the caller is told. */
const char *admission_text(enum shed why) __attribute__((returns_nonnull));

#endif
