/* side.h - work that is done beside: one thread that runs one piece of it at a time, and who gave it may go on until it
 * is over. All but the work itself belongs to that one thread. */
#ifndef WEBLOG_SIDE_H
#define WEBLOG_SIDE_H

#include "base/err.h"

struct weblog_side; /* opaque */

/* Start the thread. `work` is called on it with `owner`. NULL with ERR_SYSTEM: no thread. The caller owns it: end it
 * with weblog_side_free(). */
struct weblog_side *weblog_side_new(void (*work)(void *owner), void *owner, struct err *err) MUST_CHECK NONNULL(1, 3);
/* Wait for what is under way, and end the thread; accepts NULL inside; sets *side to NULL. */
void weblog_side_free(struct weblog_side **side) NONNULL(1);
/* Run the work once more; not while it runs. */
void weblog_side_begin(struct weblog_side *side) NONNULL(1);
/* Is the work that was begun over? Then what it wrote is to be seen, and it is no longer told so. */
bool weblog_side_over(struct weblog_side *side) MUST_CHECK NONNULL(1);
/* Wait until it is, with the same. */
void weblog_side_wait(struct weblog_side *side) NONNULL(1);
/* To poll() for reading: it is over. */
int weblog_side_fd(const struct weblog_side *side) NONNULL(1);

#endif
