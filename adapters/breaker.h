/* breaker.h - is a source worth asking? After failures in a row it is not for a while: its fetches fail at once with
 * the last fault, then one connect tries. Workers report what happens; nothing here waits, reads a clock or locks, so
 * the same events give the same states. Not thread-safe: who owns it guards it. Only files of adapters/ call this but
 * for breaker_word(). */
#ifndef ADAPTERS_BREAKER_H
#define ADAPTERS_BREAKER_H

#include "base/err.h"

enum breaker_state {
	BREAKER_CLOSED, /* asked as usual */
	BREAKER_OPEN, /* rests: no fetch and no connect */
	BREAKER_PROBING, /* one connect tries; still no fetch */
};
enum { BREAKER_STATES = BREAKER_PROBING + 1 };

enum breaker_event {
	BREAKER_ANSWERED, /* a fetch was answered, be it by an error of the query */
	BREAKER_FAILED, /* a fetch was begun and got no answer: lost, refused, late, hung */
	BREAKER_LOST, /* a connection was lost under a fetch, which may be tried once more */
	BREAKER_CONNECTED,
	BREAKER_UNCONNECTED, /* a connect failed */
	BREAKER_DESERTED, /* no worker is left that could be asked: none has a connection, or all hang */
	BREAKER_PROBE, /* a worker begins to connect; see breaker_may_connect() */
};
enum { BREAKER_EVENTS = BREAKER_PROBE + 1 };

enum {
	BREAKER_IN_A_ROW = 3, /* failures that open it */
	BREAKER_WINDOW_S = 10, /* in which more than half ... */
	BREAKER_WINDOW_LEAST = 20, /* ... of at least so many open it */
	BREAKER_REST_FIRST_MS = 250,
	BREAKER_REST_MOST_MS = 10000,
};

struct breaker {
	enum breaker_state state;
	bool unconnected; /* the last connect failed */
	bool doubt; /* nothing shows yet that a connect will succeed: one at a time */
	uint32_t in_a_row; /* failures */
	struct {
		uint64_t second; /* of the monotonic clock */
		uint32_t answered, failed;
	} window[BREAKER_WINDOW_S];
	uint32_t rest_ms; /* the last rest; 0: none since all was well */
	uint64_t retry_us; /* no connect before this point of the monotonic clock */
	uint64_t probes; /* since the start */
	uint64_t random;
	struct err fault; /* the last; that of the connects while unconnected */
};

/* Closed, and in doubt. `seed` makes the rests of many servers differ. */
void breaker_begin(struct breaker *b, uint64_t seed) NONNULL(1);

/* What a fetch that was begun and ended so tells. False: nothing. */
bool breaker_judge(enum err_class cls, enum breaker_event *event_out) MUST_CHECK NONNULL(2);

/* Something happened at `now_us`; `err` is why, for failures, else NULL. */
void breaker_event(struct breaker *b, enum breaker_event event, const struct err *err, uint64_t now_us) NONNULL(1);

/* May a worker connect now? While one is connecting the caller also looks at `doubt`. */
bool breaker_may_connect(const struct breaker *b, uint64_t now_us) MUST_CHECK NONNULL(1);

/* Are all fetches refused, with b->fault? */
bool breaker_refuses(const struct breaker *b) MUST_CHECK NONNULL(1);

/* Is there anything to tell an operator: it refuses, or takes no new connections? */
bool breaker_troubled(const struct breaker *b) MUST_CHECK NONNULL(1);

/* "closed", "open", "probing". */
const char *breaker_word(enum breaker_state state) __attribute__((returns_nonnull));

#endif
