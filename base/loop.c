#include "base/loop.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/handoff.h"
#include "base/memory.h"

enum { BATCH_EVENTS = 128 };

struct loop {
	int epoll_fd;
	struct loop_fd wake; /* an eventfd: work was posted, or stop */
	struct epoll_event batch[BATCH_EVENTS];
	size_t n_batch;

	struct loop_timer **heap; /* the nearest first; timer->slot is its place plus one */
	size_t n_timers;
	size_t cap_timers;

	_Atomic(struct loop_post *) posted; /* the latest first */
	atomic_bool woken; /* the eventfd was written for work that has not been run yet */
	atomic_bool stop;

	struct loop_turn *turns;
	struct loop_turn **turns_end;
	bool more; /* a hook has more work: do not sleep */
	uint64_t turn_us; /* when it woke for this turn */
	uint64_t last_turn_us; /* how long the turn before took */
	struct counters *turns_took; /* or NULL: nobody wants to know */
	size_t turns_first;
};

static_assert(ATOMIC_BOOL_LOCK_FREE == 2, "loop_stop() may run in a signal handler");

/* ---- timers: a binary heap ---- */

static bool sooner(const struct loop_timer *a, const struct loop_timer *b)
{
	return a->due.at_us < b->due.at_us;
}

static void heap_put(struct loop *loop, size_t at, struct loop_timer *t)
{
	loop->heap[at] = t;
	t->slot = at + 1;
}

static void heap_up(struct loop *loop, size_t at)
{
	struct loop_timer *t = loop->heap[at];

	while (at > 0 && sooner(t, loop->heap[(at - 1) / 2])) {
		heap_put(loop, at, loop->heap[(at - 1) / 2]);
		at = (at - 1) / 2;
	}
	heap_put(loop, at, t);
}

static void heap_down(struct loop *loop, size_t at)
{
	struct loop_timer *t = loop->heap[at];

	for (;;) {
		size_t child = 2 * at + 1;

		if (child + 1 < loop->n_timers && sooner(loop->heap[child + 1], loop->heap[child]))
			child++;
		if (child >= loop->n_timers || !sooner(loop->heap[child], t))
			break;
		heap_put(loop, at, loop->heap[child]);
		at = child;
	}
	heap_put(loop, at, t);
}

static void heap_fix(struct loop *loop, size_t at)
{
	heap_up(loop, at);
	heap_down(loop, loop->heap[at]->slot - 1);
}

static void heap_grow(struct loop *loop)
{
	loop->cap_timers = loop->cap_timers ? 2 * loop->cap_timers : 64;
	loop->heap = memory_resize(loop->heap, loop->cap_timers * sizeof(struct loop_timer *));
}

void loop_timer_set(struct loop *loop, struct loop_timer *t, struct deadline due)
{
	if (due.at_us == 0) {
		loop_timer_cancel(loop, t);
		return;
	}
	t->due = due;
	if (t->slot == 0) {
		if (loop->n_timers == loop->cap_timers)
			heap_grow(loop);
		heap_put(loop, loop->n_timers++, t);
	}
	assert(loop->heap[t->slot - 1] == t);
	heap_fix(loop, t->slot - 1);
}

void loop_timer_cancel(struct loop *loop, struct loop_timer *t)
{
	struct loop_timer *last;
	size_t at;

	if (t->slot == 0)
		return;
	at = t->slot - 1;
	assert(loop->heap[at] == t);
	t->slot = 0;
	last = loop->heap[--loop->n_timers];
	if (last == t)
		return;
	heap_put(loop, at, last);
	heap_fix(loop, at);
}

/* At most as many as there were: timers that set themselves again to the past cannot starve the rest. */
static void run_timers(struct loop *loop)
{
	uint64_t now_us = loop->n_timers ? clock_mono_us() : 0;

	for (size_t left = loop->n_timers; left > 0 && loop->n_timers > 0; left--) {
		struct loop_timer *t = loop->heap[0];

		if (t->due.at_us > now_us)
			break;
		loop_timer_cancel(loop, t);
		t->fire(t);
	}
}

/* Rounded up to whole milliseconds: a timer is never early, and the last fraction is not spun away. */
static int sleep_ms(const struct loop *loop)
{
	uint64_t left_us;

	if (loop->more || atomic_load(&loop->posted))
		return 0;
	if (loop->n_timers == 0)
		return -1;
	left_us = deadline_left_us(loop->heap[0]->due);
	return left_us > (uint64_t)INT_MAX * 1000u ? INT_MAX : (int)((left_us + 999u) / 1000u);
}

/* ---- posted work ---- */

/* Nobody reads the eventfd: it is watched edge-triggered, where every write is a new event. */
static void wake(struct loop *loop)
{
	int saved_errno = errno;
	uint64_t one = 1;
	ssize_t n;

	do
		n = write(loop->wake.fd, &one, sizeof(one));
	while (n < 0 && errno == EINTR);
	errno = saved_errno;
}

void loop_post_quiet(struct loop *loop, struct loop_post *p)
{
	struct loop_post *top = atomic_load(&loop->posted);

	do {
		p->next = top;
		handoff_give(p);
	} while (!atomic_compare_exchange_weak(&loop->posted, &top, p));
}

void loop_wake(struct loop *loop)
{
	if (!atomic_exchange(&loop->woken, true)) /* one write for all that is posted until the loop looks */
		wake(loop);
}

