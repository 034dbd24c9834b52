#include "weblog/side.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/memory.h"

enum side_state { SIDE_IDLE, SIDE_BEGUN, SIDE_OVER, SIDE_ENDING };

struct weblog_side {
	void (*work)(void *owner);
	void *owner;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	enum side_state state;
	int fd;
};

static void *side_run(void *arg)
{
	struct weblog_side *s = arg;

	pthread_mutex_lock(&s->lock);
	for (;;) {
		while (s->state != SIDE_BEGUN && s->state != SIDE_ENDING)
			pthread_cond_wait(&s->changed, &s->lock);
		if (s->state == SIDE_ENDING)
			break;
		pthread_mutex_unlock(&s->lock);
		s->work(s->owner);
		pthread_mutex_lock(&s->lock);
		s->state = SIDE_OVER;
		pthread_cond_broadcast(&s->changed);
		(void)eventfd_write(s->fd, 1);
	}
	pthread_mutex_unlock(&s->lock);
	return NULL;
}

struct weblog_side *weblog_side_new(void (*work)(void *owner), void *owner, struct err *err)
{
	struct weblog_side *s = memory_new(sizeof(*s));

	s->work = work;
	s->owner = owner;
	pthread_mutex_init(&s->lock, NULL);
	pthread_cond_init(&s->changed, NULL);
	s->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (s->fd >= 0 && pthread_create(&s->thread, NULL, side_run, s) == 0)
		return s;
	err_set(err, ERR_SYSTEM, "weblog", "no thread to write beside: %s", strerror(errno));
	if (s->fd >= 0)
		close(s->fd);
	free(s);
	return NULL;
}

static void state_set(struct weblog_side *s, enum side_state state)
{
	pthread_mutex_lock(&s->lock);
	s->state = state;
	pthread_cond_broadcast(&s->changed);
	pthread_mutex_unlock(&s->lock);
}

void weblog_side_free(struct weblog_side **side)
{
	struct weblog_side *s = *side;

	if (!s)
		return;
	weblog_side_wait(s);
	state_set(s, SIDE_ENDING);
	pthread_join(s->thread, NULL);
	pthread_cond_destroy(&s->changed);
	pthread_mutex_destroy(&s->lock);
	close(s->fd);
	free(s);
	*side = NULL;
}

void weblog_side_begin(struct weblog_side *side)
{
	state_set(side, SIDE_BEGUN);
}

/* Under the lock: take the news that it is over. */
static bool over_take(struct weblog_side *s)
{
	eventfd_t n;

	if (s->state != SIDE_OVER)
		return false;
	s->state = SIDE_IDLE;
	(void)eventfd_read(s->fd, &n);
	return true;
}

bool weblog_side_over(struct weblog_side *side)
{
	bool over;

	pthread_mutex_lock(&side->lock);
	over = over_take(side);
	pthread_mutex_unlock(&side->lock);
	return over;
}

void weblog_side_wait(struct weblog_side *side)
{
	pthread_mutex_lock(&side->lock);
	while (side->state == SIDE_BEGUN)
		pthread_cond_wait(&side->changed, &side->lock);
	(void)over_take(side);
	pthread_mutex_unlock(&side->lock);
}

int weblog_side_fd(const struct weblog_side *side)
{
	return side->fd;
}
