/* client.h - HTTP clients of a story, on the director's loop, over unix sockets. */
#ifndef TESTS_SCENARIOS_CLIENT_H
#define TESTS_SCENARIOS_CLIENT_H

#include <jansson.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/loop.h"

/* One connection and the first answer on it. */
struct client {
	struct loop_fd watch; /* fd -1: closed on our side */
	struct loop *loop;
	void (*changed)(void *owner, struct client *c); /* it was answered or closed */
	void *owner;
	struct buf in; /* all that came */
	uint64_t begun_us, answered_us, closed_us; /* monotonic; 0: not yet */
	bool head; /* the answer has no body, whatever it says */
	int status;
	size_t head_n, body_n; /* bytes of `in`; the head with its empty line */
	json_t *json; /* of the body; NULL: it is none */
	struct client *next;
};

/* Connect to the unix socket `path`. The caller owns the result: end it with client_free(). NULL: nobody listens. */
struct client *client_new(struct loop *loop, const char *path) NONNULL(1, 2);
/* Send bytes, which must fit into the socket. */
void client_send(struct client *c, struct str bytes) NONNULL(1);
/* Close the connection before time. */
void client_hang_up(struct client *c) NONNULL(1);
/* The body of the answer. */
struct str client_body(const struct client *c) NONNULL(1);
/* The value of a header of the answer, in `mem`; NULL: it is not there. */
const char *client_header(const struct client *c, const char *name, struct arena *mem) NONNULL(1, 2, 3);
/* The value at a path like $.a.b[0].c; NULL: nothing is there. Owned by the answer. */
json_t *client_at(const struct client *c, const char *path) NONNULL(1, 2);
/* Close and free. Sets *c to NULL. */
void client_free(struct client **c) NONNULL(1);

#endif
