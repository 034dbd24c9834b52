/* placing.h - the events of a batch into their sessions. One thread. */
#ifndef WEBLOG_PLACING_H
#define WEBLOG_PLACING_H

#include "weblog/reading.h"
#include "weblog/store.h"

/* Put each event in its session; whose last one is not remembered is asked from the store. False: that fails, and no
 * event is placed. `conf` is that of both. */
bool weblog_place(struct weblog_sessions *sessions, struct weblog_store *store, const struct weblog *conf,
		  struct weblog_gathered *batch, struct err *err) MUST_CHECK NONNULL(1, 2, 3, 4, 5);

#endif
