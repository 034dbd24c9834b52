#include "federator/reaper.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/memory.h"

enum { GRACE_MS = 1000 }; /* for workers that are connecting: an adapter comes here without running fetches */

struct grave {
	struct adapter *ad;
	struct grave *next;
};

struct reaper {
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t more;
	struct grave *first;  /* under lock */
	bool ending;          /* under lock */
	uint32_t left_behind; /* the thread's until it is joined */
};

/* The next adapter to close, or NULL when the reaper ends. */
static struct grave *grave_wait(struct reaper *r)
{
	struct grave *g;

	pthread_mutex_lock(&r->lock);
	while (!r->first && !r->ending)
		pthread_cond_wait(&r->more, &r->lock);
	g = r->first;
	if (g)
		r->first = g->next;
	pthread_mutex_unlock(&r->lock);
	return g;
}

static void *reaper_run(void *arg)
{
	struct reaper *r = arg;
	struct grave *g;

	while ((g = grave_wait(r)) != NULL) {
		r->left_behind += adapter_close(&g->ad, GRACE_MS);
		free(g);
	}
	return NULL;
}

struct reaper *reaper_new(struct err *err)
{
	struct reaper *r = memory_new(sizeof(*r));

	pthread_mutex_init(&r->lock, NULL);
	pthread_cond_init(&r->more, NULL);
	if (pthread_create(&r->thread, NULL, reaper_run, r) != 0) {
		free(r);
		err_set(err, ERR_SYSTEM, "reaper", "no thread can be started");
		return NULL;
	}
	return r;
}

void reaper_take(struct reaper *r, struct adapter **ad)
{
	struct grave *g = memory_raw(sizeof(*g));

	g->ad = *ad;
	*ad = NULL;
	pthread_mutex_lock(&r->lock);
	g->next = r->first;
	r->first = g;
	pthread_cond_signal(&r->more);
	pthread_mutex_unlock(&r->lock);
}

uint32_t reaper_free(struct reaper **rp)
{
	struct reaper *r = *rp;
	uint32_t left;

	if (!r)
		return 0;
	pthread_mutex_lock(&r->lock);
	r->ending = true;
	pthread_cond_signal(&r->more);
	pthread_mutex_unlock(&r->lock);
	pthread_join(r->thread, NULL);
	left = r->left_behind;
	pthread_cond_destroy(&r->more);
	pthread_mutex_destroy(&r->lock);
	free(r);
	*rp = NULL;
	return left;
}
