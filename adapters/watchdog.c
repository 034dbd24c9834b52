#include "adapters/watchdog.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

/* Order of locks: first this one, then the list's, then a watch's. */
static pthread_mutex_t users_lock = PTHREAD_MUTEX_INITIALIZER;
static uint32_t users; /* the thread runs while there are some */
static pthread_t thread;

static pthread_mutex_t list_lock = PTHREAD_MUTEX_INITIALIZER; /* the thread lets go of it only while it waits */
static struct watch *list;
static bool ending;
static pthread_cond_t sooner; /* a limit before wake_us was set, or the end */
static _Atomic uint64_t wake_us = UINT64_MAX; /* when the thread looks next; UINT64_MAX while it looks */

static _Thread_local struct watch *current; /* of the call this thread is in */

/* ---- sockets ---- */

/* Does the driver still hold the socket? */
static bool socket_is_held(const struct watch_socket *s)
{
	struct stat theirs, ours;

	return fstat(s->theirs, &theirs) == 0 && fstat(s->ours, &ours) == 0 && theirs.st_ino == ours.st_ino &&
	       theirs.st_dev == ours.st_dev;
}

static void socket_drop(struct watch *w, uint32_t i)
{
	close(w->sockets[i].ours);
	w->n_sockets--;
	for (; i < w->n_sockets; i++)
		w->sockets[i] = w->sockets[i + 1];
}

/* Close the duplicates of sockets that the driver has closed. */
static void sockets_prune(struct watch *w)
{
	for (uint32_t i = w->n_sockets; i-- > 0;)
		if (!socket_is_held(&w->sockets[i]))
			socket_drop(w, i);
}

/* Keep a socket that is about to be connected; false: errno says why it must not be. */
static bool socket_keep(struct watch *w, int fd)
{
	bool ok = false;
	int ours;

	pthread_mutex_lock(&w->lock);
	if (w->over) {
		w->cut = true;
		errno = ETIMEDOUT; /* libpq would go on to the next address */
	} else if ((ours = fcntl(fd, F_DUPFD_CLOEXEC, 0)) >= 0) {
		sockets_prune(w);
		if (w->n_sockets == WATCH_SOCKETS)
			socket_drop(w, 0);
		w->sockets[w->n_sockets++] = (struct watch_socket){ fd, ours };
		ok = true;
	}
	pthread_mutex_unlock(&w->lock);
	return ok;
}

static bool is_stream(int fd)
{
	int type = 0;
	socklen_t n = sizeof(type);

	return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &n) == 0 && type == SOCK_STREAM;
}

bool watch_connects(int fd)
{
	return !current || !is_stream(fd) || socket_keep(current, fd);
}

/* ---- calls ---- */

/* Tell the thread of a limit that comes before what it waits for. */
static void watchdog_tell(uint64_t due_us)
{
	if (due_us >= atomic_load(&wake_us))
		return;
	pthread_mutex_lock(&list_lock);
	pthread_cond_signal(&sooner);
	pthread_mutex_unlock(&list_lock);
}

static void watch_set(struct watch *w, struct deadline due)
{
	uint64_t due_us = due.at_us ? due.at_us : UINT64_MAX;

	pthread_mutex_lock(&w->lock);
	w->over = w->cut = false;
	atomic_store(&w->due_us, due_us);
	pthread_mutex_unlock(&w->lock);
	watchdog_tell(due_us);
}

void watch_begin(struct watch *w, struct deadline due)
{
	uint64_t left_us = deadline_left_us(due);

	assert(current == NULL && atomic_load(&w->due_us) == 0);
	current = w;
	w->span_ms = left_us / 1000 < UINT32_MAX ? (uint32_t)(left_us / 1000) : 0;
	watch_set(w, due);
}

void watch_restart(void)
{
	struct watch *w = current;

	if (w && w->span_ms)
		watch_set(w, deadline_after_ms(w->span_ms));
}

bool watch_end(struct watch *w)
{
	bool cut;

	assert(current == w);
	current = NULL;
	pthread_mutex_lock(&w->lock);
	atomic_store(&w->due_us, 0);
	cut = w->cut;
	if (w->n_sockets > 1)
		sockets_prune(w);
	pthread_mutex_unlock(&w->lock);
	return cut;
}

