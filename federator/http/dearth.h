/* dearth.h - no descriptor is left for a connection. libmicrohttpd 0.9.75 then stops accepting until one of its
 * connections closes, or without any runs hot. So one is cut that can be spared, and where none can be, who knocks is
 * answered with 503 by a descriptor held back for that. On the front's loop. */
#ifndef FEDERATOR_HTTP_DEARTH_H
#define FEDERATOR_HTTP_DEARTH_H

#include "base/loop.h"

struct front;

struct dearth {
	int held_fd; /* for who knocks; -1: none */
	struct loop_timer again;
	bool closed; /* a connection, since a descriptor was missing */
	uint64_t told_us;
};

/* Hold a descriptor back. */
void dearth_begin(struct front *f) NONNULL(1);
/* libmicrohttpd could not accept a connection; from its log. */
void dearth_notice(struct front *f) NONNULL(1);
/* Let go. */
void dearth_end(struct front *f) NONNULL(1);

#endif
