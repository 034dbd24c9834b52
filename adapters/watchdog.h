/* watchdog.h - ends calls of drivers that do not end by themselves. With the server frozen or the network gone
 * psqlODBC 13.02, MariaDB ODBC 3.1.15 and FreeTDS 1.3.17 wait for ever, whatever time-outs are set in ODBC; what
 * releases them, in the connect as in a query, with TLS or without, is shutdown() of their socket. So the executable
 * has a connect() of its own, which the drivers' libraries find before libc's: it keeps a duplicate of each stream
 * socket that is connected inside a watched call. A duplicate, because libpq closes its socket on errors and the
 * number may be another's then. One thread of the process shuts the sockets of calls that pass their limit.
 *
 * A watch belongs to one worker thread, which calls everything but watch_cut() and watch_cuts(): these
 * are safe from any thread. */
#ifndef ADAPTERS_WATCHDOG_H
#define ADAPTERS_WATCHDOG_H

#include <pthread.h>
#include <stdatomic.h>

#include "base/clock.h"
#include "base/err.h"

enum {
	WATCH_SOCKETS = 4, /* of one connection: its own, and others a library opens meanwhile (Kerberos) */
};

/* A socket of the driver. */
struct watch_socket {
	int theirs; /* may be closed, and the number another's */
	int ours; /* the duplicate */
};

struct watch {
	pthread_mutex_t lock; /* of all below but `due_us` as it is read, and the list */
	struct watch_socket sockets[WATCH_SOCKETS];
	uint32_t n_sockets;
	_Atomic uint64_t due_us; /* limit of the call under way; UINT64_MAX: it has none; 0: no call */
	uint32_t span_ms; /* of the limit, for watch_restart() */
	bool over; /* the call is past its limit: it connects no more */
	bool cut; /* its sockets were shut */
	_Atomic uint64_t cuts; /* calls whose sockets were shut */
	struct watch *next, **at; /* the watchdog's list */
};

/* A socket is about to be connected by the calling thread: kept, inside a watched call. False: it must not be, errno
 * says why. For own_connect.c. */
bool watch_connects(int fd) MUST_CHECK;

/* One more needs the thread of the process: start it, unless it runs. ERR_SYSTEM. From any thread. */
bool watchdog_start(struct err *err) MUST_CHECK NONNULL(1);
/* One less: the last ends the thread. Its watches are closed. From any thread. */
void watchdog_stop(void);

/* Put a zeroed watch on the watchdog's list. */
void watch_open(struct watch *w) NONNULL(1);
/* Take it off. No call is under way. */
void watch_close(struct watch *w) NONNULL(1);

/* The calling thread enters a driver: sockets that it connects are kept with `w`, and shut when the call is not back
 * at `due`. */
void watch_begin(struct watch *w, struct deadline due) NONNULL(1);
/* The call of this thread had to wait for another thread of ours: its limit begins anew. Nothing without a watch. */
void watch_restart(void);
/* The driver is back; true: the call was cut. The connection is not to be used any more then. */
bool watch_end(struct watch *w) MUST_CHECK NONNULL(1);
/* The driver has let go of its connection: the duplicates are closed. */
void watch_forget(struct watch *w) NONNULL(1);

/* Shut the sockets now, whether a call is under way or not; false: there are none. */
bool watch_cut(struct watch *w) NONNULL(1);
/* How many calls were cut. */
uint64_t watch_cuts(const struct watch *w) NONNULL(1);

#endif
