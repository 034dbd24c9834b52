#include "federator/http/secured.h"

#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <gnutls/gnutls.h>

#include "base/memory.h"

enum { NAME_BYTES = 256 };

struct secured {
	struct loop_fd watch; /* while it is parked */
	bool parked;          /* suspended, and no request's */
	struct secured_all *all;
	struct MHD_Connection *conn;
	gnutls_session_t session; /* libmicrohttpd's to free; NULL: given away */
	const struct tls_set *set;
	bool begun;  /* the handshake is done */
	bool read;   /* the client's certificate was looked at */
	char *name;  /* on it; NULL: it has shown none */
	int64_t until; /* then it expires; 0: none was shown */
	struct secured *next, **at; /* in all->shaking; NULL: it is not */
};

/* Where libmicrohttpd's certificates come from: its sessions get other credentials. */
static int never_asked(void)
{
	abort();
}

void secured_options(struct MHD_OptionItem out[SECURED_OPTIONS])
{
	union {
		const char *read;
		void *p; /* libmicrohttpd only reads */
	} priorities = { .read = tls_priorities };

	out[0] = (struct MHD_OptionItem){ MHD_OPTION_HTTPS_PRIORITIES, 0, priorities.p };
	out[1] = (struct MHD_OptionItem){ MHD_OPTION_HTTPS_CERT_CALLBACK, 0, (void *)never_asked };
	out[2] = (struct MHD_OptionItem){ MHD_OPTION_END, 0, NULL };
}

static gnutls_session_t session_of(struct MHD_Connection *conn)
{
	return MHD_get_connection_info(conn, MHD_CONNECTION_INFO_GNUTLS_SESSION)->tls_session;
}

static int on_finished(gnutls_session_t session, unsigned type, unsigned when, unsigned incoming,
		       const gnutls_datum_t *message)
{
	struct secured *s = gnutls_session_get_ptr(session);

	(void)type;
	(void)when;
	(void)message;
	if (incoming && !s->begun) {
		s->begun = true;
		lane_count_public(s->all->lane, METER_TLS_HANDSHAKES);
	}
	return 0;
}

/* ---- handshakes ---- */

static void shaking_leave(struct secured *s)
{
	if (!s->at)
		return;
	*s->at = s->next;
	if (s->next)
		s->next->at = s->at;
	s->at = NULL;
}

static void shaking_join(struct secured *s)
{
	struct secured_all *all = s->all;

	s->next = all->shaking;
	s->at = &all->shaking;
	if (s->next)
		s->next->at = &s->next;
	all->shaking = s;
}

static void go_on(struct secured *s)
{
	if (!s->parked)
		return;
	s->parked = false;
	loop_unwatch(s->all->lane->loop, &s->watch);
	MHD_resume_connection(s->conn);
	*s->all->run = true;
}

static void on_ready(struct loop_fd *w, uint32_t events)
{
	(void)events;
	go_on(CONTAINER_OF(w, struct secured, watch));
}

static void park(struct secured *s)
{
	uint32_t event = gnutls_record_get_direction(s->session) ? EPOLLOUT : EPOLLIN;
	struct err err;

	if (s->all->ends || !loop_watch(s->all->lane->loop, &s->watch, event | EPOLLRDHUP, &err)) {
		shutdown(s->watch.fd, SHUT_RDWR); /* libmicrohttpd reads the end and closes */
		*s->all->run = true;
		return;
	}
	s->parked = true;
	MHD_suspend_connection(s->conn);
}

void secured_rest(struct secured_all *all)
{
	for (struct secured *s = all->shaking, *next; s; s = next) {
		next = s->next;
		if (s->begun)
			shaking_leave(s);
		else if (!s->parked)
			park(s);
	}
}

void secured_hasten(struct secured_all *all)
{
	all->ends = true;
	for (struct secured *s = all->shaking; s; s = s->next) {
		shutdown(s->watch.fd, SHUT_RDWR);
		go_on(s);
	}
}

/* ---- one session ---- */

/* One that cannot be prepared has no certificate: its handshake fails. */
struct secured *secured_begin(struct secured_all *all, struct MHD_Connection *conn, int fd)
{
	struct secured *s = memory_new(sizeof(*s));

	s->watch = (struct loop_fd){ .fd = fd, .ready = on_ready };
	s->all = all;
	s->conn = conn;
	s->session = session_of(conn);
	s->set = tls_current(all->tls);
	gnutls_session_set_ptr(s->session, s);
	gnutls_handshake_set_hook_function(s->session, GNUTLS_HANDSHAKE_FINISHED, GNUTLS_HOOK_POST, on_finished);
	if (!tls_prepare(s->set, s->session))
		gnutls_credentials_clear(s->session);
	shaking_join(s);
	return s;
}

void secured_end(struct secured **sp)
{
	struct secured *s = *sp;

	if (!s)
		return;
	if (!s->begun)
		lane_count_public(s->all->lane, METER_TLS_FAILED);
	shaking_leave(s);
	tls_set_drop(&s->set);
	free(s->name);
	free(s);
	*sp = NULL;
}

/* After the handshake. */
static void certificate_read(struct secured *s)
{
	if (s->read)
		return;
	s->read = true;
	if (!tls_asks(s->set))
		return;
	s->name = memory_new(NAME_BYTES);
	if (tls_peer_name(s->session, s->name, NAME_BYTES, &s->until))
		return;
	free(s->name);
	s->name = NULL;
}

struct str secured_name(struct secured *s)
{
	certificate_read(s);
	return s->name ? str_of(s->name) : (struct str){ 0 };
}

bool secured_lapsed(const struct secured *s)
{
	return wire_lapsed(&(const struct wire){ .set = s->set, .until = s->until });
}

struct gnutls_session_int *secured_session(const struct secured *s)
{
	return s->session;
}

/* libmicrohttpd 0.9.75 answers with a pointer to the place itself (connection.c); later versions copy, and then
 * nothing was done. */
static bool swap(struct MHD_Connection *conn, gnutls_session_t other)
{
	union {
		const union MHD_ConnectionInfo *read;
		gnutls_session_t *place;
	} u = { .read = MHD_get_connection_info(conn, MHD_CONNECTION_INFO_GNUTLS_SESSION) };

	*u.place = other;
	return session_of(conn) == other;
}

/* libmicrohttpd says good-bye on it, which GnuTLS does not survive without priorities. NULL: no memory. */
static gnutls_session_t session_to_end(int fd)
{
	gnutls_session_t session;

	if (gnutls_init(&session, GNUTLS_SERVER | GNUTLS_NONBLOCK | GNUTLS_NO_SIGNAL) != 0)
		return NULL;
	gnutls_transport_set_int(session, fd);
	if (gnutls_set_default_priority(session) == 0)
		return session;
	gnutls_deinit(session);
	return NULL;
}

bool secured_take(struct secured *s, struct MHD_Connection *conn, struct wire *out)
{
	gnutls_session_t other = session_to_end(gnutls_transport_get_int(s->session));

	if (!other)
		return false;
	if (!swap(conn, other)) {
		gnutls_deinit(other);
		return false;
	}
	gnutls_transport_set_int(s->session, out->fd);
	gnutls_session_set_ptr(s->session, NULL);
	gnutls_handshake_set_hook_function(s->session, GNUTLS_HANDSHAKE_FINISHED, GNUTLS_HOOK_POST, NULL);
	out->session = s->session;
	out->set = s->set;
	out->until = s->until;
	s->session = NULL;
	s->set = NULL;
	return true;
}
