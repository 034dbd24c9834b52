/* contacts.h - calls and chats that go on now, as whoever distributes them says: kept in Redis, sealed, where copies
 * are kept there, so that all nodes know; else in the process (docs/decisions/0043-unmask-and-contacts.md). */
#ifndef FEDERATOR_CONTACTS_H
#define FEDERATOR_CONTACTS_H

#include "federator/service.h"

enum { CONTACT_NAMES_MOST = 64, CONTACT_MINUTES_MOST = 1440 };

/* Who speaks with whom. */
struct contact {
	struct str agent;   /* empty: nobody in particular */
	int64_t until_ms;   /* wall clock */
	const struct cache_name *names; /* of asked keys, and of customers whom they name; none: it may be anybody */
	size_t n_names;
};

/* One thing to be done about a contact, embedded in its owner's struct; it stays until done() was called. On the lane's
 * loop. */
struct contact_errand {
	struct lane *lane;
	struct arena *mem;
	struct str tenant, id; /* must live as long */
	/* Once, perhaps before the call returns. */
	void (*done)(struct contact_errand *e);
	/* Set when done() is called: */
	bool failed;           /* nobody knows: Redis is away, or there is no room */
	bool found;            /* of contact_find(): and it goes on */
	struct contact contact; /* texts live in `mem` */
	/* its own: */
	struct cache_ask ask;
	struct cache_change change;
	struct str text;
	uint64_t ttl_ms;
};

/* Is it known? */
void contact_find(struct contact_errand *e) NONNULL(1);
/* It begins, or goes on with other people; names are copied. */
void contact_keep(struct contact_errand *e, const struct contact *contact) NONNULL(1, 2);
/* It has ended. */
void contact_end(struct contact_errand *e) NONNULL(1);

/* Contacts in the process; any thread. */
struct contacts; /* opaque */
/* The caller ends it with contacts_free(). */
struct contacts *contacts_new(void) __attribute__((returns_nonnull));
/* Wipe and free. Accepts NULL inside; sets *c to NULL. */
void contacts_free(struct contacts **c) NONNULL(1);

#endif
