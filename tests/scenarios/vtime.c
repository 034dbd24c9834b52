#include "tests/scenarios/vtime.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <time.h>

enum { BEGIN_S = 1000, TURNS_MOST = 20000000 }; /* so many turns at one moment are an endless loop */

enum vstate { READY, ON_COND, ON_EPOLL, ON_JOIN, ENDED };

struct vthread {
	enum vstate state;
	uint64_t place;  /* among those in its state: who came first is served first */
	uint64_t due_us; /* of a wait; 0: none */
	bool timed_out;
	bool detached;
	const void *on; /* the condition, or the thread to join */
	int epoll_fd, n_events, max_events;
	struct epoll_event *events;
	void *(*run)(void *arg);
	void *arg;
	pthread_t thread;
	pthread_cond_t turn;
	struct vthread *next;
};

static struct {
	pthread_mutex_t lock;       /* of all here */
	struct vthread *all, **end; /* in the order they were made, the director first */
	struct vthread *running;
	uint64_t now_us, places, jumps, turns;
	int64_t wall_ms; /* at the beginning, moved by jumps of the wall clock */
} vt = {.lock = PTHREAD_MUTEX_INITIALIZER};

static _Thread_local struct vthread *self; /* NULL: not in virtual time */

#define REAL(name) __real_##name
#define WRAP(name) __wrap_##name
/* What the linker leads here, and how to get to what it was. */
#define LED_HERE(type, name, ...)                                                                            \
	type REAL(name)(__VA_ARGS__);                                                                        \
	type WRAP(name)(__VA_ARGS__)
LED_HERE(int, clock_gettime, clockid_t clock, struct timespec *out);
LED_HERE(int, pthread_create, pthread_t *out, const pthread_attr_t *attr, void *(*run)(void *), void *arg);
LED_HERE(int, pthread_join, pthread_t thread, void **result);
LED_HERE(int, pthread_detach, pthread_t thread);
LED_HERE(int, pthread_cond_wait, pthread_cond_t *cond, pthread_mutex_t *lock);
LED_HERE(int, pthread_cond_timedwait, pthread_cond_t *cond, pthread_mutex_t *lock,
	 const struct timespec *due);
LED_HERE(int, pthread_cond_signal, pthread_cond_t *cond);
LED_HERE(int, pthread_cond_broadcast, pthread_cond_t *cond);
LED_HERE(int, epoll_wait, int fd, struct epoll_event *events, int max, int timeout_ms);
LED_HERE(uint32_t, arc4random, void);

/* ---- whose turn it is; all under vt.lock ---- */

static void make_ready(struct vthread *t)
{
	t->state = READY;
	t->place = ++vt.places;
}

static bool look_at_epoll(struct vthread *t)
{
	t->n_events = REAL(epoll_wait)(t->epoll_fd, t->events, t->max_events, 0);
	if (t->n_events <= 0)
		return false;
	make_ready(t);
	return true;
}

/* The first of those that can go on, but for the director. */
static struct vthread *first_ready(void)
{
	struct vthread *found = NULL;

	for (struct vthread *t = vt.all->next; t; t = t->next)
		if (t->state == READY && (!found || t->place < found->place))
			found = t;
	return found;
}

static struct vthread *who_can_go_on(void)
{
	struct vthread *director = vt.all, *t = first_ready();

	if (t)
		return t;
	for (t = director->next; t; t = t->next)
		if (t->state == ON_EPOLL)
			(void)look_at_epoll(t);
	t = first_ready();
	if (t)
		return t;
	if (director->state == READY || (director->state == ON_EPOLL && look_at_epoll(director)))
		return director;
	return NULL;
}

static void stuck(const char *why)
{
	static const char *const names[] = {"ready", "waits for a condition", "waits for descriptors",
					    "waits for the end of a thread", "has ended"};
	int number = 0;

	fprintf(stderr, "virtual time %llu us: %s\n", (unsigned long long)vt.now_us, why);
	for (const struct vthread *t = vt.all; t; t = t->next)
		fprintf(stderr, "  thread %d %s\n", number++, names[t->state]);
	abort();
}

static bool waits(const struct vthread *t)
{
	return t->state == ON_COND || t->state == ON_EPOLL;
}

