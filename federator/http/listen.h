/* listen.h - listening sockets: "127.0.0.1:8080", "[::1]:8080", "localhost:0", "unix:/path". */
#ifndef FEDERATOR_HTTP_LISTEN_H
#define FEDERATOR_HTTP_LISTEN_H

#include "base/err.h"

/* A socket that listens. */
struct listener {
	int fd;            /* non-blocking; -1: none */
	uint16_t port;     /* 0: a unix socket */
	char address[128]; /* as bound: port 0 is replaced */
	bool inherited;    /* the file of a unix socket is its owner's */
};

/* Bind and listen. Without authentication only loopback addresses and unix sockets are taken; a unix socket
 * left behind by a dead process is replaced. ERR_CONFIG: not an address, not loopback; ERR_SYSTEM: in use. */
bool listen_open(const char *address, struct listener *out, struct err *err) MUST_CHECK NONNULL(1, 2, 3);
/* The socket passed in by systemd (LISTEN_FDS of this process) instead; out->fd == -1 when none was passed.
 */
bool listen_inherit(struct listener *out, struct err *err) MUST_CHECK NONNULL(1, 2);
/* Remove the file of a unix socket of our own, and close a socket that nobody took over. */
void listen_close(struct listener *l) NONNULL(1);

/* Address of the admin socket of the service on `port`: unix:$XDG_RUNTIME_DIR/federator/<port>.sock, else
 * /run/federator/<port>.sock if that directory is ours, else /tmp/federator-<uid>/<port>.sock. With `make`
 * the directory is made (0700) when missing; one of another user, or open to others, is refused. */
bool listen_admin_address(uint16_t port, bool make, char out[128], struct err *err) MUST_CHECK NONNULL(3, 4);

#endif
