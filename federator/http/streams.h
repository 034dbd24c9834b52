/* streams.h - what answers in pieces or behind the answer: streams of customers and agents, pops, warming.
 * On a loop and a thread of its own, so that thousands of idle streams cost the loops of answers nothing. */
#ifndef FEDERATOR_HTTP_STREAMS_H
#define FEDERATOR_HTTP_STREAMS_H

#include <stdatomic.h>

#include "federator/http/exchange.h"
#include "federator/http/pop.h"

struct streams; /* opaque */

struct streams_conf {
	struct service *service;
	struct access *access; /* tells whether who listens still may; NULL: everybody may */
	struct audit *audit; /* where what is shown goes on record; NULL: nowhere */
	uint32_t most; /* streams at a time */
	atomic_uint *all; /* how many are open together with those of others; NULL: these are all */
	uint32_t most_of_all;
};

/* Start. The caller owns the result: drain it, stop it, close the service, and end it with streams_free(). */
struct streams *streams_start(const struct streams_conf *conf, struct err *err) MUST_CHECK NONNULL(1, 2);
/* Say good-bye to all that listen; new ones are refused. Returns when they have been told. */
void streams_drain(struct streams *s) NONNULL(1);
/* End the thread and the lane; no exchange may be with it, and no request hold a mapping set. What is left is the loop,
 * because a worker of an adapter may still be about to wake it. */
void streams_stop(struct streams *s) NONNULL(1);
/* Free stopped streams, after service_close(), or some whose start failed. Accepts NULL inside; sets *s to NULL. */
void streams_free(struct streams **s) NONNULL(1);

/* What handlers hand in, on the loop of their exchange. Each answers the exchange, at once or later, or parts with its
 * connection. */

/* Let the client listen to the answer to a question. */
void streams_customer(struct streams *s, struct exchange *x, const struct pop *pop) NONNULL(1, 2, 3);
/* Let it listen to the pops of an agent, for a purpose. `last` is the last event that it has, or the NULL view. */
void streams_agent(struct streams *s, struct exchange *x, struct str agent, struct str purpose, struct str last)
	NONNULL(1, 2);
/* Let it watch a web site, for a purpose: `bytes` of onsite_write(), which are emptied. */
void streams_onsite(struct streams *s, struct exchange *x, struct str purpose, struct buf *bytes) NONNULL(1, 2, 4);
/* Answer a question to all who listen to pop->agent, for the purpose of each; to nobody for its own. `more` are further
 * members of the answer to the exchange, in its arena, or the NULL view. */
void streams_pop(struct streams *s, struct exchange *x, const struct pop *pop, struct str more) NONNULL(1, 2, 3);
/* Answer `n` questions to nobody: their copies are what is wanted. `bytes` holds a pop that says what is wanted of all,
 * and the keys of each behind it; it is emptied. */
void streams_warm(struct streams *s, struct exchange *x, struct str purpose, struct buf *bytes, size_t n)
	NONNULL(1, 2, 4);

#endif
