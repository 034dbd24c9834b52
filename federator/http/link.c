#include "federator/http/link.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "base/memory.h"
#include "federator/http/front_state.h"

enum { CUTS_A_TURN = 16 };

static void list_leave(struct link *link)
{
	if (!link->list)
		return;
	*link->at = link->next;
	if (link->next)
		link->next->at = link->at;
	else
		link->list->end = link->at;
	link->list = NULL;
}

static void list_join(struct link *link, struct link_list *list)
{
	if (!list->first)
		list->end = &list->first;
	link->list = list;
	link->next = NULL;
	link->at = list->end;
	*list->end = link;
	list->end = &link->next;
}

const char *link_address(struct link *link)
{
	union {
		struct sockaddr any;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
		struct sockaddr_storage all;
	} peer = { .any.sa_family = AF_UNSPEC };
	socklen_t n = sizeof(peer);

	if (!link)
		return "";
	if (link->address[0] || getpeername(link->fd, &peer.any, &n) != 0)
		return link->address;
	if (peer.any.sa_family == AF_INET)
		inet_ntop(AF_INET, &peer.v4.sin_addr, link->address, sizeof(link->address));
	else if (peer.any.sa_family == AF_INET6)
		inet_ntop(AF_INET6, &peer.v6.sin6_addr, link->address, sizeof(link->address));
	else
		strcpy(link->address, "unix");
	return link->address;
}

void link_cut(struct link *link)
{
	list_leave(link);
	shutdown(link->fd, SHUT_RDWR); /* libmicrohttpd reads the end and closes */
}

/* A request moves the deadline five times, almost always to later: the timer is left until it fires. */
static void due_at(struct link *link, struct deadline due)
{
	link->due = due;
	link->late = false;
	if (link->timer.slot == 0 || due.at_us < link->timer.due.at_us)
		loop_timer_set(link->front->loop, &link->timer, due);
}

/* From the begin of the loop's turn on. */
static void due_in(struct link *link, uint64_t ms)
{
	due_at(link, (struct deadline){ loop_turn_us(link->front->loop) + 1000 * ms });
}

/* Look again after the daemon has run. */
static void look_again(struct link *link)
{
	link->late = true;
	link->front->run = true;
	loop_timer_set(link->front->loop, &link->timer, deadline_after_ms(1));
}

/* What came in time may wait to be read, by a thread that had no processor: it is late who still is when the daemon has
 * run. Thousands that came together are late together: whoever asks meanwhile shall not wait for the closing of them
 * all. */
static void link_late(struct loop_timer *t)
{
	struct link *link = CONTAINER_OF(t, struct link, timer);

	if (link->due.at_us == 0)
		return;
	if (deadline_left_us(link->due) > 0)
		due_at(link, link->due);
	else if (link->late && link->front->cuts++ < CUTS_A_TURN)
		link_cut(link);
	else
		look_again(link);
}

bool link_make_room(struct front *f)
{
	struct link *link = f->fresh.first;

	if (!link || clock_mono_us() < link->begun_us + 1000 * (uint64_t)f->conf.patience.young_ms)
		link = f->idle.first;
	if (!link)
		return false;
	link_cut(link);
	return true;
}

static struct link *link_new(struct front *f, struct MHD_Connection *conn)
{
	struct link *link = memory_new(sizeof(*link));

	link->front = f;
	link->fd = MHD_get_connection_info(conn, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
	if (f->conf.tls)
		link->secured = secured_begin(&f->secured, conn, link->fd);
	link->timer.fire = link_late;
	link->begun_us = clock_mono_us();
	link->spare = f->connections >= f->conf.connections && !link_make_room(f);
	list_join(link, &f->fresh);
	due_in(link, f->conf.patience.header_ms);
	f->connections++;
	lane_count(f->conf.lane, METER_CONNECTIONS, 1);
	lane_count(f->conf.lane, METER_CONNECTIONS_OPENED, 1);
	return link;
}

void link_notify(void *front, struct MHD_Connection *conn, void **linkp, enum MHD_ConnectionNotificationCode code)
{
	struct front *f = front;
	struct link *link = *linkp;
	void *left;

	switch (code) {
	case MHD_CONNECTION_NOTIFY_STARTED:
		*linkp = link_new(f, conn);
		return;
	case MHD_CONNECTION_NOTIFY_CLOSED:
		/* libmicrohttpd 0.9.75 never completes a request whose line leaves no room for its own answer */
		left = link->call;
		call_completed(f, conn, &left, MHD_REQUEST_TERMINATED_WITH_ERROR);
		list_leave(link);
		loop_timer_cancel(f->loop, &link->timer);
		secured_end(&link->secured);
		free(link);
		*linkp = NULL;
		f->connections--;
		lane_count(f->conf.lane, METER_CONNECTIONS, -1);
		f->dearth.closed = true;
		return;
	}
}

void link_begins(struct link *link)
{
	due_in(link, link->front->conf.patience.header_ms);
}

void link_asks(struct link *link)
{
	link->proven = true;
	list_leave(link);
	due_in(link, link->front->conf.patience.body_ms);
}

void link_waits(struct link *link)
{
	link->due = (struct deadline){ 0 };
}

void link_answers(struct link *link, size_t bytes)
{
	const struct patience *patience = &link->front->conf.patience;

	due_in(link, patience->answer_ms + bytes / patience->bytes_per_ms);
}

void link_rests(struct link *link)
{
	struct front *f = link->front;

	list_leave(link);
	list_join(link, link->proven ? &f->idle : &f->fresh);
	due_in(link, IDLE_S * 1000 + f->conf.patience.header_ms);
}
