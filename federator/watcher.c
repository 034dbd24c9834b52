#include "federator/watcher.h"

#include <sys/stat.h>

#include "base/clock.h"

enum { LOOK_MS = 500 };

static bool times_same(struct timespec a, struct timespec b)
{
	return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

bool stamp_differs(struct stamp *noted, const char *path)
{
	struct stamp now = { 0 }, then = *noted;
	struct stat st;

	if (*path && stat(path, &st) == 0)
		now = (struct stamp){ st.st_dev, st.st_ino, st.st_size, st.st_mtim, st.st_ctim };
	*noted = now;
	return now.dev != then.dev || now.ino != then.ino || now.size != then.size ||
	       !times_same(now.modified, then.modified) || !times_same(now.changed, then.changed);
}

static bool rests(struct watcher *w)
{
	struct timespec due = clock_timespec(deadline_after_ms(LOOK_MS).at_us);
	bool ending;

	pthread_mutex_lock(&w->lock);
	while (!w->ending && pthread_cond_timedwait(&w->end, &w->lock, &due) == 0)
		continue;
	ending = w->ending;
	pthread_mutex_unlock(&w->lock);
	return !ending;
}

static void *watch(void *arg)
{
	struct watcher *w = arg;

	while (rests(w))
		w->look(w->owner);
	return NULL;
}

bool watcher_begin(struct watcher *w, const char *name, void (*look)(void *owner), void *owner, struct err *err)
{
	*w = (struct watcher){ .look = look, .owner = owner };
	pthread_mutex_init(&w->lock, NULL);
	clock_cond_init(&w->end);
	w->running = pthread_create(&w->thread, NULL, watch, w) == 0;
	if (w->running) {
		pthread_setname_np(w->thread, name);
		return true;
	}
	pthread_cond_destroy(&w->end);
	pthread_mutex_destroy(&w->lock);
	return err_set(err, ERR_SYSTEM, name, "no thread can be started");
}

void watcher_end(struct watcher *w)
{
	if (!w->running)
		return;
	pthread_mutex_lock(&w->lock);
	w->ending = true;
	pthread_cond_signal(&w->end);
	pthread_mutex_unlock(&w->lock);
	pthread_join(w->thread, NULL);
	pthread_cond_destroy(&w->end);
	pthread_mutex_destroy(&w->lock);
	w->running = false;
}
