/* notify.h - what systemd is told: a datagram to $NOTIFY_SOCKET for each message (sd_notify(3)), if there is one. */
#ifndef FEDERATOR_NOTIFY_H
#define FEDERATOR_NOTIFY_H

#include "base/base.h"

/* Send "READY=1" or the like. Any thread. It waits five seconds at most for one who has yet to read what was sent
 * before; who does not listen is not waited for. */
void notify_send(const char *message) NONNULL(1);
/* How often "WATCHDOG=1" is due, in microseconds: half of what systemd allows this process; 0: it does not ask. */
uint64_t notify_watchdog_us(void);

#endif
