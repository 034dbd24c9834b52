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

/* What is between who reaches an address and the customers. Bits. */
enum listen_guard {
	LISTEN_BARE = 0,
	LISTEN_AUTHENTICATED = 1, /* everybody proves who they are */
	LISTEN_ENCRYPTED = 2,
	LISTEN_GUARDED = LISTEN_AUTHENTICATED | LISTEN_ENCRYPTED,
};

/* Bind and listen. Without both guards only loopback addresses and unix sockets are taken; a unix socket left behind by
 * a dead process is replaced. ERR_CONFIG: not an address, not loopback; ERR_SYSTEM: in use. */
bool listen_open(const char *address, unsigned guards, struct listener *out, struct err *err) MUST_CHECK
	NONNULL(1, 3, 4);
/* The socket passed in by systemd (LISTEN_FDS of this process) instead, as there; out->fd == -1 when none was
 * passed. */
bool listen_inherit(unsigned guards, struct listener *out, struct err *err) MUST_CHECK NONNULL(2, 3);
/* Remove the file of a unix socket of our own, and close a socket that nobody took over. */
void listen_close(struct listener *l) NONNULL(1);

/* Address of the admin socket of the service on `port`: unix:$XDG_RUNTIME_DIR/federator/<port>.sock, else
 * /run/federator/<port>.sock if that directory is ours, else /tmp/federator-<uid>/<port>.sock. With `make`
 * the directory is made (0700) when missing; one of another user, or open to others, is refused. */
bool listen_admin_address(uint16_t port, bool make, char out[128], struct err *err) MUST_CHECK NONNULL(3, 4);

#endif
