/* redis_pipe.h - one connection's commands and replies. Replies come in the order of the commands and
 * carry nothing that says which command they answer: after any error or lateness the pipe is ended, never
 * used on. One thread at a time. */
#ifndef CACHE_REDIS_PIPE_H
#define CACHE_REDIS_PIPE_H

#include "base/buf.h"
#include "cache/redis_reply.h"

enum redis_command {
	REDIS_UNASKED, /* no command: what a subscription tells */
	REDIS_AUTH,
	REDIS_INFO,
	REDIS_LOAD,
	REDIS_PROBE,
	REDIS_GET,
	REDIS_UNLINK,
	REDIS_BEGIN,
	REDIS_FILL,
	REDIS_RELEASE,
	REDIS_INVALIDATE,
	REDIS_CHECK,
	REDIS_WORDS_NOW,
	REDIS_WORDS_GET,
	REDIS_WORDS_PUT,
	REDIS_WORDS_TURN,
	REDIS_CLIENT_ID,
	REDIS_TRACKING,
	REDIS_SUBSCRIBE,
	REDIS_BEAT,
	REDIS_PUBLISH,
	REDIS_GROUP,
	REDIS_CLAIM,
	REDIS_ENTRIES,
	REDIS_ACK,
};

enum {
	REDIS_PENDING_MOST = 4096, /* commands without an answer */
	REDIS_OUT_MOST = 32 << 20, /* bytes not yet sent */
	REDIS_CHUNK = 64 << 10,
};

/* Zero-initialise it to begin. */
struct redis_pipe {
	redisReader *reader; /* NULL: no connection */
	struct buf out;
	size_t sent; /* of out */
	unsigned char pending[REDIS_PENDING_MOST]; /* ring of enum redis_command */
	size_t first, n_pending;
	char chunk[REDIS_CHUNK];
};

/* A new connection: nothing is pending. False: hiredis got no memory. */
bool redis_pipe_begin(struct redis_pipe *p) MUST_CHECK NONNULL(1);
/* Forget everything, wiped. Returns how many fills were left without an answer. */
size_t redis_pipe_end(struct redis_pipe *p) NONNULL(1);
/* Can so many more commands, with so many bytes of arguments together, be queued? */
bool redis_pipe_room(const struct redis_pipe *p, size_t commands, size_t bytes) NONNULL(1);
/* Queue a command of `n` words; there must be room. */
void redis_pipe_add(struct redis_pipe *p, enum redis_command what, const struct str *words, size_t n)
	NONNULL(1, 3);
/* Send what is queued to the non-blocking socket; *rest_out: some of it must wait until it can be written
 * again. False: the connection is broken. */
bool redis_pipe_flush(struct redis_pipe *p, int fd, bool *rest_out) MUST_CHECK NONNULL(1, 3);
/* Read what has arrived and hand each reply, with the command it answers, to `take`. A reply that nobody asked for is
 * handed out as REDIS_UNASKED: unless it was subscribed to, the order is broken. False: the connection is broken, or
 * take() returned false. */
bool redis_pipe_receive(struct redis_pipe *p, int fd,
			bool (*take)(void *arg, enum redis_command what, const struct redis_reply *reply),
			void *arg) MUST_CHECK NONNULL(1, 3);

#endif
