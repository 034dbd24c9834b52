#include "federator/http/front_state.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/log.h"
#include "base/memory.h"

enum {
	CONNECTION_BYTES =
		8192,     /* wiped by libmicrohttpd after each request: the default costs twice as much */
	SPARE_CONNECTIONS = 16, /* for health, while all others wait for answers */
	LINGER_MS = 1000, /* while draining: the next request on an idle connection is told to close it */
};

/* Leave everything as it came: exchange.c decodes, and refuses what libmicrohttpd would hide (%00). */
static size_t leave_raw(void *front, struct MHD_Connection *conn, char *text)
{
	(void)front;
	(void)conn;
	return strlen(text);
}

__attribute__((format(printf, 2, 0))) static void daemon_log(void *front, const char *fmt, va_list args)
{
	char text[256];

	vsnprintf(text, sizeof(text), fmt, args);
	text[strcspn(text, "\r\n")] = '\0';
	log_event(LOG_DEBUG, "libmicrohttpd", LOG_CSTR("text", text));
	if (strstr(fmt, "resource limit"))
		dearth_notice(front);
}

static void daemon_ready(struct loop_fd *w, uint32_t events)
{
	struct front *f = CONTAINER_OF(w, struct front, watch);

	(void)events;
	f->run = true;
}

static void daemon_woken(struct loop_timer *t)
{
	struct front *f = CONTAINER_OF(t, struct front, wake);

	f->run = true;
}

/* Wake no later than the daemon wants to be run; earlier does no harm. It wants that at once for those who are polled,
 * who run it when they are told; what else there is to do beside them, which it does not say, comes a moment later. */
static void daemon_next(struct front *f)
{
	MHD_UNSIGNED_LONG_LONG ms;
	struct deadline due;

	if (MHD_get_timeout(f->daemon, &ms) != MHD_YES)
		return;
	if (ms == 0 && !call_only_polled(f)) {
		f->run = true;
		return;
	}
	due = deadline_after_ms(ms > 60000 ? 60000 : ms < 1 ? 1 : (uint32_t)ms);
	if (f->wake.slot == 0 || due.at_us < f->wake.due.at_us)
		loop_timer_set(f->loop, &f->wake, due);
}

static void daemon_stop(struct front *f)
{
	loop_unwatch(f->loop, &f->watch);
	loop_timer_cancel(f->loop, &f->wake);
	dearth_end(f);
	/* libmicrohttpd aborts when it is stopped with one suspended, who shakes hands or asks just now */
	secured_hasten(&f->secured);
	MHD_run(f->daemon);
	call_abandon_all(f);
	MHD_stop_daemon(f->daemon);
	repeats_end(&f->repeats);
	record_strangers(f);
	f->daemon = NULL;
}

static void drain_step(struct front *f)
{
	bool lingered = deadline_left_us(f->linger) == 0, late = deadline_left_us(f->abandon) == 0;

	if (late && f->waiting)
		call_abandon_all(f); /* they are sent in the next turn */
	else if (f->connections == 0 || (!f->waiting && !f->run && (late || (lingered && f->active == 0)))) {
		daemon_stop(f);
		f->conf.stopped(f->conf.owner);
		return;
	}
	if (!f->polled)
		loop_timer_set(f->loop, &f->wake, lingered ? (late ? deadline_after_ms(10) : f->abandon) : f->linger);
}

static bool front_turn(struct loop_turn *t)
{
	struct front *f = CONTAINER_OF(t, struct front, turn);
	bool begun;

	if (!f->daemon)
		return false;
	f->cuts = 0;
	if (f->run) {
		f->moved_before = f->moved;
		f->run = f->moved = false;
		MHD_run(f->daemon);
		secured_rest(&f->secured);
		daemon_next(f);
	}
	log_flush();
	if (f->draining)
		drain_step(f);
	begun = f->begun;
	f->begun = false;
	return f->run || begun;
}

/* Strict it would refuse a missing Host with a header sent twice, and a blank in the target without a word. */
static struct MHD_Daemon *daemon_start(struct front *f)
{
	unsigned flags = MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG;
	struct MHD_OptionItem of_tls[SECURED_OPTIONS] = { { MHD_OPTION_END, 0, NULL } };

	if (f->conf.tls) {
		flags |= MHD_USE_TLS;
		secured_options(of_tls);
	}
	return MHD_start_daemon(
		flags, 0, NULL, NULL, call_step, f,
		MHD_OPTION_EXTERNAL_LOGGER, daemon_log, f, MHD_OPTION_LISTEN_SOCKET, f->conf.fd,
		MHD_OPTION_CONNECTION_LIMIT, f->conf.connections + SPARE_CONNECTIONS,
		MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_BYTES,
		MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_S,
		MHD_OPTION_STRICT_FOR_CLIENT, 0, MHD_OPTION_UNESCAPE_CALLBACK, leave_raw, f,
		MHD_OPTION_URI_LOG_CALLBACK, call_begin, f, MHD_OPTION_NOTIFY_COMPLETED, call_completed, f,
		MHD_OPTION_NOTIFY_CONNECTION, link_notify, f, MHD_OPTION_ARRAY, of_tls, MHD_OPTION_END);
}

static const struct patience usual_patience = {
	.young_ms = 100, .header_ms = 10000, .body_ms = 10000, .answer_ms = 10000, .bytes_per_ms = 128
};

struct front *front_open(const struct front_conf *conf, struct err *err)
{
	struct front *f = memory_new(sizeof(*f));

	f->conf = *conf;
	if (!f->conf.patience.bytes_per_ms)
		f->conf.patience = usual_patience;
	f->loop = conf->lane->loop;
	f->watch.ready = daemon_ready;
	f->turn.turn = front_turn;
	f->wake.fire = daemon_woken;
	f->run = true;
	f->secured = (struct secured_all){ .tls = conf->tls, .lane = conf->lane, .run = &f->run };
	f->daemon = daemon_start(f);
	if (!f->daemon) {
		free(f);
		err_set(err, ERR_SYSTEM, "http", "libmicrohttpd cannot start");
		return NULL;
	}
	f->watch.fd = MHD_get_daemon_info(f->daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
	if (!loop_watch(f->loop, &f->watch, EPOLLIN, err)) {
		MHD_quiesce_daemon(f->daemon);
		MHD_stop_daemon(f->daemon);
		free(f);
		return NULL;
	}
	repeats_begin(&f->repeats, conf->lane);
	dearth_begin(f);
	loop_add_turn(f->loop, &f->turn);
	return f;
}

void front_quiesce(struct front *f)
{
	if (f->quiesced)
		return;
	f->quiesced = true;
	MHD_run(f->daemon); /* takes the connections that are already in the queue */
	secured_rest(&f->secured);
	MHD_quiesce_daemon(f->daemon);
	f->run = true;
}

void front_drain(struct front *f, uint32_t drain_ms)
{
	assert(f->quiesced);
	f->draining = true;
	secured_hasten(&f->secured);
	f->linger = deadline_after_ms(drain_ms < LINGER_MS ? drain_ms : LINGER_MS);
	f->abandon = deadline_after_ms(drain_ms);
	f->run = true;
}

void front_free(struct front **fp)
{
	struct front *f = *fp;

	if (!f)
		return;
	if (f->daemon) {
		front_quiesce(f);
		daemon_stop(f);
	}
	if (f->nobody > 0)
		close(f->nobody);
	free(f);
	*fp = NULL;
}
