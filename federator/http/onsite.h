/* onsite.h - a question of who is on a web site now, on its way to the loop of streams. */
#ifndef FEDERATOR_HTTP_ONSITE_H
#define FEDERATOR_HTTP_ONSITE_H

#include "base/buf.h"
#include "federator/web/web.h"

/* Append the question; its texts hold no NUL. */
void onsite_write(const struct web_ask *ask, struct buf *out) NONNULL(1, 2);
/* The way back; texts point into `bytes`; role and purpose are not of it. False: it is no such question. */
bool onsite_read(struct str bytes, struct web_ask *out) MUST_CHECK NONNULL(2);

#endif