void loop_post(struct loop *loop, struct loop_post *p)
{
	loop_post_quiet(loop, p);
	loop_wake(loop); /* `p` may have run and be gone by now */
}

static void run_posted(struct loop *loop)
{
	struct loop_post *p, *next, *in_order = NULL;

	/* first: what is posted behind this line wakes the loop again */
	if (atomic_load(&loop->woken))
		atomic_store(&loop->woken, false);
	if (!atomic_load(&loop->posted))
		return;
	for (p = atomic_exchange(&loop->posted, NULL); p; p = next) {
		handoff_take(p);
		next = p->next;
		p->next = in_order;
		in_order = p;
	}
	for (p = in_order; p; p = next) {
		next = p->next; /* p may be freed or posted again by its run */
		p->run(p);
	}
}

void loop_stop(struct loop *loop)
{
	atomic_store(&loop->stop, true);
	wake(loop);
}

/* ---- descriptors ---- */

static int control(struct loop *loop, int op, struct loop_fd *w, uint32_t epoll_events)
{
	struct epoll_event ev = { .events = epoll_events, .data.ptr = w };

	return epoll_ctl(loop->epoll_fd, op, w->fd, &ev);
}

bool loop_watch(struct loop *loop, struct loop_fd *w, uint32_t epoll_events, struct err *err)
{
	if (control(loop, EPOLL_CTL_ADD, w, epoll_events) < 0)
		return err_set(err, ERR_SYSTEM, "epoll", "cannot watch descriptor %d: %s", w->fd,
			       strerrordesc_np(errno));
	return true;
}

void loop_rewatch(struct loop *loop, struct loop_fd *w, uint32_t epoll_events)
{
	/* Fails only for a descriptor that is not watched: a mistake of ours. */
	if (control(loop, EPOLL_CTL_MOD, w, epoll_events) < 0)
		abort();
}

void loop_unwatch(struct loop *loop, struct loop_fd *w)
{
	control(loop, EPOLL_CTL_DEL, w, 0); /* fails only when the descriptor is closed and so gone already */
	for (size_t i = 0; i < loop->n_batch; i++)
		if (loop->batch[i].data.ptr == w)
			loop->batch[i].data.ptr = NULL;
}

static void run_events(struct loop *loop)
{
	int n;

	loop->last_turn_us = clock_mono_us() - loop->turn_us;
	n = epoll_wait(loop->epoll_fd, loop->batch, BATCH_EVENTS, sleep_ms(loop));
	loop->turn_us = clock_mono_us();
	loop->n_batch = n > 0 ? (size_t)n : 0;
	for (size_t i = 0; i < loop->n_batch; i++) {
		struct loop_fd *w = loop->batch[i].data.ptr;

		if (w) /* NULL: unwatched by an earlier event of this batch */
			w->ready(w, loop->batch[i].events);
	}
	loop->n_batch = 0;
}

/* ---- the loop ---- */

static void woken(struct loop_fd *w, uint32_t epoll_events)
{
	(void)w;
	(void)epoll_events; /* every turn looks at the posted work anyway */
}

struct loop *loop_new(struct err *err)
{
	struct loop *loop = memory_new(sizeof(*loop));

	loop->turns_end = &loop->turns;
	loop->wake = (struct loop_fd){ .fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), .ready = woken };
	loop->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (loop->wake.fd < 0 || loop->epoll_fd < 0)
		err_set(err, ERR_SYSTEM, "epoll", "cannot make an event loop: %s", strerrordesc_np(errno));
	else if (loop_watch(loop, &loop->wake, EPOLLIN | EPOLLET, err))
		return loop;
	loop_free(&loop);
	return NULL;
}

void loop_free(struct loop **loop)
{
	if (!*loop)
		return;
	if ((*loop)->epoll_fd >= 0)
		close((*loop)->epoll_fd);
	if ((*loop)->wake.fd >= 0)
		close((*loop)->wake.fd);
	free((*loop)->heap);
	free(*loop);
	*loop = NULL;
}

void loop_add_turn(struct loop *loop, struct loop_turn *t)
{
	t->next = NULL;
	*loop->turns_end = t;
	loop->turns_end = &t->next;
}

static void run_turns(struct loop *loop)
{
	loop->more = false;
	for (struct loop_turn *t = loop->turns; t; t = t->next)
		if (t->turn(t))
			loop->more = true;
}

uint64_t loop_lag_us(const struct loop *loop)
{
	uint64_t this_turn_us = clock_mono_us() - loop->turn_us;

	return this_turn_us < loop->last_turn_us ? this_turn_us : loop->last_turn_us;
}

uint64_t loop_turn_us(const struct loop *loop)
{
	return loop->turn_us;
}

void loop_count_turns(struct loop *loop, struct counters *c, size_t first)
{
	loop->turns_took = c;
	loop->turns_first = first;
}

void loop_run(struct loop *loop)
{
	bool stopping;

	loop->turn_us = clock_mono_us();
	loop->more = true; /* the hooks have their first turn before the first sleep */
	do {
		run_events(loop);
		stopping = atomic_exchange(&loop->stop, false);
		run_posted(loop); /* after the look at stop: what was posted before it must run */
		run_timers(loop); /* after the posted work: an answer that is here beats its deadline */
		run_turns(loop);
		if (loop->turns_took)
			histogram_count_in(loop->turns_took, loop->turns_first,
					   clock_mono_us() - loop->turn_us);
	} while (!stopping);
}
