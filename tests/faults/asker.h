/* asker.h - one HTTP/1.1 keep-alive connection that asks for views of customers, for load with answers that are
 * checked. One thread. */
#ifndef TESTS_FAULTS_ASKER_H
#define TESTS_FAULTS_ASKER_H

#include "base/buf.h"

/* How a customer is asked for. */
enum ask_by { ASK_BY_MEMBER, ASK_BY_PHONE };

/* One request and what came of it; also the record in the output, in front of the body. */
struct answer {
	uint64_t start_us; /* CLOCK_MONOTONIC: when it was due */
	uint32_t took_us;
	uint16_t status; /* 0: none came */
	uint8_t by; /* enum ask_by */
	uint8_t complete; /* the body says so */
	uint32_t customer;
	uint32_t body_bytes;
};

enum asker_state {
	ASKER_CLOSED,
	ASKER_IDLE,
	ASKER_WAITING, /* for an answer */
};

struct asker {
	int fd;
	enum asker_state state;
	bool used; /* the connection has brought an answer */
	bool again; /* the request was sent once before, over a connection that was closed unused since */
	uint64_t rest_until_us; /* no connect before: the last one failed */
	struct buf in;
	struct answer answer; /* of the request under way */
};

enum asker_event {
	ASKER_NOTHING, /* more must come */
	ASKER_ANSWERED, /* answer is whole, its body at the end of `in` */
	ASKER_FAILED, /* the connection broke; answer.status is 0 */
	ASKER_RETRY, /* a kept connection was closed before any byte of the answer: ask again, as every client does */
};

/* Connect when needed and send the request for `answer`. False: no connection. */
bool asker_ask(struct asker *a, unsigned port, const char *view, const struct answer *answer)
	MUST_CHECK NONNULL(1, 3, 4);
/* The connection is readable. */
enum asker_event asker_read(struct asker *a) MUST_CHECK NONNULL(1);
/* The body, after ASKER_ANSWERED. */
struct str asker_body(const struct asker *a) NONNULL(1);
/* Hang up. */
void asker_close(struct asker *a) NONNULL(1);

#endif
