/* redis_socket.h - where Redis listens, and a socket to it that never blocks. No state; safe from any
 * thread. */
#ifndef CACHE_REDIS_SOCKET_H
#define CACHE_REDIS_SOCKET_H

#include <sys/socket.h>

#include "base/err.h"

struct redis_address {
	struct sockaddr_storage at;
	socklen_t n;
};

/* Read "unix:/path", "127.0.0.1:6379" or "[::1]:6379". Fails with ERR_CONFIG. */
bool redis_socket_address(const char *text, struct redis_address *out, struct err *err)
	MUST_CHECK NONNULL(1, 2, 3);
/* Begin to connect; the caller owns the descriptor and waits until it can be written. -1: refused at once. */
int redis_socket_connect(const struct redis_address *address) MUST_CHECK NONNULL(1);
/* Did the connecting end well? */
bool redis_socket_connected(int fd);

#endif