static void jump(void)
{
	uint64_t due_us = 0;

	for (const struct vthread *t = vt.all; t; t = t->next)
		if (waits(t) && t->due_us && (due_us == 0 || t->due_us < due_us))
			due_us = t->due_us;
	if (due_us == 0)
		stuck("nothing can happen any more");
	if (due_us > vt.now_us)
		vt.now_us = due_us;
	vt.jumps++;
	vt.turns = 0;
	for (struct vthread *t = vt.all; t; t = t->next) {
		if (!waits(t) || t->due_us == 0 || t->due_us > vt.now_us)
			continue;
		t->timed_out = true;
		t->n_events = 0;
		make_ready(t);
	}
}

static void hand_over(void)
{
	struct vthread *t;

	while (!(t = who_can_go_on()))
		jump();
	if (++vt.turns > TURNS_MOST)
		stuck("the threads go on for ever without letting time pass");
	vt.running = t;
	REAL(pthread_cond_signal)(&t->turn);
}

static void await_turn(void)
{
	while (vt.running != self)
		REAL(pthread_cond_wait)(&self->turn, &vt.lock);
}

/* Wait as `state` until somebody makes this thread ready, or `due_us`. */
static void wait_as(enum vstate state, const void *on, uint64_t due_us)
{
	self->state = state;
	self->place = ++vt.places;
	self->on = on;
	self->due_us = due_us;
	self->timed_out = false;
	hand_over();
	await_turn();
}

/* ---- threads ---- */

static struct vthread *vthread_new(void)
{
	struct vthread *t = calloc(1, sizeof(*t));

	if (!t)
		abort();
	pthread_cond_init(&t->turn, NULL);
	make_ready(t);
	*vt.end = t;
	vt.end = &t->next;
	return t;
}

static void vthread_free(struct vthread *t)
{
	struct vthread **link = &vt.all;

	while (*link != t)
		link = &(*link)->next;
	*link = t->next;
	if (vt.end == &t->next)
		vt.end = link;
	pthread_cond_destroy(&t->turn);
	free(t);
}

static void *vthread_run(void *arg)
{
	void *result;

	self = arg;
	pthread_mutex_lock(&vt.lock);
	await_turn();
	pthread_mutex_unlock(&vt.lock);
	result = self->run(self->arg);
	pthread_mutex_lock(&vt.lock);
	self->state = ENDED;
	for (struct vthread *t = vt.all; t; t = t->next)
		if (t->state == ON_JOIN && t->on == self)
			make_ready(t);
	hand_over();
	pthread_mutex_unlock(&vt.lock);
	return result;
}

int WRAP(pthread_create)(pthread_t *out, const pthread_attr_t *attr, void *(*run)(void *), void *arg)
{
	struct vthread *t;
	int failed;

	if (!self)
		return REAL(pthread_create)(out, attr, run, arg);
	pthread_mutex_lock(&vt.lock);
	t = vthread_new();
	t->run = run;
	t->arg = arg;
	failed = REAL(pthread_create)(&t->thread, attr, vthread_run, t);
	*out = t->thread;
	if (failed)
		vthread_free(t);
	pthread_mutex_unlock(&vt.lock);
	return failed;
}

/* An id is that of one thread only until it is joined, or ends detached. */
static struct vthread *vthread_of(pthread_t thread)
{
	for (struct vthread *t = vt.all->next; t; t = t->next)
		if (!t->detached && pthread_equal(t->thread, thread))
			return t;
	abort();
}

int WRAP(pthread_join)(pthread_t thread, void **result)
{
	struct vthread *t;

	if (!self)
		return REAL(pthread_join)(thread, result);
	pthread_mutex_lock(&vt.lock);
	t = vthread_of(thread);
	while (t->state != ENDED)
		wait_as(ON_JOIN, t, 0);
	vthread_free(t);
	pthread_mutex_unlock(&vt.lock);
	return REAL(pthread_join)(thread, result);
}

int WRAP(pthread_detach)(pthread_t thread)
{
	if (self) {
		pthread_mutex_lock(&vt.lock);
		vthread_of(thread)->detached = true;
		pthread_mutex_unlock(&vt.lock);
	}
	return REAL(pthread_detach)(thread);
}

/* ---- what they wait for ---- */

static uint64_t us_of(const struct timespec *at)
{
	return (uint64_t)at->tv_sec * 1000000u + ((uint64_t)at->tv_nsec + 999u) / 1000u;
}

