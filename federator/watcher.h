/* watcher.h - files that somebody replaces while the service runs: a thread that looks twice a second, and how one that
 * changed is known. */
#ifndef FEDERATOR_WATCHER_H
#define FEDERATOR_WATCHER_H

#include <pthread.h>
#include <sys/types.h>

#include "base/err.h"

/* What differs when a file was written or replaced. Zeroed: of no file, or of one that cannot be seen. */
struct stamp {
	dev_t dev;
	ino_t ino;
	off_t size;
	struct timespec modified, changed;
};

/* Note what the file looks like now, before it is read: what changes meanwhile is seen the next time. "": there is
 * none. True: it looks otherwise than noted. Any thread, one at a time for a stamp. */
bool stamp_differs(struct stamp *noted, const char *path) NONNULL(1, 2);

struct watcher {
	void (*look)(void *owner); /* on the thread */
	void *owner;
	pthread_mutex_t lock;
	pthread_cond_t end;
	bool ending; /* under lock */
	bool running; /* nothing else is used otherwise */
	pthread_t thread;
};

/* Begin to look. It stays where it is, until watcher_end(). `name` is the thread's, at most 15 characters.
 * ERR_SYSTEM: no thread can be started; then there is nothing to end. */
bool watcher_begin(struct watcher *w, const char *name, void (*look)(void *owner), void *owner, struct err *err)
	MUST_CHECK NONNULL(1, 2, 3, 5);
/* End the thread. Harmless for one that was not begun (zeroed). */
void watcher_end(struct watcher *w) NONNULL(1);

#endif
