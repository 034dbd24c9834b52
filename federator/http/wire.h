/* wire.h - a client's connection without libmicrohttpd: a socket, and the TLS session on it, if there is one. One
 * thread at a time; nothing here waits. */
#ifndef FEDERATOR_HTTP_WIRE_H
#define FEDERATOR_HTTP_WIRE_H

#include <sys/types.h>

#include "federator/tls.h"

struct wire {
	int fd;                             /* non-blocking */
	struct gnutls_session_int *session; /* NULL: none */
	const struct tls_set *set;          /* of the session */
	int64_t until; /* when the client's certificate expires, in seconds since 1970; 0: none was shown */
	bool held; /* a record is sealed and not sent: the next bytes are those that are in it already */
};

/* As send(): how many bytes were taken; -1 with errno EAGAIN: none now, give the same again; another errno: it is
 * gone. */
ssize_t wire_send(struct wire *w, struct str bytes) MUST_CHECK NONNULL(1);
/* As recv(). */
ssize_t wire_recv(struct wire *w, void *bytes, size_t n) MUST_CHECK NONNULL(1, 2);
/* Say that nothing more comes from us. What was sent still arrives. */
void wire_finish(struct wire *w) NONNULL(1);
/* Has the client's certificate expired, or were the authorities that vouched for it replaced? */
bool wire_lapsed(const struct wire *w) NONNULL(1);
/* Free the session and close the socket. */
void wire_close(struct wire *w) NONNULL(1);

#endif