static int cond_wait(pthread_cond_t *cond, pthread_mutex_t *lock, uint64_t due_us)
{
	bool timed_out;

	pthread_mutex_lock(&vt.lock);
	pthread_mutex_unlock(lock);
	wait_as(ON_COND, cond, due_us);
	timed_out = self->timed_out;
	pthread_mutex_unlock(&vt.lock);
	pthread_mutex_lock(lock);
	return timed_out ? ETIMEDOUT : 0;
}

int WRAP(pthread_cond_wait)(pthread_cond_t *cond, pthread_mutex_t *lock)
{
	return self ? cond_wait(cond, lock, 0) : REAL(pthread_cond_wait)(cond, lock);
}

int WRAP(pthread_cond_timedwait)(pthread_cond_t *cond, pthread_mutex_t *lock, const struct timespec *due)
{
	return self ? cond_wait(cond, lock, us_of(due)) : REAL(pthread_cond_timedwait)(cond, lock, due);
}

static struct vthread *first_on(const pthread_cond_t *cond)
{
	struct vthread *found = NULL;

	for (struct vthread *t = vt.all; t; t = t->next)
		if (t->state == ON_COND && t->on == cond && (!found || t->place < found->place))
			found = t;
	return found;
}

static void cond_wake(const pthread_cond_t *cond, bool all)
{
	struct vthread *t;

	pthread_mutex_lock(&vt.lock);
	while ((t = first_on(cond))) {
		make_ready(t);
		if (!all)
			break;
	}
	pthread_mutex_unlock(&vt.lock);
}

int WRAP(pthread_cond_signal)(pthread_cond_t *cond)
{
	if (!self)
		return REAL(pthread_cond_signal)(cond);
	cond_wake(cond, false);
	return 0;
}

int WRAP(pthread_cond_broadcast)(pthread_cond_t *cond)
{
	if (!self)
		return REAL(pthread_cond_broadcast)(cond);
	cond_wake(cond, true);
	return 0;
}

int WRAP(epoll_wait)(int fd, struct epoll_event *events, int max, int timeout_ms)
{
	int n = REAL(epoll_wait)(fd, events, max, self ? 0 : timeout_ms);

	if (!self || n != 0)
		return n;
	pthread_mutex_lock(&vt.lock);
	self->epoll_fd = fd;
	self->events = events;
	self->max_events = max;
	self->n_events = 0;
	if (timeout_ms == 0) /* there is more to do, but others have their turn too */
		wait_as(READY, NULL, 0);
	else
		wait_as(ON_EPOLL, NULL, timeout_ms < 0 ? 0 : vt.now_us + (uint64_t)timeout_ms * 1000u);
	n = self->n_events;
	pthread_mutex_unlock(&vt.lock);
	return n;
}

/* ---- the clock and chance ---- */

int WRAP(clock_gettime)(clockid_t clock, struct timespec *out)
{
	uint64_t us;

	if (!self)
		return REAL(clock_gettime)(clock, out);
	pthread_mutex_lock(&vt.lock);
	us = vt.now_us;
	if (clock == CLOCK_REALTIME)
		us = us - BEGIN_S * UINT64_C(1000000) + (uint64_t)vt.wall_ms * 1000u;
	pthread_mutex_unlock(&vt.lock);
	*out = (struct timespec){(time_t)(us / 1000000u), (long)(us % 1000000u) * 1000};
	return 0;
}

/* Chance is the same each time. */
uint32_t WRAP(arc4random)(void)
{
	return self ? 0 : REAL(arc4random)();
}

/* ---- beginning and end ---- */

void vtime_begin(int64_t wall_ms)
{
	assert(!self && !vt.all);
	vt.end = &vt.all;
	self = vthread_new();
	vt.running = self;
	vt.now_us = BEGIN_S * UINT64_C(1000000);
	vt.wall_ms = wall_ms;
	vt.jumps = vt.turns = 0;
}

void vtime_end(void)
{
	assert(self == vt.all);
	while (vt.all) {
		assert(vt.all == self || vt.all->state == ENDED);
		vthread_free(vt.all);
	}
	self = NULL;
}

void vtime_jump_wall(int64_t ms)
{
	pthread_mutex_lock(&vt.lock);
	vt.wall_ms += ms;
	pthread_mutex_unlock(&vt.lock);
}

uint64_t vtime_jumps(void)
{
	return vt.jumps;
}
