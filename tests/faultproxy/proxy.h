/* proxy.h - passes TCP connections on between loopback ports, each direction with its toxics, which may change at any
 * time. One thread; for some hundred connections. */
#ifndef TESTS_FAULTPROXY_PROXY_H
#define TESTS_FAULTPROXY_PROXY_H

#include "tests/faultproxy/toxics.h"

enum { PROXY_UP, PROXY_DOWN }; /* directions: to the server, to the client */

/* Make the loop. Ends the process when it cannot. */
void proxy_begin(void);
/* Listen on a loopback port of the system's choice, which is returned, for connections to `to_port`, with these toxics
 * in both directions. */
unsigned proxy_listen(unsigned to_port, const struct toxics *toxics) NONNULL(2);
/* Change the toxics of a listener's connections, old ones and new ones. False: there is no such listener. */
bool proxy_set(size_t listener, int direction, const struct toxics *toxics) MUST_CHECK NONNULL(3);
/* How many listeners there are. */
size_t proxy_listeners(void);
/* Serve until the process is killed. `command` is called with each line of stdin; the end of stdin ends only that. */
_Noreturn void proxy_run(void (*command)(char *line)) NONNULL(1);

#endif
