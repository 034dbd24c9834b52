#include "federator/http/dearth.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "federator/http/blunt.h"
#include "federator/http/front_state.h"

enum { AGAIN_MS = 20, KNOCKS = 64, TELL_EVERY_US = 1000 * 1000 };

static int hold(void)
{
	return open("/dev/null", O_RDONLY | O_CLOEXEC);
}

/* accept() fails without a descriptor also when nobody does. */
static bool knocks(const struct front *f)
{
	struct pollfd p = { .fd = f->conf.fd, .events = POLLIN };

	return poll(&p, 1, 0) == 1;
}

/* False: nobody knocks, or there is no descriptor even for that. */
static bool answer_one(struct front *f)
{
	int fd;

	if (f->dearth.held_fd >= 0)
		close(f->dearth.held_fd);
	fd = accept4(f->conf.fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (fd >= 0) {
		if (!f->conf.tls) /* there it would be no answer without a handshake */
			blunt_answer(&(struct wire){ .fd = fd }, 503, "overloaded", "no connection is left");
		close(fd);
		f->admission.shed[SHED_CONNECTIONS]++;
		lane_count_public(f->conf.lane, METER_SHED + SHED_CONNECTIONS - 1);
	}
	f->dearth.held_fd = hold();
	return fd >= 0;
}

static void tell(struct front *f)
{
	uint64_t now_us = clock_mono_us();

	if (f->dearth.told_us && now_us - f->dearth.told_us < TELL_EVERY_US)
		return;
	f->dearth.told_us = now_us;
	log_event(LOG_ERROR, "no_descriptors", LOG_NUM("connections", f->connections));
}

/* As long as no connection closes libmicrohttpd does not look who knocks. */
static void relieve(struct loop_timer *t)
{
	struct front *f = CONTAINER_OF(t, struct front, dearth.again);

	int answered = 0;

	loop_rewatch(f->loop, &f->watch, EPOLLIN);
	if (f->quiesced)
		return;
	if (f->dearth.closed) {
		f->run = true; /* libmicrohttpd listens again, from its next run on */
		return;
	}
	while (knocks(f) && !link_make_room(f) && answered < KNOCKS && answer_one(f))
		answered++;
	if (!f->connections && (answered || !knocks(f)))
		return;
	if (!f->connections) /* the one held back was lost too: nobody is hurt when we do not look for a while */
		loop_rewatch(f->loop, &f->watch, 0);
	loop_timer_set(f->loop, &f->dearth.again, deadline_after_ms(AGAIN_MS));
}

void dearth_begin(struct front *f)
{
	f->dearth.held_fd = hold();
	f->dearth.again.fire = relieve;
}

void dearth_notice(struct front *f)
{
	tell(f);
	f->dearth.closed = false;
	if (!f->dearth.again.slot)
		loop_timer_set(f->loop, &f->dearth.again, (struct deadline){ 1 });
}

void dearth_end(struct front *f)
{
	loop_timer_cancel(f->loop, &f->dearth.again);
	if (f->dearth.held_fd >= 0)
		close(f->dearth.held_fd);
	f->dearth.held_fd = -1;
}
