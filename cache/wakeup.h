/* wakeup.h - who waits for what another process does with a key: the copy is there, or its lease is gone. One table for
 * all loops of a process. Any thread, but where it says otherwise. */
#ifndef CACHE_WAKEUP_H
#define CACHE_WAKEUP_H

#include "cache/cache.h"

struct wakeups; /* opaque: the table */
struct bell; /* opaque: how a loop is told */
struct wakeup; /* opaque: one that waits */

/* The caller owns it: end it after all who wait have left, and the loops ran for the last time. */
struct wakeups *wakeups_new(void) __attribute__((returns_nonnull));
/* Sets *ws to NULL; frees all bells. Accepts NULL inside. */
void wakeups_free(struct wakeups **ws) NONNULL(1);

/* A bell for a loop: ring(arg) is called there for each one that was woken. It belongs to the table; on that loop's
 * thread. */
struct bell *bell_new(struct wakeups *ws, struct loop *loop, void (*ring)(void *arg, struct cache_ask *ask), void *arg)
	NONNULL(1, 2, 3) __attribute__((returns_nonnull));

/* ask->key is waited for until wakeup_end() or the bell, which may ring before this returns only on other threads. Sets
 * ask->wakeup. On the bell's loop. */
void wakeup_begin(struct bell *bell, struct cache_ask *ask) NONNULL(1, 2);
/* Sets ask->wakeup to NULL: the bell does not ring for it. Harmless when it is NULL. On the bell's loop. */
void wakeup_end(struct bell *bell, struct cache_ask *ask) NONNULL(1, 2);
/* The bell's `arg`, from ask->wakeup. */
void *wakeup_owner(const struct wakeup *w) NONNULL(1);
/* Something happened to a key of a copy, or of its lease (the same with ":l" behind). */
void wakeups_wake(struct wakeups *ws, struct str key) NONNULL(1);

#endif
