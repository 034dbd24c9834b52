#include "federator/purge/follower.h"

bool follower_open(struct follower *f, struct service *svc, struct err *err)
{
	struct loop *loop = loop_new(err);

	if (loop)
		lane_open(&f->lane, svc, loop);
	return loop != NULL;
}

static void *run(void *arg)
{
	struct follower *f = arg;

	loop_run(f->lane.loop);
	return NULL;
}

bool follower_start(struct follower *f, const char *name, struct err *err)
{
	f->running = pthread_create(&f->thread, NULL, run, f) == 0;
	if (!f->running)
		return err_set(err, ERR_SYSTEM, name, "no thread can be started");
	pthread_setname_np(f->thread, name);
	return true;
}

void follower_stop(struct follower *f)
{
	if (f->running)
		pthread_join(f->thread, NULL);
	f->running = false;
	if (f->lane.cache)
		lane_close(&f->lane);
}

void follower_free(struct follower *f)
{
	loop_free(&f->lane.loop);
}
