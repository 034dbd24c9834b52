/* secured.h - the TLS sessions of a front's links, which libmicrohttpd runs. Two things it cannot: it knows one
 * certificate for as long as the daemon runs, so each session is prepared here; and while the client's part of
 * a handshake has not come it looks again and again (version 0.9.75), so between its runs connections that shake
 * hands are suspended. On the front's loop. */
#ifndef FEDERATOR_HTTP_SECURED_H
#define FEDERATOR_HTTP_SECURED_H

#include <microhttpd.h>

#include "federator/http/wire.h"
#include "federator/service.h"

struct secured; /* opaque */

enum { SECURED_OPTIONS = 3 };
/* What a daemon with MHD_USE_TLS is started with. */
void secured_options(struct MHD_OptionItem out[SECURED_OPTIONS]) NONNULL(1);

/* Those of a front. */
struct secured_all {
	struct tls *tls; /* NULL: it has none */
	struct lane *lane;
	bool *run;               /* set when the daemon has to be run */
	bool ends;               /* handshakes are not waited for any more */
	struct secured *shaking; /* not through with the handshake */
};

/* The daemon was run: suspend those that shake hands, until more comes of them. */
void secured_rest(struct secured_all *all) NONNULL(1);
/* Cut those that shake hands, now and later: after the next run of the daemon none is left. */
void secured_hasten(struct secured_all *all) NONNULL(1);

/* Of a new connection of the daemon, on a socket. The caller ends it with secured_end(). */
struct secured *secured_begin(struct secured_all *all, struct MHD_Connection *conn, int fd) NONNULL(1, 2)
	__attribute__((returns_nonnull));
/* The connection is closed: its session is gone already. Accepts NULL inside; sets *s to NULL. */
void secured_end(struct secured **s) NONNULL(1);
/* May nothing be answered on it any more, since the client's certificate has expired or its authority was replaced? */
bool secured_lapsed(const struct secured *s) NONNULL(1);
/* The name on the client's certificate; the NULL view: it has shown none. Lives as long as `s`. */
struct str secured_name(struct secured *s) NONNULL(1);
/* The session, for what is written past libmicrohttpd. NULL: it was given away. */
struct gnutls_session_int *secured_session(const struct secured *s) NONNULL(1);
/* Take the session away from libmicrohttpd, which gets one in its place that was never used; `out->fd` is the socket
 * that the session is on from now on. False: it cannot be, and nothing was done. */
bool secured_take(struct secured *s, struct MHD_Connection *conn, struct wire *out) MUST_CHECK NONNULL(1, 2, 3);

#endif
