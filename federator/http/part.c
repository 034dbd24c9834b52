/* part.c - a client's connection leaves libmicrohttpd, which would keep 8 KiB for it and look at it
 * whenever another one is resumed. Version 0.9.75 has no such thing, but while a connection is suspended it
 * is not in the daemon's epoll set: then its descriptor can be made one of a socket without a peer, and
 * what libmicrohttpd does to end the connection, shutdown() and close(), does not reach the client. With TLS it
 * gets another session in the same way (secured.c). */
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "federator/http/front_state.h"

/* Is the client's connection to be had, with something to leave in its place? */
static bool part_begin(struct call *call, struct wire *out)
{
	struct front *f = call->front;

	if (!call->link)
		return false;
	if (f->nobody <= 0)
		f->nobody = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	*out = (struct wire){ .fd = f->nobody > 0 ? fcntl(call->link->fd, F_DUPFD_CLOEXEC, 3) : -1 };
	if (out->fd < 0)
		return false;
	if (!call->link->secured || secured_take(call->link->secured, call->conn, out))
		return true;
	close(out->fd);
	return false;
}

/* False: it is cut, and the wire closed. */
static bool part_end(struct call *call, struct wire *wire)
{
	bool given;

	MHD_suspend_connection(call->conn);
	given = dup3(call->front->nobody, call->link->fd, O_CLOEXEC) >= 0;
	if (!given) {
		link_cut(call->link); /* both have it: nobody can use it */
		wire_close(wire);
	}
	MHD_resume_connection(call->conn);
	call->front->run = true;
	return given;
}

void part_tell(struct call *call, const struct wire *wire)
{
	exchange_take *take = call->take;

	call->take = NULL;
	if (take)
		take(call->taker, wire);
}

bool part_now(struct call *call)
{
	struct wire wire;

	if (!part_begin(call, &wire)) {
		part_tell(call, NULL);
		exchange_problem(&call->x, 503, "overloaded", "no descriptor is left for a stream",
				 "ask again in a moment");
		return false;
	}
	call->pending = false;
	call_leave(call);
	call->x.reply.status = 200;
	call_tell(call);
	call->state = CALL_REFUSED;
	part_tell(call, part_end(call, &wire) ? &wire : NULL);
	return true;
}
