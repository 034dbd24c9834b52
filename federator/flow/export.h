/* export.h - all that the views show of one customer, as one document: each tree view in turn, asked past the cache and
 * kept nowhere, with provenance, its time line to the end. */
#ifndef FEDERATOR_FLOW_EXPORT_H
#define FEDERATOR_FLOW_EXPORT_H

#include "federator/flow/flow.h"

#define EXPORT_NAMESPACE "urn:federator:export:1"

/* Past so much of a document nothing more is asked: what is left out is named in it. */
enum { EXPORT_BYTES_MAX = 16 * 1024 * 1024 };

/* Ask as `ask` says who asks, in its language, and whose data: by sealed id, or by keys, any of the mapping, that name
 * one customer. Its format is JSON or XML. All views are of one mapping set. The answer is a problem when no view has
 * one: that of the first. done() is called once on the lane's loop, perhaps before this returns; it takes over
 * reply->body. When *given_up becomes true, on that loop, no further view is asked: the document ends with the one that
 * is under way, and is not complete. It must live until done(); NULL: nobody gives up. */
void export_start(struct lane *lane, const struct ask *ask, void (*done)(void *owner, struct reply *reply), void *owner,
		  const bool *given_up) NONNULL(1, 2, 3);

#endif