void watch_forget(struct watch *w)
{
	pthread_mutex_lock(&w->lock);
	while (w->n_sockets > 0)
		socket_drop(w, w->n_sockets - 1);
	pthread_mutex_unlock(&w->lock);
}

/* Under the watch's lock. */
static void sockets_shut(struct watch *w)
{
	w->over = true;
	if (w->n_sockets == 0 || w->cut)
		return;
	w->cut = true;
	atomic_fetch_add(&w->cuts, 1);
	for (uint32_t i = 0; i < w->n_sockets; i++)
		shutdown(w->sockets[i].ours, SHUT_RDWR);
}

bool watch_cut(struct watch *w)
{
	bool any;

	pthread_mutex_lock(&w->lock);
	any = w->n_sockets > 0;
	sockets_shut(w);
	pthread_mutex_unlock(&w->lock);
	return any;
}

uint64_t watch_cuts(const struct watch *w)
{
	return atomic_load_explicit(&w->cuts, memory_order_relaxed);
}

/* ---- the thread ---- */

/* Cut the call when it is over its limit; returns when to look again. */
static uint64_t watch_look(struct watch *w, uint64_t now_us)
{
	uint64_t due_us;

	pthread_mutex_lock(&w->lock);
	due_us = atomic_load(&w->due_us);
	if (due_us == 0 || w->over) {
		due_us = UINT64_MAX;
	} else if (due_us <= now_us) {
		sockets_shut(w);
		due_us = UINT64_MAX;
	}
	pthread_mutex_unlock(&w->lock);
	return due_us;
}

/* Under the list's lock. */
static uint64_t watches_look(void)
{
	uint64_t now_us = clock_mono_us(), next_us = UINT64_MAX;

	for (struct watch *w = list; w; w = w->next) {
		uint64_t due_us = watch_look(w, now_us);

		next_us = due_us < next_us ? due_us : next_us;
	}
	return next_us;
}

static void *watchdog_run(void *arg)
{
	(void)arg;
	pthread_mutex_lock(&list_lock);
	while (!ending) {
		struct timespec due;
		uint64_t next_us;

		atomic_store(&wake_us, UINT64_MAX);
		next_us = watches_look();
		atomic_store(&wake_us, next_us);
		due = clock_timespec(next_us);
		if (next_us == UINT64_MAX)
			pthread_cond_wait(&sooner, &list_lock);
		else
			pthread_cond_timedwait(&sooner, &list_lock, &due);
	}
	atomic_store(&wake_us, UINT64_MAX);
	pthread_mutex_unlock(&list_lock);
	return NULL;
}

/* With all signals blocked: they are the main thread's. */
static int thread_start(void)
{
	sigset_t all, before;
	int failed;

	clock_cond_init(&sooner);
	ending = false;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	failed = pthread_create(&thread, NULL, watchdog_run, NULL);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (failed)
		pthread_cond_destroy(&sooner);
	return failed;
}

bool watchdog_start(struct err *err)
{
	int failed = 0;

	pthread_mutex_lock(&users_lock);
	if (users == 0)
		failed = thread_start();
	users += !failed;
	pthread_mutex_unlock(&users_lock);
	return !failed || err_set(err, ERR_SYSTEM, "watchdog", "cannot start a thread: %s", strerror(failed));
}

static void thread_stop(void)
{
	pthread_mutex_lock(&list_lock);
	assert(list == NULL);
	ending = true;
	pthread_cond_signal(&sooner);
	pthread_mutex_unlock(&list_lock);
	pthread_join(thread, NULL);
	pthread_cond_destroy(&sooner);
}

void watchdog_stop(void)
{
	pthread_mutex_lock(&users_lock);
	assert(users > 0);
	if (--users == 0)
		thread_stop();
	pthread_mutex_unlock(&users_lock);
}

void watch_open(struct watch *w)
{
	pthread_mutex_init(&w->lock, NULL);
	pthread_mutex_lock(&list_lock);
	w->next = list;
	w->at = &list;
	if (list)
		list->at = &w->next;
	list = w;
	pthread_mutex_unlock(&list_lock);
}

void watch_close(struct watch *w)
{
	pthread_mutex_lock(&list_lock);
	*w->at = w->next;
	if (w->next)
		w->next->at = w->at;
	pthread_mutex_unlock(&list_lock);
	assert(atomic_load(&w->due_us) == 0);
	watch_forget(w);
	pthread_mutex_destroy(&w->lock);
}
