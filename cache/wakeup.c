#include "cache/wakeup.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/memory.h"

enum { BUCKETS = 256 };

struct wakeup {
	struct bell *bell;
	struct cache_ask *ask;
	bool woken;
	struct wakeup *next; /* in its bucket, or of the bell's woken ones */
	struct str key; /* the ask's */
};

struct bell {
	struct wakeups *ws;
	struct loop *loop;
	void (*ring)(void *arg, struct cache_ask *ask);
	void *arg;
	struct loop_post post;
	bool posted; /* under the lock, as what follows */
	struct wakeup *woken;
	struct bell *next;
};

struct wakeups {
	pthread_mutex_t lock;
	struct wakeup *buckets[BUCKETS];
	struct bell *bells;
};

struct wakeups *wakeups_new(void)
{
	struct wakeups *ws = memory_new(sizeof(*ws));

	pthread_mutex_init(&ws->lock, NULL);
	return ws;
}

void wakeups_free(struct wakeups **wsp)
{
	struct wakeups *ws = *wsp;

	if (!ws)
		return;
	for (struct bell *bell = ws->bells, *next; bell; bell = next) {
		next = bell->next;
		free(bell);
	}
	pthread_mutex_destroy(&ws->lock);
	free(ws);
	*wsp = NULL;
}

static void unlink_from(struct wakeup **link, const struct wakeup *w)
{
	while (*link != w)
		link = &(*link)->next;
	*link = w->next;
}

static struct wakeup **bucket_of(struct wakeups *ws, struct str key)
{
	return &ws->buckets[digest_sip(key) % BUCKETS];
}

/* On the bell's loop. One at a time: ring() may end others that were woken. */
static void on_post(struct loop_post *p)
{
	struct bell *bell = CONTAINER_OF(p, struct bell, post);
	struct cache_ask *ask;

	do {
		struct wakeup *w;

		pthread_mutex_lock(&bell->ws->lock);
		w = bell->woken;
		ask = w ? w->ask : NULL;
		if (w)
			bell->woken = w->next;
		else
			bell->posted = false;
		pthread_mutex_unlock(&bell->ws->lock);
		if (ask)
			ask->wakeup = NULL;
		free(w);
		if (ask)
			bell->ring(bell->arg, ask);
	} while (ask);
}

struct bell *bell_new(struct wakeups *ws, struct loop *loop, void (*ring)(void *arg, struct cache_ask *ask), void *arg)
{
	struct bell *bell = memory_new(sizeof(*bell));

	*bell = (struct bell){ .ws = ws, .loop = loop, .ring = ring, .arg = arg, .post = { .run = on_post } };
	pthread_mutex_lock(&ws->lock);
	bell->next = ws->bells;
	ws->bells = bell;
	pthread_mutex_unlock(&ws->lock);
	return bell;
}

void wakeup_begin(struct bell *bell, struct cache_ask *ask)
{
	struct wakeups *ws = bell->ws;
	struct wakeup *w = memory_new(sizeof(*w)), **bucket;

	*w = (struct wakeup){ .bell = bell, .ask = ask, .key = str_of(ask->key.text) };
	ask->wakeup = w;
	pthread_mutex_lock(&ws->lock);
	bucket = bucket_of(ws, w->key);
	w->next = *bucket;
	*bucket = w;
	pthread_mutex_unlock(&ws->lock);
}

void wakeup_end(struct bell *bell, struct cache_ask *ask)
{
	struct wakeup *w = ask->wakeup;

	if (!w)
		return;
	pthread_mutex_lock(&bell->ws->lock);
	unlink_from(w->woken ? &bell->woken : bucket_of(bell->ws, w->key), w);
	pthread_mutex_unlock(&bell->ws->lock);
	free(w);
	ask->wakeup = NULL;
}

void *wakeup_owner(const struct wakeup *w)
{
	return w->bell->arg;
}

/* Under the lock. */
static void ring(struct wakeup *w)
{
	struct bell *bell = w->bell;

	w->woken = true;
	w->next = bell->woken;
	bell->woken = w;
	if (bell->posted)
		return;
	bell->posted = true;
	loop_post(bell->loop, &bell->post);
}

void wakeups_wake(struct wakeups *ws, struct str key)
{
	struct wakeup **link;

	if (key.n > 2 && memcmp(key.p + key.n - 2, ":l", 2) == 0)
		key.n -= 2;
	pthread_mutex_lock(&ws->lock);
	link = bucket_of(ws, key);
	while (*link) {
		struct wakeup *w = *link;

		if (!str_eq(w->key, key)) {
			link = &w->next;
			continue;
		}
		*link = w->next;
		ring(w);
	}
	pthread_mutex_unlock(&ws->lock);
}
