/* follower.h - the thread of what follows changes at the sources, with a loop and a lane of its own. All functions on
 * the thread of its owner. */
#ifndef FEDERATOR_PURGE_FOLLOWER_H
#define FEDERATOR_PURGE_FOLLOWER_H

#include <pthread.h>

#include "federator/service.h"

struct follower {
	struct lane lane; /* and its loop */
	pthread_t thread;
	bool running;
};

/* Make the loop and the lane of a zeroed one. Whether or not all goes well: end it with follower_stop() and
 * follower_free(). ERR_SYSTEM. */
bool follower_open(struct follower *f, struct service *svc, struct err *err) MUST_CHECK NONNULL(1, 2, 3);
/* Run the loop on a thread of that name, 15 bytes at most. ERR_SYSTEM. */
bool follower_start(struct follower *f, const char *name, struct err *err) MUST_CHECK NONNULL(1, 2, 3);
/* Wait until the loop stops, if it runs, and close the lane; no request may run on it. The loop stays, as a worker that
 * has just posted to it may still wake it. */
void follower_stop(struct follower *f) NONNULL(1);
/* Free the loop, when no worker runs any more. */
void follower_free(struct follower *f) NONNULL(1);

#endif
